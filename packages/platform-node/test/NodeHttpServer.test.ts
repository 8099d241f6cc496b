import { HttpMiddleware, HttpServer, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import { type Accept, Refusal } from "@effect-ws/platform/WebSocketServer"
import * as NodeHttpServer from "@effect-ws/platform-node/NodeHttpServer"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { once } from "node:events"
import * as Http from "node:http"
import * as Https from "node:https"
import type { Duplex } from "node:stream"
import { WebSocket, WebSocketServer as WsServer } from "ws"
import { selfSigned } from "./certificate.js"
import { close, connect, frame, request } from "./rawClient.js"
import * as Router from "./router.js"
import * as Sockets from "./sockets.js"

const text = (payload: string) => frame(Frame.opcode.text, payload)

const upgrade = Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => request.upgrade)

const echo = Effect.gen(function*() {
  const socket = yield* upgrade
  yield* Sockets.answer(socket, (message) => message)
  return HttpServerResponse.empty()
})

type Options = NodeHttpServer.UpgradeOptions

const quietly = Effect.provide(Logger.remove(Logger.defaultLogger))

const serve = <E, R>(
  router: Router.App<E, R>,
  options: Options = {},
  { middleware, server: evaluate = Http.createServer }: {
    readonly middleware?: HttpMiddleware.HttpMiddleware
    readonly server?: () => Http.Server
  } = {}
) =>
  Effect.gen(function*() {
    const server = yield* NodeHttpServer.make(evaluate, { port: 0, host: "127.0.0.1" }, {
      grace: "200 millis",
      ...options
    })
    const app = middleware === undefined ? HttpServer.serveEffect(router) : HttpServer.serveEffect(router, middleware)
    yield* Effect.provideService(app, HttpServer.HttpServer, server)
    const port = "port" in server.address ? server.address.port : 0
    return { port, host: "127.0.0.1" }
  })

const get = (to: { readonly port: number }, path: string, headers: Http.OutgoingHttpHeaders = {}) =>
  Effect.promise(async () => {
    const [response] = await once(Http.get({ ...to, path, headers, agent: false }), "response") as [
      Http.IncomingMessage
    ]
    const chunks: Array<Buffer> = []
    for await (const chunk of response) chunks.push(chunk as Buffer)
    return { status: response.statusCode, body: Buffer.concat(chunks).toString() }
  })

const path = (target: string) => `GET ${target} HTTP/1.1`

describe("beside ordinary routes", () => {
  const router = Router.empty.pipe(
    Router.get("/", HttpServerResponse.text("hello")),
    Router.get("/echo", echo),
    Router.get("/no", Effect.succeed(HttpServerResponse.unsafeJson({ no: true }, { status: 401 }))),
    Router.get(
      "/stream",
      HttpServerResponse.stream(Stream.range(1, 300).pipe(Stream.map(() => new Uint8Array(10_000))))
    ),
    Router.post(
      "/post",
      Effect.flatMap(
        HttpServerRequest.HttpServerRequest,
        (request) => Effect.map(request.text, HttpServerResponse.text)
      )
    ),
    Router.mount("/sub", Router.empty.pipe(Router.get("/echo", echo)))
  )

  it.scopedLive("upgrades where a route asks for it, and answers where one does not", () =>
    Effect.gen(function*() {
      const to = yield* serve(router)
      expect(yield* get(to, "/")).toEqual({ status: 200, body: "hello" })
      for (const target of ["/echo", "/sub/echo?x=1"]) {
        const client = yield* connect(to, request({}, path(target)))
        expect((yield* client.response).status).toBe(101)
        client.write(text("hi"))
        expect(yield* client.frame).toBe("text hi")
        client.write(close(1000))
        expect(yield* client.frame).toBe("close 1000")
        client.end()
        yield* client.gone
      }
      const refused: ReadonlyArray<readonly [string, number, string]> = [
        ["/", 200, "hello"],
        ["/no", 401, "{\"no\":true}"],
        ["/none", 404, "0\r\n\r\n"]
      ]
      for (const [target, status, body] of refused) {
        const client = yield* connect(to, request({}, path(target)))
        const response = yield* client.response
        expect([response.status, response.headers["connection"]]).toEqual([status, "close"])
        expect(yield* client.rest).toBe(body)
        client.end()
        yield* client.gone
      }
    }))

  it.scopedLive("streams a long answer to a request to upgrade", () =>
    Effect.gen(function*() {
      const to = yield* serve(router)
      const client = yield* connect(to, request({}, path("/stream")))
      expect((yield* client.response).status).toBe(200)
      expect((yield* client.rest).length).toBeGreaterThan(3_000_000)
    }))

  it.scopedLive("leaves other protocols to the routes, body and all", () =>
    Effect.gen(function*() {
      const to = yield* serve(router)
      const client = yield* connect(
        to,
        request(
          { Upgrade: "h2c", Connection: "Upgrade, close", "Content-Length": "5" },
          "POST /post HTTP/1.1"
        ) + "hello"
      )
      expect((yield* client.response).status).toBe(200)
      expect(yield* client.rest).toBe("hello")
    }))

  it.scopedLive("middleware sees upgrades, and may change the request", () =>
    Effect.gen(function*() {
      const seen: Array<string> = []
      const middleware = HttpMiddleware.make((app) =>
        Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
          seen.push(request.url)
          return Effect.provideService(
            app,
            HttpServerRequest.HttpServerRequest,
            request.modify({ url: request.url.replace("/v1", "") })
          )
        })
      )
      const to = yield* serve(router, {}, { middleware })
      const client = yield* connect(to, request({}, path("/v1/echo")))
      expect((yield* client.response).status).toBe(101)
      client.write(text("hi"))
      expect(yield* client.frame).toBe("text hi")
      expect((yield* get(to, "/v1/")).body).toBe("hello")
      expect(seen).toEqual(["/v1/echo", "/v1/"])
    }))

  it.scopedLive("does not collide with another listener of the same server", () =>
    Effect.gen(function*() {
      const http = Http.createServer()
      const other = new WsServer({ noServer: true })
      http.on("upgrade", (request, socket: Duplex, head) => {
        if (request.url === "/ws") other.handleUpgrade(request, socket, head, (ws) => ws.send("other"))
      })
      const to = yield* serve(router, { paths: ["/echo"] }, { server: () => http })
      const theirs = yield* connect(to, request({}, path("/ws")))
      expect((yield* theirs.response).status).toBe(101)
      expect(yield* theirs.frame).toBe("text other")
      const ours = yield* connect(to, request({}, path("/echo")))
      expect((yield* ours.response).status).toBe(101)
      yield* Effect.sync(() => other.clients.forEach((client) => client.terminate()))
    }))
})

describe("the upgrade", () => {
  it.scopedLive("is answered when it is asked for, and loses nothing that comes before the run", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const to = yield* serve(Router.empty.pipe(Router.get(
        "/",
        Effect.gen(function*() {
          const socket = yield* upgrade
          yield* Deferred.await(gate)
          yield* Sockets.answer(socket, (message) => message)
          return HttpServerResponse.empty()
        })
      )))
      const client = yield* connect(to, request())
      expect((yield* client.response).status).toBe(101)
      for (let i = 0; i < 10; i++) client.write(text(`${i}`))
      yield* Effect.sleep("20 millis")
      yield* Deferred.succeed(gate, undefined)
      for (let i = 0; i < 10; i++) expect(yield* client.frame).toBe(`text ${i}`)
    }))

  it.scopedLive("asked for twice, is the same socket", () =>
    Effect.gen(function*() {
      const to = yield* serve(Router.empty.pipe(Router.get(
        "/",
        Effect.gen(function*() {
          const [one, other] = yield* Effect.all([upgrade, upgrade], { concurrency: 2 })
          const again = yield* upgrade
          const write = yield* Sockets.writer(one)
          yield* write(String(one === other && one === again))
          return HttpServerResponse.empty()
        })
      )))
      const client = yield* connect(to, request())
      yield* client.response
      expect(yield* client.frame).toBe("text true")
    }))

  const ends: ReadonlyArray<readonly [string, Effect.Effect<unknown, string>, number]> = [
    ["returns", Effect.void, 1000],
    ["fails", Effect.fail("no"), 1011],
    ["dies", Effect.die("no"), 1011]
  ]
  for (const [name, end, code] of ends) {
    it.scopedLive(`a route that ${name}: ${code}`, () =>
      Effect.gen(function*() {
        const to = yield* serve(
          Router.empty.pipe(
            Router.get("/", upgrade.pipe(Effect.zipRight(end), Effect.as(HttpServerResponse.empty())))
          )
        )
        const client = yield* connect(to, request())
        yield* client.response
        expect(yield* client.frame).toBe(`close ${code}`)
      }).pipe(quietly))
  }

  it.scopedLive("shutting down: 1001 for all, and those that do not answer are cut after the grace", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const to = yield* Scope.extend(serve(Router.empty.pipe(Router.get("/", echo))), scope)
      const polite = yield* connect(to, request())
      const stuck = yield* connect(to, request())
      yield* Effect.all([polite.response, stuck.response])
      const closing = yield* Effect.forkDaemon(Scope.close(scope, Exit.void))
      expect(yield* polite.frame).toBe("close 1001")
      polite.write(close(1001))
      polite.end()
      yield* polite.gone
      expect(yield* stuck.frame).toBe("close 1001")
      yield* Fiber.join(closing)
    }))

  it.scopedLive("shutting down: what an interrupted route writes is no answer", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const wrote = yield* Deferred.make<Exit.Exit<void, unknown>>()
      const route = Effect.gen(function*() {
        const socket = yield* upgrade
        const write = yield* Sockets.writer(socket)
        yield* Effect.onInterrupt(Sockets.each(socket, () => {}), () =>
          Effect.flatMap(Effect.exit(write("the answer")), (exit) => Deferred.succeed(wrote, exit)))
        return HttpServerResponse.empty()
      })
      const to = yield* Scope.extend(serve(Router.empty.pipe(Router.get("/", route))), scope)
      const client = yield* connect(to, request())
      yield* client.response
      const closing = yield* Effect.forkDaemon(Scope.close(scope, Exit.void))
      expect(yield* client.frame).toBe("close 1001")
      expect(yield* Effect.flip(Effect.flatten(Deferred.await(wrote)))).toMatchObject(Sockets.unwritten)
      client.end()
      yield* Fiber.join(closing)
    }))

  it.scopedLive("serving ends with the scope of whoever serves, not with the server: 503 until somebody serves again", () =>
    Effect.gen(function*() {
      const listening = yield* Scope.make()
      const server = yield* NodeHttpServer.make(Http.createServer, { port: 0, host: "127.0.0.1" }, {
        grace: "200 millis"
      }).pipe(Scope.extend(listening))
      const to = { host: "127.0.0.1", port: "port" in server.address ? server.address.port : 0 }
      expect((yield* get(to, "/")).status).toBe(503)
      const begin = Effect.gen(function*() {
        const scope = yield* Scope.make()
        const app = Router.empty.pipe(
          Router.get("/", echo),
          Router.get("/text", HttpServerResponse.text("hello"))
        )
        yield* HttpServer.serveEffect(app).pipe(
          Effect.provideService(HttpServer.HttpServer, server),
          Scope.extend(scope)
        )
        return scope
      })
      const first = yield* begin
      const client = yield* connect(to, request())
      expect((yield* client.response).status).toBe(101)
      const closing = yield* Effect.forkDaemon(Scope.close(first, Exit.void))
      expect(yield* client.frame).toBe("close 1001")
      client.end()
      yield* Fiber.join(closing)
      const late = yield* connect(to, request())
      expect((yield* late.response).status).toBe(503)
      expect((yield* get(to, "/text")).status).toBe(503)
      const second = yield* begin
      expect(yield* get(to, "/text")).toEqual({ status: 200, body: "hello" })
      const again = yield* connect(to, request())
      expect((yield* again.response).status).toBe(101)
      again.end()
      yield* Scope.close(second, Exit.void)
      yield* Scope.close(listening, Exit.void)
    }))

  it.scopedLive("an app has its own services, and `accept` those of the server's layer", () =>
    Effect.gen(function*() {
      class Name extends Context.Tag("Name")<Name, string>() {}
      const events: Array<string> = []
      const released = yield* Deferred.make<void>()
      const accept: Accept<void, Name | Scope.Scope> = () =>
        Effect.gen(function*() {
          events.push(yield* Name)
          yield* Effect.addFinalizer(() => Deferred.succeed(released, undefined))
          return { value: undefined }
        })
      const server = yield* NodeHttpServer.make(Http.createServer, { port: 0, host: "127.0.0.1" }, { accept }).pipe(
        Effect.provideService(Name, "the server's")
      )
      const app = Router.empty.pipe(Router.get(
        "/",
        Effect.gen(function*() {
          events.push(yield* Name)
          yield* upgrade
          return HttpServerResponse.empty()
        })
      ))
      yield* HttpServer.serveEffect(app).pipe(
        Effect.provideService(HttpServer.HttpServer, server),
        Effect.provideService(Name, "the app's")
      )
      const to = { host: "127.0.0.1", port: "port" in server.address ? server.address.port : 0 }
      const client = yield* connect(to, request())
      yield* client.response
      expect(yield* client.frame).toBe("close 1000")
      client.end()
      yield* Deferred.await(released)
      expect(events).toEqual(["the server's", "the app's"])
    }))

  it.scopedLive("options: Origin, limits, compression, connections", () =>
    Effect.gen(function*() {
      const to = yield* serve(Router.empty.pipe(Router.get("/", echo)), {
        origins: ["https://b.example"],
        limits: { maxMessageSize: 10 },
        compression: {},
        maxConnections: 2
      })
      const foreign = yield* connect(to, request({ Origin: "https://evil.example" }))
      expect((yield* foreign.response).status).toBe(403)
      const client = yield* connect(
        to,
        request({ Origin: "https://b.example", "Sec-WebSocket-Extensions": "permessage-deflate" })
      )
      expect((yield* client.response).headers["sec-websocket-extensions"]).toBe("permessage-deflate")
      client.write(text("12345678901"))
      expect(yield* client.frame).toBe("close 1009")
      const others = yield* Effect.all([connect(to, request()), connect(to, request()), connect(to, request())])
      const statuses = yield* Effect.forEach(others, (client) => Effect.map(client.response, ({ status }) => status))
      expect(statuses.filter((status) => status === 503).length).toBeGreaterThan(0)
    }).pipe(quietly))

  it.scopedLive("`accept` decides before the route does: who, which subprotocol, which headers", () =>
    Effect.gen(function*() {
      class Users extends Context.Tag("Users")<Users, ReadonlyMap<string, string>>() {}
      let routed = 0
      const accept: Accept<string, Users> = ({ headers, subprotocols }) =>
        Effect.flatMap(Users, (users) => {
          const user = users.get(headers["authorization"] ?? "")
          return user === undefined
            ? Effect.fail(new Refusal({ status: 401, headers: [["WWW-Authenticate", "Bearer"]] }))
            : Effect.succeed({
              value: user,
              subprotocol: subprotocols.find((one) => one === "v2"),
              headers: [["X-User", user] as const]
            })
        })
      const server = yield* NodeHttpServer.make(Http.createServer, { port: 0, host: "127.0.0.1" }, { accept }).pipe(
        Effect.provideService(Users, new Map([["Bearer x", "ada"]]))
      )
      const users: Array<unknown> = []
      const route = Effect.gen(function*() {
        routed++
        users.push(PlatformSocket.accepted(yield* upgrade, accept))
        return yield* echo
      })
      const app = Router.empty.pipe(Router.get("/", route))
      yield* Effect.provideService(HttpServer.serveEffect(app), HttpServer.HttpServer, server)
      const to = { host: "127.0.0.1", port: "port" in server.address ? server.address.port : 0 }
      const nobody = yield* connect(to, request())
      expect(yield* nobody.response).toMatchObject({ status: 401, headers: { "www-authenticate": "Bearer" } })
      expect(routed).toBe(0)
      const ada = yield* connect(to, request({ Authorization: "Bearer x", "Sec-WebSocket-Protocol": "v1, v2" }))
      expect(yield* ada.response).toMatchObject({
        status: 101,
        headers: { "x-user": "ada", "sec-websocket-protocol": "v2" }
      })
      expect([routed, users]).toEqual([1, [Option.some("ada")]])
    }))

  it.scopedLive("gives the connection: pings, the outcome", () =>
    Effect.gen(function*() {
      const outcome = yield* Deferred.make<string>()
      const to = yield* serve(Router.empty.pipe(Router.get(
        "/",
        Effect.gen(function*() {
          const connection = Option.getOrThrow(PlatformSocket.connection(yield* upgrade))
          yield* connection.ping
          yield* connection.close(4000, "done")
          yield* Deferred.succeed(outcome, (yield* connection.outcome)._tag)
          return HttpServerResponse.empty()
        })
      )))
      const client = new WebSocket(`ws://127.0.0.1:${to.port}`)
      const [code, reason] = yield* Effect.promise(() => once(client, "close"))
      expect([code, String(reason)]).toEqual([4000, "done"])
      expect(yield* Deferred.await(outcome)).toBe("Clean")
    }))
})

describe("clients that leave, or never came rightly", () => {
  it.scopedLive("a reset while the route decides ends the route, and nothing else", () =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      const interrupted = yield* Deferred.make<void>()
      const to = yield* serve(Router.empty.pipe(
        Router.get(
          "/",
          Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never).pipe(
            Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined))
          )
        ),
        Router.get("/echo", echo)
      ))
      const client = yield* connect(to, request())
      yield* Deferred.await(begun)
      client.socket.resetAndDestroy()
      yield* Deferred.await(interrupted)
      const other = yield* connect(to, request({}, path("/echo")))
      expect((yield* other.response).status).toBe(101)
    }))

  it.scopedLive("50 of 50 refused handshakes start no route, and leave none", () =>
    Effect.gen(function*() {
      let routes = 0
      const to = yield* serve(Router.empty.pipe(Router.get(
        "/",
        Effect.acquireUseRelease(
          Effect.sync(() => routes++),
          () => echo,
          () => Effect.sync(() => routes--)
        )
      )))
      yield* Effect.forEach(Array.from({ length: 50 }), () =>
        Effect.gen(function*() {
          const client = yield* connect(to, request({ "Sec-WebSocket-Version": "12" }))
          expect((yield* client.response).status).toBe(426)
        }), { concurrency: 10 })
      expect(routes).toBe(0)
      const clients = yield* Effect.forEach(Array.from({ length: 20 }), () => connect(to, request()))
      yield* Effect.forEach(clients, (client) => client.response)
      expect(routes).toBe(20)
      for (const client of clients) client.socket.resetAndDestroy()
      yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => routes === 0 })
    }))

  it.scopedLive("a route that takes too long: 503, and interrupted", () =>
    Effect.gen(function*() {
      const interrupted = yield* Deferred.make<void>()
      const to = yield* serve(
        Router.empty.pipe(
          Router.get("/", Effect.onInterrupt(Effect.never, () => Deferred.succeed(interrupted, undefined)))
        ),
        { openTimeout: "50 millis" }
      )
      const client = yield* connect(to, request())
      expect((yield* client.response).status).toBe(503)
      yield* Deferred.await(interrupted)
    }))
})

describe("layers", () => {
  it.scopedLive("serves wss: on node:https, where the configuration says", () =>
    Effect.gen(function*() {
      const { cert, key } = selfSigned()
      const layer = NodeHttpServer.layerConfig(
        () => Https.createServer({ cert, key }),
        { port: Config.integer("PORT"), host: Config.succeed("127.0.0.1") }
      )
      const context = yield* Effect.withConfigProvider(
        Layer.build(layer),
        ConfigProvider.fromMap(new Map([["PORT", "0"]]))
      )
      yield* Effect.provide(HttpServer.serveEffect(Router.empty.pipe(Router.get("/", echo))), context)
      const { address } = Context.get(context, HttpServer.HttpServer)
      const port = "port" in address ? address.port : 0
      const client = yield* connect({ tls: true, host: "127.0.0.1", port, ca: cert }, request())
      expect((yield* client.response).status).toBe(101)
      client.write(text("hi"))
      expect(yield* client.frame).toBe("text hi")
    }))

  it.scopedLive("layer gives what an app may use", () =>
    Effect.gen(function*() {
      const context = yield* Layer.build(NodeHttpServer.layer(Http.createServer, { port: 0, host: "127.0.0.1" }))
      const server = Context.get(context, HttpServer.HttpServer)
      yield* Effect.provide(
        HttpServer.serveEffect(Router.empty.pipe(Router.get("/", HttpServerResponse.file("package.json")))),
        context
      )
      const port = "port" in server.address ? server.address.port : 0
      expect((yield* get({ port }, "/")).body).toContain("\"name\"")
    }))
})
