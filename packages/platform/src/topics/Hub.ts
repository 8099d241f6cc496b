/**
 * The topics of one node. In: subscriptions, and messages to publish. Out: each message in the outboxes of its listeners, at once and in
 * the order of calls; nothing here waits.
 */
import type { Connection } from "@effect-ws/connection/Connection"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import type { PreparedMessage } from "@effect-ws/connection/Message"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { done } from "../internal/userFunctions.js"
import { Listener } from "./Listener.js"
import {
  type From,
  type InvalidTopic,
  type Published,
  type PublishOptions,
  type SubscribeOptions,
  type Subscription,
  TooManySubscriptions
} from "./model.js"
import { problemOfPattern } from "./names.js"
import { Registry } from "./Registry.js"
import type { Subscriber, Surroundings } from "./Subscriber.js"

/** For how many connections of this node a message was accepted and dropped. */
export type Taken = Pick<Published, "accepted" | "dropped">

/** Brings what is wanted here. */
export interface Source {
  readonly patterns: boolean
  /** A name has its first listener here. */
  readonly want: (name: string) => void
  /** It has none any more. */
  readonly unwant: (name: string) => void
  /** A listener for a topic that is kept; nothing for another. */
  readonly listener: (connection: Connection, name: string, from: From) => Subscriber | undefined
  /** Completes when what others publish comes. */
  readonly ready: (name: string) => Effect.Effect<void>
}

/** What the hub needs from its maker. */
export interface Runner {
  readonly fork: (effect: Effect.Effect<void>) => void
  readonly log: (message: string, cause: Cause.Cause<unknown>) => void
}

export class Hub implements Surroundings {
  readonly registry = new Registry()
  /** Those whose end is waited for already. */
  private readonly known = new WeakSet<Connection>()
  private toTell: Array<() => void> = []
  /** Set before anybody subscribes. */
  source: Source = alone

  constructor(
    private readonly maxSubscriptions: number,
    private readonly runner: Runner
  ) {}

  subscribe(
    connection: Connection,
    topics: string | Iterable<string>,
    options: SubscribeOptions
  ): Either.Either<Subscription, InvalidTopic | TooManySubscriptions> {
    const names = [...new Set(typeof topics === "string" ? [topics] : topics)]
    for (const name of names) {
      const problem = problemOfPattern(name, this.source.patterns)
      if (problem !== undefined) return Either.left(problem)
    }
    const added = names.filter((name) => !this.registry.has(connection, name)).length
    if (this.registry.countOf(connection) + added > this.maxSubscriptions) {
      return Either.left(new TooManySubscriptions({ limit: this.maxSubscriptions }))
    }
    const listeners = names.map((name) => this.add(connection, name, options))
    if (!this.known.has(connection)) {
      this.known.add(connection)
      Hosting.listen(connection, () => this.unsubscribe(connection))
    } else if (connection.currentOutcome._tag === "Some") this.unsubscribe(connection)
    return Either.right(new Joined(connection, names, listeners, this))
  }

  private add(connection: Connection, name: string, options: SubscribeOptions): Subscriber {
    if (!this.registry.isWanted(name)) this.source.want(name)
    const listener = this.source.listener(connection, name, options.from ?? "now") ??
      new Listener(connection, name, this.source.ready(name), options, this)
    this.registry.add(listener)
    return listener
  }

  unsubscribe(connection: Connection, names?: ReadonlyArray<string>): void {
    this.end(this.registry.of(connection, names))
  }

  end(listeners: ReadonlyArray<Subscriber>): void {
    for (const listener of listeners) if (this.registry.remove(listener)) this.source.unwant(listener.name)
  }

  /** No subscription is left. */
  close(): void {
    this.end(this.registry.all)
  }

  /** Hands a message out to the listeners of this node. */
  publish(topic: string, message: PreparedMessage, { except }: PublishOptions, id?: string): Taken {
    const listeners = this.registry.find(topic)
    let accepted = 0
    let dropped = 0
    if (listeners !== undefined) {
      const isExcepted = exceptions(except)
      for (const listener of listeners) {
        if (isExcepted !== undefined && isExcepted(listener.connection)) continue
        const verdict = listener.deliver(message, topic, id)
        if (verdict === "accepted") accepted++
        else if (verdict === "dropped") dropped++
      }
    }
    return { accepted, dropped }
  }

  // -- what listeners ask for

  fork(effect: Effect.Effect<void>): void {
    this.runner.fork(effect)
  }

  later(tell: () => void): void {
    this.toTell.push(tell)
    if (this.toTell.length === 1) {
      this.runner.fork(Effect.zipRight(Effect.yieldNow(), Effect.sync(() => this.tellAll())))
    }
  }

  failed(name: string, cause: Cause.Cause<unknown>): void {
    this.runner.log(`A function of a subscription failed: ${name}`, cause)
  }

  private tellAll(): void {
    const all = this.toTell
    this.toTell = []
    for (const tell of all) {
      try {
        done("onDrop", tell(), (reason) => this.failed("onDrop", Cause.die(reason)))
      } catch (defect) {
        this.failed("onDrop", Cause.die(defect))
      }
    }
  }
}

/** The result of a call of `subscribe`. */
class Joined implements Subscription {
  constructor(
    readonly connection: Connection,
    readonly topics: ReadonlyArray<string>,
    private readonly listeners: ReadonlyArray<Subscriber>,
    private readonly hub: Hub
  ) {}

  get dropped(): number {
    return this.listeners.reduce((sum, { dropped }) => sum + dropped, 0)
  }

  get waiting(): number {
    return this.listeners.reduce((sum, { waiting }) => sum + waiting, 0)
  }

  get ready(): Effect.Effect<void> {
    return Effect.forEach(this.listeners, ({ ready }) => ready, { discard: true })
  }

  end(): void {
    this.hub.end(this.listeners)
  }
}

const alone: Source = {
  patterns: true,
  want: () => {},
  unwant: () => {},
  listener: () => undefined,
  ready: () => Effect.void
}

const exceptions = (except: PublishOptions["except"]): ((connection: Connection) => boolean) | undefined => {
  if (except === undefined) return undefined
  if (!(Symbol.iterator in except)) return (connection) => connection === except
  const all = new Set(except)
  return all.size === 0 ? undefined : (connection) => all.has(connection)
}
