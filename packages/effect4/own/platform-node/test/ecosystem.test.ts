/**
 * Modules of Effect that ask for a `SocketServer`, a `Socket`, a `WebSocketConstructor` or the `upgrade` of a request, over ours.
 * RPC alone is in `rpc.test.ts`.
 */
import { describe, expect, it } from "@effect/vitest"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import * as PlatformSocketServer from "@effect-ws/platform/PlatformSocketServer"
import { WebSocketClient } from "@effect-ws/platform/WebSocketClient"
import { WebSocketServer } from "@effect-ws/platform/WebSocketServer"
import * as NodeHttpServer from "@effect-ws/platform-node/NodeHttpServer"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketConstructor from "@effect-ws/platform-node/NodeWebSocketConstructor"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Entity from "effect/cluster/Entity"
import * as HttpRunner from "effect/cluster/HttpRunner"
import * as MessageStorage from "effect/cluster/MessageStorage"
import * as RunnerAddress from "effect/cluster/RunnerAddress"
import * as RunnerHealth from "effect/cluster/RunnerHealth"
import * as Runners from "effect/cluster/Runners"
import * as RunnerStorage from "effect/cluster/RunnerStorage"
import * as ShardingConfig from "effect/cluster/ShardingConfig"
import * as SocketRunner from "effect/cluster/SocketRunner"
import * as DevTools from "effect/devtools/DevTools"
import * as DevToolsServer from "effect/devtools/DevToolsServer"
import * as Effect from "effect/Effect"
import * as EventGroup from "effect/eventlog/EventGroup"
import * as EventJournal from "effect/eventlog/EventJournal"
import * as EventLog from "effect/eventlog/EventLog"
import * as EventLogEncryption from "effect/eventlog/EventLogEncryption"
import * as EventLogRemote from "effect/eventlog/EventLogRemote"
import * as EventLogServerEncrypted from "effect/eventlog/EventLogServerEncrypted"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServer } from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Rpc from "effect/rpc/Rpc"
import * as RpcClient from "effect/rpc/RpcClient"
import * as RpcSerialization from "effect/rpc/RpcSerialization"
import * as RpcServer from "effect/rpc/RpcServer"
import * as Schema from "effect/Schema"
import * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import { createServer } from "node:http"

const quietly = Effect.provide(Logger.layer([]))
const here = { port: 0, host: "127.0.0.1" }
const client = NodeWebSocketClient.layer({ linger: "100 millis" })

const listen = Effect.gen(function*() {
  const node = yield* NodeWebSocketServer.make({ ...here, grace: "100 millis" })
  const server = yield* Effect.provideService(PlatformSocketServer.make(), WebSocketServer, node)
  const port = node.address._tag === "Tcp" ? node.address.port : 0
  return { server, port, url: `ws://127.0.0.1:${port}` }
})

const listenHttp = Effect.map(
  NodeHttpServer.make(createServer, here, { grace: "100 millis" }),
  (server) => ({ server, port: "port" in server.address ? server.address.port : 0 })
)

describe("DevTools", () => {
  const clients = {
    layerSocket: (url: string) => DevTools.layerSocket.pipe(Layer.provide(PlatformSocket.layer(url))),
    layerWebSocket: (url: string) => DevTools.layerWebSocket(url).pipe(Layer.provide(NodeWebSocketConstructor.layer()))
  }
  for (const [name, tools] of Object.entries(clients)) {
    it.live(`spans reach the server: ${name}`, () =>
      Effect.gen(function*() {
        const { server, url } = yield* listen
        const seen = yield* Queue.unbounded<string>()
        yield* Effect.forkScoped(Effect.provideService(
          DevToolsServer.run(({ queue }) =>
            Effect.ignore(Effect.forever(Effect.flatMap(Queue.take(queue), (request) =>
              request._tag === "Span" ? Queue.offer(seen, `${request.name} ${request.status._tag}`) : Effect.void)))
          ),
          SocketServer.SocketServer,
          server
        ))
        yield* Effect.provide(
          Effect.flatMap(
            Effect.withSpan(Effect.void, "inner"),
            () => Effect.map(Effect.all([Queue.take(seen), Queue.take(seen)]), (lines) =>
              expect(lines).toEqual(["inner Started", "inner Ended"]))
          ),
          tools(url).pipe(Layer.provide(client))
        )
      }))
  }
})

describe("the cluster", () => {
  const Doubler = Entity.make("Doubler", [
    Rpc.make("Double", { payload: { value: Schema.Number }, success: Schema.Number })
  ])
  const double = Doubler.toLayer({ Double: ({ payload }) => Effect.succeed(payload.value * 2) })
  const config = (own: Partial<ShardingConfig.ShardingConfig["Service"]>) =>
    ShardingConfig.layer({ shardsPerGroup: 4, refreshAssignmentsInterval: "50 millis", ...own })
  const runner = (port: number) =>
    config({ runnerAddress: Option.some(RunnerAddress.RunnerAddress.make({ host: "127.0.0.1", port })) })
  const shared = Effect.map(
    Layer.build(Layer.merge(RunnerStorage.layerMemory, MessageStorage.layerNoop)),
    (context) => Layer.mergeAll(Layer.succeedContext(context), RunnerHealth.layerNoop, RpcSerialization.layerNdjson)
  )

  it.live("a SocketRunner serves an entity, and a client reaches it", () =>
    Effect.gen(function*() {
      const { port, server } = yield* listen
      const webSockets = yield* Effect.provide(WebSocketClient, client)
      const protocol = Layer.effect(
        Runners.RpcClientProtocol,
        Effect.map(RpcSerialization.RpcSerialization, (serialization) => ({
          codecFor: serialization.codecFor,
          make: ({ host, port }: RunnerAddress.RunnerAddress) =>
            PlatformSocket.make(`ws://${host}:${port}`).pipe(
              Effect.provideService(WebSocketClient, webSockets),
              Effect.flatMap((socket) =>
                Effect.provideService(RpcClient.makeProtocolSocket(), Socket.Socket, socket)
              ),
              Effect.provideService(RpcSerialization.RpcSerialization, serialization)
            )
        }))
      )
      const around = Layer.provideMerge(protocol, yield* shared)
      yield* Layer.build(double.pipe(
        Layer.provide(SocketRunner.layer),
        Layer.provide(Layer.succeed(SocketServer.SocketServer, server)),
        Layer.provide(around),
        Layer.provide(runner(port))
      ))
      const doubler = yield* Effect.provide(
        Doubler.client,
        yield* Layer.build(SocketRunner.layerClientOnly.pipe(
          Layer.provide(around),
          Layer.provide(config({ runnerAddress: Option.none() }))
        ))
      )
      expect(yield* doubler("1").Double({ value: 21 })).toBe(42)
    }).pipe(quietly))

  it.live("an HttpRunner does the same by the upgrade of our HttpServer and our WebSocketConstructor", () =>
    Effect.gen(function*() {
      const { port, server } = yield* listenHttp
      const around = Layer.merge(yield* shared, NodeWebSocketConstructor.layer().pipe(Layer.provide(client)))
      yield* Layer.build(double.pipe(
        Layer.provide(HttpRunner.layerWebsocket),
        Layer.provide(Layer.succeed(HttpServer, server)),
        Layer.provide(around),
        Layer.provide(runner(port))
      ))
      const doubler = yield* Effect.provide(
        Doubler.client,
        yield* Layer.build(HttpRunner.layerWebsocketClientOnly.pipe(
          Layer.provide(around),
          Layer.provide(config({ runnerAddress: Option.none() }))
        ))
      )
      expect(yield* doubler("1").Double({ value: 21 })).toBe(42)
    }).pipe(quietly))
})

describe("the event log, which speaks RPC", () => {
  const group = EventGroup.empty.add({
    tag: "Said",
    primaryKey: ({ who }) => who,
    payload: Schema.Struct({ who: Schema.String, what: Schema.String })
  })
  const schema = EventLog.schema(group)

  /** A log that is kept in step with the server's, and tells what it hears. */
  const log = (socket: Layer.Layer<Socket.Socket>, identity: EventLog.Identity["Service"]) =>
    Effect.gen(function*() {
      const heard = yield* Queue.unbounded<string>()
      const handlers = EventLog.group(
        group,
        (handlers) => handlers.handle("Said", ({ payload }) => Queue.offer(heard, payload.what))
      )
      const context = yield* Layer.build(EventLogRemote.layerEncrypted.pipe(
        Layer.provide(RpcClient.layerProtocolSocket()),
        Layer.provide(socket),
        Layer.provide(RpcSerialization.layerSchemaBinary()),
        Layer.provideMerge(EventLog.layer(schema, handlers)),
        Layer.provide(EventJournal.layerMemory),
        Layer.provide(Layer.succeed(EventLog.Identity, identity))
      ))
      return { heard, say: yield* Effect.provide(EventLog.makeClient(schema), context) }
    })

  const storage = EventLogServerEncrypted.layerStorageMemory
  const served = {
    "our SocketServer": Effect.gen(function*() {
      const { server, url } = yield* listen
      yield* Layer.build(EventLogServerEncrypted.layer.pipe(
        Layer.provide(storage),
        Layer.provide(RpcServer.layerProtocolSocketServer),
        Layer.provide(RpcSerialization.layerSchemaBinary()),
        Layer.provide(Layer.succeed(SocketServer.SocketServer, server))
      ))
      return url
    }),
    "the upgrade of our HttpServer": Effect.gen(function*() {
      const { port, server } = yield* listenHttp
      const rpc = EventLogServerEncrypted.layer.pipe(
        Layer.provide(storage),
        Layer.provide(RpcServer.layerProtocolWebsocket({ path: "/log" })),
        Layer.provide(RpcSerialization.layerSchemaBinary())
      )
      yield* Layer.build(HttpRouter.serve(rpc).pipe(Layer.provide(Layer.succeed(HttpServer, server))))
      return `ws://127.0.0.1:${port}/log`
    })
  }
  const sockets = {
    "our Socket": (url: string) => PlatformSocket.layer(url),
    "our WebSocket": (url: string) =>
      Socket.layerWebSocket(url).pipe(Layer.provide(NodeWebSocketConstructor.layer()))
  }

  for (const [server, serve] of Object.entries(served)) {
    for (const [name, socket] of Object.entries(sockets)) {
      it.live(`what one says, the other hears: ${server}, ${name}`, () =>
        Effect.gen(function*() {
          const to = Layer.provide(socket(yield* serve), client)
          const identity = yield* Effect.provide(EventLog.makeIdentity, EventLogEncryption.layerSubtle)
          const [one, other] = yield* Effect.all([log(to, identity), log(to, identity)])
          yield* one.say({ event: "Said", payload: { who: "ada", what: "hello" } })
          expect([yield* Queue.take(one.heard), yield* Queue.take(other.heard)]).toEqual(["hello", "hello"])
        }).pipe(quietly))
    }
  }
})
