/**
 * One connection at one topic. In: a message for it. Out: whether it was accepted; if the outbox is full, the policy of the subscription
 * decides. It waits for nobody, and nobody waits for it.
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import type { Connection } from "@effect-ws/connection/Connection"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import type { PreparedMessage } from "@effect-ws/connection/Message"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { synchronous } from "../internal/userFunctions.js"
import { Backlog } from "./Backlog.js"
import { Ending } from "./Ending.js"
import type { Dropped, Key, SubscribeOptions, WhenFull } from "./model.js"
import { dropNewest } from "./model.js"
import type { Subscriber, Surroundings, Verdict } from "./Subscriber.js"

export class Listener implements Subscriber {
  /** Messages that were dropped. */
  dropped = 0
  private untold = 0
  private backlog: Backlog | undefined = undefined
  private ended = false
  /** While something waits. */
  private draining: Ending | undefined = undefined
  private readonly whenFull: WhenFull
  private readonly onDrop: ((dropped: Dropped) => void) | undefined

  constructor(
    readonly connection: Connection,
    /** The name, as subscribed to. */
    readonly name: string,
    readonly ready: Effect.Effect<void>,
    options: SubscribeOptions,
    private readonly around: Surroundings
  ) {
    this.whenFull = options.whenFull ?? dropNewest
    this.onDrop = options.onDrop
  }

  get waiting(): number {
    return this.backlog?.length ?? 0
  }

  deliver(message: PreparedMessage, topic: string): Verdict {
    if (this.backlog === undefined) {
      const verdict = this.connection.trySend(message)
      if (verdict !== "full") return verdict
    }
    return this.onFull(message, topic)
  }

  end(): void {
    this.ended = true
    this.backlog = undefined
    this.draining?.end()
  }

  private onFull(message: PreparedMessage, topic: string): Verdict {
    const { whenFull } = this
    switch (whenFull._tag) {
      case "DropNewest":
        this.drop(1)
        return "dropped"
      case "Close":
        this.drop(1)
        Hosting.closeFitting(this.connection, CloseStatus.make(whenFull.code, whenFull.reason))
        return "dropped"
      case "DropOldest": {
        const isFirst = this.backlog === undefined
        const backlog = this.backlog ??= new Backlog(whenFull.most, whenFull.size)
        this.drop(backlog.add(message, this.keyOf(whenFull.key, message, topic)))
        if (isFirst) this.around.fork((this.draining = new Ending()).until(this.drain))
        return "accepted"
      }
    }
  }

  private keyOf(key: Key | undefined, message: PreparedMessage, topic: string): string | undefined {
    if (key === undefined) return undefined
    try {
      const found: unknown = synchronous("key", key(message.message, topic))
      return typeof found === "string" ? found : undefined
    } catch (defect) {
      this.around.failed("key", Cause.die(defect))
      return undefined
    }
  }

  private drop(count: number): void {
    if (count === 0) return
    this.dropped += count
    if (this.onDrop !== undefined && this.untold === 0) this.around.later(() => this.tell())
    this.untold += count
  }

  private tell(): void {
    const count = this.untold
    this.untold = 0
    this.onDrop?.({ connection: this.connection, topic: this.name, count })
  }

  /** Sends what waits, oldest first, whenever the outbox is empty; and ends when nothing waits. */
  private readonly drain: Effect.Effect<void> = Effect.suspend(() =>
    Effect.ignore(Effect.whileLoop({
      while: () => this.backlog !== undefined && !this.ended,
      body: () => this.connection.flush,
      step: () => this.sendWaiting()
    }))
  )

  private sendWaiting(): void {
    const { backlog } = this
    for (let next = backlog?.first; next !== undefined; next = backlog?.first) {
      if (this.connection.trySend(next) === "full") return
      backlog?.shift()
    }
    this.backlog = undefined
    this.draining = undefined
  }
}
