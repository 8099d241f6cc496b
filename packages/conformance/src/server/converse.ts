/** What the fuzzing server says in its own name, over a connection of the client's. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Payload from "../cases/Payload.js"
import type { Asking } from "../examiner/ExamineClient.js"
import { Endpoint } from "../wire/Endpoint.js"

/** Opens, says one thing when it is there, or nothing, and closes. */
export const converse = (asking: Asking, words: Effect.Effect<string | undefined>): Effect.Effect<void> =>
  Effect.gen(function*() {
    const answer = asking.open(undefined)
    if (typeof answer === "string") return asking.refuse(400, answer)
    const lost = yield* Deferred.make<void>()
    const endpoint = new Endpoint(
      asking.socket,
      "client",
      asking.log,
      false,
      () => Deferred.unsafeDone(lost, Effect.void)
    )
    endpoint.start(asking.rest)
    const said = yield* Effect.raceFirst(Effect.asSome(words), Effect.as(Deferred.await(lost), Option.none()))
    if (Option.isNone(said)) return
    if (said.value !== undefined) endpoint.frame(1, Payload.text(said.value))
    endpoint.close()
    yield* Deferred.await(lost)
  })
