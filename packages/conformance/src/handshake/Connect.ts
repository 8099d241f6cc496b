/**
 * The opening over HTTP/2 from the examiner's side (RFC 8441), as values: as `Opening`, with fields in the place of heads. In: where to
 * connect, or the fields of a request. Out: the request that a fuzzing client makes, its judgment of a response, and the answer of a
 * fuzzing server.
 *
 * Its own, apart from codec's, which it examines. It touches no stream: see `ExamineServerHttp2` and `server/streamRequest`.
 *
 * @since 0.1.0
 */
import type { Extension } from "../cases/Case.js"
import type { Agreed } from "./Extension.js"
import * as Opening from "./Opening.js"
import type { Target } from "./Target.js"
import { hostOf } from "./Target.js"

/**
 * Fields in their order, pseudo-header fields among them.
 *
 * @since 0.1.0
 * @category models
 */
export type Fields = ReadonlyArray<readonly [name: string, value: string]>

/**
 * Fields as Node hands them out, names and values in turn.
 *
 * @since 0.1.0
 * @category fields
 */
export const fieldsOf = (raw: ReadonlyArray<string>): Fields =>
  raw.flatMap((name, i) => i % 2 === 0 ? [[name, raw[i + 1] ?? ""] as const] : [])

/**
 * As a person reads them.
 *
 * @since 0.1.0
 * @category fields
 */
export const show = (fields: Fields): string => fields.map(([name, value]) => `${name}: ${value}\r\n`).join("")

/**
 * The extended CONNECT of a fuzzing client (RFC 8441 §4, §5).
 *
 * @since 0.1.0
 * @category client
 */
export const request = (to: Target, extension: Extension | undefined): Fields => [
  [":method", "CONNECT"],
  [":protocol", "websocket"],
  [":scheme", to.secure ? "https" : "http"],
  [":path", to.path],
  [":authority", hostOf(to)],
  ["user-agent", Opening.userAgent],
  ...(to.origin === undefined ? [] : [["origin", to.origin] as const]),
  ...(to.protocols.length === 0 ? [] : [["sec-websocket-protocol", to.protocols.join(",")] as const]),
  ...(extension === undefined ? [] : [["sec-websocket-extensions", extension.offers.join(", ")] as const]),
  ["sec-websocket-version", "13"]
]

/**
 * What the examiner, as a client, makes of a response. Key and accept have no part in it (RFC 8441 §5).
 *
 * @since 0.1.0
 * @category client
 */
export const judge = (
  fields: Fields,
  protocols: ReadonlyArray<string>,
  extension: Extension | undefined
): Opening.Opened => {
  const head = { headers: fields }
  const status = Opening.values(head, ":status").join()
  return /^2\d\d$/.test(status)
    ? Opening.agreement(head, protocols, extension)
    : Opening.refused(`the status is ${status}`)
}

/**
 * Why the examiner, as a server, does not take a request; `undefined` if it does.
 *
 * @since 0.1.0
 * @category server
 */
export const refusal = (fields: Fields): string | undefined => {
  const [method, protocol, scheme, authority] = [":method", ":protocol", ":scheme", ":authority"].map((name) =>
    Opening.values({ headers: fields }, name).join()
  )
  const [version, ...versions] = Opening.values({ headers: fields }, "sec-websocket-version")
  if (method !== "CONNECT") return `method ${method}`
  if (protocol !== "websocket") return ":protocol is not websocket"
  if (scheme !== "http" && scheme !== "https") return ":scheme is neither http nor https"
  if (!targetOf(fields).startsWith("/")) return ":path has to be there"
  if (authority === "") return ":authority has to be there"
  if (version !== "13" || versions.length > 0) return "version is not 13"
  return undefined
}

/**
 * Path and query of a request.
 *
 * @since 0.1.0
 * @category server
 */
export const targetOf = (fields: Fields): string => Opening.values({ headers: fields }, ":path").join()

/**
 * What the examiner, as a server, answers, and what is agreed on then; or a sentence when the offers make no sense. Without
 * `extension` it accepts none.
 *
 * @since 0.1.0
 * @category server
 */
export const response = (
  fields: Fields,
  extension: Extension | undefined
): { readonly fields: Fields; readonly agreed: Agreed | undefined } | string => {
  const accepted = Opening.accepting({ headers: fields }, extension)
  if (typeof accepted === "string") return accepted
  return {
    fields: [
      [":status", "200"],
      ["server", Opening.userAgent],
      ...(accepted === undefined ? [] : [["sec-websocket-extensions", accepted.value] as const])
    ],
    agreed: accepted?.agreed
  }
}
