/**
 * The kept topics of one node. In: which they are, and how clients see their messages. Out: a tail for each that somebody here listens to,
 * and their listeners.
 */
import * as Primitives from "@effect-ws/codec/Primitives"
import type { Connection } from "@effect-ws/connection/Connection"
import { type Content, PreparedMessage, TextBytes } from "@effect-ws/connection/Message"
import * as Cause from "effect/Cause"
import type { Log } from "../Backplane.js"
import { synchronous } from "../internal/userFunctions.js"
import { contentOf, type Envelope } from "./Envelope.js"
import type { Hub } from "./Hub.js"
import { KeptListener } from "./KeptListener.js"
import type { Entry, From } from "./model.js"
import { isPattern } from "./names.js"
import type { Surroundings } from "./Subscriber.js"
import { type Ahead, Tail } from "./Tail.js"

export interface Showing {
  readonly frame: (entry: Entry) => Content
  readonly gone: (topic: string) => Content
}

export class Kept implements Ahead {
  private readonly tails = new Map<string, Tail>()

  constructor(
    readonly isKept: (topic: string) => boolean,
    private readonly showing: Showing,
    readonly log: Log,
    private readonly hub: Hub,
    private readonly around: Surroundings
  ) {}

  listener(connection: Connection, name: string, from: From): KeptListener | undefined {
    const tail = this.tails.get(name)
    return tail && new KeptListener(connection, name, from, tail, this.log, this)
  }

  want(name: string): void {
    if (!isPattern(name) && this.isKept(name)) this.tails.set(name, new Tail(name, this.log, this))
  }

  unwant(name: string): void {
    this.tails.get(name)?.stop()
    this.tails.delete(name)
  }

  /** The backplane tells of this name from now on. */
  onReady(name: string): void {
    this.tails.get(name)?.mend()
  }

  onDown(): void {
    for (const tail of this.tails.values()) tail.onDown()
  }

  onUp(): void {
    for (const tail of this.tails.values()) tail.mend()
  }

  /** Whether somebody here listens to it by its name. */
  receive(topic: string, id: string, envelope: Envelope): boolean {
    const tail = this.tails.get(topic)
    tail?.receive(id, envelope)
    return tail !== undefined
  }

  // -- for tails and listeners

  fork(effect: Parameters<Surroundings["fork"]>[0]): void {
    this.around.fork(effect)
  }

  shown(topic: string, id: string, envelope: Envelope): PreparedMessage | undefined {
    const content = contentOf(envelope)
    if (content === undefined) return undefined
    const { message } = content
    return this.made(
      "frame",
      () => this.showing.frame({ topic, id, message: message instanceof TextBytes ? message.toString() : message })
    )
  }

  gone(topic: string): PreparedMessage | undefined {
    return this.made("gone", () => this.showing.gone(topic))
  }

  give(topic: string, id: string, message: PreparedMessage): void {
    this.hub.publish(topic, message, {}, id)
  }

  missed(topic: string): void {
    for (const listener of this.hub.registry.find(topic) ?? []) {
      if (listener instanceof KeptListener) listener.fallBehind()
    }
  }

  private made(name: string, make: () => Content): PreparedMessage | undefined {
    try {
      const content: unknown = synchronous(name, make())
      if (typeof content === "string" || content instanceof Uint8Array) return new PreparedMessage(content)
      this.around.failed(name, Cause.die(new TypeError(`${name} returned neither a string nor a Uint8Array`)))
    } catch (defect) {
      this.around.failed(name, Cause.die(defect))
    }
    return undefined
  }
}

/** What a client gets by default: JSON, with the id to come back with. */
export const asJson: Showing = {
  frame: ({ id, message, topic }) =>
    typeof message === "string"
      ? JSON.stringify({ topic, id, message })
      : JSON.stringify({ topic, id, bytes: Primitives.withoutSha1.base64(message) }),
  gone: (topic) => JSON.stringify({ topic, gone: true })
}
