/**
 * A node's way to NATS. In: names to listen to, and what to publish. Out: messages, and whether NATS can be reached: that is so when it
 * has answered behind all that was subscribed to.
 *
 *     prefix.t.topic   a message
 *     prefix.k.topic   one of a topic that is kept, on its way into the stream
 *     prefix.l.topic   the same, as the stream publishes it, with its place
 */
import type { BackplaneUnavailable, Keeping, Link, Receiver } from "@effect-ws/platform/Backplane"
import type { Msg, NatsConnection, Status, Subscription } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { away, broken, reasonOf, unavailable, unheard } from "./failures.js"
import type { NatsLog } from "./NatsLog.js"

/** Between two tries to get ready. */
const pause = "250 millis"

type Done = (failure: BackplaneUnavailable | undefined) => void

interface Wanted {
  readonly ready: () => void
  isReady: boolean
  subscriptions: ReadonlyArray<Subscription>
}

export class NatsLink implements Link {
  readonly patterns = true
  isUp = false
  private connection: NatsConnection | undefined = undefined
  private readonly names = new Map<string, Wanted>()
  /** Published, and not answered for. */
  private unanswered: Array<Done> = []
  /** How many were answered for before those, or given up. */
  private answered = 0
  private isAsking = false
  /** The receiver knows that NATS cannot be reached. */
  private isTold = false
  /** Of getting ready: one that began before another has nothing to say. */
  private round = 0

  constructor(
    private readonly prefix: string,
    private readonly receiver: Receiver,
    readonly log: NatsLog | undefined,
    private readonly keeping: Keeping | undefined
  ) {}

  /** Runs for as long as the connection is kept. */
  use(connection: NatsConnection): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.connection = connection
      for (const name of this.names.keys()) this.listen(connection, name)
      const statuses = connection.status() // from here on none is missed
      this.getReady(connection)
      return Effect.promise(() => this.watch(connection, statuses))
    })
  }

  /** Tells when it cannot be reached, once until it can. */
  down(why: string): void {
    if (this.isTold) return
    this.isTold = true
    this.receiver.onDown(why)
  }

  subscribe(name: string, ready: () => void): void {
    this.names.set(name, { ready, isReady: false, subscriptions: [] })
    const { connection } = this
    if (connection === undefined) return
    this.listen(connection, name)
    if (this.isUp) this.confirm(connection)
  }

  unsubscribe(name: string): void {
    const wanted = this.names.get(name)
    this.names.delete(name)
    for (const subscription of wanted?.subscriptions ?? []) subscription.unsubscribe()
  }

  /** NATS answers for nothing that is published: a ping behind it is answered, for all that stands before it. */
  publish(topic: string, bytes: Uint8Array, done: Done): void {
    const { connection } = this
    if (connection === undefined || !this.isUp) return done(away)
    try {
      connection.publish(`${this.prefix}.t.${topic}`, bytes)
    } catch (error) {
      return done(unavailable(error, false))
    }
    this.unanswered.push(done)
    if (this.isAsking) return
    this.isAsking = true
    void Promise.resolve().then(() => this.ask(connection))
  }

  private ask(connection: NatsConnection): void {
    this.isAsking = false
    const upTo = this.answered + this.unanswered.length
    connection.flush().then(() => this.answer(upTo), () => {}) // those are told when it is known to be gone
  }

  /** Of all that was ever published, so many are answered for: pongs that came meanwhile have taken theirs away. */
  private answer(upTo: number): void {
    const count = Math.max(0, upTo - this.answered)
    this.answered += count
    for (const done of this.unanswered.splice(0, count)) done(undefined)
  }

  private listen(connection: NatsConnection, name: string): void {
    const wanted = this.names.get(name)
    if (wanted === undefined) return
    wanted.subscriptions = this.subjectsOf(name).map((subject) =>
      connection.subscribe(subject, {
        callback: (error, message) => {
          if (error === null) this.hear(message)
        }
      })
    )
  }

  private subjectsOf(name: string): ReadonlyArray<string> {
    const isPattern = name.split(".").some((part) => part === "*" || part === ">")
    const plain = `${this.prefix}.t.${name}`
    const kept = `${this.prefix}.l.${name}`
    if (this.keeping === undefined) return [plain]
    return isPattern ? [plain, kept] : [this.keeping.isKept(name) ? kept : plain]
  }

  private hear(message: Msg): void {
    const rest = message.subject.slice(this.prefix.length + 1)
    const topic = rest.slice(2)
    if (rest.startsWith("t.")) return this.receiver.onMessage(topic, message.data, undefined)
    const id = this.log?.idOf(message.headers?.get("Nats-Sequence") ?? "")
    if (id !== undefined) this.receiver.onMessage(topic, message.data, id)
  }

  /** Tells of all names that are listened to by now. */
  private confirm(connection: NatsConnection): void {
    const asked = [...this.names.values()].filter(({ isReady }) => !isReady)
    connection.flush().then(() => {
      for (const wanted of asked) {
        if (wanted.isReady) continue
        wanted.isReady = true
        wanted.ready()
      }
    }, () => {}) // again when it is back
  }

  private async watch(connection: NatsConnection, statuses: AsyncIterable<Status>): Promise<void> {
    for await (const status of statuses) {
      if (status.type === "disconnect" || status.type === "staleConnection") this.onBroken(broken.why)
      else if (status.type === "reconnect") this.getReady(connection)
      else if (status.type === "error") this.receiver.onTrouble(status.error.message)
    }
  }

  /** As if NATS were gone, for what is published waits then: the stream is made again, or gets a leader. */
  private onUnheard(connection: NatsConnection): void {
    if (!this.isUp) return
    this.onBroken(unheard)
    this.getReady(connection, Effect.sleep(pause))
  }

  /** Until it is, or the connection breaks: what JetStream refuses, it may grant later. The first try comes behind `first`. */
  private getReady(connection: NatsConnection, first: Effect.Effect<void> = Effect.void): void {
    const round = ++this.round
    const isOver = (): boolean => round !== this.round || connection.isClosed()
    const tries = Effect.tryPromise(async () => {
      if (isOver()) return
      await this.log?.use(connection, () => this.onUnheard(connection))
      await connection.flush() // behind all that was subscribed to, again
      if (!isOver()) this.onReady(connection)
    })
    const retried = Effect.retry(
      Effect.tapError(tries, ({ error }) => Effect.sync(() => isOver() || this.down(reasonOf(error)))),
      { schedule: Schedule.spaced(pause), until: isOver }
    )
    Effect.runFork(Effect.ignore(Effect.zipRight(first, retried)))
  }

  private onReady(connection: NatsConnection): void {
    this.isUp = true
    this.isTold = false
    this.confirm(connection)
    this.receiver.onUp()
  }

  private onBroken(why: string): void {
    this.isUp = false
    this.round++
    const lost = this.unanswered
    this.unanswered = []
    this.answered += lost.length
    for (const done of lost) done(broken)
    this.log?.onBroken()
    this.down(why)
  }
}
