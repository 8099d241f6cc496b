/** What a user's compiler must accept, with Effect 3: see `../pack.mjs`. */
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import * as Effect from "effect/Effect"
import { Blob } from "node:buffer"

export const socket = Effect.flatMap(
  PlatformSocket.make("ws://localhost"),
  (socket) => socket.runRaw((message) => void new Blob([message]))
)
