/**
 * The wire log of one connection, while it is written. In: bytes as they go by, and waits. Out: records in the order of events, statistics,
 * and how many records were left out.
 *
 * Records hold bytes and numbers; their text is made on demand (`shown`). The first and the last records stay; of those between, the oldest
 * go when this log, or all logs together (`Ledger`), are too long.
 */
import { FrameTracker } from "./FrameTracker.js"
import type { Ledger, Trimmed } from "./Ledger.js"
import type { Entry, Ping, Wait } from "./model.js"
import { overhead, Records } from "./Records.js"
import { Sizes } from "./Sizes.js"

export interface LogSettings {
  /** Bytes of each payload that are kept. */
  readonly payloadSize: number
  /** Bytes that the records between the first and the last ones may take. */
  readonly logSize: number
}

/** How many records stay at either end. */
const ends = 16
/** How many pings, and how many waits, are reported: the last ones. */
const mostTold = 64

/** What the records take that always stay, and their blocks; and what else there is of a log. */
export const reserveOf = ({ payloadSize }: LogSettings): number => 2 * ends * (260 + payloadSize) + 2 * overhead + 4096

export class ConnectionLog implements Trimmed {
  readonly received: FrameTracker
  readonly sent: FrameTracker
  readonly readSizes = new Sizes()
  readonly writeSizes = new Sizes()
  octetsIn = 0
  octetsOut = 0
  readonly pings: Array<Ping> = []
  pingCount = 0
  readonly waited: Array<Wait> = []
  waitCount = 0
  leftOut = 0
  private readonly opening = new Records()
  private readonly tail = new Records()
  private size = 0
  private at = 0
  private isReleased = false

  constructor(
    private readonly settings: LogSettings,
    private readonly ledger: Ledger,
    /** When the connection opened, by {@link clock}, in milliseconds. */
    private readonly began: number,
    private readonly clock: () => number
  ) {
    ledger.add(this)
    const tracker = (kind: "RF" | "TF"): FrameTracker =>
      new FrameTracker(settings.payloadSize, (offset, head, headSize, length, payload) => {
        if (this.isReleased) return
        this.records.addFrame(kind, this.at, offset, length, head, headSize, payload)
        this.added()
      })
    this.received = tracker("RF")
    this.sent = tracker("TF")
  }

  private now(): number {
    return this.clock() - this.began
  }

  read(octets: Uint8Array): void {
    this.at = this.now()
    const { length } = octets
    this.readSizes.add(length)
    this.addRun("RO", this.octetsIn, length)
    this.octetsIn += length
    this.received.feed(octets)
  }

  written(chunks: ReadonlyArray<Uint8Array>): void {
    this.at = this.now()
    let size = 0
    for (const chunk of chunks) {
      size += chunk.length
      this.sent.feed(chunk)
    }
    if (size === 0) return
    this.writeSizes.add(size)
    this.addRun("TO", this.octetsOut, size)
    this.octetsOut += size
  }

  pinged(roundTrip: number): void {
    this.pingCount++
    this.pings.push({ at: this.now(), roundTrip })
    if (this.pings.length > mostTold) this.pings.shift()
  }

  /** Something waits from now on, until {@link ConnectionLog.goesOn}. */
  waits(what: Wait["for"]): void {
    this.waitCount++
    this.waited.push({ for: what, at: this.now(), duration: undefined })
    if (this.waited.length > mostTold) this.waited.shift()
  }

  goesOn(what: Wait["for"]): void {
    const last = this.waited.findLastIndex((wait) => wait.for === what && wait.duration === undefined)
    const wait = this.waited[last]
    if (wait !== undefined) this.waited[last] = { ...wait, duration: this.now() - wait.at }
  }

  /** What is waited for now. */
  get waitsFor(): ReadonlyArray<Wait["for"]> {
    return this.waited.filter(({ duration }) => duration === undefined).map((wait) => wait.for)
  }

  /** The records, in order: those before what was left out, and those behind it. */
  get entries(): { readonly before: ReadonlyArray<Entry>; readonly after: ReadonlyArray<Entry> } {
    return { before: this.opening.entries, after: this.tail.entries }
  }

  /** Gives its memory back, since it is not kept. */
  release(): void {
    if (this.isReleased) return
    this.isReleased = true
    this.ledger.close(this, this.size + reserveOf(this.settings))
    this.tail.clear()
  }

  // -- memory

  get oldest(): number | undefined {
    return this.mayGo === 0 ? undefined : this.began + this.tail.timeOf(0)
  }

  get latest(): number | undefined {
    return this.mayGo === 0 ? undefined : this.began + this.tail.timeOf(this.tail.length - 1 - ends)
  }

  dropUntil(time: number): number {
    let cost = 0
    while (this.mayGo > 0 && this.began + this.tail.timeOf(0) <= time) cost += this.dropOldest()
    return cost
  }

  private dropOldest(): number {
    const cost = this.tail.costOf(0)
    this.tail.shift()
    this.size -= cost
    this.leftOut++
    return cost
  }

  /** How many records are neither among the first nor among the last. */
  private get mayGo(): number {
    return Math.max(0, this.tail.length - ends)
  }

  // -- records

  /** Where the next one goes. */
  private get records(): Records {
    return this.opening.length < ends ? this.opening : this.tail
  }

  private addRun(kind: "RO" | "TO", offset: number, size: number): void {
    if (this.isReleased) return
    this.records.addRun(kind, this.at, offset, size)
    this.added()
  }

  /** One of those before it is not among the last any more, and may go. */
  private added(): void {
    const { mayGo } = this
    if (mayGo === 0) return
    const cost = this.tail.costOf(mayGo - 1)
    this.size += cost
    this.ledger.joined(cost)
    while (this.size > this.settings.logSize) this.ledger.left(this.dropOldest())
  }
}
