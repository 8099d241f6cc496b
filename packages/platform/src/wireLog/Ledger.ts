/**
 * The memory of all wire logs of a layer: how much they use, and which records go if it is too much: the oldest of all that may go. In:
 * what is reserved, and the cost of records once they may go. Out: calls to the logs whose records must go.
 *
 * A record costs an addition. If there is too much, all logs are asked once, and the older part of all their records goes, so that it is
 * not soon too much again. Bytes are estimates of what the host needs.
 */

export interface Trimmed {
  /** When the oldest and the latest record that may go were made, by a clock that all logs share; `undefined` if there is none. */
  readonly oldest: number | undefined
  readonly latest: number | undefined
  /** Drops the records that may go and were made until then; returns their cost. */
  dropUntil(time: number): number
}

export class Ledger {
  used = 0
  private readonly logs = new Set<Trimmed>()

  constructor(readonly limit: number) {}

  /** Reserves memory for the part of a log that stays, and drops records for it. Returns whether there is enough. */
  open(octets: number): boolean {
    while (this.used + octets > this.limit && this.trim());
    if (this.used + octets > this.limit) return false
    this.used += octets
    return true
  }

  /** From now on it may be asked to drop records. */
  add(log: Trimmed): void {
    this.logs.add(log)
  }

  /** The log is gone, with what it had. */
  close(log: Trimmed, octets: number): void {
    this.logs.delete(log)
    this.used -= octets
  }

  /** A record may go from now on. */
  joined(cost: number): void {
    this.used += cost
    while (this.used > this.limit && this.trim());
  }

  /** A log has dropped records by itself. */
  left(cost: number): void {
    this.used -= cost
  }

  /** Drops records from the first quarter of the recorded time; returns whether there were any. */
  private trim(): boolean {
    let oldest = Infinity
    let latest = -Infinity
    for (const log of this.logs) {
      if (log.oldest === undefined || log.latest === undefined) continue
      oldest = Math.min(oldest, log.oldest)
      latest = Math.max(latest, log.latest)
    }
    if (oldest === Infinity) return false
    const until = oldest + (latest - oldest) / 4
    for (const log of this.logs) this.used -= log.dropUntil(until)
    return true
  }
}
