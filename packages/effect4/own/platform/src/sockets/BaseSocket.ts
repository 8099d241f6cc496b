/**
 * What both kinds of socket have in common: a connection's messages by pulling.
 */
import type { Connection } from "@effect-ws/connection/Connection"
import type { Message } from "@effect-ws/connection/Message"
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { closeOfEnd, released, socketError } from "./ends.js"

type Batch = NonEmptyReadonlyArray<Message>

/**
 * As every `Socket`'s, it ends with an error, and a pull that waits when the scope closes does so
 * too: nobody is left behind.
 */
export const readerOf = (connection: Connection): Effect.Effect<Socket.Reader<Message>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const reader = yield* connection.reader
    const next = Effect.mapError(reader.pull, (end) => socketError(closeOfEnd(end)))
    let isOver = false
    let waiting: ((batch: Effect.Effect<Batch, Socket.SocketError>) => void) | undefined = undefined
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        isOver = true
        waiting?.(Effect.fail(released))
      })
    )
    const pull = Effect.callback<Batch, Socket.SocketError>((resume) => {
      if (isOver) return resume(Effect.fail(released))
      const fiber = Effect.runFork(next)
      const exit = fiber.pollUnsafe()
      if (exit !== undefined) return resume(exit)
      waiting = resume
      fiber.addObserver((exit) => {
        waiting = undefined
        resume(isOver ? Effect.fail(released) : exit)
      })
      return Fiber.interrupt(fiber)
    })
    return { pull, upgrade: Socket.SocketUpgradeError.unsupported }
  })
