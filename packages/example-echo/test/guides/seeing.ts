/** Records connections, and keeps what did not end well. */
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import { serve } from "@effect-ws/platform/WebSocketServer"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as WireLog from "@effect-ws/platform/WireLog"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

// `sample: 0.01` records one connection in a hundred. `keep` drops the record of a connection that ended Clean.
const log = WireLog.layer({ sample: 1, keep: WireLog.unclean })

const visit = (path: string) =>
  Effect.scoped(Effect.flatMap(WebSocketClient.connect(`ws://test${path}`), ({ outcome }) => outcome))

export const program = Effect.gen(function*() {
  yield* Effect.forkScoped(
    serve((connection) =>
      connection.opening.target === "/cut" ? connection.abort("too slow") : connection.send("hello")
    )
  )
  yield* visit("/")
  yield* visit("/cut")
  const reports = yield* WireLog.reports
  return reports.map(({ outcome, path, role }) => `${role} ${path} ${outcome?._tag}`)
}).pipe(Effect.scoped, Effect.provide(Layer.provideMerge(WebSocketTest.layer(), log)))
