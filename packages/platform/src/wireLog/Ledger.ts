/**
 * The memory of all wire logs of a layer: how much they have, and which record goes when it is too much: of all records that may go, the
 * oldest. In: what is reserved, and records as they become such that may go. Out: calls of those whose record has to go.
 *
 * Each record costs the same here, however many logs there are: they stand in one line, in the order of time. Octets are estimates of
 * what the host needs for them.
 */

export interface Trimmed {
  /** Records of it that it dropped by itself, and which still stand in the line, before all others of it. */
  stale: number
  /** Drops its oldest record that may go; answers what it cost. */
  dropOldest(): number
}

export class Ledger {
  used = 0
  private line: Array<Trimmed | undefined> = []
  private next = 0
  /** Records that may go. */
  private count = 0

  constructor(readonly limit: number) {}

  /** Takes memory for something that stays; drops records for it. Whether there is so much. */
  reserve(octets: number): boolean {
    while (this.used + octets > this.limit && this.dropOldest());
    if (this.used + octets > this.limit) return false
    this.used += octets
    return true
  }

  /** Gives back what was reserved. */
  release(octets: number): void {
    this.used -= octets
  }

  /** A record of `log` may go from now on. */
  joined(log: Trimmed, cost: number): void {
    this.used += cost
    this.count++
    this.line.push(log)
    while (this.used > this.limit && this.dropOldest());
    if (this.line.length > 2 * this.count + 1024) this.compact()
  }

  /** `log` has dropped its `count` oldest records by itself. */
  left(log: Trimmed, cost: number, count = 1): void {
    this.used -= cost
    this.count -= count
    log.stale += count
  }

  private dropOldest(): boolean {
    while (this.next < this.line.length) {
      const log = this.line[this.next]
      this.line[this.next++] = undefined
      if (log === undefined) continue
      if (log.stale > 0) log.stale--
      else {
        this.used -= log.dropOldest()
        this.count--
        return true
      }
    }
    return false
  }

  private compact(): void {
    const line: Array<Trimmed> = []
    for (const log of this.line) {
      if (log === undefined) continue
      if (log.stale > 0) log.stale--
      else line.push(log)
    }
    this.line = line
    this.next = 0
  }
}
