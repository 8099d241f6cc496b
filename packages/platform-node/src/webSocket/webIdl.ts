/**
 * Arguments of the `WebSocket` interface -> values, as Web IDL converts them: anything may come, and what cannot be converted is a
 * `TypeError`. What a value then means is not known here.
 *
 * Lone surrogates are kept: each becomes U+FFFD where the text is encoded, as a USVString has it.
 */
import type { Octets } from "@effect-ws/codec/Primitives"
import { types } from "node:util"

/** Web IDL §3.7.7: an operation that is given fewer arguments than it requires. */
export const requireOne = (given: number, operation: string): void => {
  if (given < 1) throw new TypeError(`${operation}: 1 argument required, but only 0 present.`)
}

/** A symbol is a `TypeError`, unlike with `String(value)`. */
export const text = (value: unknown): string => `${value}`

/** `[Clamp] unsigned short`: the nearest one, the even one of two that are as near; not a number is 0. */
export const clampedShort = (value: unknown): number => {
  const number = +(value as number) // a BigInt is a TypeError, unlike with `Number(value)`
  if (Number.isNaN(number)) return 0
  const clamped = Math.min(Math.max(number, 0), 0xffff)
  const floor = Math.floor(clamped)
  return clamped - floor === 0.5 ? floor + (floor % 2) : Math.round(clamped)
}

/** `DOMString or sequence<DOMString>`, as a sequence: an object that can be iterated over is one. */
export const texts = (value: unknown): ReadonlyArray<string> => {
  if (!isObject(value)) return [text(value)]
  return isIterable(value) ? Array.from(value, text) : [text(value)]
}

const isIterable = (value: object): value is Iterable<unknown> => {
  if (!(Symbol.iterator in value)) return false
  const { [Symbol.iterator]: iterator } = value
  return iterator !== undefined && iterator !== null
}

/**
 * `BufferSource or Blob or USVString`. The bytes are a copy: the caller may change its own at once. Memory that is shared with
 * other threads or may change its size is none of the three, and a view of it is a `TypeError`.
 */
export const data = (value: unknown): string | Octets | Blob => {
  if (ArrayBuffer.isView(value)) {
    if (types.isSharedArrayBuffer(value.buffer)) {
      throw new TypeError("WebSocket.send: the view is on a SharedArrayBuffer: copy its bytes")
    }
    return copy(value.buffer, value.byteOffset, value.byteLength)
  }
  if (types.isArrayBuffer(value)) return copy(value, 0, value.byteLength)
  // A Blob as it was made, whatever a subclass says of it.
  return value instanceof Blob ? Blob.prototype.slice.call(value) : text(value)
}

const copy = (buffer: ArrayBuffer, offset: number, length: number): Uint8Array<ArrayBuffer> => {
  if ("resizable" in buffer && buffer.resizable === true) {
    throw new TypeError("WebSocket.send: the ArrayBuffer is resizable: copy its bytes")
  }
  // Memory that was transferred has no bytes, and no view may be made of it.
  return length === 0 ? new Uint8Array(0) : new Uint8Array(buffer, offset, length).slice()
}

export const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function"
