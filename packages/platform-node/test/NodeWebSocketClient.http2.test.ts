import { describe, expect, it } from "@effect/vitest"
import type { Headers } from "@effect-ws/codec/HttpHeaders"
import type { HandshakeReason } from "@effect-ws/platform/HandshakeError"
import { GoAway, SessionLost, StreamReset } from "@effect-ws/platform/Http2Error"
import * as Retryable from "@effect-ws/platform/Retryable"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { once } from "node:events"
import * as Http2 from "node:http2"
import type { AddressInfo, Socket } from "node:net"
import * as Tls from "node:tls"
import { client, echo, rawServer, serve, tls, urlOf } from "./http2.js"
import { answering, switching } from "./rawServer.js"

/** How many TCP connections a server was given. */
const counting = (onStream: Parameters<typeof rawServer>[0] = accept, options?: Http2.SecureServerOptions) =>
  Effect.map(rawServer(onStream, options), (server) => ({ ...server, connections: () => server.sessions.length }))

const accept = (stream: Http2.ServerHttp2Stream): void => stream.respond({ ":status": 200 })

const reasonOf = <A, R>(connecting: Effect.Effect<A, { readonly reason: HandshakeReason }, R>) =>
  Effect.map(Effect.flip(connecting), ({ reason }) => reason)

describe("8441 §5 the request", () => {
  it.scopedLive("is an extended CONNECT, with what the user asks for", () =>
    Effect.gen(function*() {
      let seen: Headers = []
      const server = yield* counting((stream, fields) => {
        seen = fields
        stream.respond({ ":status": 200, "sec-websocket-protocol": "b" })
      })
      const { connect } = yield* client({ compression: false })
      const connection = yield* connect(`${server.url.replace("//", "//user:pass@")}/chat?a=b`, {
        subprotocols: ["a", "b"],
        origin: "https://a.example",
        headers: { Cookie: "c=d" }
      })
      expect(connection.opening.subprotocol).toBe("b")
      expect(seen).toEqual([
        [":method", "CONNECT"],
        [":protocol", "websocket"],
        [":scheme", "https"],
        [":authority", server.url.slice("wss://".length)],
        [":path", "/chat?a=b"],
        ["sec-websocket-version", "13"],
        ["origin", "https://a.example"],
        ["authorization", "Basic dXNlcjpwYXNz"],
        ["sec-websocket-protocol", "a, b"],
        ["cookie", "c=d"]
      ])
    }))
})

describe("sessions", () => {
  it.scopedLive("connections to one authority share one, opened at once or one after the other", () =>
    Effect.gen(function*() {
      const server = yield* counting()
      const { connect } = yield* client()
      yield* Effect.all(Array.from({ length: 10 }, () => connect(server.url)), { concurrency: "unbounded" })
      yield* connect(`${server.url}/other`)
      expect(server.connections()).toBe(1)
      yield* connect(server.url.replace("localhost", "127.0.0.1"))
      expect(server.connections()).toBe(2)
    }))

  it.scopedLive("beyond the streams that a server takes there is another", () =>
    Effect.gen(function*() {
      const server = yield* counting(accept, { settings: { enableConnectProtocol: true, maxConcurrentStreams: 2 } })
      const { connect } = yield* client()
      yield* Effect.all(Array.from({ length: 5 }, () => connect(server.url)), { concurrency: "unbounded" })
      expect(server.connections()).toBe(3)
    }))

  it.scopedLive("one that is idle closes, and the next connection has a new one", () =>
    Effect.gen(function*() {
      const server = yield* counting()
      const { connect } = yield* client({ http2IdleTimeout: "20 millis", linger: 0 })
      yield* Effect.scoped(connect(server.url))
      const [first] = server.sessions
      if (first !== undefined && !first.closed) yield* Effect.promise(() => once(first, "close"))
      yield* connect(server.url)
      expect(server.connections()).toBe(2)
    }))

  it.scopedLive("none is kept for a client that is gone, but by its connections", () =>
    Effect.gen(function*() {
      const server = yield* echo()
      const scope = yield* Scope.make()
      const { connect } = yield* Scope.extend(client({ http2IdleTimeout: "1 hour" }), scope)
      const connection = yield* connect(urlOf(server))
      yield* Scope.close(scope, Exit.void)
      yield* connection.send("still")
      expect(yield* connection.receive).toBe("still")
    }))

  it.scopedLive("who gives up waiting for one leaves it to the others", () =>
    Effect.gen(function*() {
      const server = yield* counting()
      const { connect } = yield* client()
      const hasty = yield* Effect.fork(connect(server.url))
      const patient = yield* Effect.fork(connect(server.url))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(hasty)
      expect(Exit.isSuccess(yield* Fiber.await(patient))).toBe(true)
      expect(server.connections()).toBe(1)
    }))
})

/** A TLS server that agrees on HTTP/2, and does with each socket what the test says. */
const agreeing = (onSocket: (socket: Tls.TLSSocket, nth: number) => void) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const sockets: Array<Tls.TLSSocket> = []
      const server = Tls.createServer({ ...tls, ALPNProtocols: ["h2"], allowHalfOpen: true }, (socket) => {
        socket.on("error", () => {})
        onSocket(socket, sockets.push(socket))
      })
      server.listen(0, "127.0.0.1")
      await once(server, "listening")
      return { server, sockets, url: `wss://localhost:${(server.address() as AddressInfo).port}` }
    }),
    ({ server, sockets }) =>
      Effect.sync(() => {
        for (const socket of sockets) socket.destroy()
        server.close()
      })
  )

const begin = (socket: Tls.TLSSocket): void => {
  const session = Http2.performServerHandshake(socket, { settings: { enableConnectProtocol: true } })
  session.on("error", () => {})
  session.on("stream", accept)
}

/** SETTINGS with SETTINGS_ENABLE_CONNECT_PROTOCOL. */
const settings = Buffer.from("000006040000000000000800000001", "hex")

describe("sessions that do not come to be", () => {
  it.scopedLive("one that was given up while its SETTINGS were awaited is nothing to the next", () =>
    Effect.gen(function*() {
      const accepted = yield* Deferred.make<void>()
      let release = (): void => {}
      const server = yield* agreeing((socket, nth) => {
        if (nth > 1) return void (release = () => begin(socket))
        Deferred.unsafeDone(accepted, Effect.void)
      })
      const { connect } = yield* client()
      const first = yield* Effect.fork(Effect.scoped(connect(server.url)))
      yield* Deferred.await(accepted)
      yield* Effect.promise(() => once(server.sockets[0]!, "data")) // its preface: the client waits for ours
      yield* Fiber.interrupt(first)
      const second = yield* Effect.fork(connect(server.url))
      yield* Effect.promise(() => expect.poll(() => server.sockets.length).toBe(2))
      server.sockets[0]!.destroy()
      // Both ends are in this process: the client is told of it within some turns.
      for (let turn = 0; turn < 50; turn++) yield* Effect.promise(() => new Promise(setImmediate))
      release()
      expect((yield* Fiber.join(second)).isOpen).toBe(true)
    }))

  it.scopedLive("one that is lost before its SETTINGS is lost, and worth another attempt", () =>
    Effect.gen(function*() {
      const server = yield* agreeing((socket) => void socket.once("data", () => socket.destroy()))
      for (const http2 of ["require", "prefer"] as const) {
        const { connect } = yield* client({ http2 })
        const error = yield* Effect.flip(connect(server.url))
        expect(error.reason).toMatchObject({
          _tag: "Dropped",
          cause: { _tag: "Reset", error: { _tag: "SessionLost" } }
        })
        expect(Retryable.isRetryable(error)).toBe(true)
      }
      expect(server.sockets).toHaveLength(2) // nobody asked again over HTTP/1.1
    }))

  it.scopedLive("what is no HTTP/2 is none, and is not asked again", () =>
    Effect.gen(function*() {
      const server = yield* agreeing((socket) => {
        socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"))
      })
      const { connect } = yield* client()
      expect(yield* reasonOf(connect(server.url))).toEqual({ _tag: "NoHttp2", why: "NotEnabled" })
    }))

  it.scopedLive("a server that does not end its side keeps no socket of a client that is gone", () =>
    Effect.gen(function*() {
      let hasSpoken = false
      const server = yield* agreeing((socket) => {
        socket.on("data", () => {
          hasSpoken = true
        })
        socket.write(settings)
      })
      const scope = yield* Scope.make()
      const { connect } = yield* Scope.extend(client(), scope)
      const asking = yield* Effect.fork(Effect.scoped(connect(server.url)))
      yield* Effect.promise(() => expect.poll(() => hasSpoken).toBe(true))
      const [socket] = server.sockets
      const closed = new Promise((resolve) => socket!.once("close", resolve))
      yield* Fiber.interrupt(asking)
      yield* Scope.close(scope, Exit.void)
      socket!.resume()
      const lives = setInterval(() => socket!.write(settings), 5) // what is written to a socket that is gone breaks it
      yield* Effect.promise(() => closed)
      clearInterval(lives)
    }))
})

describe("fallback, within the same attempt", () => {
  it.scopedLive("prefer: to HTTP/1.1 where TLS agrees on nothing else, on the same socket", () =>
    Effect.gen(function*() {
      const server = yield* echo({ http2: false })
      const { connect } = yield* client({ http2: "prefer" })
      const connections = yield* Effect.all(Array.from({ length: 3 }, () => connect(urlOf(server))), {
        concurrency: "unbounded"
      })
      for (const connection of connections) {
        yield* connection.send("a")
        expect(yield* connection.receive).toBe("a")
      }
    }))

  it.scopedLive("prefer: to HTTP/1.1 where SETTINGS_ENABLE_CONNECT_PROTOCOL is not set; require: NoHttp2", () =>
    Effect.gen(function*() {
      const streams: Array<unknown> = []
      const server = yield* counting((stream) => void streams.push(stream), {
        settings: {},
        allowHTTP1: true
      })
      const upgraded = new Promise<string | undefined>((resolve) =>
        server.server.on("upgrade", (request, socket) => {
          resolve(request.headers["sec-websocket-key"])
          socket.end(switching("wrong"))
        })
      )
      const preferring = yield* client({ http2: "prefer" })
      expect(yield* reasonOf(preferring.connect(server.url))).toMatchObject({ _tag: "Violation", rule: "WrongAccept" })
      expect(yield* Effect.promise(() => upgraded)).toBeDefined()
      const requiring = yield* client()
      expect(yield* reasonOf(requiring.connect(server.url))).toEqual({ _tag: "NoHttp2", why: "NotEnabled" })
      expect(streams).toEqual([])
    }))

  it.scopedLive("prefer: to HTTP/1.1 for a request that the server wants so (HTTP_1_1_REQUIRED)", () =>
    Effect.gen(function*() {
      const server = yield* counting((stream) => stream.close(Http2.constants.NGHTTP2_HTTP_1_1_REQUIRED), {
        allowHTTP1: true
      })
      server.server.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n"))
      const { connect } = yield* client({ http2: "prefer" })
      expect(yield* reasonOf(connect(server.url))).toMatchObject({ _tag: "Refused", status: 418 })
    }))

  it.scopedLive("prefer: ws: has nothing to agree on, and is HTTP/1.1", () =>
    Effect.gen(function*() {
      const server = yield* answering((accept) => switching(accept))
      const { connect } = yield* client({ http2: "prefer" })
      yield* connect(server.url)
      expect(server.sockets).toHaveLength(1)
    }))

  it.scopedLive("the open timeout covers all of it", () =>
    Effect.gen(function*() {
      const mute = yield* counting(() => {})
      // long enough to connect, whatever else the machine does
      const { connect } = yield* client({ openTimeout: "1500 millis" })
      expect(yield* reasonOf(connect(mute.url))).toMatchObject({ _tag: "Timeout", during: "answer" })
    }))
})

/** How a connection ended that was dropped. */
const errorOf = (connection: { readonly outcome: Effect.Effect<unknown> }) =>
  Effect.map(
    connection.outcome,
    (outcome) => (outcome as { readonly cause?: { readonly error?: unknown } }).cause?.error
  )

describe("ends", () => {
  it.scopedLive("a session that dies ends each of its connections, with an outcome of its own", () =>
    Effect.gen(function*() {
      const server = yield* counting()
      const { connect } = yield* client()
      const connections = yield* Effect.all([connect(server.url), connect(server.url)])
      for (const session of server.sessions) session.goaway(Http2.constants.NGHTTP2_ENHANCE_YOUR_CALM)
      for (const connection of connections) {
        const error = yield* errorOf(connection)
        expect(error instanceof GoAway ? error.codeName : error).toBe("ENHANCE_YOUR_CALM")
      }
      const third = yield* connect(server.url)
      expect(server.connections()).toBe(2)
      third.startClose()
    }))

  it.scopedLive("so does a socket that breaks under it", () =>
    Effect.gen(function*() {
      const sockets: Array<Socket> = []
      const server = yield* counting()
      server.server.on("secureConnection", (socket) => void sockets.push(socket))
      const { connect } = yield* client()
      const connection = yield* connect(server.url)
      for (const socket of sockets) socket.destroy()
      expect(yield* errorOf(connection)).toBeInstanceOf(SessionLost)
    }))

  it.scopedLive("a graceful GOAWAY lets connections be; the next has another session", () =>
    Effect.gen(function*() {
      const server = yield* counting()
      const { connect } = yield* client()
      const connection = yield* connect(server.url)
      server.sessions[0]?.close()
      yield* connection.send("a")
      while (server.connections() < 2) yield* Effect.scoped(connect(server.url))
      expect(connection.currentOutcome._tag).toBe("None")
    }))

  it.scopedLive("a stream that is too much for its session is asked for in another, once, and others stay where they are", () =>
    Effect.gen(function*() {
      let isCalm = true
      const server = yield* counting((stream) => {
        if (isCalm && stream.session === server.sessions[0] && (stream.id ?? 0) > 1) {
          return stream.close(Http2.constants.NGHTTP2_ENHANCE_YOUR_CALM)
        }
        if (isCalm) accept(stream)
        else stream.close(Http2.constants.NGHTTP2_ENHANCE_YOUR_CALM)
      })
      const { connect } = yield* client()
      const first = yield* connect(server.url)
      yield* connect(server.url)
      expect(server.connections()).toBe(2)
      yield* connect(server.url)
      expect(server.connections()).toBe(2)
      expect(first.currentOutcome._tag).toBe("None")
      isCalm = false
      expect(yield* reasonOf(connect(server.url))).toMatchObject({
        _tag: "Dropped",
        cause: { error: { codeName: "ENHANCE_YOUR_CALM" } }
      })
      expect(server.connections()).toBe(3)
    }))

  it.scopedLive("a stream that is reset before the answer; one that was refused is asked for again", () =>
    Effect.gen(function*() {
      let asked = 0
      let code: number = Http2.constants.NGHTTP2_REFUSED_STREAM
      const server = yield* counting((stream) => {
        asked++
        stream.close(code)
      })
      const { connect } = yield* client()
      const errorOfReset = Effect.map(
        reasonOf(connect(server.url)),
        (reason) => reason._tag === "Dropped" && reason.cause._tag === "Reset" ? reason.cause.error : reason
      )
      expect(yield* errorOfReset).toEqual(new StreamReset({ code: 7 }))
      expect(asked).toBe(4)
      code = Http2.constants.NGHTTP2_INTERNAL_ERROR
      expect(yield* errorOfReset).toEqual(new StreamReset({ code: 2 }))
      expect(asked).toBe(5)
    }))

  it.scopedLive("interrupting resets the stream, and leaves the session", () =>
    Effect.gen(function*() {
      const asked = yield* Effect.makeLatch()
      const codes: Array<number> = []
      let isFirst = true
      const server = yield* counting((stream) => {
        if (!isFirst) return accept(stream)
        isFirst = false
        stream.on("close", () => codes.push(stream.rstCode))
        Effect.runSync(asked.open)
      })
      const { connect } = yield* client()
      const fiber = yield* Effect.fork(connect(server.url))
      yield* asked.await
      yield* Fiber.interrupt(fiber)
      yield* connect(server.url)
      expect([codes, server.connections()]).toEqual([[8], 1])
    }))
})

describe("answers", () => {
  it.scopedLive("a refusal, with its headers and the beginning of its body", () =>
    Effect.gen(function*() {
      const server = yield* counting((stream) => {
        stream.respond({ ":status": 403, "content-type": "text/plain" })
        stream.write("you may not")
        stream.on("data", () => {})
        stream.end("x".repeat(100_000))
      })
      const { connect } = yield* client({ refusalBodySize: 7 })
      const reason = yield* reasonOf(connect(server.url))
      if (reason._tag !== "Refused") return expect.fail(reason._tag)
      expect([reason.status, Buffer.from(reason.body).toString()]).toEqual([403, "you may"])
      expect(reason.headers).toContainEqual(["content-type", "text/plain"])
      yield* serve()
    }))

  it.scopedLive("a refusal of which no body is wanted is told at once, though its stream stays open", () =>
    Effect.gen(function*() {
      const server = yield* counting((stream) => stream.respond({ ":status": 403 }))
      const { connect } = yield* client({ refusalBodySize: 0, openTimeout: "1 hour" })
      expect(yield* reasonOf(connect(server.url))).toMatchObject({ _tag: "Refused", status: 403 })
    }))

  it.scopedLive("interim ones are passed over, but not without end", () =>
    Effect.gen(function*() {
      let interim = 2
      const server = yield* counting((stream) => {
        for (let i = 0; i < interim; i++) stream.additionalHeaders({ ":status": 103 })
        if (!stream.destroyed) stream.respond({ ":status": 200 })
      })
      const { connect } = yield* client()
      yield* connect(server.url)
      interim = 20
      expect(yield* reasonOf(connect(server.url))).toMatchObject({ _tag: "Violation", rule: "TooManyInterim" })
    }))

  it.scopedLive("that agree on what was not asked for reset their stream", () =>
    Effect.gen(function*() {
      const codes: Array<number> = []
      const server = yield* counting((stream) => {
        stream.on("close", () => codes.push(stream.rstCode))
        stream.respond({ ":status": 200, "sec-websocket-extensions": "foo" })
      })
      const { connect } = yield* client()
      expect(yield* reasonOf(connect(server.url))).toMatchObject({ _tag: "Violation", rule: "UnsolicitedExtension" })
      yield* Effect.flip(connect(server.url))
      expect(codes[0]).toBe(8)
    }))

  it.scopedLive("a field that HTTP/2 lets nobody repeat is the user's mistake", () =>
    Effect.gen(function*() {
      const server = yield* counting()
      const { connect } = yield* client()
      const reason = yield* reasonOf(connect(server.url, { headers: [["user-agent", "a"], ["user-agent", "b"]] }))
      expect(reason).toMatchObject({ _tag: "InvalidRequest" })
    }))
})

it.scopedLive("h2c, where it is required", () =>
  Effect.gen(function*() {
    const server = yield* echo({ tls: undefined })
    const { connect } = yield* NodeWebSocketClient.make({ http2: "require" })
    const connection = yield* connect(urlOf(server))
    yield* connection.send("a")
    expect(yield* connection.receive).toBe("a")
    expect(tls.cert).toContain("CERTIFICATE")
  }))
