/**
 * The RPC server with a page. It starts anew whenever a caller wants that: for a second nobody listens, and then another run does, which
 * knows of the last what a database would.
 */
import * as PlatformSocketServer from "@effect-ws/platform/PlatformSocketServer"
import { type ServeError, WebSocketServer } from "@effect-ws/platform/WebSocketServer"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Site from "../site/Site.js"
import type { Done } from "./Requests.js"
import * as Server from "./Server.js"

export const start = (port: number) =>
  Effect.gen(function*() {
    const restarts = yield* Queue.dropping<void>(1)
    const outliving = { done: new Map<string, Done>(), restart: Effect.asVoid(Queue.offer(restarts, undefined)) }
    const listening = yield* Deferred.make<string, ServeError>()

    /** One run of the server, until a restart is wanted. */
    const once = (run: number, port: number) =>
      Effect.scoped(Effect.gen(function*() {
        const { url, webSockets } = yield* Site.make({ folder: "rpc", port, webSockets: { closeOnShutdown: 1012 } })
        const sockets = PlatformSocketServer.layer().pipe(Layer.provide(Layer.succeed(WebSocketServer, webSockets)))
        yield* Layer.build(Layer.provide(Server.layer(run, outliving), sockets))
        yield* Deferred.succeed(listening, url)
        yield* Queue.take(restarts)
        yield* Effect.sleep("100 millis") // the answer to whoever wanted it leaves first
      }))

    const runs = Effect.gen(function*() {
      yield* once(1, port)
      const { port: same } = new URL(yield* Deferred.await(listening))
      for (let run = 2;; run++) {
        yield* Effect.sleep("1 second")
        yield* once(run, Number(same))
      }
    })
    yield* Effect.forkScoped(Effect.tapErrorCause(runs, (cause) => Deferred.failCause(listening, cause)))
    return yield* Deferred.await(listening)
  })
