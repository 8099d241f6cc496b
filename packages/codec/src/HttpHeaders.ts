/**
 * The header lines of an HTTP message as a list, with queries. In: lines, and a name in any case. Out: values in their order, or the
 * elements of their comma lists.
 *
 * Names are compared, never used as keys, so `constructor` and `__proto__` are names like any other. Everything is linear. It does not
 * know what a header means.
 *
 * @since 0.1.0
 */
import * as internal from "./internal/given.js"
import { trim } from "./internal/token.js"

/**
 * A header line: the name as written (to compare it, use {@link values} and the like), and the value without the space around it, one
 * character for each byte (Latin-1).
 *
 * @since 0.1.0
 * @category models
 */
export type Header = readonly [name: string, value: string]

/**
 * Header lines in their order. A list, not an object with names for keys: `__proto__` is a name like any other.
 *
 * @since 0.1.0
 * @category models
 */
export type Headers = ReadonlyArray<Header>

/**
 * Headers to write, as options take them: lines in their order, or an object with names for keys. A header whose value is `undefined` is
 * left out.
 *
 * @since 0.1.0
 * @category models
 */
export type Given =
  | Readonly<Record<string, string | undefined>>
  | ReadonlyArray<readonly [name: string, value: string | undefined]>

/**
 * Makes header lines of {@link Given}. Anything that is not a pair of strings becomes a line that `HttpHead` refuses to write.
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
 * The elements of a comma list over all lines with this name, without the space around them and without empty ones, which a recipient
 * ignores (RFC 9110 §5.6.1). They may be anything; quotes do not protect commas.
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
 * {@link elements} in lower case, for lists that ignore case: `Connection: keep-alive, Upgrade`.
 *
 * @since 0.1.0
 * @category headers
 */
export const tokens = (headers: Headers, name: string): ReadonlyArray<string> =>
  elements(headers, name).map((element) => element.toLowerCase())

/**
 * Makes headers of a flat list of alternating names and values, such as Node's `rawHeaders`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromRaw = (flat: ReadonlyArray<string>): Headers => {
  const headers: Array<Header> = []
  for (let i = 0; i + 1 < flat.length; i += 2) headers.push([flat[i] ?? "", flat[i + 1] ?? ""])
  return headers
}
