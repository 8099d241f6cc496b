/**
 * What is written down of a case while it runs: the facts of closing under Autobahn's names, the wire log, the statistics, and
 * what was received. Verdicts and reports are made from it, and from nothing else.
 *
 * Types, and the log that they are collected in. It judges nothing.
 *
 * @since 0.1.0
 */
import * as Seen from "@effect-ws/codec/report/ConnectionRecord"
import type { Event, PeerRole } from "../cases/Case.js"

/**
 * The thirteen facts of closing, from the examiner's side, while they are collected.
 *
 * @since 0.1.0
 * @category models
 */
export type ClosingFacts = { -readonly [Key in keyof Seen.ClosingFacts]: Seen.ClosingFacts[Key] }

/**
 * At the start.
 *
 * @since 0.1.0
 * @category constructors
 */
export const closingFacts = (peer: PeerRole): ClosingFacts => Seen.unclosed(peer === "client")

/**
 * What a script says of itself, where it is not judged by its events.
 *
 * @since 0.1.0
 * @category models
 */
export interface Finding {
  readonly behavior: "OK" | "FAILED" | "UNIMPLEMENTED"
  readonly result: string
}

/**
 * All that was seen of a case.
 *
 * @since 0.1.0
 * @category models
 */
export interface CaseRecord {
  readonly started: Date
  /** Milliseconds from open to the end of the connection. */
  readonly duration: number
  /** Whether the opening handshake was completed. */
  readonly opened: boolean
  readonly closing: Readonly<ClosingFacts>
  readonly received: ReadonlyArray<Event>
  readonly finding: Finding | undefined
  readonly httpRequest: string
  readonly httpResponse: string
  readonly wire: ReadonlyArray<Seen.Timed>
  readonly wirelogOn: boolean
  readonly octetsIn: Seen.Counts
  readonly octetsOut: Seen.Counts
  readonly framesIn: Seen.Counts
  readonly framesOut: Seen.Counts
  readonly traffic: Pick<Seen.TrafficStatistics, "incoming" | "outgoing"> | undefined
  readonly preopen: Seen.TrafficStatistics["preopen"]
}

/**
 * What was seen of the connection, without what was expected of it: for reports.
 *
 * @since 0.1.0
 * @category models
 */
export const connection = ({ started, traffic, ...record }: CaseRecord): Seen.ConnectionRecord => ({
  ...record,
  started: started.toISOString(),
  traffic: traffic && { ...traffic, preopen: record.preopen }
})

type Counted = { -readonly [Key in keyof Seen.Traffic]: number }

/**
 * Collects the wire log and the statistics of one connection.
 *
 * @since 0.1.0
 * @category collecting
 */
export class WireLog {
  readonly records: Array<Seen.Timed> = []
  readonly octetsIn = new Map<number, number>()
  readonly octetsOut = new Map<number, number>()
  readonly framesIn = new Map<number, number>()
  readonly framesOut = new Map<number, number>()
  readonly incoming: Counted = { wire: 0, webSocket: 0, app: 0, frames: 0, messages: 0 }
  readonly outgoing: Counted = { wire: 0, webSocket: 0, app: 0, frames: 0, messages: 0 }
  /** Octets of the opening handshake. */
  readonly preopen = { incoming: 0, outgoing: 0 }
  on = true
  private readonly began = performance.now()

  add(record: Seen.WireRecord): void {
    if (this.on && this.records.length < maxRecords) {
      this.records.push({ at: performance.now() - this.began, record })
    }
  }

  switch(on: boolean): void {
    if (this.on === on) return
    this.on = true
    this.add(["WLM", on])
    this.on = on
  }

  read(octets: Uint8Array): void {
    count(this.octetsIn, octets.length)
    this.incoming.wire += octets.length
    if (this.on) this.add(["RO", [octets.length, Seen.showOctets(octets, octets.length)]])
  }

  written(octets: Uint8Array, sync: boolean): void {
    count(this.octetsOut, octets.length)
    this.outgoing.wire += octets.length
    if (this.on) this.add(["TO", [octets.length, Seen.showOctets(octets, octets.length)], sync])
  }
}

/** A log that is longer tells a reader nothing more. */
const maxRecords = 4000

/**
 * @since 0.1.0
 * @category collecting
 */
export const count = (counts: Map<number, number>, key: number): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
