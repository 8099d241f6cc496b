/**
 * What is sent, the same in every run. In: sizes. Out: octets, texts and lists of both.
 *
 * @since 0.1.0
 */

/** A linear congruential generator: numbers below 2^32. */
const numbers = (seed: number): () => number => {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state
  }
}

/**
 * Octets that do not compress.
 *
 * @since 0.1.0
 * @category content
 */
export const octets = (size: number, seed = 7): Uint8Array => {
  const next = numbers(seed + size)
  return Uint8Array.from({ length: size }, () => next() >>> 24)
}

const alphabet = ["a", "b", "é", "€", "😀", " ", "z", "{", "\"x\":", "\n", "0"]

/**
 * Text of some `size` bytes of UTF-8, of one to four a letter.
 *
 * @since 0.1.0
 * @category content
 */
export const text = (size: number, seed = 3): string => {
  const next = numbers(seed + size)
  const parts: Array<string> = []
  for (let bytes = 0; bytes < size;) {
    const part = alphabet[(next() >>> 20) % alphabet.length] ?? ""
    parts.push(part)
    bytes += Buffer.byteLength(part)
  }
  return parts.join("")
}

/** None is empty: some peers fail at that, and it has a scenario of its own. */
const sizes = [1, 5, 63, 64, 125, 126, 127, 300, 1000, 4096, 20000, 65535, 65536]

/**
 * Messages of all kinds and sizes: octets, text, and text that compresses well.
 *
 * @since 0.1.0
 * @category content
 */
export const mixed = (count: number): ReadonlyArray<string | Uint8Array> => {
  const next = numbers(99)
  return Array.from({ length: count }, (_, i) => {
    const size = sizes[(next() >>> 16) % sizes.length] ?? 0
    if (i % 3 === 0) return octets(size, i)
    return i % 3 === 1 ? `${i}:${text(size, i)}` : `${i}:${`{"id":${i},"name":"record"},`.repeat(1 + size / 25)}`
  })
}

/**
 * Whether two messages are of the same kind and content.
 *
 * @since 0.1.0
 * @category content
 */
export const isSame = (one: string | Uint8Array, other: string | Uint8Array): boolean =>
  typeof one === "string" || typeof other === "string" ? one === other : Buffer.compare(one, other) === 0

/**
 * A message for an error: its kind, its size, and how it begins.
 *
 * @since 0.1.0
 * @category content
 */
export const show = (message: string | Uint8Array): string =>
  typeof message === "string"
    ? `text of ${Buffer.byteLength(message)} bytes, ${JSON.stringify(message.slice(0, 40))}`
    : `${message.length} octets, ${Buffer.from(message.subarray(0, 12)).toString("hex")}`
