/**
 * What of an answer is judged alike over HTTP/1.1 and HTTP/2: what the user chose of an offer, and a refusal. In: both, and the
 * headers to add. Out: the rule that it breaks; or the extensions as a header has them.
 */
import type { Extension } from "../ExtensionHeader.js"
import * as ExtensionHeader from "../ExtensionHeader.js"
import type { Headers } from "../HttpHeaders.js"
import { shown } from "./options.js"

/** Of `ServerHandshake`, which has them for its users. */
interface Asked {
  readonly subprotocols: ReadonlyArray<string>
  readonly extensions: ReadonlyArray<Extension>
}

interface Choice {
  readonly subprotocol?: string | undefined
  readonly extensions?: ReadonlyArray<Extension>
}

interface ResponseProblem {
  readonly _tag: "Problem"
  readonly rule: keyof typeof choiceRules
  readonly part: string
}

export interface Chosen {
  readonly _tag: "Chosen"
  readonly extensions: string | undefined
}

/** `headers` are the choice's, as lines. */
export const checkChoice = (
  offer: Asked,
  { extensions = [], subprotocol }: Choice,
  headers: Headers
): Chosen | ResponseProblem => {
  if (subprotocol !== undefined && !offer.subprotocols.includes(subprotocol)) {
    return problem("SubprotocolNotOffered", subprotocol)
  }
  for (const { name } of extensions) {
    if (!offer.extensions.some((offered) => offered.name === name)) return problem("ExtensionNotOffered", name)
  }
  const encoded = ExtensionHeader.encode(extensions)
  if (encoded._tag === "Problem") return problem("ExtensionInvalid", encoded.part)
  const reserved = firstReserved(headers, reservedInAccept)
  if (reserved !== undefined) return problem("HeaderReserved", reserved)
  return { _tag: "Chosen", extensions: extensions.length === 0 ? undefined : encoded.value }
}

export const checkRefusal = (status: number, headers: Headers, body: Uint8Array): ResponseProblem | undefined => {
  if (!Number.isInteger(status) || status < 200 || status > 599) return problem("StatusNotFinal", String(status))
  if (isBodiless(status) && body.length > 0) return problem("BodyNotAllowed", String(status))
  const reserved = firstReserved(headers, reservedInRefusal)
  return reserved === undefined ? undefined : problem("HeaderReserved", reserved)
}

export const isBodiless = (status: number): boolean => status === 204 || status === 304

/** What is no string is shown as one, so that whoever tells of it can. */
const problem = (rule: keyof typeof choiceRules, part: unknown): ResponseProblem => ({
  _tag: "Problem",
  rule,
  part: typeof part === "string" ? part : shown(part)
})

const firstReserved = (headers: Headers, reserved: ReadonlyArray<string>): string | undefined =>
  headers.find(([name]) => reserved.includes(name.toLowerCase()))?.[0]

const reservedInRefusal = ["connection", "content-length", "transfer-encoding", "sec-websocket-accept"]
const reservedInAccept = [
  ...reservedInRefusal,
  "upgrade",
  "sec-websocket-extensions",
  "sec-websocket-key",
  "sec-websocket-protocol",
  "sec-websocket-version"
]

export const choiceRules = {
  SubprotocolNotOffered: { rfc: "6455 §4.2.2", says: "a subprotocol must be one that the client offered" },
  ExtensionNotOffered: { rfc: "6455 §9.1", says: "an extension must be one that the client offered" },
  ExtensionInvalid: { rfc: "6455 §9.1", says: "names and values of extensions must be tokens" },
  HeaderReserved: { rfc: "6455 §4.2.2", says: "the handshake writes this header itself: leave it out" },
  StatusNotFinal: { rfc: "9110 §15", says: "a refusal must have a final status, 200 to 599" },
  BodyNotAllowed: { rfc: "9110 §6.4.1", says: "a response of this status must not have a body" }
} as const satisfies Record<string, { readonly rfc: string; readonly says: string }>
