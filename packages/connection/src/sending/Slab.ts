/**
 * Memory for small outgoing frames, shared by all connections of a layer: each takes the next bytes of it, and none is ever
 * used twice. A piece is given up when it is full; the transports that still hold parts of it keep it alive.
 */
import type { Primitives } from "@effect-ws/codec/Primitives"

const size = 64 * 1024

export class Slab {
  octets: Uint8Array = new Uint8Array(0)
  /** Where the next frame goes: whoever has reserved says how much it took. */
  position = 0
  /** What is larger has memory of its own. */
  readonly largest = size / 4
  /** Where a small text is encoded that is to be deflated, and nothing of it kept. */
  lent: Uint8Array = new Uint8Array(0)

  reserve(primitives: Primitives, room: number): number {
    if (this.position + room > this.octets.length) {
      this.octets = primitives.allocate(size)
      this.position = 0
    }
    return this.position
  }
}
