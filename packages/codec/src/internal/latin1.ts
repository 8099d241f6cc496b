/** Octets <-> text, one character for each octet: how HTTP heads are read and written. */

/** The text of the first `end` octets. */
export const latin1 = (octets: Uint8Array, end: number): string => {
  let text = ""
  for (let from = 0; from < end; from += 4096) {
    text += String.fromCharCode(...octets.subarray(from, Math.min(end, from + 4096)))
  }
  return text
}

/** The octets of text that has no character beyond latin1. */
export const fromLatin1 = (text: string): Uint8Array => writeLatin1(text, new Uint8Array(text.length))

/** The same, into memory of that length. */
export const writeLatin1 = (text: string, octets: Uint8Array): Uint8Array => {
  for (let i = 0; i < text.length; i++) octets[i] = text.charCodeAt(i)
  return octets
}
