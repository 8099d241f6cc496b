/** What a user's compiler must accept, with Effect 4: see `../pack.mjs`. */
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import * as Effect from "effect/Effect"
import { Blob } from "node:buffer"

export const socket = Effect.gen(function*() {
  const socket = yield* PlatformSocket.make("ws://localhost")
  const { pull } = yield* socket.reader
  return new Blob([...(yield* pull)])
})
