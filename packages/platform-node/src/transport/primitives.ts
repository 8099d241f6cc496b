/**
 * `Primitives` on Node: UTF-8, memory and base64 by `node:buffer`, SHA-1 by `node:crypto`; masking natively where the package
 * `bufferutil` is there, which is not required. Arguments are as the decoder, the outbox and the opening handshake give them.
 *
 * A hot module. Its oracle is `Primitives.plain`. The sizes at which it changes its ways were measured on Node 20: a call into
 * Node costs as much as some fifty bytes in a loop, and a view of bytes nearly as much again. SHA-1 and base64 of a key take
 * 0.4 µs here, 2.1 µs in plain TypeScript.
 */
import * as Mask from "@effect-ws/codec/Mask"
import type { Primitives } from "@effect-ws/codec/Primitives"
import { Buffer, isAscii, isUtf8 } from "node:buffer"
import { hash } from "node:crypto"
import { createRequire } from "node:module"
import { keepFreedMemory } from "./freedMemory.js"
import { litter } from "./youngGarbage.js"

/**
 * From here on a call into Node is faster than a loop over the bytes: 140 ns at any length, the loop 26 for 20 bytes, 53 for
 * 48, 91 for 96, 131 for 128 (one that ends at the first byte beyond ASCII: 51, 98, 202, 264).
 */
const nativeUtf8From = 96
/** As for UTF-8, when text is written: 40 ns less for 20 bytes, nothing for 36. */
const nativeEncodingFrom = 24
const nativeMaskFrom = 256
/**
 * From here on it pays to ask whether text is ASCII: then Node copies it as it is, and from 1 MB on to memory outside of the heap, which
 * need not be faulted in each time: 1 MiB takes 0.7 ms there and back, 7 as UTF-8.
 */
const asciiFrom = 4096
/**
 * From here on memory is taken as it comes, not cleared: 64 KiB in 1 to 2 µs for 10 to 20. That is safe because nobody sends or
 * gives away bytes that they did not write; each piece has memory of its own. Smaller ones gain nothing.
 */
const unsafeFrom = 1024
/** From here on it is as many pages as are dear to get from the system each time, and V8 fills its limits with few messages. */
const largeFrom = 16 * 1024

/** Methods of `Buffer` that work on any bytes, so that no Buffer needs to be made around them. */
interface Methods {
  base64Slice(this: Uint8Array, start: number, end: number): string
  utf8Slice(this: Uint8Array, start: number, end: number): string
  latin1Slice(this: Uint8Array, start: number, end: number): string
  utf8Write(this: Uint8Array, text: string, offset: number): number
  latin1Write(this: Uint8Array, text: string, offset: number): number
}

const { base64Slice, latin1Slice, latin1Write, utf8Slice, utf8Write } = Buffer.prototype as unknown as Methods

const view = (octets: Uint8Array, start: number, end: number): Uint8Array =>
  new Uint8Array(octets.buffer, octets.byteOffset + start, end - start)

const isShortAscii = (octets: Uint8Array, start: number, end: number): boolean => {
  let bits = 0
  let i = start
  for (const last = end - 3; i < last; i += 4) bits |= octets[i]! | octets[i + 1]! | octets[i + 2]! | octets[i + 3]!
  for (; i < end; i++) bits |= octets[i]!
  return bits < 0x80
}

/** Whether it was: what is not ASCII is left to Node. */
const writeShortAscii = (text: string, target: Uint8Array, offset: number): boolean => {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) return false
    target[offset + i] = unit
  }
  return true
}

const encodeUtf8 = (text: string, target: Uint8Array, offset: number, size?: number): number => {
  const { length } = text
  if (length < nativeEncodingFrom && writeShortAscii(text, target, offset)) return length
  return length >= asciiFrom && (size ?? Buffer.byteLength(text)) === length
    ? latin1Write.call(target, text, offset)
    : utf8Write.call(target, text, offset)
}

type Unmask = (octets: Uint8Array, key: Uint8Array) => void

const nativeUnmask = (): Unmask | undefined => {
  try {
    const { unmask }: { readonly unmask: Unmask } = createRequire(import.meta.url)("bufferutil")
    // Where it was not built it is a loop, and not as good as ours.
    return String(unmask).includes("[native code]") ? unmask : undefined
  } catch {
    return undefined
  }
}

const allocateUncleared = (size: number): Uint8Array<ArrayBuffer> => {
  if (size >= largeFrom) {
    keepFreedMemory()
    litter(size)
  }
  return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer)
}

const unmask = nativeUnmask()
const keyOctets = new Uint8Array(4)

const maskNatively = (unmask: Unmask): Primitives["mask"] => (octets, start, end, key, phase) => {
  if (end - start < nativeMaskFrom) return Mask.mask(octets, start, end, key, phase)
  for (let i = 0; i < 4; i++) keyOctets[i] = key >>> (24 - 8 * ((i + phase) & 3))
  unmask(view(octets, start, end), keyOctets)
}

export const primitives: Primitives = {
  isUtf8: (octets, start, end) =>
    end - start < nativeUtf8From && isShortAscii(octets, start, end) || isUtf8(view(octets, start, end)),
  decodeUtf8: (octets, start, end) =>
    end - start >= asciiFrom && isAscii(view(octets, start, end))
      ? latin1Slice.call(octets, start, end)
      : utf8Slice.call(octets, start, end),
  utf8Length: (text) => Buffer.byteLength(text),
  encodeUtf8,
  mask: unmask === undefined ? Mask.mask : maskNatively(unmask),
  allocate: (size) => size < unsafeFrom ? new Uint8Array(size) : allocateUncleared(size),
  base64: (octets) => base64Slice.call(octets, 0, octets.length),
  sha1Base64: (text) => hash("sha1", text, "base64")
}
