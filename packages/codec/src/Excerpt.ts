/**
 * Shows foreign text safely in an error or a log. In: text of any length, with any characters. Out: a part of it, on one line, in which
 * nothing moves a cursor, turns the text around or ends a quotation.
 *
 * @since 0.1.0
 */

/**
 * How many characters of a text are shown by default.
 *
 * @since 0.1.0
 * @category constants
 */
export const usual = 200

/**
 * The beginning of a text, unchanged, and its full length if it was cut.
 *
 * @since 0.1.0
 * @category showing
 */
export const cut = (text: string, most: number = usual): string =>
  text.length <= most ? text : `${text.slice(0, most)}${rest(text)}`

/**
 * The beginning of a text, in which control characters and the like are escaped as in JSON.
 *
 * @since 0.1.0
 * @category showing
 */
export const show = (text: string, most: number = usual): string => {
  const shown = text.slice(0, most).replace(unsafe, escape)
  return text.length <= most ? shown : `${shown}${rest(text)}`
}

/**
 * The beginning of a text in quotes, escaped as in JSON.
 *
 * @example
 * import * as Excerpt from "@effect-ws/codec/Excerpt"
 *
 * Excerpt.quote("a\r\nb") // "a\\r\\nb", in quotes
 * Excerpt.quote("abcdef", 3) // "abc"… (6 characters)
 *
 * @since 0.1.0
 * @category showing
 */
export const quote = (text: string, most: number = usual): string => {
  const quoted = JSON.stringify(text.slice(0, most)).replace(unsafe, escape)
  return text.length <= most ? quoted : `${quoted}${rest(text)}`
}

/**
 * A foreign cause in words for an error. It may be of any type, and contain text of a peer (the names in a certificate), so it is cut
 * after 500 characters, and escaped.
 *
 * @since 0.1.0
 * @category showing
 */
export const ofCause = (cause: unknown): string => show(wordsOf(cause, 3), longestCause)

const longestCause = 500

/** An attempt at several addresses fails with an error for each, and nothing to say of its own. */
const wordsOf = (cause: unknown, depth: number): string => {
  try {
    if (cause instanceof AggregateError && depth > 0) {
      return cause.errors.slice(0, 8).map((error) => wordsOf(error, depth - 1)).join("; ")
    }
    return String(cause instanceof Error && cause.message !== "" ? cause.message : cause)
  } catch {
    return "a value that cannot be shown"
  }
}

const rest = (text: string): string => `… (${text.length} characters)`

/** Controls, lone surrogates, separators of lines, marks of direction. */
const unsafe = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu

/** As JSON has it where it does. */
const escape = (char: string): string => {
  const [, escaped = ""] = /^"(\\.*)"$/u.exec(JSON.stringify(char)) ?? []
  return escaped === "" ? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}` : escaped
}
