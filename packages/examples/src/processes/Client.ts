/**
 * A client that loses nothing when its server restarts: it first sends unanswered notes again, over the next connection. In: any
 * `WebSocketClient`. Out: a way to keep notes.
 */
import * as Reconnecting from "@effect-ws/platform/Reconnecting"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

export const make = (url: string) =>
  Effect.gen(function*() {
    const unanswered = new Map<string, Deferred.Deferred<string>>()

    const connect = Effect.gen(function*() {
      const connection = yield* WebSocketClient.connect(url)
      for (const note of [...unanswered.keys()]) yield* connection.send(note)
      return connection
    })
    const connection = yield* Reconnecting.make(connect)

    yield* Effect.forkScoped(Stream.runForEach(connection.messages, (message) => {
      const [by = "", , note = ""] = String(message).split(" ")
      const answer = unanswered.get(note)
      unanswered.delete(note)
      return answer === undefined ? Effect.void : Deferred.succeed(answer, by)
    }))

    /** Keeps a note, whose text must be unique. The server may see it twice. Returns the process that kept it. */
    const keep = (note: string) =>
      Effect.gen(function*() {
        const answer = yield* Deferred.make<string>()
        unanswered.set(note, answer)
        yield* connection.send(note)
        return yield* Deferred.await(answer)
      })

    return { keep, connection }
  })
