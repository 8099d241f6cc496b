/**
 * The connections of a layer: those that are open, those whose records are kept, and how many ended in which way. In: connections as they
 * open, from clients and servers. Out: reports.
 *
 * The settings decide which connections are recorded, and which records are kept. Nothing here fails or throws.
 */
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import type * as Connection from "@effect-ws/connection/Connection"
import type { Host } from "@effect-ws/connection/host/Host"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import type { Transport } from "@effect-ws/connection/host/Transport"
import type * as Clock from "effect/Clock"
import * as Option from "effect/Option"
import { pathOf } from "../internal/target.js"
import { excerpt } from "../logging/boundedCause.js"
import type { Tracing } from "../telemetry/tracing.js"
import { ConnectionLog, type LogSettings, reserveOf } from "./ConnectionLog.js"
import * as handshake from "./handshake.js"
import { Ledger } from "./Ledger.js"
import type { Candidate, Identity, OpenConnection, OutcomeCounts, Report, Summary } from "./model.js"
import * as reports from "./reports.js"
import { TappedTransport } from "./TappedTransport.js"
import { type Recording, Watched } from "./Watched.js"

export interface RecorderSettings extends LogSettings {
  /** Guarded: does not throw. */
  readonly choose: (candidate: Candidate) => boolean
  readonly sample: number
  /** Guarded: does not throw. */
  readonly keep: (outcome: CloseOutcome, identity: Identity) => boolean
  readonly memory: number
  readonly reports: number
  readonly shownHeaders: ReadonlySet<string>
  /** Called with a record that is kept, for spans. */
  readonly onKept: (report: () => Report, tracing: Tracing | undefined) => void
}

/** What a host will make a connection of. */
export interface Opened extends Candidate {
  readonly transport: Transport
  readonly host: Host
  /** Called only if it is recorded. */
  readonly handshake: () => { readonly request: handshake.Head; readonly response: handshake.Head }
}

/** What to make it of instead, and what to call. */
export interface Watching {
  readonly transport: Transport
  readonly host: Host
  readonly opened: (connection: Connection.Lifecycle, tracing?: Tracing | undefined) => void
  /** There will be no connection: instead of {@link Watching.opened}, gives back the memory of its record. */
  readonly failed: () => void
}

export class Recorder {
  private readonly ledger: Ledger
  private readonly open = new Map<string, Watched>()
  /** In the order of their ends. */
  private readonly ended = new Map<string, Watched>()
  private readonly byConnection = new WeakMap<Connection.Lifecycle, Watched>()
  private readonly minutes: Array<{ readonly minute: number; readonly counts: Record<CloseOutcome["_tag"], number> }> =
    []
  private readonly start: bigint
  private opened = 0
  private chosen = 0
  private unrecorded = 0

  constructor(private readonly settings: RecorderSettings, private readonly clock: Clock.Clock) {
    this.ledger = new Ledger(settings.memory)
    this.start = clock.unsafeCurrentTimeNanos()
  }

  /** Milliseconds from an arbitrary moment. */
  private now(): number {
    return Number(this.clock.unsafeCurrentTimeNanos() - this.start) / 1_000_000
  }

  watch(candidate: Opened): Watching {
    const { host, opening, peer, role, transport } = candidate
    const began = this.now()
    const identity: Identity = {
      id: String(++this.opened),
      role,
      peer: peer === undefined ? undefined : excerpt(peer),
      path: excerpt(pathOf(opening.target)),
      subprotocol: opening.subprotocol,
      extensions: opening.extensions,
      openedAt: this.clock.unsafeCurrentTimeMillis()
    }
    const recording = this.isChosen(candidate) ? this.record(candidate, began) : undefined
    const watched = new Watched(identity, began, host.meter, recording)
    return {
      transport: recording === undefined ? transport : new TappedTransport(transport, recording.log),
      host: { ...host, meter: watched },
      opened: (connection, tracing) => {
        watched.connection = connection
        this.byConnection.set(connection, watched)
        this.open.set(identity.id, watched)
        Hosting.listen(connection, (outcome) => this.onEnd(watched, outcome, tracing))
      },
      failed: () => this.release(watched)
    }
  }

  private isChosen(candidate: Candidate): boolean {
    if (!this.settings.choose(candidate)) return false
    this.chosen += this.settings.sample
    if (this.chosen < 1) return false
    this.chosen -= 1
    return true
  }

  private record({ handshake: made, opening, role }: Opened, began: number): Recording | undefined {
    const { request, response } = made() // first of all: it is the host's
    if (!this.reserve(reserveOf(this.settings))) {
      this.unrecorded++
      return undefined
    }
    const shown = { headers: this.settings.shownHeaders, subprotocol: opening.subprotocol }
    const sizes = [handshake.sizeOf(request), handshake.sizeOf(response)] as const
    return {
      log: new ConnectionLog(this.settings, this.ledger, began, () => this.now()),
      httpRequest: handshake.show(request, shown),
      httpResponse: handshake.show(response, shown),
      preopen: role === "server"
        ? { incoming: sizes[0], outgoing: sizes[1] }
        : { incoming: sizes[1], outgoing: sizes[0] }
    }
  }

  /** Reserves memory for one more connection: the oldest ended records go for it. */
  private reserve(octets: number): boolean {
    while (!this.ledger.open(octets)) if (!this.dropOldest()) return false
    return true
  }

  private dropOldest(): boolean {
    const [oldest] = this.ended
    if (oldest === undefined) return false
    this.ended.delete(oldest[0])
    this.release(oldest[1])
    return true
  }

  private release(watched: Watched): void {
    if (watched.recording === undefined) return
    watched.recording.log.release()
    watched.recording = undefined
  }

  private onEnd(watched: Watched, outcome: CloseOutcome, tracing: Tracing | undefined): void {
    watched.outcome = outcome
    watched.connection = undefined
    watched.duration = this.now() - watched.began
    this.open.delete(watched.identity.id)
    this.count(outcome)
    if (watched.recording === undefined) return
    if (!this.settings.keep(outcome, watched.identity)) return this.release(watched)
    this.ended.set(watched.identity.id, watched)
    if (this.ended.size > this.settings.reports) this.dropOldest()
    const { recording } = watched
    this.settings.onKept(() => this.reportOf(watched, recording), tracing)
  }

  private count({ _tag }: CloseOutcome): void {
    const minute = Math.floor(this.clock.unsafeCurrentTimeMillis() / 60_000) * 60_000
    const last = this.minutes.at(-1)
    if (last?.minute === minute) return void last.counts[_tag]++
    const counts = { Clean: 0, Failed: 0, CloseTimeout: 0, DropTimeout: 0, Dropped: 0, Aborted: 0 }
    counts[_tag]++
    this.minutes.push({ minute, counts })
    if (this.minutes.length > mostMinutes) this.minutes.shift()
  }

  // -- what is asked

  /** Milliseconds since 1970. */
  time(): number {
    return this.clock.unsafeCurrentTimeMillis()
  }

  /** How many are open, and how many could not be recorded for lack of memory. */
  totals(): { readonly isOpen: number; readonly unrecorded: number } {
    return { isOpen: this.open.size, unrecorded: this.unrecorded }
  }

  /** The last of the open connections, latest first. */
  latest(most: number): ReadonlyArray<OpenConnection> {
    const now = this.now()
    return [...this.open.values()].slice(-most).reverse().map((watched) => watched.describe(now))
  }

  /** The open connections, oldest first. */
  connections(): ReadonlyArray<OpenConnection> {
    const now = this.now()
    return [...this.open.values()].map((watched) => watched.describe(now))
  }

  /** The recorded connections, latest first: ended ones, and open ones. */
  summaries(): ReadonlyArray<Summary> {
    const summary = ({ duration, identity, outcome }: Watched): Summary => ({
      ...identity,
      outcome,
      endedAt: outcome === undefined ? undefined : identity.openedAt + duration
    })
    const open = [...this.open.values()].filter(({ recording }) => recording !== undefined)
    return [...[...this.ended.values()].reverse(), ...open.reverse()].map(summary)
  }

  /** The last 60 minutes in which connections ended, oldest first. */
  outcomes(): ReadonlyArray<OutcomeCounts> {
    return this.minutes.map(({ counts, minute }) => ({ minute, counts: { ...counts } }))
  }

  report(id: string): Option.Option<Report> {
    return this.found(this.ended.get(id) ?? this.open.get(id))
  }

  reportOfConnection(connection: Connection.Lifecycle): Option.Option<Report> {
    return this.found(this.byConnection.get(connection))
  }

  private found(watched: Watched | undefined): Option.Option<Report> {
    return watched?.recording === undefined ? Option.none() : Option.some(this.reportOf(watched, watched.recording))
  }

  private reportOf(watched: Watched, recording: Recording): Report {
    const duration = watched.outcome === undefined ? this.now() - watched.began : watched.duration
    return reports.of(watched, recording, duration, this.settings.payloadSize)
  }
}

const mostMinutes = 60
