import { describe, expect, it } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import { GoAway, SessionLost, StreamReset } from "@effect-ws/platform/Http2Error"
import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { once } from "node:events"
import type { ClientHttp2Stream } from "node:http2"
import * as Net from "node:net"
import {
  ask,
  bodyOf,
  client,
  connectFields,
  echo,
  portOf,
  serve,
  type ServerOptions,
  session,
  tls,
  urlOf
} from "./http2.js"
import { close, frame } from "./rawClient.js"
import * as raw from "./rawHttp2.js"

const text = (payload: string) => frame(Frame.opcode.text, payload)

const dataOf = (stream: ClientHttp2Stream) =>
  Effect.promise(async () => {
    const [chunk]: Array<Buffer> = await once(stream, "data")
    return chunk?.toString("latin1") ?? ""
  })

/** A server whose handler waits, and how its next connection ends. */
const ending = (options?: ServerOptions) =>
  Effect.gen(function*() {
    const server = yield* serve(options)
    const outcome = yield* Deferred.make<CloseOutcome>()
    yield* Effect.forkScoped(server.serve((connection) =>
      Effect.zipRight(
        Effect.exit(connection.run(() => {})),
        Effect.flatMap(connection.outcome, (ended) => Deferred.succeed(outcome, ended))
      )
    ))
    return { server, outcome: Deferred.await(outcome) }
  })

describe("8441 a server over HTTP/2", () => {
  it.scopedLive("several connections share a session, and end each by itself", () =>
    Effect.gen(function*() {
      const server = yield* echo()
      const http2 = yield* session(server)
      const [a, b] = yield* Effect.all([ask(http2), ask(http2)])
      expect([a.status, b.status]).toEqual([200, 200])
      expect(Object.keys(a.headers)).toEqual([":status", "date"])
      a.stream.write(text("a"))
      b.stream.write(text("b"))
      expect(yield* dataOf(a.stream)).toBe("\x81\x01a")
      expect(yield* dataOf(b.stream)).toBe("\x81\x01b")
      a.stream.write(close(1000))
      expect(yield* bodyOf(a.stream)).toBe("\x88\x02\x03\xe8")
      b.stream.write(text("c"))
      expect(yield* dataOf(b.stream)).toBe("\x81\x01c")
    }))

  it.scopedLive("and HTTP/1.1 is served on the same port", () =>
    Effect.gen(function*() {
      const server = yield* echo()
      for (const http2 of ["never", "require"] as const) {
        const { connect } = yield* client({ http2 })
        const connection = yield* connect(urlOf(server))
        yield* connection.send(http2)
        expect(yield* connection.receive).toBe(http2)
        expect(yield* connection.close()).toMatchObject({ _tag: "Clean" })
      }
    }))

  it.scopedLive("h2c and HTTP/1.1, told by their first octets, however these come", () =>
    Effect.gen(function*() {
      const server = yield* echo({ tls: undefined })
      for (const http2 of ["never", "require"] as const) {
        const { connect } = yield* client({ http2 })
        const connection = yield* connect(urlOf(server))
        yield* connection.send(http2)
        expect(yield* connection.receive).toBe(http2)
      }
      const socket = Net.connect(portOf(server), "127.0.0.1")
      yield* Effect.addFinalizer(() => Effect.sync(() => socket.destroy()))
      const answer = once(socket, "data")
      for (const part of ["P", "R", "I * HTTP/1.1\r\n", "Host: a\r\n\r\n"]) {
        socket.write(part)
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      }
      expect(String((yield* Effect.promise(() => answer))[0])).toMatch(/^HTTP\/1.1 (400|405) /)
    }))

  it.scopedLive("accept sees the request as over HTTP/1.1", () =>
    Effect.gen(function*() {
      const server = yield* serve()
      const seen = yield* Deferred.make<WebSocketServer.UpgradeRequest>()
      yield* Effect.forkScoped(server.serve({
        accept: (request) =>
          Effect.as(Deferred.succeed(seen, request), {
            value: undefined,
            subprotocol: "chat",
            headers: { "X-Answer": "a", "Set-Cookie": "b=c" }
          }),
        handler: (connection) => connection.run(() => {})
      }))
      const http2 = yield* session(server)
      const fields = connectFields({
        ":path": "/a%20b?c=d",
        ":authority": "a.example:8443",
        origin: "https://a.example:8443",
        "sec-websocket-protocol": "other, chat",
        "sec-websocket-extensions": "permessage-deflate",
        cookie: "e=f"
      })
      const { headers, status } = yield* ask(http2, fields)
      expect({ status, ...headers }).toMatchObject({
        status: 200,
        "sec-websocket-protocol": "chat",
        "sec-websocket-extensions": "permessage-deflate",
        "x-answer": "a",
        "set-cookie": ["b=c"]
      })
      const request = yield* Deferred.await(seen)
      expect([request.path, request.query.get("c"), request.host]).toEqual(["/a%20b", "d", "a.example:8443"])
      expect([request.subprotocols, request.secure]).toEqual([["other", "chat"], true])
      expect(request.headers).toMatchObject({ cookie: "e=f", "sec-websocket-version": "13" })
      expect(Object.keys(request.headers).filter((name) => name.startsWith(":"))).toEqual([])
      expect(Option.getOrThrow(request.origin)).toBe("https://a.example:8443")
      expect(Option.getOrThrow(request.remoteAddress)).toBe("127.0.0.1")
      expect(Option.isSome(request.remotePort)).toBe(true)
      expect(Option.isNone(request.certificate)).toBe(true)
    }))

  it.scopedLive("frames that come before the answer are kept", () =>
    Effect.gen(function*() {
      const server = yield* serve()
      const decide = yield* Deferred.make<void>()
      yield* Effect.forkScoped(server.serve({
        accept: () => Effect.as(Deferred.await(decide), { value: undefined }),
        handler: (connection) => connection.run((message) => connection.send(message))
      }))
      const http2 = yield* session(server)
      const stream = http2.request(connectFields(), { endStream: false })
      stream.write(Buffer.concat([text("early"), text("also")]))
      yield* Deferred.succeed(decide, undefined)
      yield* Effect.promise(() => once(stream, "response"))
      let all = ""
      while (all.length < 13) all += yield* dataOf(stream)
      expect(all).toBe("\x81\x05early\x81\x04also")
    }))
})

describe("8441 §4, §5 refusals", () => {
  const refusals: ReadonlyArray<
    readonly [what: string, changes: Record<string, string | undefined>, status: number, rule: string]
  > = [
    ["another version", { "sec-websocket-version": "8" }, 400, "VersionNotSupported"],
    ["another origin", { origin: "https://evil.example" }, 403, "OriginNotAllowed"],
    ["another protocol", { ":protocol": "connect-udp" }, 501, "ProtocolUnknown"],
    ["a wrong subprotocol", { "sec-websocket-protocol": "a b" }, 400, "SubprotocolsMalformed"],
    ["a long path", { ":path": `/${"a".repeat(9000)}` }, 414, "TargetTooLong"],
    ["a large head", { x: "a".repeat(17000) }, 431, "HeadTooLarge"],
    [
      "too many fields",
      Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`x-${i}`, "a"])),
      431,
      "TooManyHeaders"
    ],
    ["an ordinary request", { ":method": "GET", ":protocol": undefined }, 405, "MethodNotConnect"]
  ]

  it.scopedLive("end their stream with a complete answer, and no other", () =>
    Effect.gen(function*() {
      const server = yield* echo()
      const http2 = yield* session(server)
      const other = yield* ask(http2)
      for (const [what, changes, status, rule] of refusals) {
        const refused = yield* ask(http2, connectFields(changes))
        expect([what, refused.status]).toEqual([what, status])
        expect(yield* bodyOf(refused.stream)).toContain(`(${rule}, RFC `)
      }
      expect((yield* ask(http2, connectFields(), true)).status).toBe(400)
      other.stream.write(text("still here"))
      expect(yield* dataOf(other.stream)).toBe("\x81\x0astill here")
    }))

  it.scopedLive("by accept, with its headers and its body; one that must not be written is a 500", () =>
    Effect.gen(function*() {
      const server = yield* serve()
      yield* Effect.forkScoped(server.serve({
        accept: ({ path }) =>
          Effect.fail(
            path === "/right"
              ? new WebSocketServer.Refusal({ status: 401, headers: { "WWW-Authenticate": "Bearer" }, body: "sign in" })
              : new WebSocketServer.Refusal({ status: 400, headers: [["content-type", "a"], ["content-type", "b"]] })
          ),
        handler: () => Effect.void
      }))
      const http2 = yield* session(server)
      const right = yield* ask(http2, connectFields({ ":path": "/right" }))
      expect(right).toMatchObject({ status: 401, headers: { "www-authenticate": "Bearer", "content-length": "7" } })
      expect(yield* bodyOf(right.stream)).toBe("sign in")
      expect((yield* ask(http2, connectFields({ ":path": "/wrong" }))).status).toBe(500)
    }))

  it.scopedLive("beyond maxConnections, and beyond the streams of a session", () =>
    Effect.gen(function*() {
      const server = yield* echo({ maxConnections: 1, http2: { maxStreams: 2 } })
      const http2 = yield* session(server)
      expect(http2.remoteSettings.maxConcurrentStreams).toBe(2)
      expect((yield* ask(http2)).status).toBe(200)
      expect((yield* ask(http2)).status).toBe(503)
    }))

  it.scopedLive("tell of health", () =>
    Effect.gen(function*() {
      const server = yield* serve({ health: "/healthz" })
      const http2 = yield* session(server)
      const health = (method: string) => ask(http2, { ":method": method, ":path": "/healthz?a" }, true)
      expect((yield* health("GET")).status).toBe(503)
      yield* Effect.forkScoped(server.serve(() => Effect.void))
      const answer = yield* health("GET")
      expect(answer).toMatchObject({ status: 200, headers: { "cache-control": "no-store" } })
      expect(yield* bodyOf(answer.stream)).toBe("200 OK: serving\n")
      const head = yield* health("HEAD")
      expect([head.status, yield* bodyOf(head.stream)]).toEqual([200, ""])
    }))
})

describe("8441 §5, 9113 §6 the end of a stream", () => {
  it.scopedLive("END_STREAM is the end of the peer's side", () =>
    Effect.gen(function*() {
      const { outcome, server } = yield* ending()
      const { stream } = yield* ask(yield* session(server))
      stream.end()
      expect(yield* outcome).toMatchObject({ _tag: "Dropped", cause: { _tag: "Eof" } })
    }))

  for (const [code, codeName] of [[8, "CANCEL"], [2, "INTERNAL_ERROR"], [0xbad, "2989"]] as const) {
    it.scopedLive(`RST_STREAM with ${codeName} is a reset, and says so`, () =>
      Effect.gen(function*() {
        const { outcome, server } = yield* ending({ tls: undefined })
        const peer = yield* raw.connect(portOf(server))
        peer.write(raw.open(1))
        yield* peer.find(raw.isAnswer(1))
        peer.write(raw.reset(1, code))
        const ended = yield* outcome
        if (ended._tag !== "Dropped" || ended.cause._tag !== "Reset") return expect.fail(ended._tag)
        expect(ended.cause.error).toEqual(new StreamReset({ code }))
        expect(String(ended.cause.error)).toContain(codeName)
      }))
  }

  it.scopedLive("a session that is lost is named as such", () =>
    Effect.gen(function*() {
      const { outcome, server } = yield* ending({ tls: undefined })
      const peer = yield* raw.connect(portOf(server))
      peer.write(raw.open(1))
      yield* peer.find(raw.isAnswer(1))
      peer.socket.destroy()
      const ended = yield* outcome
      if (ended._tag !== "Dropped" || ended.cause._tag !== "Reset") return expect.fail(ended._tag)
      expect(ended.cause.error).toBeInstanceOf(SessionLost)
    }))

  it.scopedLive("and so is GOAWAY with an error, with what the peer says of it", () =>
    Effect.gen(function*() {
      const { outcome, server } = yield* ending()
      const http2 = yield* session(server)
      yield* ask(http2)
      http2.goaway(2, 0, Buffer.from("x".repeat(5000)))
      const ended = yield* outcome
      if (ended._tag !== "Dropped" || ended.cause._tag !== "Reset") return expect.fail(ended._tag)
      const { error } = ended.cause
      if (!(error instanceof GoAway)) return expect.fail(String(error))
      expect([error.code, error.codeName]).toEqual([2, "INTERNAL_ERROR"])
      expect(error.detail.length).toBeLessThan(250)
    }))

  it.scopedLive("what we cut is RST_STREAM with CANCEL, and no END_STREAM before it", () =>
    Effect.gen(function*() {
      const server = yield* serve({ tls: undefined })
      yield* Effect.forkScoped(
        server.serve((connection) => Effect.zipRight(connection.receive, connection.abort("enough")))
      )
      const peer = yield* raw.connect(portOf(server))
      peer.write(raw.open(1), raw.frame(raw.type.data, 0, 1, text("go")))
      const reset = yield* peer.find(({ type }) => type === raw.type.reset)
      expect(reset?.payload.readUInt32BE(0)).toBe(8)
      expect(peer.frames.filter(({ flags, type }) => type === raw.type.data && flags === 1)).toEqual([])
      peer.write(raw.open(3))
      expect(yield* peer.find(raw.isAnswer(3))).toBeDefined()
    }))
})

describe("9113 §5.2 flow control", () => {
  it.scopedLive("a peer that does not read holds its stream, and no other", () =>
    Effect.gen(function*() {
      const server = yield* serve({ limits: { outboxSize: 100_000, keepaliveInterval: 0 } })
      let sent = 0
      yield* Effect.forkScoped(server.serve((connection) =>
        connection.run((message) =>
          message === "pour"
            ? Effect.forever(Effect.zipRight(connection.send("x".repeat(10_000)), Effect.sync(() => sent++)))
            : connection.send(message)
        )
      ))
      const http2 = yield* session(server)
      const slow = yield* ask(http2)
      slow.stream.pause()
      slow.stream.write(text("pour"))
      const quick = yield* ask(http2)
      for (let i = 0; i < 20; i++) {
        quick.stream.write(text("quick"))
        expect(yield* dataOf(quick.stream)).toBe("\x81\x05quick")
      }
      // its window, what it buffers, ours, and the outbox: and not one message more
      expect(sent).toBeLessThan(100)
    }))

  it.scopedLive("a handler that does not read holds its client", () =>
    Effect.gen(function*() {
      const server = yield* serve({ limits: { inboxSize: 100_000 } })
      yield* Effect.forkScoped(server.serve(() => Effect.never))
      const http2 = yield* session(server)
      const { stream } = yield* ask(http2)
      const message = Buffer.concat(new Array<Uint8Array>(20).fill(text("x".repeat(100))))
      for (let i = 0; i < 1000; i++) stream.write(message)
      // A ping goes there and back behind all that could be sent: what is left then is what the window kept back.
      yield* Effect.async<void>((resume) => void http2.ping(() => resume(Effect.void)))
      expect(stream.writableLength).toBeGreaterThan(1_000_000)
      const other = yield* ask(http2)
      expect(other.status).toBe(200)
    }))
})

describe("behind a proxy that is believed", () => {
  it.scopedLive("a refusal is logged with the client's address, as over HTTP/1.1", () => {
    const logged: Array<unknown> = []
    const logger = Logger.make(({ annotations }) => void logged.push(Object.fromEntries(annotations)["remoteAddress"]))
    return Effect.gen(function*() {
      const server = yield* echo({ trustProxy: { from: ["127.0.0.1"], headers: ["x-forwarded-for"] } })
      const http2 = yield* session(server)
      const fields = { "x-forwarded-for": "192.0.2.7", "sec-websocket-version": "12" }
      expect((yield* ask(http2, connectFields(fields))).status).toBe(400)
      expect(logged).toEqual(["192.0.2.7"])
    }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
  })
})

describe("shutting down", () => {
  it.scopedLive("Close 1001 on each stream, then GOAWAY, then the end", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const server = yield* Scope.extend(echo(), scope)
      const http2 = yield* session(server)
      const streams = yield* Effect.all([ask(http2), ask(http2)])
      const events: Array<string> = []
      http2.on("goaway", (code) => void events.push(`goaway ${code}`))
      const closed = Effect.promise(() => once(http2, "close"))
      for (const [i, { stream }] of streams.entries()) {
        stream.on("data", (chunk: Buffer) => {
          events.push(`${i} ${chunk.toString("hex")}`)
          stream.end(close(1001))
        })
      }
      yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* closed
      expect(events).toEqual(["0 880203e9", "1 880203e9", "goaway 0"])
    }))

  it.scopedLive("a session without a stream is closed after a while", () =>
    Effect.gen(function*() {
      const server = yield* echo({ http2: { idleTimeout: "50 millis" } })
      const http2 = yield* session(server)
      const goaway = once(http2, "goaway")
      yield* Effect.promise(() => once(http2, "close"))
      expect((yield* Effect.promise(() => goaway))[0]).toBe(0)
    }))
})

describe("options", () => {
  for (const http2 of ["yes", 1, null, { maxStreams: 0 }, { maxStreams: NaN }, { idleTimeout: "soon" }]) {
    it.scopedLive(`http2: ${JSON.stringify(http2)} is refused`, () =>
      Effect.gen(function*() {
        const made = yield* Effect.flip(NodeWebSocketServer.make({ port: 0, http2 } as never))
        expect(made).toMatchObject({ _tag: "InvalidOption" })
      }))
  }

  it.scopedLive("http2 of a client, too", () =>
    Effect.gen(function*() {
      const made = yield* Effect.exit(NodeWebSocketClient.make({ http2: true } as never))
      const defect = Exit.isFailure(made) ? Cause.squash(made.cause) : undefined
      expect(defect).toMatchObject({ option: "http2", expected: expect.stringContaining("\"never\"") })
    }))

  it.scopedLive("a server that is not told so speaks HTTP/1.1 alone", () =>
    Effect.gen(function*() {
      const server = yield* echo({ http2: false, tls })
      const { connect } = yield* client()
      expect(yield* Effect.flip(connect(urlOf(server)))).toMatchObject({ _tag: "HandshakeError" })
    }))
})
