/**
 * What hurts with the sockets of @effect/platform-node, and does not with ours: each program is the same for both, and so are the
 * options, as far as there are any. What the present ones do is asserted too: when one of these fails, they have got better, and
 * docs/guides/migration.md has a line too many.
 */
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse, Socket, SocketServer } from "@effect/platform"
import * as PresentHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as PresentSocketServer from "@effect/platform-node/NodeSocketServer"
import { describe, expect, it } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import * as PlatformSocketServer from "@effect-ws/platform/PlatformSocketServer"
import * as NodeHttpServer from "@effect-ws/platform-node/NodeHttpServer"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketConstructor from "@effect-ws/platform-node/NodeWebSocketConstructor"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
import { once } from "node:events"
import * as Http from "node:http"
import type { Duplex } from "node:stream"
import { WebSocket as Undici } from "undici"
import { WebSocketServer as WsServer } from "ws"
import { connect, frame, request } from "./rawClient.js"

const host = "127.0.0.1"
const listen = { port: 0, host }

interface Stack {
  readonly socketServer: (maxMessageSize: number) => Layer.Layer<SocketServer.SocketServer, unknown>
  readonly httpServer: (evaluate: () => Http.Server) => Layer.Layer<HttpServer.HttpServer, unknown>
  readonly socket: (url: string) => Layer.Layer<Socket.Socket>
  readonly webSocket: Layer.Layer<Socket.WebSocketConstructor>
}

const stacks = {
  ours: {
    socketServer: (maxMessageSize) =>
      PlatformSocketServer.layer({ handlerBudget: 1024 * 1024 }).pipe(
        Layer.provide(
          NodeWebSocketServer.layer({ ...listen, limits: { maxMessageSize }, compression: false, grace: "100 millis" })
        )
      ),
    httpServer: (evaluate) =>
      NodeHttpServer.layerServer(evaluate, listen, {
        grace: "100 millis",
        paths: ["/"],
        limits: { keepaliveInterval: 100, keepaliveTimeout: 100 }
      }),
    socket: (url) =>
      Layer.provide(
        PlatformSocket.layer(url, { handlerBudget: 1024 * 1024 }),
        NodeWebSocketClient.layer({ linger: "100 millis" })
      ),
    webSocket: Layer.provide(NodeWebSocketConstructor.layer(), NodeWebSocketClient.layer({ linger: "100 millis" }))
  },
  present: {
    socketServer: (maxPayload) => PresentSocketServer.layerWebSocket({ ...listen, maxPayload }),
    httpServer: (evaluate) => PresentHttpServer.layerServer(evaluate, listen),
    socket: (url) => Layer.provide(Socket.layerWebSocket(url), NodeSocket.layerWebSocketConstructor),
    // The global one of Node 22 and later is undici's.
    webSocket: Layer.succeed(
      Socket.WebSocketConstructor,
      (url, protocols) => new Undici(url, protocols) as unknown as WebSocket
    )
  }
} satisfies Record<string, Stack>

/** For what is to happen with ours, and not with the others. */
const patience = (stack: Stack): Duration.DurationInput => stack === stacks.ours ? "5 seconds" : "300 millis"

const quietly = Effect.provide(Logger.remove(Logger.defaultLogger))

/** One program, and what becomes of it here and there. */
const contrast = <A>(
  name: string,
  program: (stack: Stack) => Effect.Effect<A, unknown, Scope.Scope>,
  expected: { readonly ours: unknown; readonly present: unknown }
): unknown =>
  describe(name, () => {
    it.scopedLive("ours", () =>
      Effect.map(quietly(program(stacks.ours)), (found) => expect(found).toEqual(expected.ours)))
    it.scopedLive("the present ones", () =>
      Effect.map(quietly(program(stacks.present)), (found) => expect(found).toEqual(expected.present)))
  })

type Handler<R> = (socket: Socket.Socket) => Effect.Effect<unknown, unknown, R | Scope.Scope>

/** Serves sockets: where. */
const serve = ({ socketServer }: Stack, handler: Handler<never>, maxMessageSize = 16 * 1024 * 1024) =>
  Effect.gen(function*() {
    const server = Context.get(yield* Layer.build(socketServer(maxMessageSize)), SocketServer.SocketServer)
    yield* Effect.forkScoped(server.run((socket) => Effect.scoped(handler(socket))))
    yield* Effect.yieldNow()
    return { host, port: server.address._tag === "TcpAddress" ? server.address.port : 0 }
  })

const urlOf = ({ port }: { readonly port: number }): string => `ws://${host}:${port}/`

const socketTo = ({ socket }: Stack, to: { readonly port: number }) =>
  Effect.map(Layer.build(socket(urlOf(to))), Context.get(Socket.Socket))

const upgrade = Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => request.upgrade)

type Route = Effect.Effect<unknown, unknown, HttpServerRequest.HttpServerRequest | Scope.Scope>

/** Serves one route, at "/": where. */
const serveRoute = ({ httpServer }: Stack, route: Route, evaluate: () => Http.Server = Http.createServer) =>
  Effect.gen(function*() {
    const router = HttpRouter.empty.pipe(HttpRouter.get("/", Effect.as(route, HttpServerResponse.empty())))
    const built = yield* Layer.build(
      HttpServer.serve(router).pipe(Layer.provideMerge(httpServer(evaluate)))
    )
    const { address } = Context.get(built, HttpServer.HttpServer)
    return { host, port: address._tag === "TcpAddress" ? address.port : 0 }
  })

const echo = Effect.gen(function*() {
  const socket = yield* upgrade
  const write = yield* socket.writer
  yield* socket.runRaw((message) => write(message))
})

const text = (payload: string): Uint8Array => frame(Frame.opcode.text, payload)

// ---------------------------------------------------------------------------------------------------------------
// Opening
// ---------------------------------------------------------------------------------------------------------------

/** Ours: `NodeHttpServer.test.ts`, "a reset while the route decides ends the route, and nothing else". */
describe("a client that resets while its upgrade is decided on", () => {
  it.scopedLive("the present one: the process dies", () =>
    Effect.gen(function*() {
      const script = `
        import { HttpServer } from "@effect/platform"
        import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
        import { Effect, Layer } from "effect"
        import { createServer } from "node:http"
        const listening = Effect.flatMap(HttpServer.HttpServer, ({ address }) => Effect.sync(() => console.log(address.port)))
        const app = Layer.merge(Layer.effectDiscard(listening), HttpServer.serve(Effect.zipRight(Effect.sync(() => console.log("asked")), Effect.never)))
        Effect.runFork(Layer.launch(Layer.provide(app, NodeHttpServer.layer(createServer, { port: 0, host: "${host}" }))))`
      const child = yield* Effect.acquireRelease(
        Effect.sync(() =>
          spawn(process.execPath, ["--input-type=module", "-e", script], {
            cwd: import.meta.dirname,
            stdio: ["ignore", "pipe", "pipe"]
          })
        ),
        (child) => Effect.sync(() => child.kill("SIGKILL"))
      )
      let errors = ""
      child.stderr.on("data", (chunk) => errors += String(chunk))
      const exited = once(child, "exit")
      const said = Effect.promise(() => once(child.stdout, "data"))
      const [port] = yield* said
      const client = yield* connect({ host, port: Number(port) }, request())
      expect(String(yield* said)).toBe("asked\n")
      client.socket.resetAndDestroy()
      const [code] = yield* Effect.promise(() => exited)
      expect([code, errors]).toEqual([1, expect.stringContaining("ECONNRESET")])
    }))
})

// The present one starts the route before the handshake is judged. A refusal does not end it, and nothing else can: it waits in the
// acquisition of a resource.
contrast(
  "handshakes that are refused: which routes stay, and whether the server closes",
  (stack) =>
    Effect.gen(function*() {
      const http = Http.createServer()
      const scope = yield* Scope.make()
      let routes = 0
      const route = Effect.acquireUseRelease(Effect.sync(() => routes++), () => echo, () => Effect.sync(() => routes--))
      const to = yield* Scope.extend(serveRoute(stack, route, () => http), scope)
      yield* Effect.forEach(
        Array.from({ length: 50 }),
        () => Effect.flatMap(connect(to, request({ "Sec-WebSocket-Version": "12" })), (client) => client.response),
        { concurrency: 10 }
      )
      yield* Effect.sleep("50 millis")
      const stay = routes
      const closing = yield* Effect.forkDaemon(Scope.close(scope, Exit.void))
      const closed = yield* Effect.timeoutOption(Fiber.await(closing), patience(stack))
      http.close()
      return { stay, closes: Option.isSome(closed) }
    }),
  { ours: { stay: 0, closes: true }, present: { stay: 50, closes: false } }
)

contrast(
  "the upgrade is answered when it is asked for, rather than when the socket runs",
  (stack) =>
    Effect.gen(function*() {
      const to = yield* serveRoute(stack, Effect.zipRight(upgrade, Effect.never))
      const client = yield* connect(to, request())
      return yield* Effect.timeoutOption(client.response, patience(stack))
    }),
  { ours: Option.some(expect.objectContaining({ status: 101 })), present: Option.none() }
)

contrast("compression, and who chooses the subprotocol", (stack) =>
  Effect.gen(function*() {
    const to = yield* serveRoute(stack, echo)
    const client = yield* connect(
      to,
      request({ "Sec-WebSocket-Extensions": "permessage-deflate", "Sec-WebSocket-Protocol": "v1, v2" })
    )
    const { headers } = yield* client.response
    return [headers["sec-websocket-extensions"], headers["sec-websocket-protocol"]]
  }), { ours: ["permessage-deflate", undefined], present: [undefined, "v1"] })

contrast("another listener of the same server", (stack) =>
  Effect.gen(function*() {
    const http = Http.createServer()
    const other = new WsServer({ noServer: true })
    http.on("upgrade", (request, socket: Duplex, head) => {
      if (request.url === "/other") {
        other.handleUpgrade(request, socket, head, (client) => setTimeout(() => client.send("mine"), 50))
      }
    })
    const to = yield* serveRoute(stack, echo, () => http)
    const client = yield* connect(to, request({}, "GET /other HTTP/1.1"))
    const { status } = yield* client.response
    const found = yield* Effect.exit(client.frame)
    yield* Effect.sync(() => other.clients.forEach((client) => client.terminate()))
    return [status, Exit.isSuccess(found) && found.value === "text mine"]
  }), { ours: [101, true], present: [101, false] })

// ---------------------------------------------------------------------------------------------------------------
// Messages
// ---------------------------------------------------------------------------------------------------------------

contrast("frames that come before the socket runs", (stack) =>
  Effect.gen(function*() {
    const gate = yield* Deferred.make<void>()
    const all = yield* Deferred.make<ReadonlyArray<unknown>>()
    const to = yield* serve(stack, (socket) => {
      const seen: Array<unknown> = []
      const run = socket.runRaw((message) => {
        seen.push(message)
        return message === "late" ? Deferred.succeed(all, seen) : undefined
      })
      return Effect.zipRight(Deferred.await(gate), run)
    })
    const client = yield* connect(to, request())
    yield* client.response
    client.write(text("early"))
    yield* Effect.sleep("100 millis")
    yield* Deferred.succeed(gate, undefined)
    const late = Effect.sync(() => client.write(text("late")))
    yield* Effect.forkScoped(Effect.forever(Effect.delay(late, "50 millis")))
    return yield* Deferred.await(all)
  }), { ours: ["early", "late"], present: ["late"] })

contrast("text and binary keep their order", (stack) =>
  Effect.gen(function*() {
    const to = yield* serve(stack, (socket) =>
      Effect.flatMap(socket.writer, (write) =>
        socket.runRaw(() =>
          Effect.forEach([0, 1, 2, 3, 4, 5], (i) =>
            write(i % 2 === 0 ? Uint8Array.of(i) : String(i)))
        )))
    const opened = yield* Layer.build(stack.webSocket)
    const socket = yield* Effect.provide(Socket.makeWebSocket(urlOf(to)), opened)
    const write = yield* socket.writer
    const all = yield* Deferred.make<ReadonlyArray<unknown>>()
    const seen: Array<number> = []
    yield* Effect.forkScoped(socket.runRaw((message) => {
      seen.push(typeof message === "string" ? Number(message) : message[0] ?? NaN)
      return seen.length === 6 ? Deferred.succeed(all, seen) : undefined
    }, { onOpen: Effect.orDie(write("go")) }))
    return yield* Deferred.await(all)
  }), { ours: [0, 1, 2, 3, 4, 5], present: [1, 3, 5, 0, 2, 4] })

const megabyte = new Uint8Array(1024 * 1024)

/** How many of 40 messages of 1 MiB `socket` takes for a peer that handles none. */
const writeMany = (socket: Socket.Socket) =>
  Effect.gen(function*() {
    const write = yield* socket.writer
    let written = 0
    yield* Effect.forkScoped(Effect.gen(function*() {
      while (written < 40) {
        yield* write(megabyte)
        written++
      }
    }))
    let before = -1
    yield* Effect.repeat(Effect.delay(Effect.sync(() => [before, before = written] as const), "100 millis"), {
      until: ([then, now]) => then === now && now > 0
    })
    return written
  })

const held = { ours: true, present: false }

contrast("a slow server holds its client back", (stack) =>
  Effect.gen(function*() {
    const to = yield* serve(stack, (socket) => socket.run(() => Effect.never))
    const socket = yield* socketTo(stack, to)
    yield* Effect.forkScoped(socket.run(() => {}))
    return (yield* writeMany(socket)) < 40
  }), held)

contrast("a slow client holds its server back", (stack) =>
  Effect.gen(function*() {
    const written = yield* Deferred.make<number>()
    const to = yield* serve(stack, (socket) =>
      Effect.zipRight(
        Effect.forkScoped(Effect.flatMap(writeMany(socket), (count) => Deferred.succeed(written, count))),
        socket.run(() => {})
      ))
    const socket = yield* socketTo(stack, to)
    yield* Effect.forkScoped(socket.run(() => Effect.never))
    return (yield* Deferred.await(written)) < 40
  }), held)

// ---------------------------------------------------------------------------------------------------------------
// Closing
// ---------------------------------------------------------------------------------------------------------------

contrast("a message over the limit", (stack) =>
  Effect.gen(function*() {
    const end = yield* Deferred.make<unknown>()
    const to = yield* serve(
      stack,
      (socket) => Effect.tapError(socket.run(() => {}), (error) => Deferred.succeed(end, error)),
      100
    )
    const client = yield* connect(to, request())
    yield* client.response
    client.write(text("x".repeat(101)))
    return yield* Deferred.await(end)
  }), {
  ours: expect.objectContaining({ reason: "Close", code: 1009 }),
  present: expect.objectContaining({ reason: "Read" })
})

contrast("writing when it is closed", (stack) =>
  Effect.gen(function*() {
    const end = yield* Deferred.make<string>()
    const to = yield* serve(stack, (socket) =>
      Effect.gen(function*() {
        const write = yield* socket.writer
        yield* Effect.forkScoped(socket.run(() => {}))
        yield* write(new Socket.CloseEvent(1000))
        const exit = yield* Effect.exit(write("late"))
        yield* Deferred.succeed(end, Exit.isSuccess(exit) ? "lost in silence" : "fails")
      }))
    const client = yield* connect(to, request())
    yield* client.response
    return yield* Deferred.await(end)
  }), { ours: "fails", present: "lost in silence" })

for (const [name, end, ours] of [["returns", Effect.void, 1000], ["fails", Effect.fail("no"), 1011]] as const) {
  contrast(`the Close of a route that ${name}`, (stack) =>
    Effect.gen(function*() {
      const to = yield* serveRoute(
        stack,
        Effect.flatMap(upgrade, (socket) => Effect.raceFirst(socket.run(() => {}), Effect.delay(end, "50 millis")))
      )
      const client = yield* connect(to, request())
      yield* client.response
      return yield* client.frame
    }), { ours: `close ${ours}`, present: "close empty" })
}

contrast("a client that gives no sign of life", (stack) =>
  Effect.gen(function*() {
    const to = yield* serveRoute(stack, echo)
    const client = yield* connect(to, request())
    yield* client.response
    const frames = Effect.zip(client.frame, client.frame)
    return yield* Effect.timeoutOption(Effect.map(frames, ([, close]) => close), patience(stack))
  }), { ours: Option.some("close 1011"), present: Option.none() })
