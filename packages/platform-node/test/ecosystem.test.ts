/**
 * Modules of Effect that ask for a `SocketServer`, a `Socket`, a `WebSocketConstructor` or the `upgrade` of a request, over ours.
 * What hurts with those of @effect/platform-node is in `presentPath.test.ts`.
 */
import {
  Entity,
  HttpRunner,
  MessageStorage,
  RunnerAddress,
  RunnerHealth,
  Runners,
  RunnerStorage,
  ShardingConfig,
  SocketRunner
} from "@effect/cluster"
import { DevTools, EventGroup, EventJournal, EventLog, EventLogRemote, EventLogServer } from "@effect/experimental"
import * as DevToolsServer from "@effect/experimental/DevTools/Server"
import { type EventLogEncryption, layerSubtle } from "@effect/experimental/EventLogEncryption"
import { HttpServer, Socket, SocketServer } from "@effect/platform"
import { Rpc, RpcClient, RpcSerialization } from "@effect/rpc"
import { describe, expect, it } from "@effect/vitest"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import * as PlatformSocketServer from "@effect-ws/platform/PlatformSocketServer"
import { WebSocketClient } from "@effect-ws/platform/WebSocketClient"
import { WebSocketServer } from "@effect-ws/platform/WebSocketServer"
import * as NodeHttpServer from "@effect-ws/platform-node/NodeHttpServer"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketConstructor from "@effect-ws/platform-node/NodeWebSocketConstructor"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { createServer } from "node:http"

const quietly = Effect.provide(Logger.remove(Logger.defaultLogger))

const listen = (options: NodeWebSocketServer.ServingOptions = {}) =>
  Effect.gen(function*() {
    const node = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1", grace: "100 millis", ...options })
    const server = yield* Effect.provideService(PlatformSocketServer.make(), WebSocketServer, node)
    const port = node.address._tag === "Tcp" ? node.address.port : 0
    return { server, port, url: `ws://127.0.0.1:${port}` }
  })

const socketTo = (url: string, options?: PlatformSocket.Options, client: NodeWebSocketClient.Options = {}) =>
  Effect.gen(function*() {
    const service = yield* NodeWebSocketClient.make({ linger: "100 millis", ...client })
    return yield* Effect.provideService(PlatformSocket.make(url, options), WebSocketClient, service)
  })

describe("DevTools", () => {
  const clients = {
    layerSocket: (url: string) => DevTools.layerSocket.pipe(Layer.provide(PlatformSocket.layer(url))),
    layerWebSocket: (url: string) => DevTools.layerWebSocket(url).pipe(Layer.provide(NodeWebSocketConstructor.layer()))
  }
  for (const [name, client] of Object.entries(clients)) {
    it.scopedLive(`spans reach the server: ${name}`, () =>
      Effect.gen(function*() {
        const { server, url } = yield* listen()
        const seen = yield* Mailbox.make<string>()
        yield* Effect.forkScoped(Effect.provideService(
          DevToolsServer.run(({ queue }) =>
            Effect.ignore(Effect.forever(Effect.flatMap(queue.take, (request) =>
              request._tag === "Span" ? seen.offer(`${request.name} ${request.status._tag}`) : Effect.void)))
          ),
          SocketServer.SocketServer,
          server
        ))
        const lines = Effect.zip(seen.take, seen.take)
        yield* Effect.sleep("10 millis").pipe(
          Effect.withSpan("inner"),
          Effect.zipRight(Effect.map(lines, (lines) =>
            expect(lines).toEqual(["inner Started", "inner Ended"]))),
          Effect.provide(client(url).pipe(Layer.provide(NodeWebSocketClient.layer({ linger: "100 millis" }))))
        )
      }))
  }
})

describe("@effect/cluster", () => {
  const Doubler = Entity.make("Doubler", [
    Rpc.make("Double", { payload: { value: Schema.Number }, success: Schema.Number })
  ])

  it.scopedLive("a SocketRunner serves an entity, and a client reaches it", () =>
    Effect.gen(function*() {
      const { port, server } = yield* listen()
      const address = RunnerAddress.make("127.0.0.1", port)
      const client = yield* NodeWebSocketClient.make({ linger: "100 millis" })
      const protocol = Layer.effect(
        Runners.RpcClientProtocol,
        Effect.map(RpcSerialization.RpcSerialization, (serialization) => ({ host, port }) =>
          PlatformSocket.make(`ws://${host}:${port}`).pipe(
            Effect.provideService(WebSocketClient, client),
            Effect.flatMap((socket) =>
              Effect.provideService(RpcClient.makeProtocolSocket(), Socket.Socket, socket)
            ),
            Effect.provideService(RpcSerialization.RpcSerialization, serialization)
          ))
      )
      const config = (own: Partial<ShardingConfig.ShardingConfig["Type"]>) =>
        ShardingConfig.layer({ shardsPerGroup: 4, refreshAssignmentsInterval: "50 millis", ...own })
      const shared = yield* Layer.build(Layer.merge(RunnerStorage.layerMemory, MessageStorage.layerNoop))
      const around = Layer.mergeAll(protocol, RunnerHealth.layerNoop, Layer.succeedContext(shared)).pipe(
        Layer.provideMerge(RpcSerialization.layerMsgPack)
      )
      yield* Layer.build(
        Doubler.toLayer({ Double: ({ payload }) => Effect.succeed(payload.value * 2) }).pipe(
          Layer.provide(SocketRunner.layer),
          Layer.provide(Layer.succeed(SocketServer.SocketServer, server)),
          Layer.provide(around),
          Layer.provide(config({ runnerAddress: Option.some(address) }))
        )
      )
      const double = yield* Doubler.client.pipe(Effect.provide(
        yield* Layer.build(SocketRunner.layerClientOnly.pipe(
          Layer.provide(around),
          Layer.provide(config({ runnerAddress: Option.none() }))
        ))
      ))
      expect(yield* double("1").Double({ value: 21 })).toBe(42)
    }).pipe(quietly))

  it.scopedLive("an HttpRunner does the same by the upgrade of our HttpServer and our WebSocketConstructor", () =>
    Effect.gen(function*() {
      const http = yield* NodeHttpServer.make(createServer, { port: 0, host: "127.0.0.1" }, { grace: "100 millis" })
      const address = RunnerAddress.make("127.0.0.1", http.address._tag === "TcpAddress" ? http.address.port : 0)
      const config = (own: Partial<ShardingConfig.ShardingConfig["Type"]>) =>
        ShardingConfig.layer({ shardsPerGroup: 4, refreshAssignmentsInterval: "50 millis", ...own })
      const shared = yield* Layer.build(Layer.merge(RunnerStorage.layerMemory, MessageStorage.layerNoop))
      const around = Layer.mergeAll(
        RunnerHealth.layerNoop,
        Layer.succeedContext(shared),
        RpcSerialization.layerMsgPack,
        NodeWebSocketConstructor.layer().pipe(Layer.provide(NodeWebSocketClient.layer({ linger: "100 millis" })))
      )
      yield* Layer.build(
        Doubler.toLayer({ Double: ({ payload }) => Effect.succeed(payload.value * 2) }).pipe(
          Layer.provide(HttpRunner.layerWebsocket),
          Layer.provide(Layer.succeed(HttpServer.HttpServer, http)),
          Layer.provide(around),
          Layer.provide(config({ runnerAddress: Option.some(address) }))
        )
      )
      const double = yield* Doubler.client.pipe(Effect.provide(
        yield* Layer.build(HttpRunner.layerWebsocketClientOnly.pipe(
          Layer.provide(around),
          Layer.provide(config({ runnerAddress: Option.none() }))
        ))
      ))
      expect(yield* double("1").Double({ value: 21 })).toBe(42)
    }).pipe(quietly))
})

describe("the event log", () => {
  const group = EventGroup.empty.add({
    tag: "Said",
    primaryKey: ({ who }) => who,
    payload: Schema.Struct({ who: Schema.String, what: Schema.String })
  })
  const schema = EventLog.schema(group)
  const remotes = {
    fromSocket: (url: string) =>
      Layer.scopedDiscard(EventLogRemote.fromSocket()).pipe(Layer.provide(PlatformSocket.layer(url))),
    fromWebSocket: (url: string) =>
      EventLogRemote.layerWebSocket(url).pipe(Layer.provide(NodeWebSocketConstructor.layer()))
  }

  /** A log that is kept in step with the server's, and tells what it hears. */
  const log = (remote: Layer.Layer<never, never, WebSocketClient | EventLog.EventLog | EventLogEncryption>) =>
    Effect.gen(function*() {
      const heard = yield* Mailbox.make<string>()
      const handlers = EventLog.group(
        group,
        (handlers) => handlers.handle("Said", ({ payload }) => heard.offer(payload.what))
      )
      const context = yield* Layer.build(remote.pipe(
        Layer.provideMerge(EventLog.layer(schema)),
        Layer.provide(handlers),
        Layer.provide(EventJournal.layerMemory),
        Layer.provide(layerSubtle),
        Layer.provide(NodeWebSocketClient.layer({ linger: "100 millis" }))
      ))
      return { heard, say: yield* Effect.provide(EventLog.makeClient(schema), context) }
    })

  for (const [name, remote] of Object.entries(remotes)) {
    it.scopedLive(`what one says, the other hears: ${name}, and HttpServerRequest.upgrade`, () =>
      Effect.gen(function*() {
        const http = yield* NodeHttpServer.make(createServer, { port: 0, host: "127.0.0.1" }, { grace: "100 millis" })
        const route = yield* Effect.provide(
          EventLogServer.makeHandlerHttp,
          yield* Layer.build(EventLogServer.layerStorageMemory)
        )
        yield* Effect.provideService(HttpServer.serveEffect(route), HttpServer.HttpServer, http)
        const url = `ws://127.0.0.1:${http.address._tag === "TcpAddress" ? http.address.port : 0}/`
        const [one, other] = yield* Effect.provideService(
          Effect.all([log(remote(url)), log(remote(url))]),
          EventLog.Identity,
          EventLog.Identity.makeRandom()
        )
        yield* one.say("Said", { who: "ada", what: "hello" })
        expect([yield* one.heard.take, yield* other.heard.take]).toEqual(["hello", "hello"])
      }))
  }
})

describe("the sockets themselves", () => {
  it.scopedLive("a slow consumer holds the sender back: of 200 MiB, few are under way", () =>
    Effect.gen(function*() {
      const { server, url } = yield* listen({ compression: false })
      let handled = 0
      yield* Effect.forkScoped(server.run((socket) =>
        socket.run(() => {
          handled++
          return Effect.never
        })
      ))
      const socket = yield* socketTo(url)
      const write = yield* socket.writer
      yield* Effect.forkScoped(socket.run(() => {}))
      const message = new Uint8Array(1024 * 1024)
      let written = 0
      yield* Effect.forkScoped(Effect.gen(function*() {
        while (written < 200) {
          yield* write(message)
          written++
        }
      }))
      let before = -1
      yield* Effect.repeat(Effect.delay(Effect.sync(() => [before, before = written] as const), "50 millis"), {
        until: ([then, now]) => then === now && now > 0
      })
      expect(handled).toBeLessThanOrEqual(17)
      expect(written).toBeLessThan(50)
    }))

  it.scopedLive("frames that come before the run are there when it runs, in both roles", () =>
    Effect.gen(function*() {
      const { server, url } = yield* listen()
      const got = yield* Deferred.make<ReadonlyArray<unknown>>()
      yield* Effect.forkScoped(server.run((socket) =>
        Effect.gen(function*() {
          const write = yield* socket.writer
          yield* write("early")
          yield* Effect.sleep("30 millis")
          const seen: Array<unknown> = []
          yield* socket.runRaw((message) => {
            seen.push(message)
            return seen.length === 3 ? Deferred.succeed(got, seen) : undefined
          })
        }).pipe(Effect.scoped)
      ))
      const socket = yield* socketTo(url)
      const write = yield* socket.writer
      const first = yield* Deferred.make<unknown>()
      yield* Effect.forkScoped(socket.runRaw((message) => Deferred.succeed(first, message), {
        onOpen: Effect.sleep("30 millis")
      }))
      yield* Effect.all([write("1"), write(Uint8Array.of(2)), write("3")])
      expect(yield* Deferred.await(got)).toEqual(["1", Uint8Array.of(2), "3"])
      expect(yield* Deferred.await(first)).toBe("early")
    }))

  it.scopedLive("an oversize message is 1009 at both ends", () =>
    Effect.gen(function*() {
      const { server, url } = yield* listen({ limits: { maxMessageSize: 1000 } })
      const end = yield* Deferred.make<unknown>()
      yield* Effect.forkScoped(
        server.run((socket) => Effect.tapError(socket.run(() => {}), (error) => Deferred.succeed(end, error)))
      )
      const socket = yield* socketTo(url)
      const write = yield* socket.writer
      yield* Effect.forkScoped(Effect.zipRight(write("x".repeat(1001)), Effect.never))
      expect(yield* Effect.flip(socket.run(() => {}))).toMatchObject({ reason: "Close", code: 1009 })
      expect(yield* Deferred.await(end)).toMatchObject({ reason: "Close", code: 1009 })
    }).pipe(quietly))

  it.scopedLive("refused: Open with the status; too slow: OpenTimeout", () =>
    Effect.gen(function*() {
      const { url } = yield* listen({ maxConnections: 0 })
      const socket = yield* socketTo(url)
      expect(yield* Effect.flip(socket.run(() => {}))).toMatchObject({
        reason: "Open",
        cause: { reason: { _tag: "Refused", status: 503 } }
      })
      const waits = yield* listen() // nobody serves
      const late = yield* socketTo(waits.url, { openTimeout: "30 millis" })
      expect(yield* Effect.flip(late.run(() => {}))).toMatchObject({ reason: "OpenTimeout" })
    }))
})
