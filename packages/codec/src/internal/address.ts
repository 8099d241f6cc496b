/** IP addresses: text <-> octets, 4 or 16 of them. Text is written as RFC 5952 has it, so that equal addresses are equal texts. */

/** What `text` names, in its one form; `undefined` if it is no address. A zone (`%eth0`) is refused: it means nothing to others. */
export const normalize = (text: string): string | undefined => {
  const octets = text.includes(":") ? parse6(text) : parse4(text)
  return octets === undefined ? undefined : format(octets)
}

const byte = /^(?:0|[1-9][0-9]{0,2})$/

export const parse4 = (text: string): ReadonlyArray<number> | undefined => {
  if (text.length > 15) return undefined
  const parts = text.split(".")
  if (parts.length !== 4) return undefined
  const octets = parts.map((part) => byte.test(part) ? Number(part) : 256)
  return octets.every((octet) => octet < 256) ? octets : undefined
}

const maxText6 = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255".length

export const parse6 = (text: string): ReadonlyArray<number> | undefined => {
  if (text.length > maxText6) return undefined
  const [before = "", after, ...more] = text.split("::")
  if (more.length > 0) return undefined
  const front = groups(before, after === undefined)
  const back = after === undefined ? [] : groups(after, true)
  if (front === undefined || back === undefined) return undefined
  const missing = 16 - front.length - back.length
  if (after === undefined ? missing !== 0 : missing < 2) return undefined
  return [...front, ...Array.from({ length: missing }, () => 0), ...back]
}

/** The octets of groups between colons; of none, none. The last of all may be an IPv4 address. */
const groups = (text: string, isEnd: boolean): ReadonlyArray<number> | undefined => {
  if (text === "") return []
  const octets: Array<number> = []
  const parts = text.split(":")
  for (const [i, part] of parts.entries()) {
    const last4 = isEnd && i === parts.length - 1 && part.includes(".") ? parse4(part) : undefined
    if (last4 !== undefined) octets.push(...last4)
    else if (!/^[0-9A-Fa-f]{1,4}$/.test(part)) return undefined
    else octets.push(parseInt(part, 16) >> 8, parseInt(part, 16) & 0xff)
  }
  return octets
}

export const format = (octets: ArrayLike<number>): string =>
  octets.length === 4 ? Array.from(octets).join(".") : format6(Array.from(octets))

const format6 = (octets: ReadonlyArray<number>): string => {
  const isMapped = octets.every((octet, i) => i >= 12 || octet === (i < 10 ? 0 : 0xff))
  if (isMapped) return `::ffff:${octets.slice(12).join(".")}`
  const words = Array.from({ length: 8 }, (_, i) => (octets[2 * i] ?? 0) * 256 + (octets[2 * i + 1] ?? 0))
  const zeros = longestZeros(words)
  const hex = (some: ReadonlyArray<number>): string => some.map((word) => word.toString(16)).join(":")
  return zeros.length < 2
    ? hex(words)
    : `${hex(words.slice(0, zeros.start))}::${hex(words.slice(zeros.start + zeros.length))}`
}

/** The first of the longest runs (RFC 5952 §4.2.3). */
const longestZeros = (words: ReadonlyArray<number>): { readonly start: number; readonly length: number } => {
  let best = { start: 0, length: 0 }
  for (let start = 0; start < words.length; start++) {
    let end = start
    while (words[end] === 0) end++
    if (end - start > best.length) best = { start, length: end - start }
  }
  return best
}
