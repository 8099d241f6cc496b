/** WebSockets over HTTP/2 beside the routes of a server of the user's: of `node:http2`, and of @effect/platform. */
import { HttpServer, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import * as NodeHttpServer from "@effect-ws/platform-node/NodeHttpServer"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Http2 from "node:http2"
import { ask, bodyOf, client, connectFields, listening, session, tls, urlOf } from "./http2.js"
import { close } from "./rawClient.js"
import * as Router from "./router.js"
import * as Sockets from "./sockets.js"

const echo = { allowHTTP1: true, ...tls } as const

const attached = (http: Http2.Http2SecureServer, options?: NodeWebSocketServer.AttachOptions) =>
  Effect.tap(
    NodeWebSocketServer.attach(http, { grace: "50 millis", ...options }),
    (server) => Effect.forkScoped(server.serve((connection) => Stream.run(connection.messages, connection.sink)))
  )

describe("attached to a server of node:http2", () => {
  it.scopedLive("takes WebSockets over both versions, beside its routes", () =>
    Effect.gen(function*() {
      const http = Http2.createSecureServer(echo, (request, response) => response.end(`HTTP/${request.httpVersion}`))
      const server = yield* attached(http)
      yield* listening(http)
      for (const version of ["never", "require"] as const) {
        const { connect } = yield* client({ http2: version })
        const connection = yield* connect(urlOf(server))
        yield* connection.send(version)
        expect(yield* connection.receive).toBe(version)
        expect(yield* connection.close()).toMatchObject({ _tag: "Clean" })
      }
      const http2 = yield* session(server)
      const route = yield* ask(http2, { ":path": "/" }, true)
      expect([route.status, yield* bodyOf(route.stream)]).toEqual([200, "HTTP/2.0"])
    }))

  it.scopedLive("other paths and protocols are its routes', and are answered where it has none", () =>
    Effect.gen(function*() {
      const http = Http2.createSecureServer(echo)
      const server = yield* attached(http, { paths: ["/chat"] })
      const other = yield* attached(http, { paths: (path) => path === "/other" })
      yield* listening(http)
      const http2 = yield* session(server)
      const status = (path: string) => Effect.map(ask(http2, connectFields({ ":path": path })), ({ status }) => status)
      expect([yield* status("/chat"), yield* status("/other"), yield* status("/none")]).toEqual([200, 200, 404])
      expect(other.url).toEqual(server.url)
      // with routes, Node asks whoever listens for `connect`
      http.on("request", (_request, response) => response.end())
      const routed = yield* session(server)
      const again = (fields: Http2.OutgoingHttpHeaders) => Effect.map(ask(routed, fields), ({ status }) => status)
      expect(yield* again(connectFields({ ":path": "/chat" }))).toBe(200)
      expect(yield* again(connectFields({ ":path": "/none" }))).toBe(404)
      expect(yield* again(connectFields({ ":protocol": "connect-udp" }))).toBe(405)
      http.on("connect", (_request, response: Http2.Http2ServerResponse) => {
        if (response.stream.headersSent || response.stream.session?.destroyed === true) return
        response.statusCode = 418
        response.end()
      })
      expect(yield* again(connectFields({ ":protocol": "connect-udp" }))).toBe(418)
    }))

  it.scopedLive("a function paths is asked once for each WebSocket, beside routes too", () =>
    Effect.gen(function*() {
      const asked: Array<string> = []
      const http = Http2.createSecureServer(echo, (_request, response) => response.end())
      const server = yield* attached(http, { paths: (path) => asked.push(path) === 1 })
      yield* listening(http)
      const http2 = yield* session(server)
      expect((yield* ask(http2, connectFields({ ":path": "/a" }))).status).toBe(200)
      expect((yield* ask(http2, connectFields({ ":path": "/b" }))).status).toBe(404)
      expect(asked).toEqual(["/a", "/b"])
    }))

  it.scopedLive("a function paths that fails is a 500, of its request alone", () =>
    Effect.gen(function*() {
      const http = Http2.createSecureServer(echo)
      const server = yield* attached(http, {
        paths: (path) => {
          if (path === "/fails") throw new Error("paths")
          return true
        }
      })
      yield* listening(http)
      const http2 = yield* session(server)
      expect((yield* ask(http2, connectFields({ ":path": "/fails" }))).status).toBe(500)
      expect((yield* ask(http2, connectFields())).status).toBe(200)
    }))

  it.scopedLive("detaches with its scope: connections are closed, and the server goes on", () =>
    Effect.gen(function*() {
      const http = Http2.createSecureServer(echo, (_request, response) => response.end("route"))
      yield* listening(http)
      const { closing, http2 } = yield* Effect.scoped(Effect.gen(function*() {
        const server = yield* attached(http)
        const http2 = Http2.connect(urlOf(server).replace("ws", "http"), { ca: tls.cert })
        yield* Effect.async<void>((resume) => void http2.once("remoteSettings", () => resume(Effect.void)))
        const { stream } = yield* ask(http2)
        const closing = new Promise<string>((resolve) =>
          stream.once("data", (chunk: Buffer) => {
            resolve(chunk.toString("hex"))
            stream.end(close(1001))
          })
        )
        return { http2, closing }
      }))
      yield* Effect.addFinalizer(() => Effect.sync(() => http2.destroy()))
      expect(yield* Effect.promise(() => closing)).toBe("880203e9")
      expect([http.listenerCount("stream"), http.listenerCount("connect")]).toEqual([1, 0])
      const route = yield* ask(http2, { ":path": "/" }, true)
      expect(yield* bodyOf(route.stream)).toBe("route")
    }))
})

describe("NodeHttpServer over node:http2", () => {
  const router = Router.empty.pipe(
    Router.get("/", HttpServerResponse.text("hello")),
    Router.get(
      "/echo",
      Effect.gen(function*() {
        const socket = yield* Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => request.upgrade)
        yield* Sockets.answer(socket, (message) => message)
        return HttpServerResponse.empty()
      })
    ),
    Router.get("/no", Effect.succeed(HttpServerResponse.unsafeJson({ no: true }, { status: 401 }))),
    Router.get(
      "/stream",
      HttpServerResponse.stream(Stream.range(1, 300).pipe(Stream.map(() => new Uint8Array(10_000))))
    )
  )

  const serve = Effect.gen(function*() {
    const server = yield* NodeHttpServer.make(() => Http2.createSecureServer(echo), { port: 0, host: "127.0.0.1" }, {
      grace: "200 millis"
    })
    yield* Effect.provideService(HttpServer.serveEffect(router), HttpServer.HttpServer, server)
    const port = "port" in server.address ? server.address.port : 0
    return `wss://localhost:${port}`
  })

  it.scopedLive("upgrades where a route asks for it, over both versions", () =>
    Effect.gen(function*() {
      const url = yield* serve
      for (const version of ["never", "require"] as const) {
        const { connect } = yield* client({ http2: version })
        const connection = yield* connect(`${url}/echo`)
        yield* connection.send(version)
        expect(yield* connection.receive).toBe(version)
        expect(yield* connection.close()).toMatchObject({ _tag: "Clean" })
      }
    }))

  it.scopedLive("and answers where one does not", () =>
    Effect.gen(function*() {
      const url = yield* serve
      const { connect } = yield* client()
      const refused = (path: string) => Effect.map(Effect.flip(connect(`${url}${path}`)), ({ reason }) => reason)
      // a 2xx would open the stream (RFC 9110 §9.3.6)
      const bodies = { "/": [404, "hello"], "/no": [401, "{\"no\":true}"], "/none": [404, ""] } as const
      for (const [path, [status, body]] of Object.entries(bodies)) {
        const reason = yield* refused(path)
        if (reason._tag !== "Refused") return expect.fail(reason._tag)
        expect([reason.status, Buffer.from(reason.body).toString().slice(0, 20)]).toEqual([status, body])
      }
    }))
})
