/**
 * One node among others: its hub, and the backplane. In: messages published here, and messages from the backplane. Out: each message to
 * the hub once, and to the backplane.
 *
 * A node subscribes to each name once, however many connections do.
 */
import type { Connection } from "@effect-ws/connection/Connection"
import type { PreparedMessage } from "@effect-ws/connection/Message"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Link, Log, Receiver } from "../Backplane.js"
import * as Envelope from "./Envelope.js"
import type { Hub, Source, Taken } from "./Hub.js"
import type { Kept } from "./Kept.js"
import type { From, PublishOptions } from "./model.js"
import { type Bounds, Outlet, type Told } from "./Outlet.js"
import { Seen } from "./Seen.js"
import type { Subscriber } from "./Subscriber.js"

/** A message published here, and what will come of it. */
export interface Publishing {
  readonly here: Taken
  /** Calls back with the backplane's answer; `undefined` if nobody else is asked. */
  readonly others: ((done: (result: Told<string | undefined>) => void) => void) | undefined
}

/** A name that somebody here listens to. */
interface Wanted {
  isReady: boolean
  waiting: Array<() => void>
}

export class Exchange implements Receiver, Source {
  private readonly wanted = new Map<string, Wanted>()
  private readonly outlet: Outlet
  private readonly seen = new Seen()
  private sequence = 0
  /** Both are set before anybody subscribes. */
  link: Link | undefined = undefined
  kept: Kept | undefined = undefined

  constructor(
    /** The number of this node. */
    readonly origin: number,
    private readonly hub: Hub,
    bounds: Bounds,
    clock: Clock.Clock,
    fork: (effect: Effect.Effect<void>) => void,
    readonly onTrouble: (why: string) => void
  ) {
    this.outlet = new Outlet(bounds, clock, () => this.link === undefined || this.link.isUp, fork)
  }

  get patterns(): boolean {
    return this.link === undefined || this.link.patterns
  }

  // -- what is published here

  publish(topic: string, message: PreparedMessage, options: PublishOptions): Publishing {
    if (this.kept?.isKept(topic) === true) return this.append(this.kept.log, topic, message)
    const here = this.hub.publish(topic, message, options)
    const { link } = this
    if (link === undefined) return { here, others: undefined }
    const bytes = Envelope.seal(message, this.origin, this.sequence++)
    return {
      here,
      others: (done) =>
        this.outlet.send(
          bytes.length,
          (told) =>
            link.publish(topic, bytes, (failure) => told(failure === undefined ? nothing : Either.left(failure))),
          done
        )
    }
  }

  /** A kept message is handed out once it is in the log, in the log's order, here and elsewhere. */
  private append(log: Log, topic: string, message: PreparedMessage): Publishing {
    const unique = { origin: this.origin, sequence: this.sequence++ }
    const bytes = Envelope.seal(message, unique.origin, unique.sequence)
    return {
      here: { accepted: 0, dropped: 0 },
      others: (done) =>
        this.outlet.send(bytes.length, (told, isAgain) => log.append(topic, bytes, { ...unique, isAgain }, told), done)
    }
  }

  /** Nothing more is published, and all who wait for an answer get one. */
  close(): void {
    this.outlet.close()
  }

  // -- what is wanted here

  want(name: string): void {
    if (this.wanted.has(name)) return
    const wanted: Wanted = { isReady: this.link === undefined, waiting: [] }
    this.wanted.set(name, wanted)
    const onReady = (): void => {
      if (this.wanted.get(name) !== wanted) return
      wanted.isReady = true
      const { waiting } = wanted
      wanted.waiting = []
      for (const resume of waiting) resume()
      this.kept?.onReady(name)
    }
    this.kept?.want(name)
    if (this.link === undefined) onReady()
    else this.link.subscribe(name, onReady)
  }

  unwant(name: string): void {
    const wanted = this.wanted.get(name)
    if (!this.wanted.delete(name)) return
    this.link?.unsubscribe(name)
    this.kept?.unwant(name)
    for (const resume of wanted?.waiting ?? []) resume()
  }

  /** Completes when messages of others arrive, or nobody wants them any more. */
  ready(name: string): Effect.Effect<void> {
    return Effect.async((resume) => {
      const wanted = this.wanted.get(name)
      if (wanted === undefined || wanted.isReady) resume(Effect.void)
      else wanted.waiting.push(() => resume(Effect.void))
    })
  }

  listener(connection: Connection, name: string, from: From): Subscriber | undefined {
    return this.kept?.listener(connection, name, from)
  }

  // -- what the backplane tells

  onMessage(topic: string, bytes: Uint8Array, id: string | undefined): void {
    const envelope = Envelope.open(bytes)
    if (envelope === undefined) return this.onTrouble("bytes arrived that are not a message")
    if (id === undefined) return this.hear(topic, envelope)
    // By patterns, what is kept is heard of as anything else.
    if (this.kept?.receive(topic, id, envelope) === true || !this.seen.isNew(topic, envelope)) return
    const message = this.kept?.shown(topic, id, envelope)
    if (message !== undefined) this.hub.publish(topic, message, {})
  }

  private hear(topic: string, envelope: Envelope.Envelope): void {
    if (envelope.origin === this.origin || !this.seen.isNew(topic, envelope)) return
    const message = Envelope.contentOf(envelope)
    if (message === undefined) return this.onTrouble("a text message arrived that is not UTF-8")
    this.hub.publish(topic, message, {})
  }

  onUp(): void {
    this.outlet.onUp()
    this.kept?.onUp()
  }

  onDown(why: string): void {
    this.kept?.onDown()
    this.onTrouble(why)
  }
}

const nothing: Told<string | undefined> = Either.right(undefined)
