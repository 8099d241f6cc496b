import { describe, expect, it } from "@effect/vitest"
import type * as ClientConnect from "@effect-ws/codec/ClientConnect"
import type * as ClientHandshake from "@effect-ws/codec/ClientHandshake"
import * as Frame from "@effect-ws/codec/Frame"
import type * as Connection from "@effect-ws/connection/Connection"
import type { AnswerRuleName, HandshakeError, HandshakeReason } from "@effect-ws/platform/HandshakeError"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import type * as NodeDeflate from "@effect-ws/platform-node/NodeDeflate"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import * as https from "node:https"
import type * as net from "node:net"
import { networkInterfaces, tmpdir } from "node:os"
import { join } from "node:path"
import type * as tls from "node:tls"
import { constants, deflateRawSync } from "node:zlib"
import websocket from "websocket"
import { type ServerOptions, type WebSocket, WebSocketServer } from "ws"
import { selfSigned } from "./certificate.js"
import { acceptOf, answering, clientSockets, listen, onRequest, switching, until } from "./rawServer.js"

const connectWith = <I extends Connection.Incoming = "whole">(
  options: NodeWebSocketClient.Options,
  url: WebSocketClient.Url,
  connectOptions?: WebSocketClient.ConnectOptions<I>
) => Effect.flatMap(NodeWebSocketClient.make(options), (client) => client.connect(url, connectOptions))

const connect = <I extends Connection.Incoming = "whole">(
  url: WebSocketClient.Url,
  connectOptions?: WebSocketClient.ConnectOptions<I>
) => connectWith({}, url, connectOptions)

/** Why it did not open. */
const reasonOf = <A, R>(opening: Effect.Effect<A, HandshakeError, R>): Effect.Effect<HandshakeReason, A, R> =>
  Effect.map(Effect.flip(opening), ({ reason }) => reason)

/** A server of `ws` that echoes. */
const echo = (options: ServerOptions, onSocket: (socket: WebSocket) => void = () => {}) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const server = new WebSocketServer(options)
      server.on("connection", (socket) => {
        socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }))
        socket.on("error", () => {})
        onSocket(socket)
      })
      return server
    }),
    (server) =>
      Effect.async<void>((resume) => {
        for (const socket of server.clients) socket.terminate()
        server.close(() => resume(Effect.void))
      })
  )

const echoOnPort = (options: ServerOptions = {}, host = "127.0.0.1", onSocket?: (socket: WebSocket) => void) =>
  Effect.gen(function*() {
    const server = yield* echo({ ...options, host, port: 0 }, onSocket)
    yield* Effect.promise(() => once(server, "listening"))
    return (server.address() as net.AddressInfo).port
  })

const certificate = selfSigned()

/** A server of `ws` behind TLS; gives the names that clients asked for. */
const secureEcho = (where: { readonly path: string } | { readonly host: string; readonly port: 0 }) =>
  Effect.gen(function*() {
    const names: Array<string | false | null> = []
    const server = yield* Effect.acquireRelease(
      Effect.sync(() => https.createServer(certificate)),
      (server) => Effect.async<void>((resume) => void server.close(() => resume(Effect.void)))
    )
    server.on("secureConnection", (socket: tls.TLSSocket) => names.push(socket.servername))
    yield* echo({ server })
    yield* Effect.promise(() => once(server.listen(where), "listening"))
    return { server, names, port: (server.address() as net.AddressInfo).port }
  })

const exchangeOne = (connection: Connection.Connection) =>
  Effect.gen(function*() {
    yield* connection.send("grüß dich")
    yield* connection.send(Uint8Array.of(0, 255))
    expect(yield* connection.receive).toBe("grüß dich")
    expect(yield* connection.receive).toEqual(Uint8Array.of(0, 255))
  })

describe("ws as the server", () => {
  it.scopedLive("text and binary, there and back; then a clean close", () =>
    Effect.gen(function*() {
      const port = yield* echoOnPort()
      const connection = yield* connect(`ws://127.0.0.1:${port}/`)
      yield* exchangeOne(connection)
      const outcome = yield* connection.close(1000, "done")
      expect(outcome).toMatchObject({ _tag: "Clean", closedFirst: "us", remote: { code: 1000 } })
    }))

  it.scopedLive("through the layer and the accessor", () =>
    Effect.gen(function*() {
      const port = yield* echoOnPort()
      const connection = yield* WebSocketClient.connect(new URL(`ws://127.0.0.1:${port}/`))
      yield* exchangeOne(connection)
    }).pipe(Effect.provide(NodeWebSocketClient.layer())))

  it.scopedLive("chooses a subprotocol", () =>
    Effect.gen(function*() {
      const port = yield* echoOnPort({ handleProtocols: (offered) => [...offered][1] ?? false })
      const connection = yield* connect(`ws://127.0.0.1:${port}/`, { subprotocols: ["a", "b"] })
      expect(connection.subprotocol).toEqual(Option.some("b"))
      expect(connection.opening.headers.map(([name]) => name)).toContain("Sec-WebSocket-Accept")
    }))

  it.scopedLive("streamed", () =>
    Effect.gen(function*() {
      const port = yield* echoOnPort()
      const connection = yield* connect(`ws://127.0.0.1:${port}/`, { incoming: "streamed" })
      yield* connection.send("one")
      const read = yield* connection.messageStreams.pipe(
        Stream.take(1),
        Stream.mapEffect((message) => message.kind === "text" ? Stream.mkString(message.payload) : Effect.succeed("")),
        Stream.runCollect
      )
      expect([...read]).toEqual(["one"])
    }))

  it.scopedLive("wss, with an authority of its own; asks for the name (SNI), and for none if it is an address", () =>
    Effect.gen(function*() {
      const { names, port } = yield* secureEcho({ host: "127.0.0.1", port: 0 })
      const client = yield* NodeWebSocketClient.make({ tls: { ca: certificate.cert } })
      yield* exchangeOne(yield* client.connect(`wss://localhost:${port}/`))
      yield* exchangeOne(yield* client.connect(`https://127.0.0.1:${port}/`))
      expect(names).toEqual(["localhost", false])
    }))

  it.scopedLive("a Unix socket, plain and with TLS", () =>
    Effect.gen(function*() {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-ws-"))),
        (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
      )
      const path = join(folder, "socket")
      const { names } = yield* secureEcho({ path })
      const options = { socketPath: path, tls: { ca: certificate.cert } }
      const connection = yield* connectWith(options, "wss://localhost/")
      yield* exchangeOne(connection)
      expect(names).toEqual(["localhost"])
      // The certificate is still compared with the URL's host.
      expect(yield* reasonOf(connectWith(options, "wss://other.example/"))).toMatchObject({
        _tag: "TlsFailed",
        cause: { code: "ERR_TLS_CERT_ALTNAME_INVALID" }
      })
    }))

  const hasIpv6 = Object.values(networkInterfaces()).flat().some((address) => address?.address === "::1")
  it.scopedLive.skipIf(!hasIpv6)("an IPv6 literal", () =>
    Effect.gen(function*() {
      const port = yield* echoOnPort({}, "::1")
      yield* exchangeOne(yield* connect(`ws://[::1]:${port}/`))
    }))

  it.scopedLive("when the scope closes, so does the connection: 1001", () =>
    Effect.gen(function*() {
      const codes: Array<number> = []
      const port = yield* echoOnPort({}, "127.0.0.1", (socket) => socket.on("close", (code) => codes.push(code)))
      const outcome = yield* Effect.scoped(
        Effect.map(connect(`ws://127.0.0.1:${port}/`), (connection) => connection.outcome)
      )
      expect(yield* outcome).toMatchObject({ _tag: "Clean", closedFirst: "us", local: { code: 1001 } })
      yield* until(() => codes.length > 0)
      expect(codes).toEqual([1001])
    }))
})

describe("websocket as the server", () => {
  it.scopedLive("text and binary, there and back; then a clean close", () =>
    Effect.gen(function*() {
      const http = yield* Effect.acquireRelease(
        Effect.sync(() => createServer()),
        (http) => Effect.async<void>((resume) => void http.close(() => resume(Effect.void)))
      )
      const server = new websocket.server({ httpServer: http, autoAcceptConnections: true })
      server.on("connect", (peer) =>
        peer.on("message", (message) => {
          if (message.type === "utf8") peer.sendUTF(message.utf8Data)
          else peer.sendBytes(message.binaryData)
        }))
      yield* Effect.promise(() => once(http.listen(0, "127.0.0.1"), "listening"))
      const connection = yield* connect(`ws://127.0.0.1:${(http.address() as net.AddressInfo).port}/`)
      yield* exchangeOne(connection)
      expect(yield* connection.close(1000)).toMatchObject({ _tag: "Clean", closedFirst: "us" })
    }))
})

describe("the request", () => {
  const requested = (
    url: (port: number) => string,
    options?: WebSocketClient.ConnectOptions,
    clientOptions: NodeWebSocketClient.Options = { compression: false }
  ) =>
    Effect.gen(function*() {
      const heads: Array<string> = []
      const { port } = yield* listen((socket) =>
        onRequest(socket, (head) => {
          heads.push(head)
          socket.end(switching(acceptOf(head), ...(options?.subprotocols ? ["Sec-WebSocket-Protocol: chat"] : [])))
        })
      )
      yield* connectWith(clientOptions, url(port), options)
      return (heads[0] ?? "").replaceAll(String(port), "PORT").split("\r\n")
    })

  it.scopedLive("as RFC 6455 §4.1 has it", () =>
    Effect.gen(function*() {
      const [line, host, upgrade, connection, key, version, ...rest] = yield* requested((port) =>
        `ws://127.0.0.1:${port}`
      )
      expect([line, host, upgrade, connection, version]).toEqual([
        "GET / HTTP/1.1",
        "Host: 127.0.0.1:PORT",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13"
      ])
      expect(key).toMatch(/^Sec-WebSocket-Key: [A-Za-z0-9+/]{21}[AQgw]==$/)
      expect(rest).toEqual(["", ""])
    }))

  it.scopedLive("with path, query, user, subprotocols, origin and headers", () =>
    Effect.gen(function*() {
      const lines = yield* requested((port) => `http://j%C3%B6rg:pa%3Ass@127.0.0.1:${port}/a b?c=%20`, {
        subprotocols: ["chat", "superchat"],
        origin: "https://a.example",
        headers: { Cookie: "a=b", __proto__x: "1" }
      })
      expect(lines[0]).toBe("GET /a%20b?c=%20 HTTP/1.1")
      expect(lines.slice(6)).toEqual([
        "Origin: https://a.example",
        `Authorization: Basic ${Buffer.from("jörg:pa:ss").toString("base64")}`,
        "Sec-WebSocket-Protocol: chat, superchat",
        "Cookie: a=b",
        "__proto__x: 1",
        "",
        ""
      ])
    }))

  it.scopedLive("with a header twice, and an Authorization that takes precedence", () =>
    Effect.gen(function*() {
      const lines = yield* requested((port) => `ws://user@127.0.0.1:${port}/`, {
        headers: [["X-A", "1"], ["X-A", "2"], ["authorization", "Bearer t"]]
      })
      expect(lines.slice(6)).toEqual(["X-A: 1", "X-A: 2", "authorization: Bearer t", "", ""])
    }))

  it.scopedLive("without a header that is undefined", () =>
    Effect.gen(function*() {
      const url = (port: number) => `ws://127.0.0.1:${port}/`
      expect((yield* requested(url, { headers: { "X-A": undefined, "X-B": "c" } })).slice(6)).toEqual([
        "X-B: c",
        "",
        ""
      ])
      expect((yield* requested(url, { headers: [["X-A", undefined], ["X-B", "c"]] })).slice(6)).toEqual([
        "X-B: c",
        "",
        ""
      ])
    }))

  it.scopedLive("offers permessage-deflate by default", () =>
    Effect.gen(function*() {
      const lines = yield* requested((port) => `ws://127.0.0.1:${port}/`, {}, {})
      expect(lines.slice(6)).toEqual(["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits", "", ""])
    }))

  it.scopedLive("a new key for each attempt", () =>
    Effect.gen(function*() {
      const heads: Array<string> = []
      const { url } = yield* listen((socket) =>
        onRequest(socket, (head) => {
          heads.push(head)
          socket.end(switching(acceptOf(head)))
        })
      )
      yield* connect(url)
      yield* connect(url)
      expect(new Set(heads).size).toBe(2)
    }))

  const refused: ReadonlyArray<
    readonly [rule: string, url: (port: number) => string, options?: WebSocketClient.ConnectOptions]
  > = [
    ["UrlMalformed", (port) => `//127.0.0.1:${port}/`],
    ["UrlMalformed", (port) => `ws://127.0.0.1:${port}/\r\nX: y`],
    ["UrlMalformed", (port) => `ws://127.0.0.1:${port}/\0`],
    ["UrlMalformed", () => "ws://127.0.0.1:65536/"],
    // as of `process.env.MISSING`: untyped callers may give anything
    ...[undefined, null, NaN, {}, { href: 5 }, Symbol("url")].map((given) =>
      ["UrlMalformed", () => given as never as string] as const
    ),
    ["SchemeUnknown", (port) => `ftp://127.0.0.1:${port}/`],
    ["SchemeUnknown", (port) => `localhost:${port}`],
    ["FragmentPresent", (port) => `ws://127.0.0.1:${port}/#a`],
    ["FragmentPresent", (port) => `ws://127.0.0.1:${port}/#`],
    ["UserinfoMalformed", (port) => `ws://%ff@127.0.0.1:${port}/`],
    ["UserinfoMalformed", (port) => `ws://a%3Ab@127.0.0.1:${port}/`],
    ["HostInvalid", (port) => `ws://a"b:${port}/`],
    ["SubprotocolInvalid", (port) => `ws://127.0.0.1:${port}/`, { subprotocols: ["a b"] }],
    ["SubprotocolInvalid", (port) => `ws://127.0.0.1:${port}/`, { subprotocols: ["a\r\nX: y"] }],
    ["SubprotocolRepeated", (port) => `ws://127.0.0.1:${port}/`, { subprotocols: ["a", "a"] }],
    ["HeaderReserved", (port) => `ws://127.0.0.1:${port}/`, { headers: { "sec-websocket-KEY": "x" } }],
    ["HeaderReserved", (port) => `ws://127.0.0.1:${port}/`, { headers: { Host: "x" } }],
    ["HeaderNameInvalid", (port) => `ws://127.0.0.1:${port}/`, { headers: { "X:": "y" } }],
    ["HeaderNameInvalid", (port) => `ws://127.0.0.1:${port}/`, { headers: { "": "y" } }],
    ["HeaderValueInvalid", (port) => `ws://127.0.0.1:${port}/`, { headers: { X: "y\r\nZ: 1" } }],
    ["HeaderValueInvalid", (port) => `ws://127.0.0.1:${port}/`, { headers: [["X", "y\0"]] }],
    ["HeaderValueInvalid", (port) => `ws://127.0.0.1:${port}/`, { origin: "x\ny" }],
    // What no type lets pass.
    ...[null, 5, ["y"], {}].map((value) =>
      ["HeaderValueInvalid", (port: number) => `ws://127.0.0.1:${port}/`, { headers: { X: value as never } }] as const
    ),
    ...[null, 5, "X: y", [null], [["X"]], [[null, "y"]]].map((headers) =>
      ["HeaderNameInvalid", (port: number) => `ws://127.0.0.1:${port}/`, { headers: headers as never }] as const
    ),
    ["HeaderValueInvalid", (port) => `ws://127.0.0.1:${port}/`, { origin: null as never }],
    ["SubprotocolInvalid", (port) => `ws://127.0.0.1:${port}/`, { subprotocols: [5 as never] }]
  ]
  it.scopedLive("is refused, and nothing connects, when it would break a rule", () =>
    Effect.gen(function*() {
      const { port, sockets } = yield* listen()
      for (const [rule, url, options] of refused) {
        const reason = yield* reasonOf(connect(url(port), options))
        expect(reason).toMatchObject({ _tag: "InvalidRequest", rule })
      }
      expect(sockets).toEqual([])
    }))

  it.scopedLive("errors show no user and password", () =>
    Effect.gen(function*() {
      const shown = (url: string) => Effect.map(Effect.flip(connect(url)), (error) => error.url)
      expect(yield* shown("ws://user:secret@127.0.0.1:1/a?token=secret")).toBe("ws://127.0.0.1:1/a?…")
      expect(yield* shown("ws://user:sec/ret@[::1/")).toBe("[::1/")
      expect(yield* shown("user:secret@host")).toBe("host")
    }))
})

/** Over HTTP/2 Node ends a stream at the first of these. */
type OfHttp2 = Exclude<ClientConnect.RuleName, ClientHandshake.RuleName>

/** What to answer, and what to offer. */
type Specimen = readonly [answer: (accept: string) => string, compression?: NodeDeflate.ClientOptions]

const deflate = (parameters: string) => (accept: string): string =>
  switching(accept, "Sec-WebSocket-Protocol: a", `Sec-WebSocket-Extensions: permessage-deflate${parameters}`)

/** One way to break each rule of an answer. A rule without one does not compile. */
const specimens: Record<Exclude<AnswerRuleName, OfHttp2>, Specimen> = {
  MalformedHead: [() => "SSH-2.0-OpenSSH_9.6\r\n"],
  TooManyInterim: [(accept) => "HTTP/1.1 102 Processing\r\n\r\n".repeat(17) + switching(accept)],
  HttpVersion: [(accept) => switching(accept).replace("HTTP/1.1", "HTTP/2.0")],
  UpgradeMissing: [(accept) => switching(accept).replace("Upgrade: websocket\r\n", "")],
  ConnectionMissing: [(accept) => switching(accept).replace("Connection: Upgrade", "Connection: close")],
  WrongAccept: [() => switching("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")],
  RepeatedSubprotocol: [(accept) => switching(accept, "Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: a")],
  UnsolicitedSubprotocol: [(accept) => switching(accept, "Sec-WebSocket-Protocol: c")],
  SubprotocolMissing: [(accept) => switching(accept)],
  ExtensionsMalformed: [(accept) => switching(accept, "Sec-WebSocket-Protocol: a", "Sec-WebSocket-Extensions: ;")],
  UnsolicitedExtension: [
    (accept) => switching(accept, "Sec-WebSocket-Protocol: a", "Sec-WebSocket-Extensions: x-webkit-deflate-frame")
  ],
  ParameterUnknown: [deflate("; constructor")],
  ParameterRepeated: [deflate("; server_no_context_takeover; server_no_context_takeover")],
  ValueUnexpected: [deflate("; server_no_context_takeover=1")],
  WindowBitsInvalid: [deflate("; server_max_window_bits=16")],
  ExtensionRepeated: [deflate(", permessage-deflate")],
  ClientWindowBitsValueless: [deflate("; client_max_window_bits")],
  ClientWindowBitsUnoffered: [deflate("; client_max_window_bits=10"), { clientMaxWindowBits: "fixed" }],
  WindowBitsAboveOffer: [
    deflate("; server_max_window_bits=12"),
    { serverMaxWindowBits: 10, unboundedServers: "refuse" }
  ],
  ServerWindowBitsUnconfirmed: [deflate(""), { serverMaxWindowBits: 10, unboundedServers: "refuse" }],
  ServerTakeoverUnconfirmed: [deflate(""), { serverNoContextTakeover: "require" }],
  TakeoverRefused: [deflate("; client_no_context_takeover"), { clientNoContextTakeover: "refuse" }]
}

describe("an answer that breaks a rule", () => {
  for (const [rule, [answer, compression]] of Object.entries(specimens)) {
    it.scopedLive(rule, () =>
      Effect.gen(function*() {
        const { sockets, url } = yield* answering(answer)
        const options = { subprotocols: ["a", "b"], withoutSubprotocol: "fail" } as const
        const reason = yield* reasonOf(connectWith({ compression }, url, options))
        expect(reason).toMatchObject({ _tag: "Violation", rule })
        yield* until(() => sockets.every((socket) => socket.closed || socket.readableEnded))
      }))
  }

  const more: Record<string, readonly [ClientHandshake.RuleName, string, (accept: string) => string]> = {
    "a head of 16 KiB": ["MalformedHead", "HeadTooLarge", (accept) => switching(accept, `X: ${"x".repeat(16384)}`)],
    "a status line without end": ["MalformedHead", "HeadTooLarge", () => `HTTP/1.1 101 ${"x".repeat(20000)}`],
    "101 lines": [
      "MalformedHead",
      "TooManyHeaders",
      (accept) => switching(accept, ...Array.from({ length: 101 }, (_, i) => `X${i}: y`))
    ],
    "frames without a head": ["MalformedHead", "ControlOctet", () => "\x81\x05hello"],
    "TLS where none was asked for": ["MalformedHead", "ControlOctet", () => "\x15\x03\x01\x00\x02\x02\x46"],
    "a bare line feed": ["MalformedHead", "BareLineFeed", (accept) => switching(accept).replaceAll("\r\n", "\n")],
    "Sec-WebSocket-Accept twice": [
      "WrongAccept",
      "",
      (accept) => switching(accept, `Sec-WebSocket-Accept: ${accept}`)
    ],
    "no Sec-WebSocket-Accept": ["WrongAccept", "", (accept) => switching(accept).replace(/Sec-W.*\r\n/, "")],
    "another Upgrade": ["UpgradeMissing", "h2c", (accept) => switching(accept).replace("websocket", "h2c")],
    "a subprotocol in another case": [
      "UnsolicitedSubprotocol",
      "A",
      (accept) => switching(accept, "Sec-WebSocket-Protocol: A")
    ]
  }
  for (const [name, [rule, detail, answer]] of Object.entries(more)) {
    it.scopedLive(name, () =>
      Effect.gen(function*() {
        const { url } = yield* answering(answer)
        const reason = yield* reasonOf(connect(url, { subprotocols: ["a"] }))
        expect(reason).toMatchObject({ _tag: "Violation", rule, detail: expect.stringContaining(detail) })
      }))
  }
})

describe("7692 §7.1 what a client prefers and a server does not confirm", () => {
  const word = randomBytes(1000).toString("latin1")
  const first = `${word}${randomBytes(20_000).toString("latin1")}${word}` // reaches back farther than 2^10
  const second = first.slice(-2000) // and into the message before it

  /** Deflates with all that it may use: a window of 2^15, and context takeover. */
  const frames = (): Buffer => {
    const options = { finishFlush: constants.Z_SYNC_FLUSH, windowBits: 15 }
    const deflated = [
      deflateRawSync(first, options),
      deflateRawSync(second, { ...options, dictionary: Buffer.from(first) })
    ]
    return Buffer.concat(deflated.map((octets) => {
      const payload = octets.subarray(0, -4)
      return Frame.encode({ header: Frame.header(Frame.opcode.text, payload.length, { rsv: Frame.rsv1 }), payload })
    }))
  }
  const answers: ReadonlyArray<string> = ["", "; server_max_window_bits=15", "; client_max_window_bits=15"]
  for (const parameters of answers) {
    it.scopedLive(`permessage-deflate${parameters}`, () =>
      Effect.gen(function*() {
        const { url } = yield* answering((accept) =>
          Buffer.concat([
            Buffer.from(switching(accept, `Sec-WebSocket-Extensions: permessage-deflate${parameters}`)),
            frames()
          ])
        )
        const compression: NodeDeflate.ClientOptions = {
          serverNoContextTakeover: "prefer",
          clientNoContextTakeover: "prefer",
          serverMaxWindowBits: 10,
          clientMaxWindowBits: 10
        }
        const connection = yield* connectWith({ compression }, url)
        expect(yield* connection.receive).toBe(first)
        expect(yield* connection.receive).toBe(second)
      }))
  }
})

describe("9110 §15.2 interim responses", () => {
  const interim = "HTTP/1.1 100 Continue\r\n\r\n" +
    "HTTP/1.1 102 Processing\r\nContent-Length: 3\r\n\r\n" +
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"

  it.scopedLive("before a 101: it opens, with the octets behind it", () =>
    Effect.gen(function*() {
      const { url } = yield* answering((accept) => `${interim}${switching(accept, "X: y")}\x81\x02hi`)
      const connection = yield* connect(url)
      expect(yield* connection.receive).toBe("hi")
      expect(connection.opening.headers.at(-1)).toEqual(["X", "y"])
    }))

  it.scopedLive("before a refusal: that is the answer, with its headers and body", () =>
    Effect.gen(function*() {
      for (const status of [401, 302, 503]) {
        const final = `HTTP/1.1 ${status} X\r\nRetry-After: 5\r\nContent-Length: 2\r\n\r\nno`
        const { url } = yield* answering(() => interim + final)
        expect(yield* reasonOf(connect(url))).toMatchObject({
          _tag: "Refused",
          status,
          headers: [["Retry-After", "5"], ["Content-Length", "2"]],
          body: new Uint8Array(Buffer.from("no"))
        })
      }
    }))

  it.scoped("and then nothing: Timeout; or the end of the stream: Dropped", () =>
    Effect.gen(function*() {
      const clients = yield* clientSockets
      const { url } = yield* answering(() => interim)
      const opening = yield* Effect.fork(reasonOf(connect(url)))
      yield* until(() => (clients[0]?.bytesRead ?? 0) > 0)
      yield* TestClock.adjust("10 seconds")
      expect(yield* Fiber.join(opening)).toMatchObject({ _tag: "Timeout", during: "answer" })
      expect(clients[0]?.destroyed).toBe(true)
      const ending = yield* answering(() => interim, true)
      expect(yield* reasonOf(connect(ending.url))).toMatchObject({ _tag: "Dropped", cause: { _tag: "Eof" } })
    }))
})

describe("a refusal", () => {
  const refusalOf = (answer: string | Uint8Array, options: NodeWebSocketClient.Options = {}, end = false) =>
    Effect.gen(function*() {
      const { url } = yield* answering(() => answer, end)
      const reason = yield* reasonOf(connectWith(options, url))
      if (reason._tag !== "Refused") return yield* Effect.die(reason)
      return { ...reason, text: Buffer.from(reason.body).toString("latin1") }
    })

  it.scopedLive("200 is one, and so is every status but 101", () =>
    Effect.gen(function*() {
      for (const status of [200, 204, 301, 302, 304, 404, 426, 500, 999]) {
        const { body, status: found } = yield* refusalOf(`HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n`)
        expect([found, body.length]).toEqual([status, 0])
      }
    }))

  it.scopedLive("401, with its headers and body", () =>
    Effect.gen(function*() {
      const { headers, status, text } = yield* refusalOf(
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 7\r\n\r\nwho areYOU"
      )
      expect([status, headers, text]).toEqual([
        401,
        [["WWW-Authenticate", "Basic"], ["Content-Length", "7"]],
        "who are"
      ])
    }))

  it.scopedLive("302 is not followed", () =>
    Effect.gen(function*() {
      const { headers } = yield* refusalOf(
        "HTTP/1.1 302 Found\r\nLocation: ws://a.example/\r\nContent-Length: 0\r\n\r\n"
      )
      expect(headers[0]).toEqual(["Location", "ws://a.example/"])
    }))

  it.scopedLive("with a chunked body, and one that ends with the stream", () =>
    Effect.gen(function*() {
      const chunked = "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" +
        "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"
      expect((yield* refusalOf(chunked)).text).toBe("abc0123456789")
      expect((yield* refusalOf("HTTP/1.1 500 \r\n\r\nall of it", {}, true)).text).toBe("all of it")
    }))

  it.scopedLive("keeps 64 KiB of the body, or what it is told to", () =>
    Effect.gen(function*() {
      const long = "x".repeat(100_000)
      expect((yield* refusalOf(`HTTP/1.1 500 \r\n\r\n${long}`)).body.length).toBe(65536)
      expect((yield* refusalOf(`HTTP/1.1 500 \r\n\r\n${long}`, { refusalBodySize: 10 })).body.length).toBe(10)
      expect((yield* refusalOf("HTTP/1.1 500 \r\n\r\n", { refusalBodySize: 0 })).body.length).toBe(0)
    }))

  it.scopedLive("with a body that breaks off", () =>
    Effect.gen(function*() {
      const clients = yield* clientSockets
      const { sockets, url } = yield* answering(() => "HTTP/1.1 503 \r\nContent-Length: 100\r\n\r\nbusy")
      const opening = yield* Effect.fork(reasonOf(connect(url)))
      yield* until(() => (clients[0]?.bytesRead ?? 0) > 0)
      sockets[0]?.resetAndDestroy()
      const body = new Uint8Array(Buffer.from("busy"))
      expect(yield* Fiber.join(opening)).toMatchObject({ _tag: "Refused", status: 503, body })
    }))

  it.scoped("with a body that does not end before the open timeout", () =>
    Effect.gen(function*() {
      const clients = yield* clientSockets
      const { url } = yield* answering(() => "HTTP/1.1 503 \r\nContent-Length: 100\r\n\r\nbusy")
      const opening = yield* Effect.fork(reasonOf(connect(url)))
      yield* until(() => (clients[0]?.bytesRead ?? 0) > 0)
      yield* TestClock.adjust("10 seconds")
      expect(yield* Fiber.join(opening)).toMatchObject({ _tag: "Refused", status: 503 })
      expect(clients[0]?.destroyed).toBe(true)
    }))
})

describe("no answer", () => {
  it.scopedLive("nobody listens: Unreachable", () =>
    Effect.gen(function*() {
      const port = yield* Effect.scoped(Effect.map(listen(), ({ port }) => port))
      const reason = yield* reasonOf(connect(`ws://127.0.0.1:${port}/`))
      expect(reason).toMatchObject({ _tag: "Unreachable", cause: { code: "ECONNREFUSED" } })
    }))

  it.scopedLive("the name does not resolve: Unreachable", () =>
    Effect.gen(function*() {
      const lookup: net.LookupFunction = (_name, _options, callback) =>
        setImmediate(() => callback(Object.assign(new Error("none"), { code: "ENOTFOUND" }), []))
      const reason = yield* reasonOf(connectWith({ tcp: { lookup } }, "ws://a.example/"))
      expect(reason).toMatchObject({ _tag: "Unreachable", cause: { code: "ENOTFOUND" } })
    }))

  it.scopedLive("options that Node does not take: a typed error, too", () =>
    Effect.gen(function*() {
      expect(yield* reasonOf(connectWith({ tcp: { localAddress: "x" } }, "ws://127.0.0.1:1/"))).toMatchObject({
        _tag: "Unreachable",
        cause: { code: "ERR_INVALID_IP_ADDRESS" }
      })
      expect(yield* reasonOf(connectWith({ tls: { cert: "x" } }, "wss://127.0.0.1:1/"))).toMatchObject({
        _tag: "TlsFailed"
      })
    }))

  it.scopedLive("the end at once: Dropped", () =>
    Effect.gen(function*() {
      const { url } = yield* listen((socket) => socket.end())
      expect(yield* reasonOf(connect(url))).toMatchObject({ _tag: "Dropped", cause: { _tag: "Eof" } })
    }))

  it.scopedLive("the end amid the head: Dropped", () =>
    Effect.gen(function*() {
      const { url } = yield* answering((accept) => switching(accept).slice(0, -1), true)
      expect(yield* reasonOf(connect(url))).toMatchObject({ _tag: "Dropped", cause: { _tag: "Eof" } })
    }))

  it.scopedLive("the socket is destroyed by somebody else: Dropped", () =>
    Effect.gen(function*() {
      const clients = yield* clientSockets
      let asked = false
      const { url } = yield* listen((socket) => onRequest(socket, () => asked = true))
      const opening = yield* Effect.fork(reasonOf(connect(url)))
      yield* until(() => asked)
      clients[0]?.destroy()
      expect(yield* Fiber.join(opening)).toMatchObject({ _tag: "Dropped", cause: { _tag: "Eof" } })
    }))

  it.scopedLive("a reset: Dropped", () =>
    Effect.gen(function*() {
      const { url } = yield* listen((socket) => onRequest(socket, () => socket.resetAndDestroy()))
      expect(yield* reasonOf(connect(url))).toMatchObject({
        _tag: "Dropped",
        cause: { _tag: "Reset", error: { code: "ECONNRESET" } }
      })
    }))

  it.scopedLive("no TLS there: TlsFailed", () =>
    Effect.gen(function*() {
      const { port } = yield* listen((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"))
      expect(yield* reasonOf(connect(`wss://127.0.0.1:${port}/`))).toMatchObject({ _tag: "TlsFailed" })
      const reset = yield* listen((socket) => socket.once("data", () => socket.resetAndDestroy()))
      expect(yield* reasonOf(connect(`wss://127.0.0.1:${reset.port}/`))).toMatchObject({ _tag: "TlsFailed" })
    }))

  it.scopedLive("a certificate that nobody vouches for: TlsFailed, unless told otherwise", () =>
    Effect.gen(function*() {
      const { port } = yield* secureEcho({ host: "127.0.0.1", port: 0 })
      const url = `wss://localhost:${port}/`
      expect(yield* reasonOf(connect(url))).toMatchObject({
        _tag: "TlsFailed",
        cause: { code: "DEPTH_ZERO_SELF_SIGNED_CERT" }
      })
      const servername = { tls: { ca: certificate.cert, servername: "other.example" } }
      expect(yield* reasonOf(connectWith(servername, url))).toMatchObject({
        _tag: "TlsFailed",
        cause: { code: "ERR_TLS_CERT_ALTNAME_INVALID" }
      })
      yield* exchangeOne(yield* connectWith({ tls: { rejectUnauthorized: false } }, url))
    }))

  const timesOut = (
    during: string,
    options: NodeWebSocketClient.Options,
    url: string,
    isWaiting: () => boolean
  ) =>
    Effect.gen(function*() {
      const opening = yield* Effect.fork(reasonOf(connectWith(options, url, { openTimeout: "3 seconds" })))
      yield* until(isWaiting)
      yield* TestClock.adjust("2999 millis")
      expect(Option.isNone(yield* Fiber.poll(opening))).toBe(true)
      yield* TestClock.adjust("1 millis")
      expect(yield* Fiber.join(opening)).toMatchObject({ _tag: "Timeout", after: Duration.seconds(3), during })
    })

  it.scoped("silence: Timeout, and the socket is gone", () =>
    Effect.gen(function*() {
      let asked = false
      const { sockets, url } = yield* listen((socket) => onRequest(socket, () => asked = true))
      yield* timesOut("answer", {}, url, () => asked)
      yield* until(() => sockets.every((socket) => socket.readableEnded))
    }))

  it.scoped("silence, by default: Timeout after 10 seconds", () =>
    Effect.gen(function*() {
      let asked = false
      const { url } = yield* listen((socket) => onRequest(socket, () => asked = true))
      const opening = yield* Effect.fork(reasonOf(connect(url)))
      yield* until(() => asked)
      yield* TestClock.adjust("9999 millis")
      expect(Option.isNone(yield* Fiber.poll(opening))).toBe(true)
      yield* TestClock.adjust("1 millis")
      expect(yield* Fiber.join(opening)).toMatchObject({ _tag: "Timeout", after: Duration.seconds(10) })
    }))

  it.scoped("a head without end, an octet at a time: Timeout", () =>
    Effect.gen(function*() {
      const { sockets, url } = yield* listen((socket) =>
        onRequest(socket, () => {
          const drip = setInterval(() => socket.write("H"), 1)
          socket.write("HTTP/1.1 101 ")
          socket.on("close", () => clearInterval(drip)).on("end", () => clearInterval(drip))
        })
      )
      yield* timesOut("answer", {}, url, () => (sockets[0]?.bytesWritten ?? 0) > 20)
    }))

  it.scoped("TLS that goes nowhere: Timeout", () =>
    Effect.gen(function*() {
      const { port, sockets } = yield* listen((socket) => void socket.resume())
      yield* timesOut("securing", {}, `wss://127.0.0.1:${port}/`, () => (sockets[0]?.bytesRead ?? 0) > 0)
    }))

  it.scoped("a name that takes for ever: Timeout", () =>
    Effect.gen(function*() {
      let asked = false
      const lookup: net.LookupFunction = () => {
        asked = true
      }
      yield* timesOut("connecting", { tcp: { lookup } }, "ws://a.example/", () => asked)
    }))
})

describe("octets behind the head", () => {
  const hello = "\x81\x05hello"
  const close = "\x88\x02\x03\xe8"

  it.scopedLive("in the same segment, and the end with them: nothing is lost", () =>
    Effect.gen(function*() {
      const { url } = yield* answering((accept) => `${switching(accept)}${hello}${hello}${close}`, true)
      const connection = yield* connect(url)
      expect([...yield* Stream.runCollect(connection.messages)]).toEqual(["hello", "hello"])
      expect(yield* connection.outcome).toMatchObject({ _tag: "Clean", closedFirst: "peer" })
    }))

  it.scopedLive("cut in two: anywhere around the end of the head, and at every eighth octet before", () =>
    Effect.gen(function*() {
      const headSize = switching("x".repeat(28)).length
      const size = headSize + hello.length + close.length
      const cuts = Array.from({ length: size - 1 }, (_, i) => i + 1).filter((cut) =>
        cut > headSize - 5 || cut % 8 === 0
      )
      const waiting = [...cuts]
      const { url } = yield* listen((socket) =>
        onRequest(socket, (head) => {
          const octets = `${switching(acceptOf(head))}${hello}${close}`
          const cut = waiting.pop()
          socket.write(octets.slice(0, cut), "latin1")
          setTimeout(() => socket.end(octets.slice(cut), "latin1"), 2)
        })
      )
      const client = yield* NodeWebSocketClient.make()
      const read = Effect.scoped(
        Effect.flatMap(client.connect(url), (connection) => Stream.runCollect(connection.messages))
      )
      const all = yield* Effect.all(cuts.map(() => read), { concurrency: "unbounded" })
      expect(new Set(all.map((messages) => [...messages].join()))).toEqual(new Set(["hello"]))
      expect(waiting).toEqual([])
    }))

  it.scopedLive("octet by octet", () =>
    Effect.gen(function*() {
      const { url } = yield* listen((socket) =>
        onRequest(socket, (head) => {
          const octets = `${switching(acceptOf(head))}${hello}${close}`
          const next = (i: number): void => {
            if (i === octets.length) socket.end()
            else socket.write(octets.charAt(i), "latin1", () => setImmediate(next, i + 1))
          }
          next(0)
        })
      )
      const connection = yield* connect(url)
      expect([...yield* Stream.runCollect(connection.messages)]).toEqual(["hello"])
    }))
})

describe("a server that ignores the subprotocols", () => {
  it.scopedLive("is accepted, as RFC 6455 allows", () =>
    Effect.gen(function*() {
      const { url } = yield* answering((accept) => switching(accept), true)
      const connection = yield* connect(url, { subprotocols: ["a"] })
      expect(connection.subprotocol).toEqual(Option.none())
    }))
})

describe("closing the scope", () => {
  it.scoped("waits for linger, then cuts", () =>
    Effect.gen(function*() {
      const { sockets, url } = yield* answering(switching)
      const client = yield* NodeWebSocketClient.make({ linger: "3 seconds" })
      const opened = yield* Deferred.make<Connection.Connection>()
      const using = yield* Effect.fork(Effect.scoped(
        Effect.flatMap(
          client.connect(url, { linger: "2 seconds" }),
          (connection) => Deferred.succeed(opened, connection)
        )
      ))
      const connection = yield* Deferred.await(opened)
      yield* TestClock.adjust("1999 millis")
      expect(Option.isNone(yield* Fiber.poll(using))).toBe(true)
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(using)
      expect(connection.currentOutcome).toMatchObject(
        Option.some({ _tag: "Aborted", why: { _tag: "ScopeClosed" }, local: { code: 1001 } })
      )
      yield* until(() => sockets.every((socket) => socket.readableEnded))
    }))
})

describe("a connection that outlives its client", () => {
  it.scoped("keeps its timers", () =>
    Effect.gen(function*() {
      const { sockets, url } = yield* answering(switching)
      const connection = yield* WebSocketClient.connect(url).pipe(Effect.provide(NodeWebSocketClient.layer()))
      const asked = sockets[0]?.bytesRead ?? 0
      const closing = yield* Effect.fork(connection.close())
      yield* until(() => (sockets[0]?.bytesRead ?? 0) > asked)
      yield* TestClock.adjust("5 seconds")
      expect(yield* Fiber.join(closing)).toMatchObject({ _tag: "CloseTimeout" })
    }))

  it.scoped("keeps them for others as well, until the last has closed", () =>
    Effect.gen(function*() {
      let sleeping = 0
      const clock = yield* Effect.clock
      const counting: Clock.Clock = {
        ...clock,
        unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis(),
        unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
        sleep: (duration) =>
          Effect.acquireUseRelease(
            Effect.sync(() => sleeping++),
            () => clock.sleep(duration),
            () => Effect.sync(() => sleeping--)
          )
      }
      const { url } = yield* answering(switching)
      const scopes = yield* Effect.all([Scope.make(), Scope.make(), Scope.make()])
      const [ofClient, ofOne, ofOther] = scopes
      const close = (scope: Scope.CloseableScope) => Scope.close(scope, Exit.void)
      const client = yield* Scope.extend(NodeWebSocketClient.make({ linger: 0 }), ofClient).pipe(
        Effect.withClock(counting)
      )
      yield* Scope.extend(client.connect(url), ofOne)
      yield* Scope.extend(client.connect(url), ofOther)
      expect(yield* reasonOf(Effect.scoped(client.connect(url, { headers: { "a b": "" } })))).toMatchObject({
        _tag: "InvalidRequest"
      })
      yield* close(ofClient)
      yield* close(ofOne)
      yield* until(() => sleeping === 1)
      yield* close(ofOther)
      yield* until(() => sleeping === 0)
    }))
})

describe("interruption", () => {
  it.scopedLive("while waiting for the answer: the socket is gone", () =>
    Effect.gen(function*() {
      let asked = false
      const { sockets, url } = yield* listen((socket) => onRequest(socket, () => asked = true))
      const opening = yield* Effect.fork(connect(url))
      yield* until(() => asked)
      yield* Fiber.interrupt(opening)
      yield* until(() => sockets.every((socket) => socket.readableEnded))
    }))

  it.scopedLive("while TLS is set up: the socket is gone", () =>
    Effect.gen(function*() {
      const { port, sockets } = yield* listen((socket) => void socket.resume())
      const opening = yield* Effect.fork(connect(`wss://127.0.0.1:${port}/`))
      yield* until(() => (sockets[0]?.bytesRead ?? 0) > 0)
      yield* Fiber.interrupt(opening)
      yield* until(() => sockets.every((socket) => socket.readableEnded))
    }))

  it.scopedLive("at any moment: no connection is left behind", () =>
    Effect.gen(function*() {
      const { sockets, url } = yield* listen((socket) => {
        onRequest(socket, (head) => socket.write(`${switching(acceptOf(head))}\x81\x05hello`, "latin1"))
        socket.on("end", () => socket.end())
      })
      const client = yield* NodeWebSocketClient.make({ linger: 0 })
      const opened: Array<boolean> = []
      for (let i = 0; i < 48; i++) {
        const opening = yield* Effect.fork(Effect.scoped(Effect.as(client.connect(url), true)))
        // Some in the turn of the event loop in which the head comes.
        for (let turns = 0; turns < i % 12; turns++) {
          yield* Effect.async<void>((resume) => void setImmediate(() => resume(Effect.void)))
        }
        yield* Fiber.interrupt(opening)
        opened.push(Exit.isSuccess(yield* Fiber.await(opening)))
      }
      yield* until(() => sockets.every((socket) => socket.readableEnded || socket.closed))
      expect(new Set(opened)).toEqual(new Set([false, true]))
    }))
})

describe("limits", () => {
  it.scopedLive("of the head", () =>
    Effect.gen(function*() {
      const { url } = yield* answering((accept) => switching(accept, "X: y"))
      const shorter = { octets: switching("x".repeat(28)).length }
      expect(yield* reasonOf(connectWith({ head: shorter }, url))).toMatchObject({
        _tag: "Violation",
        detail: expect.stringContaining("HeadTooLarge")
      })
      expect(yield* reasonOf(connectWith({ head: { headerLines: 3 } }, url))).toMatchObject({
        _tag: "Violation",
        detail: expect.stringContaining("TooManyHeaders")
      })
    }))

  it.scopedLive("of the layer, and of one connection", () =>
    Effect.gen(function*() {
      const port = yield* echoOnPort()
      const client = yield* NodeWebSocketClient.make({ limits: { maxMessageSize: 3 } })
      const fails = yield* client.connect(`ws://127.0.0.1:${port}/`)
      yield* fails.send("hello")
      expect(yield* Effect.flip(fails.receive)).toMatchObject({ _tag: "ProtocolFailure", rule: "MessageTooBig" })
      const passes = yield* client.connect(`ws://127.0.0.1:${port}/`, { limits: { maxMessageSize: 5 } })
      yield* passes.send("hello")
      expect(yield* passes.receive).toBe("hello")
    }))

  it.scoped("keepalive pings every interval, however long an answer may take", () =>
    Effect.gen(function*() {
      let pings = 0
      let socket: net.Socket | undefined
      const { url } = yield* listen((accepted) =>
        onRequest(accepted, (head) => {
          socket = accepted
          // each ping in a read of its own: nothing else is sent
          accepted.on("data", (chunk: Buffer) => pings += chunk[0] === 0x89 ? 1 : 0)
          accepted.write(switching(acceptOf(head)))
        })
      )
      const connection = yield* connect(url, { limits: { keepaliveInterval: 1_000, keepaliveTimeout: 20_000 } })
      for (let nth = 1; nth <= 3; nth++) {
        yield* TestClock.adjust("1 seconds")
        yield* until(() => pings === nth)
        socket?.write("\x8a\x00\x81\x01x", "latin1") // a pong, and a message that says that it was read
        expect(yield* connection.receive).toBe("x")
      }
      socket?.destroy() // it would not answer our Close
      yield* connection.outcome
    }))

  it.scoped("keepalive is on: a ping after 20 seconds, failure 20 seconds later", () =>
    Effect.gen(function*() {
      let received = ""
      const { url } = yield* listen((socket) =>
        onRequest(socket, (head) => {
          socket.on("data", (chunk: Buffer) => received += chunk.toString("latin1"))
          socket.write(switching(acceptOf(head)))
        })
      )
      const connection = yield* connect(url)
      yield* TestClock.adjust("20 seconds")
      yield* until(() => received.startsWith("\x89\x80"))
      const outcome = yield* Effect.fork(connection.outcome)
      yield* TestClock.adjust("20 seconds")
      yield* TestClock.adjust("1 millis") // the last look
      yield* TestClock.adjust("2 seconds")
      expect(yield* Fiber.join(outcome)).toMatchObject({ _tag: "Failed", failure: { _tag: "KeepaliveTimeout" } })
    }))
})
