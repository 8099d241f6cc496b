/**
 * The two loops of `Mask`: unrolled, so that the engine keeps them in registers. `key` is already turned to the first
 * octet, and for words already in the machine's order. Indices are in range by construction, hence the assertions.
 */

export const maskOctets = (octets: Uint8Array, start: number, end: number, key: number): void => {
  const k0 = key >>> 24
  const k1 = (key >>> 16) & 0xff
  const k2 = (key >>> 8) & 0xff
  const k3 = key & 0xff
  let i = start
  for (const last = end - 3; i < last; i += 4) {
    octets[i]! ^= k0
    octets[i + 1]! ^= k1
    octets[i + 2]! ^= k2
    octets[i + 3]! ^= k3
  }
  if (i < end) octets[i++]! ^= k0
  if (i < end) octets[i++]! ^= k1
  if (i < end) octets[i]! ^= k2
}

export const maskWords = (words: Int32Array, key: number): void => {
  const length = words.length
  let i = 0
  for (const last = length - 7; i < last; i += 8) {
    words[i]! ^= key
    words[i + 1]! ^= key
    words[i + 2]! ^= key
    words[i + 3]! ^= key
    words[i + 4]! ^= key
    words[i + 5]! ^= key
    words[i + 6]! ^= key
    words[i + 7]! ^= key
  }
  for (; i < length; i++) words[i]! ^= key
}
