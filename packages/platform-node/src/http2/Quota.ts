/**
 * How much a peer may bother us with what costs it nothing: a bucket that fills with time. In: the time, and what each thing costs. Out:
 * whether there was so much left.
 */
export class Quota {
  private left: number

  /** So much at once, and so much a second. */
  constructor(private readonly most: number, private readonly perSecond: number, private at: number) {
    this.left = most
  }

  /** `now` in milliseconds. */
  take(cost: number, now: number): boolean {
    this.left = Math.min(this.most, this.left + (now - this.at) / 1000 * this.perSecond) - cost
    this.at = now
    return this.left >= 0
  }
}
