/**
 * Senders that wait while there is no connection, in order of arrival. In: messages, and later a connection. Out: each sender learns that
 * its message was accepted, or that there will be no more connections.
 */
import type { Lifecycle, Sending } from "@effect-ws/connection/Connection"
import type { Outgoing } from "@effect-ws/connection/Message"
import * as Effect from "effect/Effect"

interface Waiter<E> {
  readonly message: Outgoing
  readonly resume: (effect: Effect.Effect<void, E>) => void
}

export class WaitingSenders<E> {
  private waiters: Array<Waiter<E>> = []
  private over: Effect.Effect<never, E> | undefined = undefined

  get isEmpty(): boolean {
    return this.waiters.length === 0
  }

  /** If interrupted while it waits, the message is not sent. */
  wait(message: Outgoing): Effect.Effect<void, E> {
    return Effect.async((resume) => {
      if (this.over !== undefined) return resume(this.over)
      const waiter: Waiter<E> = { message, resume }
      this.waiters.push(waiter)
      return Effect.sync(() => {
        this.waiters = this.waiters.filter((other) => other !== waiter)
      })
    })
  }

  /** Sends for those who wait, until nobody does or the connection is closed. */
  serve(connection: Sending & Lifecycle): Effect.Effect<void> {
    return Effect.suspend(() => {
      for (let first = this.waiters[0]; first !== undefined; first = this.waiters[0]) {
        // Sent and no longer waiting in one go: whoever is interrupted was either sent or not.
        const sent = connection.isOpen ? connection.trySend(first.message) : "closed"
        if (sent === "closed") return Effect.void
        if (sent === "full") {
          return Effect.matchEffect(connection.flush, {
            onFailure: () => Effect.void,
            onSuccess: () => this.serve(connection)
          })
        }
        this.waiters.shift()
        first.resume(Effect.void)
      }
      return Effect.void
    })
  }

  /** Nobody will be served any more. */
  end(why: Effect.Effect<never, E>): void {
    this.over = why
    const { waiters } = this
    this.waiters = []
    for (const { resume } of waiters) resume(why)
  }
}
