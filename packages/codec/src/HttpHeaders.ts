/**
 * The header lines of an HTTP message as a list, and what can be asked of it. In: lines, and a name in any case. Out:
 * values in their order, or the elements of the comma lists that they make.
 *
 * Names are compared, never used as keys, so that `constructor` and `__proto__` are names like any other; all is
 * linear. It does not know what a header means.
 *
 * @since 0.1.0
 */
import * as internal from "./internal/given.js"
import { trim } from "./internal/token.js"

/**
 * A header line: the name as it was written (compare it with {@link values} and its kin), and the value without the
 * space around it, one character for each octet (latin1).
 *
 * @since 0.1.0
 * @category models
 */
export type Header = readonly [name: string, value: string]

/**
 * Header lines in their order. A list, never an object with names for keys: `__proto__` is a name like any other.
 *
 * @since 0.1.0
 * @category models
 */
export type Headers = ReadonlyArray<Header>

/**
 * Headers to write, as options take them: lines in their order, or an object with names for keys. One whose value is
 * `undefined` is left out.
 *
 * @since 0.1.0
 * @category models
 */
export type Given =
  | Readonly<Record<string, string | undefined>>
  | ReadonlyArray<readonly [name: string, value: string | undefined]>

/**
 * Header lines of what was given. What is no string, or no pair of strings, becomes a line that `HttpHead` refuses to
 * write.
 *
 * @example
 * import * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
 *
 * HttpHeaders.fromGiven({ "X-A": "1", "X-B": undefined }) // [["X-A", "1"]]
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromGiven: (given: Given | undefined) => Headers = internal.lines

/**
 * The values of all lines with this name, in their order.
 *
 * @since 0.1.0
 * @category headers
 */
export const values = (headers: Headers, name: string): ReadonlyArray<string> => {
  const lower = name.toLowerCase()
  const found: Array<string> = []
  for (const [other, value] of headers) {
    if (other.length === lower.length && other.toLowerCase() === lower) found.push(value)
  }
  return found
}

/**
 * The value of the first line with this name.
 *
 * @since 0.1.0
 * @category headers
 */
export const first = (headers: Headers, name: string): string | undefined => values(headers, name)[0]

/**
 * How many lines have this name.
 *
 * @since 0.1.0
 * @category headers
 */
export const count = (headers: Headers, name: string): number => values(headers, name).length

/**
 * The elements of a comma list, over all lines with this name: without the space around them, and without empty ones,
 * which RFC 9110 §5.6.1 has a recipient ignore. They may be anything; commas in quotes are not respected.
 *
 * @since 0.1.0
 * @category headers
 */
export const elements = (headers: Headers, name: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  for (const value of values(headers, name)) {
    for (let from = 0; from < value.length;) {
      const comma = value.indexOf(",", from)
      const end = comma < 0 ? value.length : comma
      const element = trim(value.slice(from, end))
      if (element !== "") found.push(element)
      from = end + 1
    }
  }
  return found
}

/**
 * {@link elements} in lower case, for lists that ignore it: `Connection: keep-alive, Upgrade`.
 *
 * @since 0.1.0
 * @category headers
 */
export const tokens = (headers: Headers, name: string): ReadonlyArray<string> =>
  elements(headers, name).map((element) => element.toLowerCase())

/**
 * Headers of a flat list of names and values in turn, such as Node's `rawHeaders`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromRaw = (flat: ReadonlyArray<string>): Headers => {
  const headers: Array<Header> = []
  for (let i = 0; i + 1 < flat.length; i += 2) headers.push([flat[i] ?? "", flat[i + 1] ?? ""])
  return headers
}
