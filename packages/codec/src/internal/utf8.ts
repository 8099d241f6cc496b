/** UTF-8 in plain TypeScript: of `Primitives.plain`, and of those who must not load all of it. */
import * as Utf8 from "../Utf8.js"

export const isUtf8 = (octets: Uint8Array, start: number, end: number): boolean =>
  Utf8.advance(Utf8.complete, octets, start, end) === Utf8.complete

export const decodeUtf8 = (octets: Uint8Array, start: number, end: number): string => {
  let text = ""
  let units: Array<number> = []
  for (let i = start; i < end;) {
    const octet = octets[i] ?? 0
    const size = octet < 0x80 ? 1 : octet < 0xe0 ? 2 : octet < 0xf0 ? 3 : 4
    let point = size === 1 ? octet : octet & (0xff >> (size + 1))
    for (let j = 1; j < size; j++) point = (point << 6) | ((octets[i + j] ?? 0) & 0x3f)
    units.push(point)
    i += size
    if (units.length === 4096) {
      text += String.fromCodePoint(...units)
      units = []
    }
  }
  return text + String.fromCodePoint(...units)
}
