/**
 * The last bytes that were inflated, up to a window of them: what an inflater that must start anew takes as its dictionary.
 *
 * Memory grows with what came, to the size of the window and no further.
 */
const smallest = 4 * 1024

export class Window {
  private ring = Buffer.alloc(0)
  private next = 0
  private size = 0

  constructor(private readonly most: number) {}

  push(octets: Uint8Array): void {
    if (octets.length === 0) return
    const recent = octets.length <= this.most ? octets : octets.subarray(octets.length - this.most)
    this.reserve(Math.min(this.most, this.size + recent.length))
    const room = this.ring.length - this.next
    if (recent.length <= room) {
      this.ring.set(recent, this.next)
    } else {
      this.ring.set(recent.subarray(0, room), this.next)
      this.ring.set(recent.subarray(room))
    }
    this.next = (this.next + recent.length) % this.ring.length
    this.size = Math.min(this.ring.length, this.size + recent.length)
  }

  /** In order, the oldest first. */
  get octets(): Buffer {
    const from = (this.next - this.size + this.ring.length) % Math.max(1, this.ring.length)
    const first = this.ring.subarray(from, from + this.size)
    return Buffer.concat([first, this.ring.subarray(0, this.size - first.length)])
  }

  clear(): void {
    this.next = 0
    this.size = 0
  }

  private reserve(size: number): void {
    if (size <= this.ring.length) return
    let capacity = Math.max(smallest, this.ring.length)
    while (capacity < size) capacity *= 8
    const { octets } = this
    this.ring = Buffer.allocUnsafeSlow(Math.min(capacity, this.most))
    this.ring.set(octets)
    this.next = octets.length % this.ring.length
  }
}
