/** What tests do with a `Socket`, whichever Effect's it is. */
import { asEffect } from "@effect-ws/connection/host/Hosting"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Socket, SocketError } from "effect/socket/Socket"

type Message = string | Uint8Array<ArrayBuffer>

/** What a socket can be told. */
export const options = {}

/** Calls a handler for each message until the socket ends. */
export const each = <E = never, R = never>(
  socket: Socket,
  handler: (message: Message) => Effect.Effect<unknown, E, R> | void
): Effect.Effect<void, SocketError | E, R> =>
  Effect.scoped(Effect.flatMap(socket.reader, ({ pull }) =>
    Effect.forever(
      Effect.flatMap(pull, (messages) => Effect.forEach(messages, (message) => asEffect(handler(message as Message) ?? Effect.void), { discard: true })),
      { disableYield: true }
    )))

/** Answers each message until the socket ends. */
export const answer = (
  socket: Socket,
  answerTo: (message: Message) => Message
): Effect.Effect<void, SocketError, Scope.Scope> =>
  Effect.flatMap(socket.writer, ({ write }) => each(socket, (message) => write(answerTo(message))))

/** A function that writes one message. */
export const writer = (socket: Socket) => Effect.map(socket.writer, ({ write }) => write)

/** How a message that was not written is told. */
export const unwritten = { reason: { _tag: "SocketWriteError" } }
