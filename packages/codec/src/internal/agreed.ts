/**
 * What of an answer is judged alike over HTTP/1.1 and HTTP/2: the subprotocol and the extensions that the server chose. In: its headers,
 * and what was asked for. Out: both, or the rule that is broken and what was found.
 */
import type { Extension } from "../ExtensionHeader.js"
import * as ExtensionHeader from "../ExtensionHeader.js"
import type { Headers } from "../HttpHeaders.js"
import * as HttpHeaders from "../HttpHeaders.js"

/** Of `ClientHandshake.Expected`. */
interface Expected {
  readonly subprotocols: ReadonlyArray<string>
  readonly extensions: ReadonlyArray<Extension>
  readonly withoutSubprotocol: "accept" | "fail"
}

export interface Agreed {
  readonly _tag: "Agreed"
  readonly subprotocol: string | undefined
  readonly extensions: ReadonlyArray<Extension>
}

export interface Breach {
  readonly _tag: "Breach"
  readonly rule: keyof typeof agreedRules
  readonly detail: string
}

const breach = (rule: Breach["rule"], detail: string): Breach => ({ _tag: "Breach", rule, detail })

export const verifyAgreed = (headers: Headers, expected: Expected): Agreed | Breach => {
  const lines = HttpHeaders.values(headers, "sec-websocket-extensions")
  const extensions = ExtensionHeader.parse(lines)
  const found = verifySubprotocol(headers, expected)
  if (found !== undefined) return found
  if (extensions._tag === "Malformed") return breach("ExtensionsMalformed", lines.join(", "))
  for (const { name } of extensions.extensions) {
    if (!expected.extensions.some((offered) => offered.name === name)) return breach("UnsolicitedExtension", name)
  }
  const subprotocol = HttpHeaders.first(headers, "sec-websocket-protocol")
  return { _tag: "Agreed", subprotocol, extensions: extensions.extensions }
}

/** 6455 §4.1, the answer's item 6. */
const verifySubprotocol = (headers: Headers, expected: Expected): Breach | undefined => {
  const lines = HttpHeaders.values(headers, "sec-websocket-protocol")
  const [subprotocol] = lines
  if (subprotocol === undefined) {
    return expected.withoutSubprotocol === "fail" && expected.subprotocols.length > 0
      ? breach("SubprotocolMissing", expected.subprotocols.join(", "))
      : undefined
  }
  if (lines.length > 1) return breach("RepeatedSubprotocol", lines.join(", "))
  return expected.subprotocols.includes(subprotocol) ? undefined : breach("UnsolicitedSubprotocol", subprotocol)
}

export const agreedRules = {
  RepeatedSubprotocol: { rfc: "6455 §11.3.4", says: "Sec-WebSocket-Protocol must occur at most once" },
  UnsolicitedSubprotocol: { rfc: "6455 §4.1", says: "a subprotocol must be one that the client offered" },
  SubprotocolMissing: { rfc: "WHATWG WebSockets §2", says: "the server must choose one of the subprotocols offered" },
  ExtensionsMalformed: { rfc: "6455 §9.1", says: "Sec-WebSocket-Extensions must follow the grammar" },
  UnsolicitedExtension: { rfc: "6455 §4.1", says: "an extension must be one that the client offered" }
} as const satisfies Record<string, { readonly rfc: string; readonly says: string }>
