/**
 * The end of one topic's log, as one node has it: the last message, and those before it that may be asked for again. In: messages from the
 * backplane, and pages of the log. Out: each message of the log once, in order, whatever was missed in between.
 */
import type { PreparedMessage } from "@effect-ws/connection/Message"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { BackplaneUnavailable, type Log } from "../Backplane.js"
import { Ending } from "./Ending.js"
import { type Envelope, open } from "./Envelope.js"
import { sizeOf } from "./payloads.js"

export interface Recent {
  readonly id: string
  readonly message: PreparedMessage
}

/** Gets the messages. */
export interface Ahead {
  readonly fork: (effect: Effect.Effect<void>) => void
  /** The message that listeners get; `undefined` if it cannot be made. */
  readonly shown: (topic: string, id: string, envelope: Envelope) => PreparedMessage | undefined
  readonly give: (topic: string, id: string, message: PreparedMessage) => void
  /** Messages are missing: each listener must fetch them by itself, from its own place. */
  readonly missed: (topic: string) => void
}

/** Messages and bytes that a node keeps of one topic for listeners that are a little behind. */
const mostRecent = 256
const mostBytes = 1024 * 1024
/** Messages of one page. */
export const pageSize = 128

/** While the backplane is away, or does not answer: a question that was lost with its connection is asked again. */
export const again = <A>(effect: Effect.Effect<A, BackplaneUnavailable>): Effect.Effect<A> =>
  Effect.orDie(Effect.retry(inTime(effect), Schedule.spaced("250 millis")))

const inTime = <A>(effect: Effect.Effect<A, BackplaneUnavailable>): Effect.Effect<A, BackplaneUnavailable> =>
  Effect.timeoutFail(effect, {
    duration: "3 seconds",
    onTimeout: () => new BackplaneUnavailable({ mayHaveArrived: false, why: "it did not answer within 3 seconds" })
  })

export class Tail {
  /** The id of the last message that was given; `undefined` if there was none. */
  last: string | undefined = undefined
  private recent: Array<Recent> = []
  private bytes = 0
  /** The id before `recent`. */
  private before: string | undefined = undefined
  private state: "starting" | "mending" | "live" = "starting"
  /** The id of the last message that was announced and not given. */
  private toldOf: string | undefined = undefined
  private round = 0
  private readonly ending = new Ending()
  private readonly known = Deferred.unsafeMake<void>(FiberId.none)

  constructor(readonly topic: string, private readonly log: Log, private readonly ahead: Ahead) {}

  /** Waits until the end of the log is known. */
  get begun(): Effect.Effect<void> {
    return Deferred.await(this.known)
  }

  /** The messages after this id, at once; `undefined` if only the log knows. `isSure`: the id is from this log, not from a client. */
  since(id: string | undefined, isSure: boolean): ReadonlyArray<Recent> | undefined {
    if (id === this.last) return []
    if (id === undefined) return undefined
    if (isSure && this.last !== undefined && this.log.isAfter(id, this.last)) return []
    if (id === this.before) return this.recent
    const at = this.recent.findIndex((one) => one.id === id)
    return at < 0 ? undefined : this.recent.slice(at + 1)
  }

  /** A message from the backplane. */
  receive(id: string, envelope: Envelope): void {
    if (this.state !== "live") {
      if (this.toldOf === undefined || this.log.isAfter(id, this.toldOf)) this.toldOf = id
    } else if (this.last === undefined || this.log.isAfter(id, this.last)) this.give(id, envelope)
  }

  /** Reads what may be missing. From now on the backplane sends everything. */
  mend(): void {
    const round = ++this.round
    if (this.state === "live") this.state = "mending"
    this.ahead.fork(this.ending.until(this.reading(round)))
  }

  /** From now on messages may be missing: a new message does not count as the next one until the missed ones are read. */
  onDown(): void {
    this.round++
    if (this.state === "live") this.state = "mending"
  }

  /** Nobody listens here any more: what is still being read is dropped. */
  stop(): void {
    this.round++
    this.ending.end()
  }

  private reading(round: number): Effect.Effect<void> {
    return Effect.gen(this, function*() {
      if (this.state === "starting" && round === this.round) {
        const last = Option.getOrUndefined(yield* again(this.log.last(this.topic)))
        if (round !== this.round) return
        this.last = this.before = last
        this.state = "mending"
        Deferred.unsafeDone(this.known, Effect.void)
      }
      while (round === this.round && this.state === "mending") {
        const page = yield* again(this.log.read(this.topic, this.last, pageSize))
        if (round !== this.round) return
        if (page.gone) this.skip()
        for (const { bytes, id } of page.entries) {
          const envelope = open(bytes)
          if (envelope !== undefined) this.give(id, envelope)
          else this.last = id
        }
        if (page.entries.length < pageSize && !this.isBehind) this.state = "live"
        else if (page.entries.length === 0) this.toldOf = undefined // it was told of what is gone already
      }
    })
  }

  private get isBehind(): boolean {
    return this.toldOf !== undefined && (this.last === undefined || this.log.isAfter(this.toldOf, this.last))
  }

  private skip(): void {
    this.recent = []
    this.bytes = 0
    this.last = this.before = undefined
    this.ahead.missed(this.topic)
  }

  private give(id: string, envelope: Envelope): void {
    const message = this.ahead.shown(this.topic, id, envelope)
    this.last = id
    if (message === undefined) return
    this.recent.push({ id, message })
    this.bytes += sizeOf(message)
    while (this.recent.length > mostRecent || (this.bytes > mostBytes && this.recent.length > 1)) {
      const oldest = this.recent.shift()
      if (oldest === undefined) break
      this.before = oldest.id
      this.bytes -= sizeOf(oldest.message)
    }
    this.ahead.give(this.topic, id, message)
  }
}
