/**
 * Fields of HTTP/2 (RFC 9113 §8.2, §8.3). In: a list of them, and the pseudo-fields that may be among them. Out: those by name, and the
 * others; or the rule that is broken.
 */
import type { Header, Headers } from "../HttpHeaders.js"
import { isToken, trim } from "./token.js"

export interface Split {
  readonly _tag: "Split"
  readonly pseudo: ReadonlyMap<string, string>
  readonly headers: Headers
}

export interface Malformed {
  readonly _tag: "Malformed"
  readonly rule: "PseudoMalformed" | "FieldMalformed"
  readonly detail: string
}

const malformed = (rule: Malformed["rule"], detail: string): Malformed => ({ _tag: "Malformed", rule, detail })

export const split = (fields: Headers, known: ReadonlyArray<string>): Split | Malformed => {
  const pseudo = new Map<string, string>()
  const headers: Array<Header> = []
  for (const field of fields) {
    const [name, value] = field
    if (!isValue(value)) return malformed("FieldMalformed", name)
    if (name.startsWith(":")) {
      if (headers.length > 0 || pseudo.has(name) || !known.includes(name)) return malformed("PseudoMalformed", name)
      pseudo.set(name, value)
    } else {
      if (!isToken(name) || name !== name.toLowerCase()) return malformed("FieldMalformed", name)
      headers.push(field)
    }
  }
  return { _tag: "Split", pseudo, headers }
}

/** 9113 §8.2.1: what could break out of a line, once somebody writes it as HTTP/1.1; and no space around it. */
const isValue = (value: string): boolean =>
  !value.includes("\0") && !value.includes("\r") && !value.includes("\n") && trim(value) === value

/** 9113 §8.2.2: the first field that speaks of an HTTP/1.1 connection. */
export const connectionSpecific = (headers: Headers): string | undefined =>
  headers.find(([name, value]) => isConnectionSpecific(name) || (name === "te" && value.toLowerCase() !== "trailers"))
    ?.[0]

export const isConnectionSpecific = (name: string): boolean => connectionNames.includes(name.toLowerCase())

const connectionNames: ReadonlyArray<string> = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade"
]
