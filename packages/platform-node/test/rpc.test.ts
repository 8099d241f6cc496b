/**
 * @effect/rpc end to end, by each of its ways, in each serialization that can stream: over our sockets, over those of
 * @effect/platform-node, which the suite finds to do the same, and with one of them at each end. What has no socket of ours, and
 * what mixes them, is a matter of `npm run test:long`.
 */
import {
  FetchHttpClient,
  Headers,
  HttpLayerRouter,
  HttpRouter,
  HttpServer,
  Socket,
  SocketServer
} from "@effect/platform"
import * as PresentHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import { Rpc, RpcClient, RpcGroup, RpcSerialization, RpcServer } from "@effect/rpc"
import { describe, expect, it } from "@effect/vitest"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import * as PlatformSocketServer from "@effect-ws/platform/PlatformSocketServer"
import * as NodeHttpServer from "@effect-ws/platform-node/NodeHttpServer"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Server as NodeServer } from "node:http"
import { createServer } from "node:http"
import type * as Net from "node:net"

class TooFar extends Schema.TaggedError<TooFar>()("TooFar", { limit: Schema.Number }) {}

const group = RpcGroup.make(
  Rpc.make("Double", { payload: { value: Schema.Number }, success: Schema.Number, error: TooFar }),
  Rpc.make("Text", { payload: { size: Schema.Number }, success: Schema.String }),
  Rpc.make("Token", { success: Schema.String }),
  Rpc.make("Count", { payload: { to: Schema.Number }, success: Schema.Number, stream: true }),
  Rpc.make("Hang", { success: Schema.Void }),
  Rpc.make("HangStream", { success: Schema.Number, stream: true }),
  Rpc.make("Slow", { success: Schema.String }),
  Rpc.make("Die", { success: Schema.Void })
)

/** What a test sees of the server. */
class Probe extends Context.Tag("Probe")<Probe, {
  /** Elements of `Count` that were made. */
  counted: number
  readonly hanging: Deferred.Deferred<void>
  readonly interrupted: Deferred.Deferred<void>
  /** How many servers there were before this one. */
  restarts: number
}>() {}

const makeProbe = Effect.gen(function*() {
  return { counted: 0, restarts: 0, hanging: yield* Deferred.make<void>(), interrupted: yield* Deferred.make<void>() }
})

const handlers = group.toLayer(Effect.gen(function*() {
  const probe = yield* Probe
  return {
    Double: ({ value }) => value > 1000 ? Effect.fail(new TooFar({ limit: 1000 })) : Effect.succeed(value * 2),
    Text: ({ size }) => Effect.succeed("x".repeat(size)),
    Token: (_, { headers }) => Effect.succeed(Option.getOrElse(Headers.get(headers, "x-token"), () => "none")),
    Count: ({ to }) =>
      Stream.range(1, to, 1000).pipe(Stream.mapChunks((chunk) => {
        probe.counted += chunk.length
        return chunk
      })),
    Hang: () =>
      Effect.zipRight(Deferred.succeed(probe.hanging, undefined), Effect.never).pipe(
        Effect.onInterrupt(() => Deferred.succeed(probe.interrupted, undefined))
      ),
    HangStream: () => Stream.concat(Stream.make(1), Stream.never),
    Slow: () =>
      probe.restarts > 0
        ? Effect.succeed("answered by the next")
        : Effect.zipRight(Deferred.succeed(probe.hanging, undefined), Effect.never),
    Die: () => Effect.die(new Error("boom"))
  }
}))

interface Server {
  readonly name: string
  /** What a call under way comes to when the server's scope closes. */
  readonly underWay: "fails" | "is interrupted"
  /** Whether handlers see the headers of the upgrade. */
  readonly headers: boolean
  /** Needs handlers, and gives the port. */
  readonly layer: (
    port: number
  ) => Layer.Layer<Port, unknown, RpcSerialization.RpcSerialization | Rpc.ToHandler<RpcGroup.Rpcs<typeof group>>>
}

class Port extends Context.Tag("Port")<Port, number>() {}

const portOf = (address: HttpServer.Address | SocketServer.Address): number =>
  address._tag === "TcpAddress" ? address.port : 0

const portOfSocketServer = Layer.effect(Port, Effect.map(SocketServer.SocketServer, ({ address }) => portOf(address)))
const portOfHttpServer = Layer.effect(Port, Effect.map(HttpServer.HttpServer, ({ address }) => portOf(address)))

type SocketServerAt = (port: number) => Layer.Layer<SocketServer.SocketServer, unknown>
type HttpServerAt = (port: number) => Layer.Layer<HttpServer.HttpServer, unknown>

const onSockets = Layer.provide(RpcServer.layer(group), RpcServer.layerProtocolSocketServer)

const socketServer = (name: string, layer: SocketServerAt): Server => ({
  name: `layerProtocolSocketServer on ${name}`,
  headers: false,
  underWay: "is interrupted",
  layer: (port) => Layer.provide(Layer.merge(portOfSocketServer, onSockets), layer(port))
})

const socketServerClosingFirst = (name: string, layer: SocketServerAt): Server => ({
  name: `layerProtocolSocketServer on ${name}, closing first`,
  headers: false,
  underWay: "fails",
  layer: (port) =>
    Layer.provide(Layer.merge(portOfSocketServer, PlatformSocketServer.closingFirst(onSockets)), layer(port))
})

const httpServer = (name: string, layer: HttpServerAt): Server => ({
  name: `layerProtocolWebsocket on ${name}`,
  headers: true,
  underWay: "fails",
  layer: (port) =>
    Layer.merge(
      portOfHttpServer,
      HttpRouter.Default.serve().pipe(
        Layer.provide(RpcServer.layer(group)),
        Layer.provide(RpcServer.layerProtocolWebsocket({ path: "/" }))
      )
    ).pipe(Layer.provide(layer(port)))
})

const httpLayerRouter = (name: string, layer: HttpServerAt): Server => ({
  name: `layerHttpRouter on ${name}`,
  headers: true,
  underWay: "fails",
  layer: (port) =>
    Layer.merge(
      portOfHttpServer,
      HttpLayerRouter.serve(RpcServer.layerHttpRouter({ group, path: "/" }), {
        disableLogger: true,
        disableListenLog: true
      })
    ).pipe(Layer.provide(layer(port)))
})

const httpApp = (name: string, layer: HttpServerAt): Server => ({
  name: `toHttpAppWebsocket on ${name}`,
  headers: true,
  underWay: "fails",
  layer: (port) =>
    Layer.merge(
      portOfHttpServer,
      Layer.unwrapScoped(Effect.map(
        RpcServer.toHttpAppWebsocket(group),
        (app) => HttpServer.serve(HttpRouter.empty.pipe(HttpRouter.get("/", app)))
      ))
    ).pipe(Layer.provide(layer(port)))
})

const host = "127.0.0.1"

const sockets = {
  ours: (port: number) =>
    Layer.provide(PlatformSocketServer.layer(), NodeWebSocketServer.layer({ port, host, grace: "200 millis" })),
  present: (port: number) => NodeSocketServer.layerWebSocket({ port, host })
}

const https = {
  ours: (port: number) => NodeHttpServer.layerServer(createServer, { port, host }, { grace: "200 millis" }),
  present: (port: number) => PresentHttpServer.layerServer(createServer, { port, host })
}

const servers = {
  ours: [socketServer("ours", sockets.ours), httpServer("ours", https.ours)],
  present: [socketServer("NodeSocketServer", sockets.present), httpServer("NodeHttpServer", https.present)]
}

interface Client {
  readonly name: string
  /** Whether it can add headers to the upgrade. */
  readonly headers: boolean
  readonly layer: (url: string, options?: PlatformSocket.Options) => Layer.Layer<Socket.Socket>
}

const clients = {
  ours: {
    name: "ours",
    headers: true,
    layer: (url, options) => Layer.provide(PlatformSocket.layer(url, options), NodeWebSocketClient.layer())
  },
  present: {
    name: "NodeSocket",
    headers: false,
    layer: (url) => Layer.provide(Socket.layerWebSocket(url), NodeSocket.layerWebSocketConstructor)
  }
} satisfies Record<string, Client>

type Serialization = Layer.Layer<RpcSerialization.RpcSerialization>

const serializations: Readonly<Record<string, Serialization>> = {
  ndjson: RpcSerialization.layerNdjson,
  json: RpcSerialization.layerJson,
  msgpack: RpcSerialization.layerMsgPack
}

const listen = (server: Server, port: number, probe: Probe["Type"], serialization: Serialization) =>
  Effect.map(
    Layer.build(
      server.layer(port).pipe(
        Layer.provide(handlers),
        Layer.provide(Layer.succeed(Probe, probe)),
        Layer.provide(serialization)
      )
    ),
    Context.get(Port)
  )

const connect = (client: Client, port: number, serialization: Serialization, options?: PlatformSocket.Options) =>
  Effect.gen(function*() {
    const context = yield* Layer.build(
      RpcClient.layerProtocolSocket({ retrySchedule: Schedule.spaced("20 millis") }).pipe(
        Layer.provide(client.layer(`ws://${host}:${port}`, options)),
        Layer.provide(serialization)
      )
    )
    return yield* Effect.provide(RpcClient.make(group), context)
  })

/** All that is asked of RPC, whoever serves and whoever calls. */
const suite = (server: Server, client: Client, [name, serialization]: readonly [string, Serialization]) =>
  describe(`${server.name}, called by ${client.name}, ${name}`, () => {
    const start = (options?: PlatformSocket.Options) =>
      Effect.gen(function*() {
        const probe = yield* makeProbe
        const port = yield* listen(server, 0, probe, serialization)
        return { probe, port, client: yield* connect(client, port, serialization, options) }
      })

    it.scopedLive("calls, and fails with the error", () =>
      Effect.gen(function*() {
        const { client } = yield* start()
        expect(yield* client.Double({ value: 21 })).toBe(42)
        expect(yield* Effect.flip(client.Double({ value: 1001 }))).toEqual(new TooFar({ limit: 1000 }))
        expect((yield* client.Text({ size: 500_000 })).length).toBe(500_000)
        const all = yield* Effect.all(
          Array.from({ length: 200 }, (_, value) => client.Double({ value })),
          { concurrency: "unbounded" }
        )
        expect(all).toEqual(Array.from({ length: 200 }, (_, value) => value * 2))
      }))

    it.scopedLive("a stream of 100,000 does not run ahead of a slow consumer", () =>
      Effect.gen(function*() {
        const { client, probe } = yield* start()
        let taken = 0
        let ahead = 0
        yield* Stream.runForEachChunk(client.Count({ to: 100_000 }, { streamBufferSize: 256 }), (chunk) =>
          Effect.suspend(() => {
            taken += chunk.length
            ahead = Math.max(ahead, probe.counted - taken)
            return Effect.yieldNow()
          }))
        expect(taken).toBe(100_000)
        expect(ahead).toBeLessThan(4000)
      }))

    it.scopedLive("interrupts", () =>
      Effect.gen(function*() {
        const { client, probe } = yield* start()
        const call = yield* Effect.fork(client.Hang())
        yield* Deferred.await(probe.hanging)
        yield* Fiber.interrupt(call)
        yield* Deferred.await(probe.interrupted)
      }))

    it.scopedLive("dies of the server's defect", () =>
      Effect.gen(function*() {
        const { client } = yield* start()
        const exit = yield* Effect.exit(client.Die())
        expect(Exit.isFailure(exit) && String(exit.cause)).toContain("boom")
        expect(yield* client.Double({ value: 1 })).toBe(2)
      }))

    it.scopedLive("goes on when the server is back", () =>
      Effect.gen(function*() {
        const told = server.headers && client.headers
        const probe = yield* makeProbe
        const scope = yield* Scope.make()
        const port = yield* Scope.extend(listen(server, 0, probe, serialization), scope)
        let connections = 0
        const caller = yield* connect(client, port, serialization, {
          headers: Effect.sync(() => ({ "X-Token": `token ${++connections}` }))
        })
        expect(yield* caller.Double({ value: 1 })).toBe(2)
        expect(yield* caller.Token()).toBe(told ? "token 1" : "none")
        const hanging = yield* Effect.fork(caller.Hang())
        yield* Deferred.await(probe.hanging)
        yield* Scope.close(scope, Exit.void)
        expect(Exit.isFailure(yield* Fiber.await(hanging))).toBe(true)
        yield* Deferred.await(probe.interrupted)
        yield* listen(server, port, probe, serialization)
        const again = yield* Effect.retry(caller.Double({ value: 2 }), Schedule.spaced("10 millis"))
        expect(again).toBe(4)
        expect(yield* caller.Token()).toBe(told ? `token ${connections}` : "none")
      }))
  })

const all = Object.entries(serializations)
const some = all.filter(([name]) => name === "msgpack")
const long = process.env["LONG"] !== undefined
for (const server of servers.ours) {
  for (const serialization of all) suite(server, clients.ours, serialization)
  for (const serialization of long ? some : []) suite(server, clients.present, serialization)
}
for (const server of long ? servers.present : []) {
  for (const serialization of all) suite(server, clients.present, serialization)
  for (const serialization of some) suite(server, clients.ours, serialization)
}

/** What the callers of calls under way see of a restart: whether it is theirs to retry. */
const restarts = (server: Server, client: Client) =>
  it.scopedLive(`${server.name}, called by ${client.name}: what is under way ${server.underWay}`, () =>
    Effect.gen(function*() {
      const serialization = RpcSerialization.layerNdjson
      const probe = yield* makeProbe
      const scope = yield* Scope.make()
      const port = yield* Scope.extend(listen(server, 0, probe, serialization), scope)
      const caller = yield* connect(client, port, serialization)
      const seen = yield* Deferred.make<void>()
      const calls = yield* Effect.all({
        once: Effect.fork(caller.Hang()),
        stream: Effect.fork(Stream.runForEach(caller.HangStream(), () => Deferred.succeed(seen, undefined))),
        retried: Effect.fork(Effect.retry(caller.Slow(), {
          schedule: Schedule.spaced("10 millis"),
          while: (error) => error._tag === "RpcClientError"
        }))
      })
      yield* Deferred.await(probe.hanging)
      yield* Deferred.await(seen)
      yield* Scope.close(scope, Exit.void)
      yield* Deferred.await(probe.interrupted)
      const ended = (fiber: Fiber.Fiber<unknown, unknown>) =>
        Effect.map(Fiber.await(fiber), (exit) =>
          Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause)
            ? "is interrupted"
            : Exit.isFailure(exit) &&
                Option.exists(Cause.failureOption(exit.cause), Predicate.isTagged("RpcClientError"))
            ? "fails"
            : exit)
      expect([yield* ended(calls.once), yield* ended(calls.stream)]).toEqual([server.underWay, server.underWay])
      probe.restarts++
      yield* listen(server, port, probe, serialization)
      if (server.underWay === "fails") expect(yield* Fiber.join(calls.retried)).toBe("answered by the next")
      else expect(yield* ended(calls.retried)).toBe("is interrupted")
      const again = yield* Effect.retry(caller.Double({ value: 2 }), Schedule.spaced("10 millis"))
      expect(again).toBe(4)
    }))

/** A call over HTTP is a request, which is no WebSocket of ours: a server of @effect/platform-node answers it, under both names. */
const overHttp = (name: string, layer: HttpServerAt) =>
  it.scopedLive(`layerProtocolHttp on ${name}: a call under way is interrupted`, () =>
    Effect.gen(function*() {
      const probe = yield* makeProbe
      const scope = yield* Scope.make()
      const server: Layer.Layer<
        Port,
        unknown,
        RpcSerialization.RpcSerialization | Rpc.ToHandler<RpcGroup.Rpcs<typeof group>>
      > = Layer.merge(
        portOfHttpServer,
        HttpRouter.Default.serve().pipe(
          Layer.provide(RpcServer.layer(group)),
          Layer.provide(RpcServer.layerProtocolHttp({ path: "/" }))
        )
      ).pipe(Layer.provide(layer(0)))
      const port = yield* Scope.extend(
        listen(
          { name, headers: true, underWay: "is interrupted", layer: () => server },
          0,
          probe,
          RpcSerialization.layerNdjson
        ),
        scope
      )
      const context = yield* Layer.build(
        RpcClient.layerProtocolHttp({ url: `http://${host}:${port}/` }).pipe(
          Layer.provide([FetchHttpClient.layer, RpcSerialization.layerNdjson])
        )
      )
      const caller = yield* Effect.provide(RpcClient.make(group), context)
      const call = yield* Effect.fork(caller.Hang())
      yield* Deferred.await(probe.hanging)
      yield* Scope.close(scope, Exit.void)
      const exit = yield* Fiber.await(call)
      expect(Exit.isInterrupted(exit), JSON.stringify(exit)).toBe(true)
    }))

describe("a restart", () => {
  overHttp("ours", https.ours)
  overHttp("NodeHttpServer", https.present)
  for (const client of long ? [clients.ours, clients.present] : [clients.ours]) {
    for (const whose of long ? ["ours", "present"] as const : ["ours"] as const) {
      const name = whose === "ours" ? whose : "NodeHttpServer"
      for (const make of [httpServer, httpLayerRouter, httpApp]) restarts(make(name, https[whose]), client)
      for (const make of [socketServer, socketServerClosingFirst]) {
        restarts(make(whose === "ours" ? whose : "NodeSocketServer", sockets[whose]), client)
      }
    }
  }
})

it.scopedLive("with retryTransientErrors, a call that is made before there is a server waits for it", () =>
  Effect.gen(function*() {
    const server = servers.ours[0]!
    const probe = yield* makeProbe
    const serialization = RpcSerialization.layerMsgPack
    const before = yield* Scope.make()
    const port = yield* Scope.extend(listen(server, 0, probe, serialization), before)
    yield* Scope.close(before, Exit.void)
    const protocol = yield* Layer.build(
      RpcClient.layerProtocolSocket({ retrySchedule: Schedule.spaced("20 millis"), retryTransientErrors: true }).pipe(
        Layer.provide(clients.ours.layer(`ws://${host}:${port}`, {})),
        Layer.provide(serialization)
      )
    )
    const client = yield* Effect.provide(RpcClient.make(group), protocol)
    const call = yield* Effect.fork(client.Double({ value: 1 }))
    yield* Effect.sleep("100 millis")
    yield* listen(server, port, probe, serialization)
    expect(yield* Fiber.join(call)).toBe(2)
  }))

/** Server and client in one scope, as `Effect.scoped` around all of a program has them: whether it closes. */
const closes = (
  within: Duration.DurationInput,
  make: (evaluate: () => NodeServer) => Effect.Effect<HttpServer.HttpServer, unknown, Scope.Scope>
) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const sockets: Array<Net.Socket> = []
    yield* Effect.gen(function*() {
      const http = yield* make(() => createServer().on("connection", (socket) => void sockets.push(socket)))
      const probe = yield* makeProbe
      const server = httpServer("", () => Layer.succeed(HttpServer.HttpServer, http))
      const port = yield* listen(server, 0, probe, RpcSerialization.layerNdjson)
      const client = yield* connect(clients.ours, port, RpcSerialization.layerNdjson)
      expect(yield* client.Double({ value: 1 })).toBe(2)
    }).pipe(Scope.extend(scope))
    const closing = yield* Effect.forkDaemon(Scope.close(scope, Exit.void))
    const closed = yield* Effect.timeoutOption(Fiber.await(closing), within)
    for (const socket of sockets) socket.destroy()
    yield* Fiber.await(closing)
    return Option.isSome(closed)
  })

describe("where they differ", () => {
  it.scopedLive("ours: a scope that has both server and client closes", () =>
    Effect.gen(function*() {
      expect(yield* closes("5 seconds", (evaluate) => NodeHttpServer.make(evaluate, { port: 0, host }))).toBe(true)
    }))

  // The present one makes its WebSocket server at the first upgrade, in the scope of the HTTP server. So that is the first thing
  // to be closed, before the routes and the client, and it waits for all connections to go by themselves.
  it.scopedLive("NodeHttpServer: it does not, as long as the client stays", () =>
    Effect.gen(function*() {
      expect(yield* closes("300 millis", (evaluate) => PresentHttpServer.make(evaluate, { port: 0, host }))).toBe(false)
    }))
})
