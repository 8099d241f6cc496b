/** RPC beside ordinary routes, and a client that goes on after a restart of the server. */
import * as Headers from "@effect/platform/Headers"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcClient from "@effect/rpc/RpcClient"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import type { RpcSerialization } from "@effect/rpc/RpcSerialization"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import * as NodeHttpServer from "@effect-ws/platform-node/NodeHttpServer"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { createServer } from "node:http"

const group = RpcGroup.make(
  Rpc.make("WhoAmI", { success: Schema.String }),
  Rpc.make("Count", { payload: { to: Schema.Number }, success: Schema.Number, stream: true })
)

const handlers = group.toLayer({
  // The headers of the upgrade.
  WhoAmI: (_, { headers }) => Effect.succeed(Option.getOrElse(Headers.get(headers, "x-token"), () => "nobody")),
  Count: ({ to }) => Stream.range(1, to)
})

const server = (port: number) =>
  HttpRouter.Default.serve().pipe(
    Layer.provide(RpcServer.layer(group)),
    Layer.provide(handlers),
    Layer.provide(RpcServer.layerProtocolWebsocket({ path: "/rpc" })),
    Layer.provideMerge(NodeHttpServer.layer(createServer, { port, host: "127.0.0.1" }))
  )

/** Each connection has its own token. The client tries again until it is connected. */
const client = (port: number) => {
  let token = 0
  return RpcClient.layerProtocolSocket({ retrySchedule: Schedule.spaced("50 millis") }).pipe(
    Layer.provide(PlatformSocket.layer(`ws://127.0.0.1:${port}/rpc`, {
      headers: Effect.sync(() => ({ "X-Token": `token ${++token}` }))
    })),
    Layer.provide(NodeWebSocketClient.layer())
  )
}

/** Both ends must use the same one: `RpcSerialization.layerMsgPack`, `layerNdjson` or `layerJson`. */
export const program = (serialization: Layer.Layer<RpcSerialization>) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const started = yield* Layer.buildWithScope(server(0), scope)
    const { address } = Context.get(started, HttpServer.HttpServer)
    const port = address._tag === "TcpAddress" ? address.port : 0

    const protocol = yield* Layer.build(client(port))
    const { Count, WhoAmI } = yield* Effect.provide(RpcClient.make(group), protocol)
    const before = yield* WhoAmI()
    const sum = yield* Stream.runSum(Count({ to: 1000 }))

    yield* Scope.close(scope, Exit.void) // the server goes, and comes back
    yield* Layer.build(server(port))

    // A call fails if the connection ends while it runs, or if it is made before there is another connection. Only the caller
    // knows whether it may be repeated.
    const after = yield* Effect.retry(WhoAmI(), Schedule.spaced("50 millis"))
    return { before, sum, after }
  }).pipe(Effect.scoped, Effect.provide(serialization))
