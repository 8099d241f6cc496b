/**
 * What a `WebSocket` was given to send and may not have left: in order, Blobs as well, and counted (`bufferedAmount`). In: messages,
 * while the socket is open. Out: the same, sent as the connection has room for them. What is behind them, or what a Blob that cannot
 * be read means, is its owner's to say.
 */
import type * as Connection from "@effect-ws/connection/Connection"
import type { Message } from "@effect-ws/connection/Message"
import * as Effect from "effect/Effect"
import { primitives } from "../transport/primitives.js"

export interface BacklogOwner {
  /** Starts sending. */
  readonly fork: (effect: Effect.Effect<void>) => void
  /** What follows the last message. */
  readonly whenSent: Effect.Effect<void>
  readonly whenUnreadable: (cause: unknown) => Effect.Effect<void>
}

export class Backlog {
  /** Waits for room. */
  private readonly waiting: Array<Message | Blob> = []
  private waitingSize = 0
  /** Bytes of messages that were sent, and may not have left; what waits is among them. */
  private unsent = 0
  /** Some of them were sent in this turn: nothing is taken off before its end. */
  private sentNow = false
  /** Bytes that were sent too late: they count as buffered for good. */
  private lost = 0
  /** While it is open. */
  private connection: Connection.Connection | undefined = undefined

  constructor(private readonly owner: BacklogOwner) {}

  open(connection: Connection.Connection): void {
    this.connection = connection
  }

  /** What is left is lost, and counts for good. */
  close(): void {
    this.sentNow = false
    this.settle()
    this.lose()
    this.connection = undefined
  }

  get isEmpty(): boolean {
    return this.waiting.length === 0
  }

  /** Bytes of messages. */
  get bufferedAmount(): number {
    this.settle()
    return this.unsent + this.lost
  }

  /** Bytes that wait here and in the connection. */
  sizeWith(connection: Connection.Connection): number {
    return connection.bufferedAmount + this.waitingSize
  }

  private settle(): void {
    if (this.sentNow || this.connection === undefined) return
    this.unsent = Math.min(this.unsent, this.sizeWith(this.connection))
  }

  send(message: Message | Blob): void {
    this.settle()
    if (this.waiting.length > 0 || message instanceof Blob) return this.postpone(message)
    switch (this.connection?.trySend(message)) {
      case "accepted":
        return this.count(sizeOf(message))
      case "full":
        return this.postpone(message)
      case "closed":
      case undefined:
        return this.sendTooLate(message)
    }
  }

  /** Not before the socket is open, and not once it closes. */
  sendTooLate(message: Message | Blob): void {
    this.settle()
    this.lost += sizeOf(message)
  }

  private count(size: number): void {
    this.unsent += size
    if (this.sentNow) return
    this.sentNow = true
    setImmediate(() => this.sentNow = false)
  }

  private postpone(message: Message | Blob): void {
    const size = sizeOf(message)
    this.count(size)
    this.waitingSize += size
    this.waiting.push(message)
    if (this.waiting.length === 1) this.owner.fork(this.sendWaiting)
  }

  private readonly sendWaiting: Effect.Effect<void> = Effect.suspend(() => {
    const { connection, owner } = this
    const [message] = this.waiting
    if (connection === undefined) return Effect.void
    if (message === undefined) return owner.whenSent
    return Effect.matchEffect(octetsOf(message), {
      onFailure: owner.whenUnreadable,
      onSuccess: (octets) =>
        Effect.matchEffect(connection.send(octets), {
          onFailure: () => Effect.sync(() => this.lose()),
          onSuccess: () => {
            if (this.waiting.shift() !== undefined) this.waitingSize -= sizeOf(message)
            return this.sendWaiting
          }
        })
    })
  })

  /** All that waits. */
  lose(): void {
    this.waiting.length = 0
    this.lost += this.waitingSize
    this.unsent -= this.waitingSize
    this.waitingSize = 0
  }
}

const octetsOf = (message: Message | Blob): Effect.Effect<Message, unknown> =>
  message instanceof Blob
    ? Effect.map(Effect.tryPromise({ try: () => message.arrayBuffer(), catch: (error) => error }), (buffer) =>
      new Uint8Array(buffer))
    : Effect.succeed(message)

const sizeOf = (message: Message | Blob): number =>
  typeof message === "string"
    ? primitives.utf8Length(message)
    : message instanceof Blob
    ? message.size
    : message.byteLength
