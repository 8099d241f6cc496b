/** The lexical rules that HTTP headers share (RFC 9110 §5.6): tokens, optional whitespace, comma lists. All linear. */

/** 1 for the characters of a token (tchar), by code. */
const tchar: Uint8Array = (() => {
  const table = new Uint8Array(128)
  const letters = "abcdefghijklmnopqrstuvwxyz"
  for (const char of `!#$%&'*+-.^_\`|~0123456789${letters}${letters.toUpperCase()}`) table[char.charCodeAt(0)] = 1
  return table
})()

/** NaN, which `charCodeAt` answers behind the end, is none. */
export const isTokenCode = (code: number): boolean => tchar[code] === 1

export const isToken = (text: string): boolean =>
  typeof text === "string" && text !== "" && tokenEnd(text, 0) === text.length

/** Where the run of token characters that begins at `start` ends; `start` if there is none. */
export const tokenEnd = (text: string, start: number): number => {
  let end = start
  while (isTokenCode(text.charCodeAt(end))) end++
  return end
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09

/** Where optional whitespace (SP and HT) that begins at `start` ends. */
export const spaceEnd = (text: string, start: number): number => {
  let end = start
  while (isSpace(text.charCodeAt(end))) end++
  return end
}

/** Without optional whitespace at either end. */
export const trim = (text: string): string => {
  const start = spaceEnd(text, 0)
  let end = text.length
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

/** All control characters but HT, which may stand in a value. */
export const isControl = (code: number): boolean => (code < 0x20 && code !== 0x09) || code === 0x7f

/** Whether a header value may be written so: a string, no control characters, none beyond latin1. */
export const isFieldText = (text: string): boolean => {
  if (typeof text !== "string") return false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (isControl(code) || code > 0xff) return false
  }
  return true
}
