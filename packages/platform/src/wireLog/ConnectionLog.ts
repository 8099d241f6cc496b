/**
 * The wire log of one connection, while it is written. In: octets as they go by, and what waits on what. Out: records in the order of
 * events, statistics, and what was left out.
 *
 * Records hold octets and numbers; what they say is worked out when somebody asks (`shown`). The first and the last of them stay; of
 * those between, the oldest go when the log is longer than it may be, or all logs together are (`Ledger`).
 */
import { FrameTracker, nothing } from "./FrameTracker.js"
import type { Ledger, Trimmed } from "./Ledger.js"
import type { Entry, Ping, Wait } from "./model.js"

export interface LogSettings {
  /** Octets of each payload that are kept. */
  readonly payloadSize: number
  /** Octets that the records may take which neither come first nor last. */
  readonly logSize: number
}

/** So many records stay at either end. */
const ends = 16
/** So many pings, and so many waits, are told of: the last ones. */
const mostTold = 64

const costOf = ({ header, payload }: Entry): number =>
  (header === undefined ? 96 : 160) + (payload === nothing ? 0 : 100 + payload.length)

/** What the records take that always stay. */
export const reserveOf = ({ payloadSize }: LogSettings): number => 2 * ends * (260 + payloadSize) + 4096

export class ConnectionLog implements Trimmed {
  readonly received: FrameTracker
  readonly sent: FrameTracker
  readonly readSizes = new Map<number, number>()
  readonly writeSizes = new Map<number, number>()
  octetsIn = 0
  octetsOut = 0
  readonly pings: Array<Ping> = []
  pingCount = 0
  readonly waited: Array<Wait> = []
  waitCount = 0
  leftOut = 0
  private readonly opening: Array<Entry> = []
  private tail: Array<Entry | undefined> = []
  private first = 0
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
      new FrameTracker(
        settings.payloadSize,
        (offset, header, payload) => this.add({ kind, at: this.at, offset, size: header.length, header, payload })
      )
    this.received = tracker("RF")
    this.sent = tracker("TF")
  }

  private now(): number {
    return this.clock() - this.began
  }

  read(octets: Uint8Array): void {
    this.at = this.now()
    const { length } = octets
    countSize(this.readSizes, length)
    this.add(run("RO", this.at, this.octetsIn, length))
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
    countSize(this.writeSizes, size)
    this.add(run("TO", this.at, this.octetsOut, size))
    this.octetsOut += size
  }

  pinged(roundTrip: number): void {
    this.pingCount++
    this.pings.push({ at: this.now(), roundTrip })
    if (this.pings.length > mostTold) this.pings.shift()
  }

  /** Something begins to wait; until {@link ConnectionLog.goesOn}. */
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
    return { before: this.opening, after: this.tail.slice(this.first).filter((entry) => entry !== undefined) }
  }

  /** Gives its memory back: it is not kept. */
  release(): void {
    if (this.isReleased) return
    this.isReleased = true
    this.ledger.close(this, this.size + reserveOf(this.settings))
    this.tail = []
    this.first = 0
  }

  // -- memory

  get oldest(): number | undefined {
    return this.mayGo === 0 ? undefined : this.timeOf(this.first)
  }

  get latest(): number | undefined {
    return this.mayGo === 0 ? undefined : this.timeOf(this.tail.length - 1 - ends)
  }

  dropUntil(time: number): number {
    let cost = 0
    while (this.mayGo > 0 && (this.timeOf(this.first) ?? Infinity) <= time) cost += this.dropOldest()
    return cost
  }

  private timeOf(index: number): number | undefined {
    const entry = this.tail[index]
    return entry && this.began + entry.at
  }

  private dropOldest(): number {
    const entry = this.tail[this.first]
    if (entry === undefined) return 0
    this.tail[this.first++] = undefined
    if (this.first > 64 && this.first * 2 > this.tail.length) {
      this.tail = this.tail.slice(this.first)
      this.first = 0
    }
    const cost = costOf(entry)
    this.size -= cost
    this.leftOut++
    return cost
  }

  /** How many records are neither among the first nor among the last. */
  private get mayGo(): number {
    return Math.max(0, this.tail.length - this.first - ends)
  }

  private add(entry: Entry): void {
    if (this.isReleased) return
    if (this.opening.length < ends) return void this.opening.push(entry)
    this.tail.push(entry)
    const joins = this.mayGo === 0 ? undefined : this.tail[this.tail.length - 1 - ends]
    if (joins === undefined) return
    const cost = costOf(joins)
    this.size += cost
    this.ledger.joined(cost)
    while (this.size > this.settings.logSize) this.ledger.left(this.dropOldest())
  }
}

const run = (kind: "RO" | "TO", at: number, offset: number, size: number): Entry => ({
  kind,
  at,
  offset,
  size,
  header: undefined,
  payload: nothing
})

/** Of more sizes than these, further ones are counted as the power of two below them. */
const mostSizes = 64

const countSize = (sizes: Map<number, number>, size: number): void => {
  const key = sizes.size < mostSizes || sizes.has(size) ? size : 2 ** Math.floor(Math.log2(size))
  sizes.set(key, (sizes.get(key) ?? 0) + 1)
}
