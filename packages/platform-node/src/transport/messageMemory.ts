/**
 * Where received messages lie: each in memory of its own, or small ones cut from pieces that all messages of a layer share. In: which.
 * Out: primitives whose `allocate` does so. Why, and what a shared piece costs its users: docs/internals/decisions/message-memory.md.
 */
import type { Primitives } from "@effect-ws/codec/Primitives"
import { markAsUntransferable } from "node:worker_threads"
import { primitives } from "./primitives.js"

/**
 * @since 0.1.0
 * @category models
 */
export type MessageMemory = "own" | "pooled"

export const receivingBy = (memory: MessageMemory): Primitives =>
  memory === "own" ? primitives : { ...primitives, allocate: pooled() }

/** In bytes. What is kept of it keeps all of it. */
const pieceSize = 32 * 1024
/** Beyond it a message has memory of its own: V8 takes no longer for that than for copying it. */
const largest = 4 * 1024
/** So many bytes V8 keeps within its heap, which costs less still. */
const inHeap = 64

/** A piece is cleared memory, so that what lies behind a message is never what somebody else left there. */
const pooled = (): Primitives["allocate"] => {
  let piece = new ArrayBuffer(0)
  let next = 0
  return (size) => {
    if (size <= inHeap || size > largest) return primitives.allocate(size)
    if (next + size > piece.byteLength) {
      piece = new ArrayBuffer(pieceSize)
      markAsUntransferable(piece)
      next = 0
    }
    const octets = new Uint8Array(piece, next, size)
    next = (next + size + 7) & ~7 // a Float64Array fits over it
    return octets
  }
}
