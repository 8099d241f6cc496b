import { describe, expect, it } from "@effect/vitest"
import * as Authorization from "@effect-ws/platform/Authorization"
import type { HandshakeError } from "@effect-ws/platform/HandshakeError"
import type * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as https from "node:https"
import type { Duplex } from "node:stream"
import { inspect } from "node:util"
import { certificate, proxy } from "./connectProxy.js"
import { acceptOf, answering, clientSockets, listen, listening, onRequest, switching, until } from "./rawServer.js"

const connect = (
  options: NodeWebSocketClient.Options,
  url: string,
  connectOptions?: WebSocketClient.ConnectOptions<"whole">
) =>
  Effect.flatMap(
    NodeWebSocketClient.make({ linger: "1 millis", ...options }), // these servers answer no Close
    (client) => client.connect(url, connectOptions)
  )

const reasonOf = <A, R>(opening: Effect.Effect<A, HandshakeError, R>) =>
  Effect.map(Effect.flip(opening), ({ reason }) => reason)

/** A frame of text behind the handshake, to see that the tunnel carries what follows. */
const greeting = (accept: string) =>
  Buffer.concat([Buffer.from(switching(accept)), Buffer.of(0x81, 2), Buffer.from("hi")])

/** A TLS server that greets. */
const secureGreeting = Effect.gen(function*() {
  const server = https.createServer(certificate)
  const sockets: Array<Duplex> = []
  server.on("upgrade", (request, socket) => {
    sockets.push(socket)
    socket.on("error", () => {})
    socket.write(greeting(acceptOf(`Sec-WebSocket-Key: ${request.headers["sec-websocket-key"]}\r\n`)))
  })
  return yield* listening(server, sockets)
})

const secret = "sesame"

describe("9110 §9.3.6 through a proxy", () => {
  it.scopedLive("ws: asks to connect, with host and port, and goes on as without one", () =>
    Effect.gen(function*() {
      const server = yield* answering((accept) => greeting(accept))
      const { asked, url } = yield* proxy()
      const connection = yield* connect({ proxy: { url } }, `ws://localhost:${server.port}/path`)
      expect(yield* connection.receive).toBe("hi")
      expect(asked.map((request) => [request.method, request.url, request.headers])).toEqual([
        ["CONNECT", `localhost:${server.port}`, { host: `localhost:${server.port}` }]
      ])
    }))

  it.scopedLive("wss: TLS is with the server, and its certificate is verified by the server's name", () =>
    Effect.gen(function*() {
      const port = yield* secureGreeting
      const { asked, url } = yield* proxy()
      const tls = { ca: certificate.cert }
      const connection = yield* connect({ proxy: { url }, tls }, `wss://localhost:${port}/`)
      expect(yield* connection.receive).toBe("hi")
      const reason = yield* reasonOf(connect({ proxy: { url }, tls }, `wss://other.example:${port}/`))
      expect(reason).toMatchObject({ _tag: "TlsFailed", cause: { code: "ERR_TLS_CERT_ALTNAME_INVALID" } })
      expect(asked.map((request) => request.url)).toEqual([`localhost:${port}`, `other.example:${port}`])
    }))

  it.scopedLive("https: TLS is with the proxy too, with options of its own", () =>
    Effect.gen(function*() {
      const port = yield* secureGreeting
      const { url } = yield* proxy({ secure: true })
      const tls = { ca: certificate.cert }
      const connection = yield* connect({ proxy: { url, tls }, tls }, `wss://localhost:${port}/`)
      expect(yield* connection.receive).toBe("hi")
      expect((yield* reasonOf(connect({ proxy: { url }, tls }, `wss://localhost:${port}/`)))._tag).toBe("TlsFailed")
    }))

  it.scopedLive("credentials go to the proxy, and to it alone", () =>
    Effect.gen(function*() {
      let head = ""
      const server = yield* listen((socket) =>
        onRequest(socket, (found) => {
          head = found
          socket.write(switching(acceptOf(found)))
        })
      )
      const { asked, port, url } = yield* proxy()
      const authorization = Authorization.bearer(Redacted.make(secret))
      yield* connect({ proxy: { url, authorization, headers: { "X-A": "b", "X-B": undefined } } }, server.url)
      yield* connect({ proxy: { url: new URL(`http://ada:${secret}@127.0.0.1:${port}`) } }, server.url)
      expect(asked.map(({ headers }) => headers["proxy-authorization"])).toEqual([
        `Bearer ${secret}`,
        `Basic ${btoa(`ada:${secret}`)}`
      ])
      expect(asked[0]?.headers).toMatchObject({ "x-a": "b" })
      expect(asked[0]?.headers).not.toHaveProperty("x-b")
      expect(head.toLowerCase()).not.toContain("authorization")
    }))

  it.scopedLive("reads the answer octet by octet, behind an interim one, and what comes right behind it", () =>
    Effect.gen(function*() {
      const raw = yield* listen((socket) =>
        onRequest(socket, () => {
          const octets = Buffer.from("HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 200\r\n\r\n", "latin1")
          onRequest(socket, (head) => socket.write(greeting(acceptOf(head))))
          let next = 0
          const write = (): void => {
            if (next === octets.length) return
            socket.write(octets.subarray(next, ++next), () => setImmediate(write))
          }
          write()
        })
      )
      const connection = yield* connect({ proxy: { url: `http://127.0.0.1:${raw.port}` } }, "ws://a.example/")
      expect(yield* connection.receive).toBe("hi")
    }))
})

describe("9110 §15.2 interim responses through a proxy", () => {
  it.scopedLive("of the server: 100 and 103 before its 101, and before its refusal", () =>
    Effect.gen(function*() {
      const interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
      const { url } = yield* proxy()
      const server = yield* answering((accept) => Buffer.concat([Buffer.from(interim), greeting(accept)]))
      const connection = yield* connect({ proxy: { url } }, `ws://localhost:${server.port}/`)
      expect(yield* connection.receive).toBe("hi")
      const refusing = yield* answering(() => `${interim}HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n`)
      const reason = yield* reasonOf(connect({ proxy: { url } }, `ws://localhost:${refusing.port}/`))
      expect(reason).toMatchObject({ _tag: "Refused", status: 503 })
    }))
})

describe("a proxy that does not connect", () => {
  const through = (url: string, options: NodeWebSocketClient.Options = {}) =>
    reasonOf(connect({ ...options, proxy: { url } }, "wss://a.example/"))

  it.scopedLive("refuses: ProxyFailed with its status, and no word of the credentials", () =>
    Effect.gen(function*() {
      const { port } = yield* proxy({ status: 407 })
      const options = { proxy: { url: `http://ada:${secret}@127.0.0.1:${port}` } }
      const error = yield* Effect.flip(connect(options, "ws://a.example/?token=sesame"))
      expect(error.reason).toMatchObject({
        _tag: "ProxyFailed",
        status: 407,
        headers: [["Proxy-Authenticate", "Basic"]]
      })
      expect(error.message).toBe(
        "ws://a.example/?…: the proxy refused to connect, with status 407: it wants other credentials"
      )
      expect(`${inspect(error, { depth: 10 })} ${JSON.stringify(error)}`).not.toContain(secret)
    }))

  it.scopedLive("switches protocols instead", () =>
    Effect.gen(function*() {
      const { url } = yield* answering(() => "HTTP/1.1 101 Switching Protocols\r\n\r\n")
      expect(yield* through(url)).toMatchObject({ _tag: "ProxyFailed", status: 101 })
    }))

  it.scopedLive("sends interim responses without end, or nothing behind one", () =>
    Effect.gen(function*() {
      const { url } = yield* answering(() => "HTTP/1.1 102 Processing\r\n\r\n".repeat(1000))
      expect(yield* through(url)).toMatchObject({ _tag: "Violation", rule: "TooManyInterim" })
      const silent = yield* answering(() => "HTTP/1.1 102 Processing\r\n\r\n")
      expect(yield* through(silent.url, { openTimeout: "100 millis" })).toMatchObject({
        _tag: "Timeout",
        during: "proxy"
      })
    }))

  it.scopedLive("is not there", () =>
    Effect.gen(function*() {
      const { port } = yield* Effect.scoped(listen())
      expect((yield* through(`http://127.0.0.1:${port}`))._tag).toBe("Unreachable")
      const options = { proxy: { url: "http://127.0.0.1:1" }, tcp: { localAddress: "nonsense" } }
      expect((yield* reasonOf(connect(options, "ws://a.example/")))._tag).toBe("Unreachable")
    }))

  it.scopedLive("says nothing", () =>
    Effect.gen(function*() {
      const sockets = yield* clientSockets
      const { url } = yield* listen()
      const reason = yield* through(url, { openTimeout: "100 millis" })
      expect(reason).toMatchObject({ _tag: "Timeout", during: "proxy" })
      expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true])
    }))

  it.scopedLive("ends the stream, resets it, or speaks no HTTP", () =>
    Effect.gen(function*() {
      const ending = yield* listen((socket) => onRequest(socket, () => socket.end()))
      expect(yield* through(ending.url)).toMatchObject({ _tag: "Dropped", cause: { _tag: "Eof" } })
      const resetting = yield* listen((socket) => onRequest(socket, () => socket.resetAndDestroy()))
      expect(yield* through(resetting.url)).toMatchObject({ _tag: "Dropped", cause: { _tag: "Reset" } })
      const other = yield* answering(() => "SSH-2.0\r\n\r\n")
      expect(yield* through(other.url)).toMatchObject({ _tag: "Violation", rule: "MalformedHead" })
    }))

  it.scopedLive("no secure one, where one is asked for", () =>
    Effect.gen(function*() {
      const { port } = yield* listen((socket) => socket.once("data", () => socket.end("HTTP/1.1 400 No\r\n\r\n")))
      expect((yield* through(`https://127.0.0.1:${port}`))._tag).toBe("TlsFailed")
    }))

  it.scopedLive("interrupted: no socket is left", () =>
    Effect.gen(function*() {
      const sockets = yield* clientSockets
      const server = yield* listen()
      const fiber = yield* Effect.fork(through(server.url))
      yield* until(() => server.sockets.length === 1)
      yield* Fiber.interrupt(fiber)
      expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true])
    }))

  const invalid: ReadonlyArray<readonly [string, NodeWebSocketClient.ProxyOptions, string, string]> = [
    ["no URL", { url: "nonsense" }, "UrlMalformed", ""],
    ["none", { url: undefined as never }, "UrlMalformed", ""],
    ["a scheme that is none", { url: "socks5://127.0.0.1:1080" }, "SchemeUnknown", "socks5:"],
    [
      "a header that breaks out of its line",
      { url: "http://127.0.0.1:1", headers: [["X-A", `${secret}\r\nb: c`]] },
      "HeaderValueInvalid",
      "X-A"
    ],
    [
      "a header that is no string",
      { url: "http://127.0.0.1:1", headers: { "X-A": 5 as never } },
      "HeaderValueInvalid",
      "X-A"
    ],
    [
      "headers that are none",
      { url: "http://127.0.0.1:1", headers: null as never },
      "HeaderNameInvalid",
      "(no pair of name and value)"
    ],
    [
      "credentials that do",
      { url: "http://127.0.0.1:1", authorization: Redacted.make(`${secret}\n`) },
      "HeaderValueInvalid",
      "Proxy-Authorization"
    ]
  ]
  for (const [name, options, rule, part] of invalid) {
    it.scoped(`${name}: nothing is dialed`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(connect({ proxy: options }, "ws://a.example/"))
        expect(error.reason).toMatchObject({ _tag: "InvalidRequest", rule, part })
        expect(inspect(error, { depth: 10 })).not.toContain(secret)
      }))
  }
})
