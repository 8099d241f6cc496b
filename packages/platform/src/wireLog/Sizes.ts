/**
 * How often each size was seen. In: sizes. Out: the counts.
 *
 * Traffic is of few sizes, and one often follows itself: that costs an addition.
 */
export class Sizes {
  private readonly counts = new Map<number, number>()
  private last = 0
  /** How often {@link last} was seen that is not in {@link counts}. */
  private run = 0

  add(size: number): void {
    if (size !== this.last) {
      this.settle()
      this.last = size
    }
    this.run++
  }

  get all(): ReadonlyMap<number, number> {
    this.settle()
    return this.counts
  }

  private settle(): void {
    if (this.run === 0) return
    const { counts, last } = this
    const key = counts.size < most || counts.has(last) ? last : 2 ** Math.floor(Math.log2(last))
    counts.set(key, (counts.get(key) ?? 0) + this.run)
    this.run = 0
  }
}

/** Of more sizes than these, further ones are counted as the power of two below them. */
const most = 64
