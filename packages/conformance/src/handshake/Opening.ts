/**
 * The opening handshake from the examiner's side, as values. In: where to connect, or a request head. Out: the request that a
 * fuzzing client writes, its judgment of a response, and the answer of a fuzzing server.
 *
 * Its own, apart from codec's handshake, which it examines. It touches no socket: see `ExamineServer`.
 *
 * @since 0.1.0
 */
import * as AcceptKey from "@effect-ws/codec/AcceptKey"
import type * as HttpHead from "@effect-ws/codec/HttpHead"
import { randomBytes } from "node:crypto"
import type { Extension } from "../cases/Case.js"
import * as Negotiation from "./Extension.js"
import type { Target } from "./Target.js"
import { hostOf } from "./Target.js"

/**
 * What the examiner calls itself.
 *
 * @since 0.1.0
 * @category constants
 */
export const userAgent = "effect-ws-conformance/0.1.0"

/**
 * A new key.
 *
 * @since 0.1.0
 * @category client
 */
export const key = (): string => AcceptKey.fromOctets(randomBytes(AcceptKey.keySize))

/**
 * The request of a fuzzing client, in Autobahn's order of headers.
 *
 * @since 0.1.0
 * @category client
 */
export const request = (to: Target, withKey: string, extension: Extension | undefined): string =>
  [
    `GET ${to.path} HTTP/1.1`,
    `User-Agent: ${userAgent}`,
    `Host: ${hostOf(to)}`,
    "Upgrade: WebSocket",
    "Connection: Upgrade",
    "Pragma: no-cache",
    "Cache-Control: no-cache",
    `Sec-WebSocket-Key: ${withKey}`,
    ...(to.origin === undefined ? [] : [`Origin: ${to.origin}`]),
    ...(to.protocols.length === 0 ? [] : [`Sec-WebSocket-Protocol: ${to.protocols.join(",")}`]),
    ...(extension === undefined ? [] : [`Sec-WebSocket-Extensions: ${extension.offers.join(", ")}`]),
    "Sec-WebSocket-Version: 13",
    "\r\n"
  ].join("\r\n")

/**
 * Whether the connection is open, and with what agreed on; or why it is not.
 *
 * @since 0.1.0
 * @category models
 */
export type Opened =
  | { readonly _tag: "Opened"; readonly agreed: Negotiation.Agreed | undefined }
  | { readonly _tag: "Refused"; readonly why: string }

/**
 * What the examiner, as a client, makes of a response.
 *
 * @since 0.1.0
 * @category client
 */
export const judge = (
  head: HttpHead.ResponseHead,
  withKey: string,
  protocols: ReadonlyArray<string>,
  extension: Extension | undefined
): Opened => {
  const accepts = values(head, "sec-websocket-accept")
  if (head.status !== 101 || head.version !== "1.1") {
    return refused(`the status line is HTTP/${head.version} ${head.status}`)
  }
  if (values(head, "upgrade").join(",").toLowerCase() !== "websocket") return refused("Upgrade is not websocket")
  if (!tokens(head, "connection").includes("upgrade")) return refused("Connection lacks upgrade")
  if (accepts.length !== 1 || accepts[0] !== AcceptKey.accept(withKey)) return refused("Sec-WebSocket-Accept is wrong")
  return agreement(head, protocols, extension)
}

/**
 * What the examiner, as a client, makes of the fields that speak of the WebSocket, in any version of HTTP.
 *
 * @since 0.1.0
 * @category client
 */
export const agreement = (
  head: Headed,
  protocols: ReadonlyArray<string>,
  extension: Extension | undefined
): Opened => {
  const chosen = values(head, "sec-websocket-protocol")
  if (chosen.some((name) => !protocols.includes(name))) {
    return refused(`the subprotocol ${chosen.join()} was not offered`)
  }
  const extensions = values(head, "sec-websocket-extensions")
  const agreed = Negotiation.accept(extensions)
  if (typeof agreed === "string") return refused(agreed)
  if (agreed !== undefined && extension === undefined) return refused("permessage-deflate was not offered")
  return { _tag: "Opened", agreed }
}

/**
 * A refusal.
 *
 * @since 0.1.0
 * @category constructors
 */
export const refused = (why: string): Opened => ({ _tag: "Refused", why })

/**
 * Why the examiner, as a server, does not take a request; `undefined` if it does.
 *
 * @since 0.1.0
 * @category server
 */
export const refusal = (head: HttpHead.RequestHead): string | undefined => {
  const keys = values(head, "sec-websocket-key")
  const versions = values(head, "sec-websocket-version")
  if (head.method !== "GET") return `method ${head.method}`
  if (head.version !== "1.1") return `HTTP/${head.version}`
  if (values(head, "host").length !== 1) return "Host has to be there once"
  if (!tokens(head, "upgrade").includes("websocket")) return "Upgrade lacks websocket"
  if (!tokens(head, "connection").includes("upgrade")) return "Connection lacks upgrade"
  if (versions.length !== 1 || (versions[0] !== "13" && versions[0] !== "8")) return "version is neither 13 nor 8"
  if (keys.length !== 1 || !/^.{22}==$/.test(keys[0] ?? "")) {
    return "Sec-WebSocket-Key is not 24 characters that end in =="
  }
  return undefined
}

/**
 * What the examiner, as a server, answers, and what is agreed on then; or a sentence when the offers make no sense. Without
 * `extension` it accepts none.
 *
 * @since 0.1.0
 * @category server
 */
export const response = (
  head: HttpHead.RequestHead,
  extension: Extension | undefined
): { readonly text: string; readonly agreed: Negotiation.Agreed | undefined } | string => {
  const accepted = accepting(head, extension)
  if (typeof accepted === "string") return accepted
  const text = [
    "HTTP/1.1 101 Switching Protocols",
    `Server: ${userAgent}`,
    "Upgrade: WebSocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${AcceptKey.accept(values(head, "sec-websocket-key")[0] ?? "")}`,
    ...(accepted === undefined ? [] : [`Sec-WebSocket-Extensions: ${accepted.value}`]),
    "\r\n"
  ].join("\r\n")
  return { text, agreed: accepted?.agreed }
}

/**
 * What the examiner, as a server, says to offers, in any version of HTTP: nothing without `extension`; a sentence when they make no sense.
 *
 * @since 0.1.0
 * @category server
 */
export const accepting = (
  head: Headed,
  extension: Extension | undefined
): ReturnType<typeof Negotiation.answer> => {
  const nothingAsked = { noContextTakeover: false, windowBits: undefined, fallback: false }
  const answer = Negotiation.answer(values(head, "sec-websocket-extensions"), extension?.answer ?? nothingAsked)
  return typeof answer === "string" || extension !== undefined ? answer : undefined
}

/**
 * Whatever has header fields.
 *
 * @since 0.1.0
 * @category models
 */
export type Headed = Pick<HttpHead.RequestHead, "headers">

/**
 * All values of a header, in order.
 *
 * @since 0.1.0
 * @category heads
 */
export const values = (head: Headed, name: string): ReadonlyArray<string> =>
  head.headers.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value)

const tokens = (head: Headed, name: string): ReadonlyArray<string> =>
  values(head, name).flatMap((value) => value.split(",")).map((token) => token.trim().toLowerCase())
