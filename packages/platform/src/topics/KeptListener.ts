/**
 * One connection at one kept topic. In: where it left off, and what is published. Out: everything after that, in order and once: from the
 * log while it is behind, and then as it is published. A slow one goes back to the log, and meanwhile holds only its place.
 */
import type { Connection } from "@effect-ws/connection/Connection"
import type { PreparedMessage } from "@effect-ws/connection/Message"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type { Log } from "../Backplane.js"
import { Ending } from "./Ending.js"
import { open } from "./Envelope.js"
import type { From } from "./model.js"
import type { Subscriber, Verdict } from "./Subscriber.js"
import { again, type Ahead, pageSize, type Recent, type Tail } from "./Tail.js"

export interface Telling extends Pick<Ahead, "fork" | "shown"> {
  /** The message that says that messages are gone; `undefined` if it cannot be made. */
  readonly gone: (topic: string) => PreparedMessage | undefined
}

export class KeptListener implements Subscriber {
  readonly dropped = 0
  readonly waiting = 0
  /** The id of the last message that it has. */
  private place: string | undefined
  /** Whether the log said so, and not only a client. */
  private isSure: boolean
  /** It reads the log, and ignores what is published. */
  private isBehind = true
  private readonly ending = new Ending()
  private readonly hasCaughtUp = Deferred.unsafeMake<void>(FiberId.none)

  constructor(
    readonly connection: Connection,
    readonly name: string,
    private readonly from: From,
    private readonly tail: Tail,
    private readonly log: Log,
    private readonly around: Telling
  ) {
    this.place = typeof from === "string" ? undefined : from.after
    this.isSure = typeof from === "string"
    around.fork(this.ending.until(this.begin))
  }

  get ready(): Effect.Effect<void> {
    return Deferred.await(this.hasCaughtUp)
  }

  deliver(message: PreparedMessage, _topic: string, id: string | undefined): Verdict {
    if (this.isBehind || id === undefined) return "accepted"
    if (this.place !== undefined && !this.log.isAfter(id, this.place)) return "accepted" // it has read it in the log
    const verdict = this.connection.trySend(message)
    if (verdict === "accepted") this.place = id
    if (verdict !== "full") return verdict
    this.fallBehind()
    return "accepted"
  }

  /** From now on it reads the log, until it has caught up. */
  fallBehind(): void {
    if (this.isBehind || this.ending.isOver) return
    this.isBehind = true
    this.around.fork(this.ending.until(Effect.ignore(Effect.zipRight(this.connection.flush, this.follow))))
  }

  end(): void {
    this.ending.end()
    this.caughtUp()
  }

  private readonly begin: Effect.Effect<void> = Effect.suspend(() =>
    Effect.zipRight(
      this.tail.begun,
      Effect.suspend(() => {
        if (this.from === "now") this.place = this.tail.last
        return Effect.ignore(this.follow)
      })
    )
  )

  private caughtUp(): void {
    Deferred.unsafeDone(this.hasCaughtUp, Effect.void)
  }

  private get follow() {
    return Effect.gen(this, function*() {
      while (!this.ending.isOver) {
        const recent = this.tail.since(this.place, this.isSure)
        if (recent === undefined) yield* this.readPage()
        else if (this.sendNow(recent)) {
          this.isBehind = false
          return this.caughtUp()
        } else yield* this.connection.flush
      }
    })
  }

  /** Whether there was room for all. */
  private sendNow(recent: ReadonlyArray<Recent>): boolean {
    return recent.every(({ id, message }) => {
      if (this.connection.trySend(message) === "full") return false
      this.place = id
      return true
    })
  }

  private readPage() {
    return Effect.gen(this, function*() {
      const { last } = this.tail
      const page = yield* again(this.log.read(this.name, this.place, pageSize))
      this.isSure = true
      if (page.gone) yield* this.send(this.around.gone(this.name))
      for (const { bytes, id } of page.entries) {
        if (this.ending.isOver) return
        const envelope = open(bytes)
        if (envelope !== undefined) yield* this.send(this.around.shown(this.name, id, envelope))
        this.place = id
      }
      if (page.entries.length > 0) return
      // Of what came before `last`, nothing is left that it does not have.
      if (last === undefined) this.place = undefined
      else if (this.place === undefined || page.gone || this.log.isAfter(last, this.place)) this.place = last
      if (this.tail.since(this.place, true) === undefined) yield* Effect.sleep("100 millis")
    })
  }

  private send(message: PreparedMessage | undefined) {
    return message === undefined ? Effect.void : this.connection.send(message)
  }
}
