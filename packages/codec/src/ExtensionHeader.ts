/**
 * `Sec-WebSocket-Extensions` (RFC 6455 §9.1): header values <-> a list of extensions with parameters. In: the values of all lines, which
 * make one list. Out: the list, or that it is malformed. And back.
 *
 * Grammar only, in one pass. It does not know what an extension means (see `PermessageDeflate`), keeps repeated names and parameters in
 * their order, and uses no name as a key.
 *
 * @since 0.1.0
 */
import { isToken, isTokenCode, spaceEnd, tokenEnd } from "./internal/token.js"

/**
 * One extension of an offer or an answer. Names are compared as written, with their case.
 *
 * @since 0.1.0
 * @category models
 */
export interface Extension {
  readonly name: string
  readonly parameters: ReadonlyArray<Parameter>
}

/**
 * A parameter. The value is `undefined` if it has none; a quoted value looks like any other.
 *
 * @since 0.1.0
 * @category models
 */
export interface Parameter {
  readonly name: string
  readonly value: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export type Parsed =
  | { readonly _tag: "Extensions"; readonly extensions: ReadonlyArray<Extension> }
  | { readonly _tag: "Malformed" }

/**
 * The value of one header line, or the name or value in it that is not a token.
 *
 * @since 0.1.0
 * @category models
 */
export type Encoded =
  | { readonly _tag: "Encoded"; readonly value: string }
  | { readonly _tag: "Problem"; readonly part: string }

/**
 * @since 0.1.0
 * @category constructors
 */
export const parameter = (name: string, value?: string): Parameter => ({ name, value })

/**
 * Reads the values of all `Sec-WebSocket-Extensions` lines; no lines give the empty list. Space around tokens and empty elements are
 * legal (RFC 9110 §5.6.1), but a list of nothing else is not.
 *
 * @example
 * import * as ExtensionHeader from "@effect-ws/codec/ExtensionHeader"
 *
 * ExtensionHeader.parse(["foo", "bar; baz=2; q=\"8\""])
 * // foo, and bar with the parameters baz, of value "2", and q, of value "8"
 *
 * @since 0.1.0
 * @category grammar
 */
export const parse = (values: ReadonlyArray<string>): Parsed => {
  const text = values.join(",")
  const extensions: Array<Extension> = []
  let at = elementStart(text, 0)
  while (at < text.length) {
    const extension = parseExtension(text, at)
    if (extension === undefined) return malformed
    extensions.push(extension.value)
    at = elementStart(text, extension.end)
  }
  return values.length > 0 && extensions.length === 0 ? malformed : { _tag: "Extensions", extensions }
}

const malformed: Parsed = { _tag: "Malformed" }

/** A part of the text, and where it ends. */
interface Read<A> {
  readonly value: A
  readonly end: number
}

const comma = 0x2c
const semicolon = 0x3b
const equals = 0x3d
const quote = 0x22
const backslash = 0x5c

/** Behind the commas and space that begin at `start`. */
const elementStart = (text: string, start: number): number => {
  let at = spaceEnd(text, start)
  while (text.charCodeAt(at) === comma) at = spaceEnd(text, at + 1)
  return at
}

/** `token *( ";" parameter )`, up to a comma or the end. */
const parseExtension = (text: string, start: number): Read<Extension> | undefined => {
  const nameEnd = tokenEnd(text, start)
  if (nameEnd === start) return undefined
  const parameters: Array<Parameter> = []
  let at = spaceEnd(text, nameEnd)
  while (text.charCodeAt(at) === semicolon) {
    const next = parseParameter(text, spaceEnd(text, at + 1))
    if (next === undefined) return undefined
    parameters.push(next.value)
    at = spaceEnd(text, next.end)
  }
  if (at < text.length && text.charCodeAt(at) !== comma) return undefined
  return { value: { name: text.slice(start, nameEnd), parameters }, end: at }
}

/** `token [ "=" ( token | quoted-string ) ]` */
const parseParameter = (text: string, start: number): Read<Parameter> | undefined => {
  const nameEnd = tokenEnd(text, start)
  if (nameEnd === start) return undefined
  const name = text.slice(start, nameEnd)
  const sign = spaceEnd(text, nameEnd)
  if (text.charCodeAt(sign) !== equals) return { value: parameter(name), end: nameEnd }
  const valueStart = spaceEnd(text, sign + 1)
  if (text.charCodeAt(valueStart) === quote) {
    const quoted = parseQuoted(text, valueStart + 1)
    return quoted === undefined ? undefined : { value: parameter(name, quoted.value), end: quoted.end }
  }
  const valueEnd = tokenEnd(text, valueStart)
  if (valueEnd === valueStart) return undefined
  return { value: parameter(name, text.slice(valueStart, valueEnd)), end: valueEnd }
}

/** Behind the first quote, to behind the last. What it quotes must be a token (RFC 6455 §9.1). */
const parseQuoted = (text: string, start: number): Read<string> | undefined => {
  let value = ""
  let at = start
  while (text.charCodeAt(at) !== quote) {
    if (text.charCodeAt(at) === backslash) at++
    if (!isTokenCode(text.charCodeAt(at))) return undefined
    value += text.charAt(at++)
  }
  return value === "" ? undefined : { value, end: at + 1 }
}

/**
 * Writes the value of one header line.
 *
 * @since 0.1.0
 * @category grammar
 */
export const encode = (extensions: ReadonlyArray<Extension>): Encoded => {
  const elements: Array<string> = []
  for (const extension of extensions) {
    if (!isToken(extension.name)) return { _tag: "Problem", part: extension.name }
    let element = extension.name
    for (const { name, value } of extension.parameters) {
      if (!isToken(name)) return { _tag: "Problem", part: name }
      if (value !== undefined && !isToken(value)) return { _tag: "Problem", part: value }
      element += value === undefined ? `; ${name}` : `; ${name}=${value}`
    }
    elements.push(element)
  }
  return { _tag: "Encoded", value: elements.join(", ") }
}
