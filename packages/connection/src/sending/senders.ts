/**
 * The ways to send through an outbox: one message, many, a Sink, and one message as a Stream. Each costs no Effect for a
 * message while the outbox has room.
 */
import * as Frame from "@effect-ws/codec/Frame"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Effectable from "effect/Effectable"
import * as Exit from "effect/Exit"
import type * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type { ConnectionClosed } from "../ConnectionError.js"
import { sinkOf } from "../internal/streams.js"
import type { Content, Kind, Outgoing } from "../Message.js"
import type { Outbox } from "./Outbox.js"
import { requireOctets } from "./sendable.js"

/** What messages are given to, whatever is under it. */
export interface Accepting {
  readonly error: ConnectionClosed
  /** Accepts now or not at all. */
  trySend(message: Outgoing): "accepted" | "full" | "closed"
  /** Waits in line to send `message`. */
  wait(message: Outgoing): Effect.Effect<void, ConnectionClosed>
}

/** An Effect that a handler's driver can try without a fiber: for an echo, that is most of what a message costs. */
export class Send extends Effectable.Class<void, ConnectionClosed> {
  constructor(private readonly outbox: Accepting, private readonly message: Outgoing) {
    super()
  }

  /** Sends, if that can be done without waiting. */
  attempt(): boolean {
    return this.outbox.trySend(this.message) === "accepted"
  }

  commit(): Effect.Effect<void, ConnectionClosed> {
    switch (this.outbox.trySend(this.message)) {
      case "accepted":
        return Effect.void
      case "full":
        return this.outbox.wait(this.message)
      case "closed":
        return Effect.fail(this.outbox.error)
    }
  }
}

export const send = (outbox: Accepting, message: Outgoing): Effect.Effect<void, ConnectionClosed> =>
  new Send(outbox, message)

export const sendAll = (outbox: Accepting, messages: Iterable<Outgoing>): Effect.Effect<void, ConnectionClosed> =>
  Effect.suspend(() => {
    const iterator = messages[Symbol.iterator]()
    const rest = (): Effect.Effect<void, ConnectionClosed> => {
      for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
        if (outbox.trySend(next.value) !== "accepted") return Effect.flatMap(send(outbox, next.value), rest)
      }
      return Effect.void
    }
    const all = rest()
    if (all === Effect.void || iterator.return === undefined) return all
    // As `for … of` does: what the iterator holds is released where it is not read to its end.
    return Effect.onError(all, () => Effect.sync(() => void iterator.return?.()))
  })

export const sink = (outbox: Accepting): Sink.Sink<void, Outgoing, never, ConnectionClosed> => {
  const give = (messages: ReadonlyArray<Outgoing>, from: number): Effect.Effect<void, ConnectionClosed> | undefined => {
    for (let i = from; i < messages.length; i++) {
      const message = messages[i]
      if (message !== undefined && outbox.trySend(message) !== "accepted") {
        return Effect.flatMap(send(outbox, message), () => give(messages, i + 1) ?? Effect.void)
      }
    }
    return undefined
  }
  return sinkOf((messages) => give(messages, 0))
}

/**
 * One message, a frame for each element. Its holder has the data channel: other messages wait, control frames do not. A
 * message that was begun cannot be taken back (RFC 6455 §5.4), so when its source ends early, `abandon` closes.
 */
export const sendStream = <E, R>(
  outbox: Outbox,
  kind: Kind,
  payload: Stream.Stream<Content, E, R>,
  abandon: () => void
): Effect.Effect<void, ConnectionClosed | E, R> =>
  Effect.acquireUseRelease(
    Effect.interruptible(outbox.wait(undefined)),
    () => {
      let begun = false
      let half = "" // a high surrogate whose other half is still to come
      const fragment = (content: Content, fin: boolean): boolean => {
        const room = outbox.fragment(begun ? Frame.opcode.continuation : Frame.opcode[kind], content, fin)
        begun = true
        return room
      }
      /** The wait that is needed behind this part, if any is. */
      const part = (element: Content): Effect.Effect<void, ConnectionClosed> | undefined => {
        let content = element
        if (typeof content === "string") {
          const text = half + content
          half = endsInHighSurrogate.exec(text)?.[0] ?? ""
          content = text.slice(0, text.length - half.length)
        } else requireOctets(content)
        return content.length === 0 || fragment(content, false) ? undefined : outbox.room()
      }
      const parts = (chunk: ReadonlyArray<Content>, from: number): Effect.Effect<void, ConnectionClosed> => {
        if (outbox.isShut) return Effect.fail(outbox.error)
        for (let i = from; i < chunk.length; i++) {
          const wait = part(chunk[i] ?? "")
          if (wait !== undefined) return Effect.flatMap(wait, () => parts(chunk, i + 1))
        }
        return Effect.void
      }
      const last = Effect.suspend(() => {
        if (outbox.isShut) return Effect.fail(outbox.error)
        fragment(kind === "text" ? half : new Uint8Array(0), true)
        return Effect.void
      })
      return Stream.runForEachChunk(payload, (chunk) => Effect.suspend(() => parts(Chunk.toReadonlyArray(chunk), 0)))
        .pipe(
          Effect.zipRight(last),
          // A source may have nothing to say for ever: what ends the connection ends it too.
          Effect.raceFirst(outbox.untilShut()),
          Effect.onExit((exit) =>
            Effect.sync(() => {
              if (Exit.isFailure(exit) && begun && !outbox.isShut) abandon()
            })
          )
        )
    },
    () => Effect.sync(() => outbox.release())
  )

const endsInHighSurrogate = /[\uD800-\uDBFF]$/
