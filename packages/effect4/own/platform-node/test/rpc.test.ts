/** RPC over WebSocket, each end on our sockets and on Effect's own. */
import * as NodeHttpServer4 from "@effect/platform-node/NodeHttpServer"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import { describe, expect, it } from "@effect/vitest"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import * as PlatformSocketServer from "@effect-ws/platform/PlatformSocketServer"
import { WebSocketServer } from "@effect-ws/platform/WebSocketServer"
import * as NodeHttpServer from "@effect-ws/platform-node/NodeHttpServer"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketConstructor from "@effect-ws/platform-node/NodeWebSocketConstructor"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServer } from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as Rpc from "effect/rpc/Rpc"
import * as RpcClient from "effect/rpc/RpcClient"
import * as RpcGroup from "effect/rpc/RpcGroup"
import * as RpcSerialization from "effect/rpc/RpcSerialization"
import * as RpcServer from "effect/rpc/RpcServer"
import * as Schema from "effect/Schema"
import * as Socket from "effect/socket/Socket"
import * as Stream from "effect/Stream"
import * as Http from "node:http"

class Refused extends Schema.TaggedError<Refused>("Refused")("Refused", { why: Schema.String }) {}

const group = RpcGroup.make(
  Rpc.make("Shout", { payload: { text: Schema.String }, success: Schema.String, error: Refused }),
  Rpc.make("Count", { payload: { to: Schema.Number }, success: Schema.Number, stream: true }),
  Rpc.make("Wait", { success: Schema.Void })
)

const handlersWith = (interrupted: Deferred.Deferred<void>) =>
  group.toLayer({
    Shout: ({ text }) => text === "" ? Effect.fail(new Refused({ why: "nothing to shout" })) : Effect.succeed(text.toUpperCase()),
    Count: ({ to }) => Stream.range(1, to),
    Wait: () => Effect.onInterrupt(Effect.never, () => Deferred.succeed(interrupted, undefined))
  })

const listen = { port: 0, host: "127.0.0.1" }
const httpUrl = Effect.map(HttpServer, ({ address }) => `ws://127.0.0.1:${"port" in address ? address.port : 0}/rpc`)

const overHttp = (server: Layer.Layer<HttpServer, unknown>) => (interrupted: Deferred.Deferred<void>) => {
  const rpc = RpcServer.layer(group).pipe(
    Layer.provide(handlersWith(interrupted)),
    Layer.provide(RpcServer.layerProtocolWebsocket({ path: "/rpc" }))
  )
  return Effect.map(
    Layer.build(HttpRouter.serve(rpc).pipe(Layer.provide(RpcSerialization.layerNdjson), Layer.provideMerge(server))),
    (context) => context
  ).pipe(Effect.flatMap((context) => Effect.provide(httpUrl, context)))
}

const servers = {
  "our SocketServer": (interrupted: Deferred.Deferred<void>) => {
    const rpc = RpcServer.layer(group).pipe(
      Layer.provide(handlersWith(interrupted)),
      Layer.provide(RpcServer.layerProtocolSocketServer),
      Layer.provide(RpcSerialization.layerNdjson),
      Layer.provide(PlatformSocketServer.layer()),
      Layer.provideMerge(NodeWebSocketServer.layer(listen))
    )
    return Effect.flatMap(Layer.build(rpc), (context) =>
      Effect.provide(
        Effect.map(WebSocketServer, ({ address }) => `ws://127.0.0.1:${address._tag === "Tcp" ? address.port : 0}/`),
        context
      ))
  },
  "our HttpServer": overHttp(NodeHttpServer.layerServer(Http.createServer, listen)),
  "Effect's own HttpServer": overHttp(NodeHttpServer4.layerServer(Http.createServer, listen))
}

const clients = {
  "our Socket": (url: string) => PlatformSocket.layer(url).pipe(Layer.provide(NodeWebSocketClient.layer())),
  "our WebSocket": (url: string) =>
    Socket.layerWebSocket(url).pipe(
      Layer.provide(NodeWebSocketConstructor.layer()),
      Layer.provide(NodeWebSocketClient.layer())
    ),
  "Effect's own WebSocket": (url: string) =>
    Socket.layerWebSocket(url).pipe(Layer.provide(NodeSocket.layerWebSocketConstructor))
}

const clientOn = (socket: Layer.Layer<Socket.Socket, unknown>) =>
  Effect.gen(function*() {
    const protocol = yield* Layer.build(
      RpcClient.layerProtocolSocket().pipe(Layer.provide(socket), Layer.provide(RpcSerialization.layerNdjson))
    )
    return yield* Effect.provide(RpcClient.make(group), protocol)
  })

for (const [server, serve] of Object.entries(servers)) {
  describe(server, () => {
    for (const [name, socket] of Object.entries(clients)) {
      it.live(`answers ${name}: calls, failures, streams and interruption`, () =>
        Effect.gen(function*() {
          const interrupted = yield* Deferred.make<void>()
          const client = yield* clientOn(socket(yield* serve(interrupted)))
          expect(yield* client.Shout({ text: "hello" })).toBe("HELLO")
          expect(yield* Effect.flip(client.Shout({ text: "" }))).toEqual(new Refused({ why: "nothing to shout" }))
          expect(yield* Stream.runCollect(client.Count({ to: 5 }))).toEqual([1, 2, 3, 4, 5])
          const many = yield* Effect.all(
            Array.from({ length: 200 }, (_, i) => client.Shout({ text: `n${i}` })),
            { concurrency: "unbounded" }
          )
          expect(many.at(-1)).toBe("N199")
          const waiting = yield* Effect.forkChild(client.Wait(), { startImmediately: true })
          yield* client.Shout({ text: "the call before is on its way" })
          yield* Fiber.interrupt(waiting)
          yield* Deferred.await(interrupted)
        }))
    }
  })
}
