/** How long things took: in the end, the middle and the tail. */
import * as Statistics from "../Statistics.js"

/** Later ones take the place of the first. */
const remembered = 1 << 20

export class Latencies {
  private readonly values = new Float64Array(remembered)
  count = 0

  note(milliseconds: number): void {
    this.values[this.count++ % remembered] = milliseconds
  }

  clear(): void {
    this.count = 0
  }

  quantiles(): { readonly p50: number; readonly p99: number } {
    const values = this.values.subarray(0, Math.min(this.count, remembered))
    return { p50: Statistics.quantile(values, 0.5), p99: Statistics.quantile(values, 0.99) }
  }
}
