/**
 * What the tests of heads and handshakes share: text as octets and back, octets cut in any way, and heads read to
 * their end.
 */
import * as HttpHead from "@effect-ws/codec/HttpHead"
import * as fc from "effect/FastCheck"

/** One octet for each character (latin1). */
export const octets = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0))

/** The other way round. */
export const text = (octets: Uint8Array): string => Buffer.from(octets).toString("latin1")

/** Lines with CR LF behind each, and an empty one. */
export const head = (...lines: ReadonlyArray<string>): string => [...lines, "", ""].join("\r\n")

/** The octets of an encoder that must not refuse. */
export const written = (
  encoded: { readonly _tag: "Encoded"; readonly octets: Uint8Array } | {
    readonly _tag: "Problem"
    readonly rule: string
  }
): Uint8Array => {
  if (encoded._tag === "Problem") throw new Error(`not written: ${encoded.rule}`)
  return encoded.octets
}

/** Octets in pieces, some of them empty, that end at `places` (taken modulo the length). */
export const cut = (whole: Uint8Array, places: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const ends = [...places.map((place) => place % (whole.length + 1)), whole.length].sort((a, b) => a - b)
  return ends.map((end, i) => whole.slice(ends[i - 1] ?? 0, end))
}

export const places = fc.array(fc.nat(), { maxLength: 40 })

/** Any characters, lone surrogates among them. */
export const anyText = fc.uint16Array({ maxLength: 20 }).map((units) => String.fromCharCode(...units))

export const oneByOne = (whole: Uint8Array): ReadonlyArray<Uint8Array> => cut(whole, [...whole.keys()])

/** What reading comes to: the last answer, and all that is behind the head, or how many octets were taken so far. */
export type Outcome<Head> =
  | { readonly _tag: "NeedMore" }
  | { readonly _tag: "Head"; readonly head: Head; readonly rest: string }
  | { readonly _tag: "Problem"; readonly rule: HttpHead.RuleName }

export const read = <Head>(start: HttpHead.Carry<Head>, pieces: ReadonlyArray<Uint8Array>): Outcome<Head> => {
  let carry = start
  for (const [i, piece] of pieces.entries()) {
    const step = HttpHead.feed(carry, piece)
    switch (step._tag) {
      case "NeedMore":
        carry = step.carry
        break
      case "Head":
        return { _tag: "Head", head: step.head, rest: [step.rest, ...pieces.slice(i + 1)].map(text).join("") }
      case "Problem":
        return step
    }
  }
  return { _tag: "NeedMore" }
}

const whole = <Head>(start: HttpHead.Carry<Head>, source: string | Uint8Array): Head => {
  const outcome = read(start, [typeof source === "string" ? octets(source) : source])
  if (outcome._tag !== "Head") throw new Error(`no head: ${JSON.stringify(outcome)}`)
  return outcome.head
}

export const readRequest = (source: string | Uint8Array): HttpHead.RequestHead => whole(HttpHead.request(), source)

export const readResponse = (source: string | Uint8Array): HttpHead.ResponseHead => whole(HttpHead.response(), source)
