/**
 * Memory of large outgoing frames, which is used again once it has left: what is asked of the system for each message is given
 * back to it, and faulted in again with the next. For all connections of a layer. It keeps no more than a few MiB, and nothing larger
 * than a quarter of that; whatever was taken and is never given back is garbage like any other.
 */
import type { Octets, Primitives } from "@effect-ws/codec/Primitives"

/** Bytes that are kept in all. */
export const most = 4 * 1024 * 1024

export class SpareMemory {
  private readonly spare = new Map<number, Array<Octets>>()
  /** Bytes that are kept now. */
  size = 0

  /** At least `size` bytes, with anything in them. */
  take(primitives: Primitives, size: number): Octets {
    const rounded = roundUp(size)
    const found = this.spare.get(rounded)?.pop()
    if (found === undefined) return primitives.allocate(rounded)
    this.size -= rounded
    return found
  }

  /** What {@link take} gave, whole, of which nobody reads any more. */
  give(memory: Octets): void {
    const { length } = memory
    if (length > most / 4 || this.size + length > most) return
    const kept = this.spare.get(length)
    if (kept === undefined) this.spare.set(length, [memory])
    else kept.push(memory)
    this.size += length
  }
}

/** To a quarter of the power of two below: a dozen lengths, and at most a fifth of one unused. */
const roundUp = (size: number): number => {
  const step = 2 ** Math.max(12, Math.floor(Math.log2(size)) - 2)
  return Math.ceil(size / step) * step
}
