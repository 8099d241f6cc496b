import { describe, expect, it } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import type { Accepted } from "@effect-ws/platform/WebSocketServer"
import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { webcrypto } from "node:crypto"
import { once } from "node:events"
import * as Fs from "node:fs"
import * as Http from "node:http"
import * as Http2 from "node:http2"
import * as Https from "node:https"
import type { AddressInfo, Socket } from "node:net"
import * as Os from "node:os"
import * as Path from "node:path"
import { WebSocket, WebSocketServer as WsServer } from "ws"
import { selfSigned } from "./certificate.js"
import { acceptKey, close, connect, frame, type RawClient, request } from "./rawClient.js"

type Server = WebSocketServer.WebSocketServer["Type"]
type TcpOptions = Omit<Extract<NodeWebSocketServer.Options, { readonly port: number }>, "port" | "host">

const text = (payload: string) => frame(Frame.opcode.text, payload)

const serve = (options: TcpOptions = {}) =>
  NodeWebSocketServer.make({ port: 0, host: "127.0.0.1", grace: "200 millis", ...options })

const portOf = ({ address }: Server): number => address._tag === "Tcp" ? address.port : 0

const to = (server: Server) => ({ port: portOf(server), host: "127.0.0.1" })

/** A server that echoes. */
const echo = (options?: TcpOptions) =>
  Effect.tap(
    serve(options),
    (server) => Effect.forkScoped(server.serveMessages((connection, message) => void connection.trySend(message)))
  )

const statusOf = (client: RawClient) => Effect.map(client.response, ({ status }) => status)

const quietly = Effect.provide(Logger.remove(Logger.defaultLogger))

describe("6455 §4.2 the opening handshake", () => {
  it.scopedLive("accepts with the key's digest, and echoes", () =>
    Effect.gen(function*() {
      const server = yield* echo()
      const client = yield* connect(to(server), request())
      expect(yield* client.response).toEqual({
        status: 101,
        headers: { upgrade: "websocket", connection: "Upgrade", "sec-websocket-accept": acceptKey }
      })
      client.write(text("hello"))
      expect(yield* client.frame).toBe("text hello")
    }))

  it.scopedLive("takes token lists in any case, and an empty body", () =>
    Effect.gen(function*() {
      const server = yield* echo()
      const client = yield* connect(
        to(server),
        request({ Upgrade: "foo, WebSocket", Connection: "keep-alive, uPgrade", "Content-Length": "0" })
      )
      expect(yield* statusOf(client)).toBe(101)
    }))

  const refusals: ReadonlyArray<readonly [name: string, octets: string, status: number, headers?: object]> = [
    ["another method", request({}, "POST / HTTP/1.1"), 405, { allow: "GET" }],
    ["CONNECT", request({}, "CONNECT a.example:80 HTTP/1.1"), 405, { allow: "GET" }],
    ["HTTP/1.0", request({}, "GET / HTTP/1.0"), 505],
    ["no Host", request({ Host: undefined }), 400],
    ["two Hosts", request({}, undefined, ["Host: b.example"]), 400],
    ["version 12", request({ "Sec-WebSocket-Version": "12" }), 426, { "sec-websocket-version": "13" }],
    ["version 0xd", request({ "Sec-WebSocket-Version": "0xd" }), 426],
    ["no version", request({ "Sec-WebSocket-Version": undefined }), 426],
    ["no key", request({ "Sec-WebSocket-Key": undefined }), 400],
    ["a short key", request({ "Sec-WebSocket-Key": "AAAA" }), 400],
    ["two keys", request({}, undefined, ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]), 400],
    ["a body", `${request({ "Content-Length": "5" })}hello`, 400],
    ["a chunked body", `${request({ "Transfer-Encoding": "chunked" })}0\r\n\r\n`, 400],
    ["an empty subprotocol", request({ "Sec-WebSocket-Protocol": "," }), 400],
    ["a subprotocol twice", request({ "Sec-WebSocket-Protocol": "a, a" }), 400],
    ["malformed extensions", request({ "Sec-WebSocket-Extensions": "a;;" }), 400],
    ["101 header lines", request({}, undefined, new Array<string>(96).fill("X: y")), 431],
    ["2,100 header lines", request({}, undefined, new Array<string>(2095).fill("X: y")), 431],
    ["a head over 16 KiB", request({ X: "y".repeat(17_000) }), 431],
    ["a target over 8 KiB", request({}, `GET /${"y".repeat(9_000)} HTTP/1.1`), 414],
    ["no upgrade", "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", 426, {
      upgrade: "websocket",
      connection: "close, Upgrade"
    }],
    ["no upgrade, and no Connection", request({ Connection: undefined }), 426, { upgrade: "websocket" }],
    ["another protocol", request({ Upgrade: "h2c" }), 426, { upgrade: "websocket" }],
    ["a plain POST", "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\n\r\nhi", 405, { allow: "GET" }],
    ["no HTTP", "\x16\x03\x01 hello\r\n\r\n", 400],
    ["a bare LF", "GET / HTTP/1.1\nHost: a.example\n\n\n", 400]
  ]

  /** The rule that was broken: `400 Bad Request: a request has a Sec-WebSocket-Key (KeyMissing, RFC 6455 §4.2.1)`. */
  const oneLine = /^\d{3} [A-Za-z -]+: [^\n]+ \([A-Za-z]+, RFC [\d §.,]+\)\n$/

  it.scopedLive("says nothing of the client's own words to it, and all but the secret to the log, at info", () => {
    const lines: Array<unknown> = []
    return Effect.gen(function*() {
      const server = yield* echo()
      const words = "<script>alert(1)</script>"
      const key = yield* connect(
        to(server),
        request({ "Sec-WebSocket-Key": words, Cookie: words }, `GET /${words}?${words} HTTP/1.1`)
      )
      expect((yield* key.response).headers["content-type"]).toBe("text/plain; charset=utf-8")
      expect(Buffer.from(yield* key.rest, "latin1").toString()).toBe(
        "400 Bad Request: Sec-WebSocket-Key must be 16 bytes in base64 (KeyInvalid, RFC 6455 §4.2.1)\n"
      )
      const stripped = yield* connect(to(server), request({ Upgrade: undefined, Connection: undefined }))
      expect((yield* stripped.response).status).toBe(426)
      expect(yield* stripped.rest).toContain("UpgradeMissing")
      const head = yield* connect(to(server), request({}, "HEAD / HTTP/1.1"))
      expect((yield* head.response).status).toBe(405)
      expect(yield* head.rest).toBe("")
      const ordinary = yield* connect(to(server), "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
      expect((yield* ordinary.response).status).toBe(426)
      const facts = { status: 400, rfc: "6455 §4.2.1", remoteAddress: "127.0.0.1" }
      expect(lines).toEqual([
        ["INFO", { ...facts, rule: "KeyInvalid" }],
        ["INFO", { ...facts, rule: "UpgradeMissing", status: 426 }],
        ["INFO", { ...facts, rule: "MethodNotAllowed", status: 405 }]
      ])
    }).pipe(Effect.provide(Logger.replace(
      Logger.defaultLogger,
      Logger.make(({ annotations, logLevel }) => void lines.push([logLevel.label, Object.fromEntries(annotations)]))
    )))
  })

  it.scopedLive("refuses what is not right with a complete answer, and drops it", () =>
    Effect.gen(function*() {
      const server = yield* echo()
      yield* Effect.forEach(refusals, ([name, octets, status, headers = {}]) =>
        Effect.gen(function*() {
          const client = yield* connect(to(server), octets)
          const response = yield* client.response
          expect([name, response.status]).toEqual([name, status])
          expect(response.headers).toMatchObject(headers)
          expect(response.headers["connection"]).toMatch(/^close/)
          const body = yield* client.rest // the server ends its side by itself
          expect([name, body.length]).toEqual([name, Number(response.headers["content-length"])])
          expect([name, Buffer.from(body, "latin1").toString()]).toEqual([name, expect.stringMatching(oneLine)])
          client.end()
          yield* client.gone
        }))
    }))

  it.scopedLive("takes 100 header lines, however the request is cut", () =>
    Effect.gen(function*() {
      const server = yield* echo()
      const client = yield* connect(to(server))
      for (const octet of request({}, undefined, new Array<string>(95).fill("X: y"))) {
        client.write(octet)
        yield* Effect.promise(() => new Promise(setImmediate))
      }
      expect(yield* statusOf(client)).toBe(101)
    }))

  it.scopedLive("408: a handshake that takes too long, at any pace, and one that does not begin", () =>
    Effect.gen(function*() {
      const server = yield* echo({ openTimeout: "150 millis" })
      const mute = yield* connect(to(server))
      const half = yield* connect(to(server), "GET / HTTP/1.1\r\nHost:")
      const slow = yield* connect(to(server), "GET / HTTP/1.1\r\n")
      yield* Effect.forkScoped(Effect.forever(Effect.delay(Effect.sync(() => slow.write("X: y\r\n")), "10 millis")))
      for (const client of [mute, half, slow]) {
        expect(yield* statusOf(client)).toBe(408)
        yield* client.rest
      }
      const honest = yield* connect(to(server), request())
      expect(yield* statusOf(honest)).toBe(101)
      yield* Effect.sleep("250 millis") // an open connection has no such limit
      honest.write(text("still here"))
      expect(yield* honest.frame).toBe("text still here")
    }))

  it.scopedLive("a refused client that neither reads on nor leaves is cut", () =>
    Effect.gen(function*() {
      const server = yield* echo({ limits: { dropTimeout: 50 } })
      const client = yield* connect(to(server), request({ "Sec-WebSocket-Key": "x" }))
      const flood = yield* Effect.forkScoped(Effect.forever(
        Effect.zipRight(Effect.sync(() => client.write("x".repeat(1000))), Effect.sleep("1 millis"))
      ))
      expect(yield* statusOf(client)).toBe(400)
      yield* client.gone
      expect(flood.unsafePoll()).toBeNull()
    }))
})

describe("octets around the 101", () => {
  for (const deciding of ["at once", "later"]) {
    it.scopedLive(`loses none that came with the request or while it was decided on: ${deciding}`, () =>
      Effect.gen(function*() {
        const server = yield* serve()
        const decision = yield* Deferred.make<void>()
        if (deciding === "at once") yield* Deferred.succeed(decision, undefined)
        yield* Effect.forkScoped(server.serve({
          accept: () => Effect.as(Deferred.await(decision), { value: undefined }),
          handler: (connection) =>
            Effect.zipRight(Effect.sleep("5 millis"), Stream.run(connection.messages, connection.sink))
        }))
        const [one, two] = [text("one"), text("two")]
        const client = yield* connect(to(server), Buffer.concat([Buffer.from(request()), one, two.subarray(0, 3)]))
        yield* Effect.sleep("20 millis")
        client.write(Buffer.concat([two.subarray(3), text("three")]))
        yield* Effect.sleep("20 millis")
        yield* Deferred.succeed(decision, undefined)
        client.write(text("four"))
        expect(yield* statusOf(client)).toBe(101)
        for (const word of ["one", "two", "three", "four"]) expect(yield* client.frame).toBe(`text ${word}`)
      }))
  }

  it.scopedLive("reads no more than a bounded part of them before the 101, and all of them behind it", () =>
    Effect.gen(function*() {
      const server = yield* serve()
      const decision = yield* Deferred.make<void>()
      yield* Effect.forkScoped(server.serve({
        accept: () => Effect.as(Deferred.await(decision), { value: undefined }),
        handler: (connection) =>
          Effect.flatMap(connection.receive, (message) => connection.send(String(message.length)))
      }))
      const client = yield* connect(to(server), request())
      const size = 8_000_000
      const octets = frame(Frame.opcode.binary, new Uint8Array(size))
      for (let from = 0; from < octets.length; from += 65_536) client.write(octets.subarray(from, from + 65_536))
      // Until no more is taken: on a busy machine one look at an idle socket says nothing.
      for (let left = NaN, same = 0; same < 10; same = left === client.socket.writableLength ? same + 1 : 0) {
        left = client.socket.writableLength
        yield* Effect.sleep("20 millis")
      }
      expect(client.socket.writableLength).toBeGreaterThan(0)
      yield* Deferred.succeed(decision, undefined)
      yield* client.response
      expect(yield* client.frame).toBe(`text ${size}`)
    }))

  for (const leaving of ["ends", "resets"] as const) {
    it.scopedLive(`stops deciding when the client ${leaving}`, () =>
      Effect.gen(function*() {
        const server = yield* serve()
        const [begun, interrupted] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
        yield* Effect.forkScoped(server.serve({
          accept: (): Effect.Effect<Accepted<undefined>> =>
            Effect.zipRight(
              Deferred.succeed(begun, undefined),
              Effect.onInterrupt(Effect.never, () => Deferred.succeed(interrupted, undefined))
            ),
          handler: () => Effect.void
        }))
        const client = yield* connect(to(server), request())
        yield* Deferred.await(begun)
        if (leaving === "ends") client.end()
        else client.socket.resetAndDestroy()
        yield* Deferred.await(interrupted)
        yield* client.gone
      }))
  }
})

describe("6455 §10.2 origins", () => {
  const attempt = (server: Server, lines: Readonly<Record<string, string>>) =>
    Effect.flatMap(connect(to(server), request(lines)), statusOf)

  it.scopedLive("refuses other origins with 403, and logs both values", () => {
    const lines: Array<string> = []
    return Effect.gen(function*() {
      const server = yield* echo({ origins: ["https://friend.example", "null"] })
      expect(yield* attempt(server, { Origin: "http://a.example" })).toBe(101)
      expect(yield* attempt(server, { Origin: "https://friend.example" })).toBe(101)
      expect(yield* attempt(server, { Origin: "null" })).toBe(101)
      expect(lines).toEqual([])
      const secret = { "Sec-WebSocket-Protocol": "secret", Cookie: "secret" }
      expect(yield* attempt(server, { ...secret, Origin: "https://evil.example" })).toBe(403)
      expect(yield* attempt(server, { ...secret, Origin: "https://friend.example.evil.example" })).toBe(403)
      expect(lines).toEqual([
        "Refused a WebSocket upgrade: origin https://evil.example, host a.example",
        "Refused a WebSocket upgrade: origin https://friend.example.evil.example, host a.example"
      ])
    }).pipe(
      Effect.provide(
        Logger.replace(Logger.defaultLogger, Logger.make(({ message }) => void lines.push(String(message))))
      )
    )
  })

  it.scopedLive("any, by option", () =>
    Effect.gen(function*() {
      expect(yield* attempt(yield* echo({ origins: "any" }), { Origin: "https://evil.example" })).toBe(101)
    }))

  it.scopedLive("allowedHosts stops a name that was rebound to this server", () =>
    quietly(Effect.gen(function*() {
      const server = yield* echo({ allowedHosts: ["localhost"] })
      expect(yield* attempt(server, { Host: "localhost:8080", Origin: "http://localhost:8080" })).toBe(101)
      expect(yield* attempt(server, { Host: "evil.example", Origin: "http://evil.example" })).toBe(403)
    })))
})

describe("6455 §10.2 what is quoted", () => {
  it.scopedLive("an origin is cut and escaped in the log", () => {
    const lines: Array<string> = []
    return Effect.gen(function*() {
      const server = yield* echo()
      const client = yield* connect(
        to(server),
        request({ Origin: `http://${"x".repeat(9000)}\u0085\u009b31m.example` })
      )
      expect(yield* statusOf(client)).toBe(403)
      const other = yield* connect(to(server), request({ Origin: "http://a\u0085b\u009b31m.example" }))
      expect(yield* statusOf(other)).toBe(403)
      expect(lines.map(({ length }) => length < 600)).toEqual([true, true])
      expect(lines.join("")).not.toMatch(/[\u0080-\u009f]/)
    }).pipe(Effect.provide(
      Logger.replace(Logger.defaultLogger, Logger.make(({ message }) => void lines.push(String(message))))
    ))
  })
})

describe("deciding", () => {
  const targets: ReadonlyArray<readonly [target: string, answer: string]> = [
    ["/", "/ []"],
    ["//", "// []"],
    ["//b.example/x?a=1", "//b.example/x [[\"a\",\"1\"]]"],
    ["/?", "/ []"],
    ["/a%2fb/../c?a=1&a=2&b", "/a%2fb/../c [[\"a\",\"1\"],[\"a\",\"2\"],[\"b\",\"\"]]"],
    ["/%", "/% []"],
    ["/%ff?%=%zz&a=%ff&b=%", "/%ff [[\"%\",\"%zz\"],[\"a\",\"\ufffd\"],[\"b\",\"%\"]]"],
    ["/x?a=1?b=2", "/x [[\"a\",\"1?b=2\"]]"],
    ["http://a.example", "/ []"],
    ["http://a.example?a=b", "/ [[\"a\",\"b\"]]"],
    ["ws://a.example/x?a=b+c", "/x [[\"a\",\"b c\"]]"],
    ["http://b.example/", "400"],
    ["*", "400"],
    ["?a=b", "400"],
    ["a.example:80", "400"],
    ["/x#y", "400"]
  ]
  for (const [target, answer] of targets) {
    it.scopedLive(`accept is given path and query of ${target}: ${answer}`, () =>
      Effect.gen(function*() {
        const server = yield* serve()
        yield* Effect.forkScoped(server.serve({
          accept: ({ path, query }) => Effect.succeed({ value: `${path} ${JSON.stringify([...query])}` }),
          handler: (connection, value) => connection.send(value)
        }))
        const client = yield* connect(to(server), request({}, `GET ${target} HTTP/1.1`))
        const status = yield* statusOf(client)
        expect(status === 101 ? yield* client.frame : `text ${status}`).toBe(`text ${answer}`)
      }))
  }

  it.scopedLive("sees the request, chooses a subprotocol, adds headers or refuses", () =>
    Effect.gen(function*() {
      const server = yield* serve()
      yield* Effect.forkScoped(server.serve({
        accept: ({ headers, remoteAddress, secure, subprotocols, url }) =>
          headers["authorization"] === "right"
            ? Effect.succeed({
              value: `${url} ${Option.getOrNull(remoteAddress)} ${secure}`,
              subprotocol: subprotocols.at(-1),
              headers: [["Set-Cookie", "a=b"]] as const
            })
            : Effect.fail(
              new WebSocketServer.Refusal({ status: 401, headers: [["WWW-Authenticate", "Bearer"]], body: "nö" })
            ),
        handler: (connection, value) => connection.send(value)
      }))
      const right = yield* connect(
        to(server),
        request({ Authorization: "right", "Sec-WebSocket-Protocol": "v2, v1" }, "GET /a?b HTTP/1.1")
      )
      expect(yield* right.response).toMatchObject({
        status: 101,
        headers: { "sec-websocket-protocol": "v1", "set-cookie": "a=b" }
      })
      expect(yield* right.frame).toBe("text /a?b 127.0.0.1 false")
      const wrong = yield* connect(to(server), request({ Authorization: "wrong" }))
      expect(yield* wrong.response).toMatchObject({
        status: 401,
        headers: { "www-authenticate": "Bearer", "content-length": "3", connection: "close" }
      })
      expect(Buffer.from(yield* wrong.rest, "latin1").toString()).toBe("nö")
    }))

  it.scopedLive("503 beyond maxConnections, and when deciding takes too long", () =>
    Effect.gen(function*() {
      const server = yield* serve({ maxConnections: 2, openTimeout: "60 millis" })
      yield* Effect.forkScoped(server.serve({
        accept: ({ url }): Effect.Effect<Accepted<undefined>> =>
          url === "/slow" ? Effect.never : Effect.succeed({ value: undefined }),
        handler: (connection) => Stream.runDrain(connection.messages)
      }))
      const first = yield* connect(to(server), request())
      expect(yield* statusOf(first)).toBe(101)
      const slow = yield* connect(to(server), request({}, "GET /slow HTTP/1.1"))
      yield* Effect.sleep("10 millis")
      const third = yield* connect(to(server), request())
      expect(yield* statusOf(third)).toBe(503)
      expect(yield* statusOf(slow)).toBe(503)
      const fourth = yield* connect(to(server), request())
      expect(yield* statusOf(fourth)).toBe(101)
    }))

  it.scopedLive("an answer with a line break in it is not written: 500", () =>
    quietly(Effect.gen(function*() {
      const server = yield* serve()
      yield* Effect.forkScoped(server.serve({
        accept: () => Effect.succeed({ value: undefined, headers: [["X", "a\r\nSet-Cookie: evil"]] as const }),
        handler: () => Effect.void
      }))
      const client = yield* connect(to(server), request())
      const response = yield* client.response
      expect(response.status).toBe(500)
      expect(response.headers["set-cookie"]).toBeUndefined()
    })))
})

describe("time, by default", () => {
  it.scoped("deciding takes 10 seconds at most: 503", () =>
    Effect.gen(function*() {
      const server = yield* serve()
      const deciding = yield* Deferred.make<void>()
      yield* Effect.forkScoped(server.serveMessages(() => {}, {
        accept: () => Effect.zipRight(Deferred.succeed(deciding, undefined), Effect.never)
      }))
      const client = yield* connect(to(server), request())
      yield* Deferred.await(deciding)
      yield* TestClock.adjust("10 seconds")
      expect(yield* statusOf(client)).toBe(503)
    }))

  it.scoped("keepalive pings every interval, however long an answer may take", () =>
    Effect.gen(function*() {
      const server = yield* echo({ limits: { keepaliveInterval: 1_000, keepaliveTimeout: 20_000 } })
      const client = yield* connect(to(server), request())
      expect(yield* statusOf(client)).toBe(101)
      for (let nth = 0; nth < 3; nth++) {
        yield* TestClock.adjust("1 seconds")
        client.write(frame(Frame.opcode.text, "behind"))
        expect(yield* client.frame).toMatch(/^9 /)
        client.write(frame(Frame.opcode.pong))
        expect(yield* client.frame).toBe("text behind")
        client.write(frame(Frame.opcode.text, "heard"))
        expect(yield* client.frame).toBe("text heard")
      }
    }))

  it.scoped("keepalive is on: a ping after 20 seconds, failure 20 seconds later", () =>
    Effect.gen(function*() {
      const server = yield* echo()
      const client = yield* connect(to(server), request())
      expect(yield* statusOf(client)).toBe(101)
      yield* TestClock.adjust("20 seconds")
      expect(yield* client.frame).toMatch(/^9 /)
      yield* TestClock.adjust("20 seconds")
      yield* TestClock.adjust("1 millis") // the last look
      expect(yield* client.frame).toBe("close 1011")
    }))
})

describe("how connections end", () => {
  const served = (handle: (path: string) => Effect.Effect<unknown, string>) =>
    Effect.tap(serve(), (server) => Effect.forkScoped(server.serve((connection) => handle(connection.opening.target))))

  it.scopedLive("the handler returned: 1000; failed: 1011. And the server drops TCP first", () =>
    quietly(Effect.gen(function*() {
      const server = yield* served((path) => path === "/fail" ? Effect.fail("no") : Effect.void)
      for (const [path, code] of [["/", 1000], ["/fail", 1011]] as const) {
        const client = yield* connect(to(server), request({}, `GET ${path} HTTP/1.1`))
        yield* client.response
        expect(yield* client.frame).toBe(`close ${code}`)
        expect(client.ended).toBe(false)
        client.write(close(code))
        yield* client.rest
        client.end()
        yield* client.gone
      }
    })))

  it.scopedLive("a client that half-closes is dropped, and its outcome known", () =>
    Effect.gen(function*() {
      const server = yield* serve()
      const outcome = yield* Deferred.make<CloseOutcome>()
      yield* Effect.forkScoped(server.serveMessages(() => {}, {
        onClose: (_, closed) => Deferred.unsafeDone(outcome, Exit.succeed(closed))
      }))
      const client = yield* connect(to(server), request())
      yield* client.response
      client.end()
      expect(yield* Deferred.await(outcome)).toMatchObject({ _tag: "Dropped", cause: { _tag: "Eof" } })
      yield* client.gone
      expect(client.error).toBeUndefined()
    }))

  it.scopedLive("a reset at any moment harms nobody", () =>
    Effect.gen(function*() {
      const server = yield* echo()
      const octets = Buffer.concat([Buffer.from(request()), text("hello"), close(1000)])
      for (let end = 0; end <= octets.length; end += 7) {
        const client = yield* connect(to(server), octets.subarray(0, end))
        if (end % 2 === 0) yield* Effect.promise(() => new Promise(setImmediate))
        client.socket.resetAndDestroy()
      }
      const honest = yield* connect(to(server), request())
      expect(yield* statusOf(honest)).toBe(101)
      honest.write(text("hello"))
      expect(yield* honest.frame).toBe("text hello")
    }))
})

describe("shutting down", () => {
  it.effect("stops listening, closes all with 1001, and cuts the mute when the grace is over", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const outcomes: Array<string> = []
      const server = yield* Scope.extend(serve({ grace: "500 millis" }), scope)
      yield* Effect.forkIn(
        server.serveMessages(() => {}, { onClose: (_, { _tag }) => outcomes.push(_tag) }),
        scope
      )
      yield* Effect.scoped(Effect.gen(function*() {
        const clients: Array<RawClient> = []
        for (let i = 0; i < 20; i++) {
          const client = yield* connect(to(server), request())
          yield* client.response
          clients.push(client)
        }
        const waiting = yield* connect(to(server), "GET / HTT")
        const mute = clients.splice(0, 2)
        const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
        yield* Effect.forEach(clients, (client) =>
          Effect.gen(function*() {
            expect(yield* client.frame).toBe("close 1001")
            client.write(close(1001))
            client.end()
            yield* client.gone
          }), { concurrency: "unbounded" })
        for (const client of mute) {
          expect(yield* client.frame).toBe("close 1001")
          expect(client.ended || client.closed).toBe(false)
        }
        yield* TestClock.adjust("500 millis")
        for (const client of mute) {
          yield* client.rest
          expect(client.ended || client.closed).toBe(true)
        }
        yield* Fiber.join(closing)
        yield* waiting.rest
        expect(outcomes.sort()).toEqual(["Aborted", "Aborted", ...new Array<string>(18).fill("Clean")])
        const refused = yield* Effect.exit(Effect.tryPromise(() => fetch(`http://127.0.0.1:${portOf(server)}/`)))
        expect(Exit.isFailure(refused)).toBe(true)
      }))
    }))

  it.live("of a launched layer", () =>
    Effect.gen(function*() {
      const opened = yield* Deferred.make<number>()
      const closed = yield* Deferred.make<number>()
      const main = WebSocketServer.layer((connection) => connection.run(() => {})).pipe(
        Layer.provideMerge(Layer.effectDiscard(Effect.flatMap(WebSocketServer.WebSocketServer, (server) => {
          const client = new WebSocket(`ws://127.0.0.1:${portOf(server)}/`)
          client.on("open", () => Deferred.unsafeDone(opened, Exit.succeed(0)))
          client.on("close", (code) => Deferred.unsafeDone(closed, Exit.succeed(code)))
          return Effect.void
        }))),
        Layer.provide(NodeWebSocketServer.layer({ port: 0, host: "127.0.0.1" }))
      )
      yield* Effect.raceFirst(Layer.launch(main), Deferred.await(opened))
      expect(yield* Deferred.await(closed)).toBe(1001)
    }))

  it.scopedLive("the port is free again at once; taken, it is a ServeError", () =>
    Effect.gen(function*() {
      const port = yield* Effect.scoped(Effect.gen(function*() {
        const server = yield* echo()
        yield* connect(to(server), request())
        return portOf(server)
      }))
      yield* NodeWebSocketServer.make({ port, host: "127.0.0.1" })
      const error = yield* Effect.flip(NodeWebSocketServer.make({ port, host: "127.0.0.1" }))
      expect(error).toMatchObject({ _tag: "ServeError", cause: { code: "EADDRINUSE" } })
    }))
})

describe("where it listens", () => {
  it.scopedLive("TLS, half-open as elsewhere", () =>
    Effect.gen(function*() {
      const { cert, key } = selfSigned()
      const server = yield* serve({ tls: { cert, key } })
      const secure = yield* Deferred.make<boolean>()
      yield* Effect.forkScoped(server.serve({
        accept: (request) => Effect.as(Deferred.succeed(secure, request.secure), { value: undefined }),
        handler: (connection) => Stream.run(connection.messages, connection.sink)
      }))
      const client = yield* connect({ ...to(server), tls: true, ca: cert, servername: "localhost" }, request())
      expect(yield* statusOf(client)).toBe(101)
      expect(yield* Deferred.await(secure)).toBe(true)
      client.write(text("hello"))
      expect(yield* client.frame).toBe("text hello")
      // The client ends its side right behind its Close, and the server answers nevertheless.
      client.write(close(1000))
      client.end()
      expect(yield* client.frame).toBe("close 1000")
      yield* client.gone
      const plain = yield* connect(to(server), request())
      expect(yield* plain.rest).toBe("")
      plain.end()
      yield* plain.gone
      const wrong = yield* connect(
        { ...to(server), tls: true, ca: cert, servername: "localhost" },
        request({ Host: "" })
      )
      expect(yield* statusOf(wrong)).toBe(400)
    }))

  it.scopedLive("a Unix socket", () =>
    Effect.gen(function*() {
      const directory = Fs.mkdtempSync(Path.join(Os.tmpdir(), "effect-ws-"))
      yield* Effect.addFinalizer(() => Effect.sync(() => Fs.rmSync(directory, { recursive: true })))
      const path = Path.join(directory, "socket")
      const server = yield* NodeWebSocketServer.make({ path })
      expect(server.address).toEqual({ _tag: "Unix", path })
      yield* Effect.forkScoped(server.serve({
        accept: ({ remoteAddress }) => Effect.succeed({ value: Option.isNone(remoteAddress) }),
        handler: (connection, isLocal) => connection.send(String(isLocal))
      }))
      const client = yield* connect({ path }, request())
      yield* client.response
      expect(yield* client.frame).toBe("text true")
    }))
})

it.scopedLive("sends what is in shared memory, and receives what fits Blob and crypto", () =>
  Effect.gen(function*() {
    const sizes = [10, 100, 100_000]
    const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1", grace: "50 millis" })
    yield* Effect.forkScoped(server.serve((connection) =>
      Effect.gen(function*() {
        for (const size of sizes) yield* connection.send(new Uint8Array(new SharedArrayBuffer(size)).fill(7))
        yield* connection.run((message) =>
          typeof message === "string" ? undefined : Effect.flatMap(
            Effect.promise(async () => [
              (await new Blob([message]).arrayBuffer()).byteLength,
              (await webcrypto.subtle.digest("SHA-256", message)).byteLength
            ]),
            (both) => connection.send(both.join())
          )
        )
      })
    ))
    const port = server.address._tag === "Tcp" ? server.address.port : 0
    for (const perMessageDeflate of [true, false]) {
      const client = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate })
      const received: Array<Buffer> = []
      client.on("message", (octets: Buffer) => received.push(octets))
      client.on("open", () => client.send(new Uint8Array(300)))
      yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => received.length === sizes.length + 1 })
      expect(received.slice(0, -1)).toEqual(sizes.map((size) => Buffer.alloc(size, 7)))
      expect(String(received.at(-1))).toBe("300,32")
      client.terminate()
    }
  }))

describe("attached to a server", () => {
  /** A server of the user's, which tells the route that was taken. */
  const routes = (tls?: { readonly key: string; readonly cert: string }) =>
    Effect.acquireRelease(
      Effect.promise(async () => {
        const route: Http.RequestListener = (request, response) => {
          let body = ""
          request.on("data", (chunk) => body += String(chunk))
          request.on("end", () => {
            const { connection, upgrade } = request.headers
            response.end(JSON.stringify({ method: request.method, url: request.url, body, connection, upgrade }))
          })
        }
        const server = tls === undefined ? Http.createServer(route) : Https.createServer(tls, route)
        server.listen(0, "127.0.0.1")
        await once(server, "listening")
        return server
      }),
      (server) =>
        Effect.promise(async () => {
          const closed = once(server, "close")
          server.close()
          server.closeAllConnections()
          await closed
        })
    )

  const at = (server: Http.Server) => ({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" })

  it.scopedLive("serves its paths beside the routes, each attachment its own; others get 404", () =>
    Effect.gen(function*() {
      const http = yield* routes()
      for (const [name, paths] of [["a", ["/a", "/aa"]], ["b", (path: string) => path.startsWith("/b/")]] as const) {
        const server = yield* NodeWebSocketServer.attach(http, { paths, grace: "50 millis" })
        expect(server.address).toEqual({ _tag: "Tcp", ...at(http) })
        yield* Effect.forkScoped(server.serve((connection) => connection.send(name)))
      }
      for (const [target, name] of [["/a", "a"], ["/aa?x", "a"], ["http://a.example/a", "a"], ["/b/c", "b"]]) {
        const client = yield* connect(at(http), request({}, `GET ${target} HTTP/1.1`))
        expect(yield* statusOf(client)).toBe(101)
        expect(yield* client.frame).toBe(`text ${name}`)
      }
      const client = yield* connect(at(http), request({}, "GET /c HTTP/1.1"))
      expect(yield* statusOf(client)).toBe(404)
      yield* client.rest
      const route = yield* Effect.promise(async () => (await fetch(`http://127.0.0.1:${at(http).port}/a`)).json())
      expect(route).toMatchObject({ method: "GET", url: "/a" })
    }))

  it.scopedLive("leaves other paths to other upgrade listeners", () =>
    Effect.gen(function*() {
      const http = yield* routes()
      const server = yield* NodeWebSocketServer.attach(http, { paths: ["/ours"], grace: "50 millis" })
      const ws = new WsServer({ noServer: true })
      ws.on("connection", (socket) => socket.send("ws"))
      http.on("upgrade", (request: Http.IncomingMessage, socket: Socket, head: Buffer) => {
        if (request.url === "/ws") ws.handleUpgrade(request, socket, head, (client) => ws.emit("connection", client))
      })
      yield* Effect.forkScoped(server.serve((connection) => connection.send("ours")))
      for (const name of ["ws", "ours"]) {
        const client = yield* connect(at(http), request({}, `GET /${name} HTTP/1.1`))
        expect(yield* statusOf(client)).toBe(101)
        expect(yield* client.frame).toBe(`text ${name}`)
      }
    }))

  // Node asks from 24.9 on; what it would be told can be seen on any.
  it.scopedLive("leaves the server's own rule of what to upgrade in force, for other listeners", () =>
    Effect.gen(function*() {
      const http: Http.Server & { shouldUpgradeCallback?: (request: object) => boolean } = yield* routes()
      const own = (request: object): boolean => "url" in request && request.url === "/theirs"
      http.shouldUpgradeCallback = own
      yield* Effect.scoped(Effect.gen(function*() {
        yield* NodeWebSocketServer.attach(http, { paths: ["/ours"], grace: "50 millis" })
        const asks = (url: string, upgrade: string) =>
          http.shouldUpgradeCallback?.({ url, rawHeaders: ["Connection", "Upgrade", "Upgrade", upgrade] })
        expect([asks("/ours", "websocket"), asks("/theirs", "h2c"), asks("/else", "h2c")]).toEqual([true, false, false])
        http.on("upgrade", () => {})
        expect([asks("/ours", "websocket"), asks("/theirs", "h2c"), asks("/else", "h2c")]).toEqual([true, true, false])
      }))
      expect(http.shouldUpgradeCallback).toBe(own)
    }))

  for (const kind of ["http", "https"]) {
    it.scopedLive(`${kind}: requests for other protocols stay with the routes, with their bodies`, () =>
      Effect.gen(function*() {
        const tls = kind === "https" ? selfSigned() : undefined
        const http = yield* routes(tls)
        yield* NodeWebSocketServer.attach(http)
        const client = yield* connect(
          tls === undefined ? at(http) : { ...at(http), tls: true, ca: tls.cert, servername: "localhost" },
          "POST /route HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\n" +
            "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\nContent-Length: 6\r\n\r\nabc"
        )
        yield* Effect.sleep("10 millis")
        client.write("def")
        expect(yield* statusOf(client)).toBe(200)
        // Without the wish to upgrade, where Node had to be asked for that in words (before 24.9).
        expect(JSON.parse(yield* client.rest)).toMatchObject({
          method: "POST",
          url: "/route",
          body: "abcdef",
          connection: expect.stringMatching(/close$/)
        })
      }))
  }

  it.scopedLive("takes what comes over HTTP/1.1 to a server of HTTP/2, TLS and all", () =>
    Effect.gen(function*() {
      const { cert, key } = selfSigned()
      const http = Http2.createSecureServer(
        { allowHTTP1: true, cert, key },
        (request, response) => response.end(`HTTP/${request.httpVersion}`)
      )
      yield* Effect.acquireRelease(
        Effect.promise(() => new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve))),
        () => Effect.sync(() => http.close())
      )
      const server = yield* NodeWebSocketServer.attach(http, { grace: "50 millis" })
      const { port } = http.address() as AddressInfo
      expect(server.address).toEqual({ _tag: "Tcp", host: "127.0.0.1", port })
      yield* Effect.forkScoped(server.serve((connection) => Stream.run(connection.messages, connection.sink)))
      const to = { tls: true, host: "127.0.0.1", port, ca: cert } as const
      const client = yield* connect({ ...to, ALPNProtocols: ["http/1.1"] }, request())
      expect((yield* client.response).status).toBe(101)
      client.write(frame(Frame.opcode.text, "hi"))
      expect(yield* client.frame).toBe("text hi")
      client.end()
      const session = Http2.connect(`https://127.0.0.1:${port}`, { ca: cert })
      const body = yield* Effect.promise(async () => {
        let text = ""
        for await (const chunk of session.request({ ":path": "/" })) text += String(chunk)
        session.close()
        return text
      })
      expect(body).toBe("HTTP/2.0")
    }))

  it.scopedLive("detaches with its scope: connections are closed, and the server goes on", () =>
    Effect.gen(function*() {
      const http = yield* routes()
      const client = yield* Effect.scoped(Effect.gen(function*() {
        const server = yield* NodeWebSocketServer.attach(http, { grace: "50 millis" })
        yield* Effect.forkScoped(server.serve((connection) => connection.run(() => {})))
        const client = yield* Effect.promise(async () => {
          const client = new WebSocket(`ws://127.0.0.1:${at(http).port}/`)
          await once(client, "open")
          return client
        })
        return client
      }))
      const [code] = yield* Effect.promise(async () =>
        client.readyState === client.CLOSED ? [1001] : once(client, "close")
      )
      expect(code).toBe(1001)
      expect(http.listenerCount("upgrade")).toBe(0)
      expect((yield* Effect.promise(() => fetch(`http://127.0.0.1:${at(http).port}/`))).status).toBe(200)
    }))

  it.scopedLive("a server that does not listen has no address", () =>
    Effect.gen(function*() {
      const server = yield* NodeWebSocketServer.attach(Http.createServer())
      expect(server.address).toEqual({ _tag: "None" })
    }))
})

describe("with `ws` as the client", () => {
  const open = (server: Server, options: object = {}) =>
    Effect.promise(async () => {
      const client = new WebSocket(`ws://127.0.0.1:${portOf(server)}/`, options)
      await once(client, "open")
      return client
    })

  for (
    const [name, handle] of [
      [
        "serve",
        (server: Server) =>
          server.serve((connection) => Effect.ignore(Stream.run(connection.messages, connection.sink)))
      ],
      [
        "serveMessages",
        (server: Server) =>
          server.serveMessages((connection, message) =>
            connection.trySend(message) === "full" ? Effect.ignore(connection.send(message)) : undefined
          )
      ]
    ] as const
  ) {
    it.scopedLive(`${name}: messages of all sizes come back, in order`, () =>
      Effect.gen(function*() {
        const server = yield* serve()
        yield* Effect.forkScoped(handle(server))
        const client = yield* open(server, { perMessageDeflate: false })
        const sizes = [0, 1, 125, 126, 65_535, 65_536, 1_000_000, 3]
        const sent = sizes.flatMap((size) => ["x".repeat(size), Buffer.alloc(size, 7)])
        const received: Array<string | Buffer> = []
        const all = new Promise<void>((resolve) =>
          client.on("message", (data: Buffer, isBinary) => {
            received.push(isBinary ? data : data.toString())
            if (received.length === sent.length) resolve()
          })
        )
        for (const message of sent) client.send(message)
        yield* Effect.promise(() => all)
        expect(received.map((message) => message.length)).toEqual(sent.map((message) => message.length))
        received.forEach((message, i) => expect(Buffer.from(message).equals(Buffer.from(sent[i] ?? ""))).toBe(true))
        client.close(4000, "done")
        const [code, reason] = yield* Effect.promise(() => once(client, "close"))
        expect([code, String(reason)]).toEqual([4000, ""])
      }))
  }

  it.scopedLive("keepalive: a client that does not answer is failed with 1011", () =>
    Effect.gen(function*() {
      const server = yield* echo({ limits: { keepaliveInterval: 30, keepaliveTimeout: 30 } })
      const mute = yield* connect(to(server), request())
      yield* mute.response
      expect(yield* mute.frame).toMatch(/^9 /)
      expect(yield* mute.frame).toBe("close 1011")
      const honest = yield* open(server)
      yield* Effect.sleep("150 millis")
      expect(honest.readyState).toBe(honest.OPEN)
    }))

  it.scopedLive("messages beyond the limit: 1009", () =>
    quietly(Effect.gen(function*() {
      const server = yield* echo({ limits: { maxMessageSize: 1000 } })
      const client = yield* open(server)
      client.send("x".repeat(1001))
      const [code] = yield* Effect.promise(() => once(client, "close"))
      expect(code).toBe(1009)
    })))
})
