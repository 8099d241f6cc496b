/** RPC on its own port: a call that a restart cuts off fails, and is made again. */
import * as SocketServer from "@effect/platform/SocketServer"
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcClient from "@effect/rpc/RpcClient"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import * as PlatformSocketServer from "@effect-ws/platform/PlatformSocketServer"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"

const group = RpcGroup.make(Rpc.make("Work", { success: Schema.String }))

const server = (port: number, work: Effect.Effect<string>) =>
  PlatformSocketServer.closingFirst(
    Layer.provide(RpcServer.layer(group), RpcServer.layerProtocolSocketServer)
  ).pipe(
    Layer.provide(group.toLayer({ Work: () => work })),
    Layer.provideMerge(PlatformSocketServer.layer()),
    Layer.provide(NodeWebSocketServer.layer({ port, host: "127.0.0.1" }))
  )

export const program = Effect.gen(function*() {
  const begun = yield* Deferred.make<void>()
  const endless = Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never)
  const scope = yield* Scope.make()
  const first = yield* Layer.buildWithScope(server(0, endless), scope)
  const { address } = Context.get(first, SocketServer.SocketServer)
  const port = address._tag === "TcpAddress" ? address.port : 0

  const protocol = yield* Layer.build(
    RpcClient.layerProtocolSocket({ retrySchedule: Schedule.spaced("50 millis") }).pipe(
      Layer.provide(PlatformSocket.layer(`ws://127.0.0.1:${port}/`)),
      Layer.provide(NodeWebSocketClient.layer())
    )
  )
  const { Work } = yield* Effect.provide(RpcClient.make(group), protocol)
  let tries = 0
  const call = yield* Effect.fork(Effect.retry(
    Effect.suspend(() => {
      tries++
      return Work()
    }),
    { schedule: Schedule.spaced("50 millis"), while: (error) => error._tag === "RpcClientError" }
  ))
  yield* Deferred.await(begun)

  yield* Scope.close(scope, Exit.void) // the call is under way
  yield* Layer.build(server(port, Effect.succeed("done")))
  return { answer: yield* Fiber.join(call), retried: tries > 1 }
}).pipe(Effect.scoped, Effect.provide(RpcSerialization.layerNdjson))
