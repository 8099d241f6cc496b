/**
 * How long things took: counts by size, in memory that does not grow. In: microseconds. Out: quantiles that are off by at most 1/32, and bars. Pure
 * but for its counts.
 */

/** Buckets of one power of two. */
const fine = 32
/** Up to 2^36 µs, which are 19 hours. */
const powers = 32

export class Histogram {
  private readonly counts = new Float64Array(fine * powers)
  count = 0
  max = 0

  record(micros: number): void {
    const value = Number.isFinite(micros) && micros > 0 ? Math.round(micros) : 0
    const at = Math.min(bucketOf(value), this.counts.length - 1)
    this.counts[at] = (this.counts[at] ?? 0) + 1
    this.count++
    this.max = Math.max(this.max, value)
  }

  /** Microseconds that so large a part, 0 to 1, took at most. 0 if there is nothing. */
  quantile(part: number): number {
    let seen = 0
    for (const [at, count] of this.counts.entries()) {
      seen += count
      if (count > 0 && seen >= part * this.count) return Math.min(topOf(at), this.max)
    }
    return this.max
  }

  /** How many took at most 2^n µs and more than half of it, from the first that has any to the last. */
  bars(): ReadonlyArray<{ readonly upTo: number; readonly count: number }> {
    const bars = new Map<number, number>()
    for (const [at, count] of this.counts.entries()) {
      if (count === 0) continue
      const upTo = 2 ** Math.ceil(Math.log2(Math.max(1, topOf(at))))
      bars.set(upTo, (bars.get(upTo) ?? 0) + count)
    }
    return [...bars].map(([upTo, count]) => ({ upTo, count }))
  }
}

/** Small ones have a bucket each; of larger ones each power of two has as many. */
const bucketOf = (value: number): number => {
  if (value < fine) return value
  const power = Math.floor(Math.log2(value)) - Math.log2(fine)
  return fine * (power + 1) + Math.floor(value / 2 ** power) - fine
}

/** The largest value of a bucket. */
const topOf = (at: number): number => {
  if (at < fine) return at
  const power = Math.floor(at / fine) - 1
  return (at - fine * power + 1) * 2 ** power - 1
}
