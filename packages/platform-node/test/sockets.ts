/** What tests do with a `Socket`, whichever Effect's it is. */
import type { Socket, SocketError } from "@effect/platform/Socket"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

type Message = string | Uint8Array<ArrayBuffer>

/** What a socket can be told. */
export const options = { handlerBudget: undefined }

/** Calls a handler for each message until the socket ends. */
export const each = <E = never, R = never>(
  socket: Socket,
  handler: (message: Message) => Effect.Effect<unknown, E, R> | void
): Effect.Effect<void, SocketError | E, R> => socket.runRaw((message) => handler(message as Message))

/** Answers each message until the socket ends. */
export const answer = (
  socket: Socket,
  answerTo: (message: Message) => Message
): Effect.Effect<void, SocketError, Scope.Scope> =>
  Effect.flatMap(socket.writer, (write) => each(socket, (message) => write(answerTo(message))))

/** A function that writes one message. */
export const writer = (socket: Socket) => socket.writer

/** How a message that was not written is told. */
export const unwritten = { reason: "Write" }
