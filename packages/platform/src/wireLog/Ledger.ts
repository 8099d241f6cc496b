/**
 * The memory of all wire logs of a layer: how much they have, and which records go when it is too much: of all that may go, the oldest.
 * In: what is reserved, and what records cost as they become such that may go. Out: calls of those whose records have to go.
 *
 * A record costs an addition. When there is too much, all logs are asked once, and the older part goes of what all of them have, so that
 * it is not soon too much again. Bytes are estimates of what the host needs for them.
 */

export interface Trimmed {
  /** When its oldest and its latest record was made that may go, by a clock that all logs share; `undefined` if there is none. */
  readonly oldest: number | undefined
  readonly latest: number | undefined
  /** Drops the records that may go and were made until then; answers what they cost. */
  dropUntil(time: number): number
}

export class Ledger {
  used = 0
  private readonly logs = new Set<Trimmed>()

  constructor(readonly limit: number) {}

  /** Takes memory for a log: for what stays of it. Drops records for that. Whether there is so much. */
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

  /** Drops what was made in the first quarter of the time that records are of; whether there was any. */
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
