/**
 * What is written down of a case while it runs: the facts of closing under Autobahn's names, the wire log, the statistics, and
 * what was received. Verdicts and reports are made from it, and from nothing else.
 *
 * Types, and the log that they are collected in. It judges nothing.
 *
 * @since 0.1.0
 */
import type { Event, PeerRole } from "../cases/Case.js"
import * as Payload from "../cases/Payload.js"

/**
 * The thirteen facts of closing, from the examiner's side, in Autobahn's order.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClosingFacts {
  isServer: boolean
  closedByMe: boolean
  failedByMe: boolean
  droppedByMe: boolean
  wasClean: boolean
  wasNotCleanReason: string | null
  wasServerConnectionDropTimeout: boolean
  wasOpenHandshakeTimeout: boolean
  wasCloseHandshakeTimeout: boolean
  localCloseCode: number | null
  localCloseReason: string | null
  remoteCloseCode: number | null
  remoteCloseReason: string | null
}

/**
 * At the start.
 *
 * @since 0.1.0
 * @category constructors
 */
export const closingFacts = (peer: PeerRole): ClosingFacts => ({
  isServer: peer === "client",
  closedByMe: false,
  failedByMe: false,
  droppedByMe: false,
  wasClean: false,
  wasNotCleanReason: null,
  wasServerConnectionDropTimeout: false,
  wasOpenHandshakeTimeout: false,
  wasCloseHandshakeTimeout: false,
  localCloseCode: null,
  localCloseReason: null,
  remoteCloseCode: null,
  remoteCloseReason: null
})

/**
 * A record of the wire log, as Autobahn writes it, by its first element: octets (RO, TO) and frames (RF, TF) read and written;
 * waits begun and over (CT, CTE); timers that kill (KL, KLE) and close (TI, TIE); logging switched (WLM).
 *
 * @since 0.1.0
 * @category models
 */
export type WireRecord =
  | readonly ["RO", readonly [size: number, hex: string]]
  | readonly ["TO", readonly [size: number, hex: string], sync: boolean]
  | readonly [
    "RF",
    readonly [size: number, text: string],
    opcode: number,
    fin: boolean,
    rsv: number,
    masked: boolean,
    mask: string | null
  ]
  | readonly [
    "TF",
    readonly [size: number, text: string],
    opcode: number,
    fin: boolean,
    rsv: number,
    mask: string | null,
    repeat: number | null,
    chop: number | null,
    sync: boolean
  ]
  | readonly ["CT", seconds: number, tag: string | null]
  | readonly ["CTE", tag: string | null]
  | readonly ["KL", seconds: number]
  | readonly ["KLE"]
  | readonly ["TI", seconds: number]
  | readonly ["TIE"]
  | readonly ["WLM", on: boolean]

/**
 * A record and when it was made, in milliseconds since the connection began.
 *
 * @since 0.1.0
 * @category models
 */
export interface Timed {
  readonly at: number
  readonly record: WireRecord
}

/**
 * How often each size or opcode was seen.
 *
 * @since 0.1.0
 * @category models
 */
export type Counts = ReadonlyMap<number, number>

/**
 * Octets of data messages in one direction: as they were on the wire, as payload of frames, and before or after compression.
 *
 * @since 0.1.0
 * @category models
 */
export interface Traffic {
  wire: number
  webSocket: number
  app: number
  frames: number
  messages: number
}

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
  readonly wire: ReadonlyArray<Timed>
  readonly wirelogOn: boolean
  readonly octetsIn: Counts
  readonly octetsOut: Counts
  readonly framesIn: Counts
  readonly framesOut: Counts
  readonly traffic: { readonly incoming: Traffic; readonly outgoing: Traffic } | undefined
  readonly preopen: { readonly incoming: number; readonly outgoing: number }
}

/**
 * Collects the wire log and the statistics of one connection.
 *
 * @since 0.1.0
 * @category collecting
 */
export class WireLog {
  readonly records: Array<Timed> = []
  readonly octetsIn = new Map<number, number>()
  readonly octetsOut = new Map<number, number>()
  readonly framesIn = new Map<number, number>()
  readonly framesOut = new Map<number, number>()
  readonly incoming: Traffic = { wire: 0, webSocket: 0, app: 0, frames: 0, messages: 0 }
  readonly outgoing: Traffic = { wire: 0, webSocket: 0, app: 0, frames: 0, messages: 0 }
  /** Octets of the opening handshake. */
  readonly preopen = { incoming: 0, outgoing: 0 }
  on = true
  private readonly began = performance.now()

  add(record: WireRecord): void {
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
    if (this.on) this.add(["RO", [octets.length, Payload.showOctets(octets)]])
  }

  written(octets: Uint8Array, sync: boolean): void {
    count(this.octetsOut, octets.length)
    this.outgoing.wire += octets.length
    if (this.on) this.add(["TO", [octets.length, Payload.showOctets(octets)], sync])
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
