/** Options that are wrong are refused when a client or a server is made: by name, with value and range, and nothing is opened. */
import { HttpServer, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import { shown } from "@effect-ws/codec/Options"
import type { Connection } from "@effect-ws/connection/Connection"
import { InvalidOption } from "@effect-ws/connection/InvalidOption"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import * as PlatformSocketServer from "@effect-ws/platform/PlatformSocketServer"
import { WebSocketServer } from "@effect-ws/platform/WebSocketServer"
import * as NodeDeflate from "@effect-ws/platform-node/NodeDeflate"
import * as NodeHttpServer from "@effect-ws/platform-node/NodeHttpServer"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketConstructor from "@effect-ws/platform-node/NodeWebSocketConstructor"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Http from "node:http"
import * as Zlib from "node:zlib"
import { quietly } from "./hostile/arena.js"
import { connect, request } from "./rawClient.js"
import { answering, switching } from "./rawServer.js"
import * as Sockets from "./sockets.js"

/** A value at a path: `limits.pongSize` of NaN is `{ limits: { pongSize: NaN } }`. */
const at = (path: string, value: unknown): any =>
  path.split(".").reverse().reduce<unknown>((inner, name) => ({ [name]: inner }), value)

/** What is wrong wherever a number is due. */
const noNumbers = [NaN, -5, 0.5, -Infinity, "8", "", null, true, [], {}, 5n]
const noDurations = [NaN, -1, -5n, "soon", "-1 second", "25 days", 2 ** 31, null, true, {}, []]
const noBits = [99, 7, 16, ...noNumbers]
const noWords = ["yes", "", true, null, 5]
const noTexts = [5, "", null, true, []]

type Cases = Readonly<Record<string, ReadonlyArray<unknown>>>

const limits: Cases = Object.fromEntries([
  "maxMessageSize",
  "inboxSize",
  "outboxSize",
  "outboxResume",
  "pongSize",
  "closeTimeout",
  "dropTimeout",
  "settleTimeout",
  "keepaliveInterval",
  "keepaliveTimeout"
].map((name) => [`limits.${name}`, [...noNumbers, Infinity]]))

const deflate: Cases = {
  "threshold": noNumbers,
  "level": [42, -2, ...noNumbers.filter((value) => value !== -5)],
  "memLevel": [0, 10, ...noNumbers],
  "strategy": [5, ...noNumbers],
  "windowBits": noBits,
  "prepared": noWords,
  "deflateLaterFrom": noNumbers,
  "inflateLaterFrom": noNumbers,
  "serverMaxWindowBits": noBits,
  "clientMaxWindowBits": noBits,
  "serverNoContextTakeover": noWords,
  "clientNoContextTakeover": noWords
}

const noFunctions: ReadonlyArray<unknown> = [null, "x", 5, {}, true]

const compression: Cases = Object.fromEntries(
  Object.entries(deflate).map(([name, values]) => [`compression.${name}`, values])
)

const shared: Cases = {
  ...limits,
  ...compression,
  "limits": [null, 5, "x", []],
  "compression": [null, 5, "x", true, []],
  "head": [null, 5],
  "head.octets": [0, Infinity, ...noNumbers],
  "head.headerLines": [0, 65_536, Infinity, ...noNumbers],
  "openTimeout": [0, "infinity", Infinity, ...noDurations]
}

const server: Cases = {
  ...shared,
  "head.target": [0, Infinity, ...noNumbers],
  "grace": noDurations,
  "maxConnections": noNumbers,
  "closeOnShutdown": [1000, 1002, 1006, 4000, ...noNumbers],
  "compression.serverWindowRequests": noWords,
  "compression.unboundedClients": noWords,
  "origins": ["https://a.example", null, 5, {}],
  "allowedHosts": ["localhost", null, 5],
  "trustProxy": [true, "127.0.0.1", null]
}

const attached: Cases = { ...server, "paths": ["/chat", ["chat"], ["/chat?x"], [5], null, 5] }

const port: Cases = {
  ...server,
  "port": [-1, 65_536, NaN, 80.5, Infinity, "8080", null],
  "backlog": [0, Infinity, ...noNumbers],
  "host": noTexts,
  "reusePort": ["true", "", 1, null, {}],
  "tls": [true, "x", null],
  "tls.ALPNCallback": noFunctions,
  "tls.SNICallback": noFunctions,
  "tls.pskCallback": noFunctions,
  "tls.handshakeTimeout": [0, 2 ** 31, ...noNumbers],
  "tls.sessionTimeout": [0, ...noNumbers]
}

const client: Cases = {
  ...shared,
  "compression.unboundedServers": noWords,
  "linger": noDurations,
  "redirects": [101, Infinity, ...noNumbers],
  "refusalBodySize": [Infinity, ...noNumbers],
  "socketPath": noTexts,
  "proxy": [null, "http://proxy.example", 5, []],
  "tcp.lookup": noFunctions,
  "tcp.localPort": [65_536, ...noNumbers],
  "tcp.family": [5, ...noNumbers],
  "tcp.hints": noNumbers,
  "tcp.autoSelectFamilyAttemptTimeout": [0, 2 ** 31, ...noNumbers],
  "tls.checkServerIdentity": noFunctions,
  "proxy.tls.checkServerIdentity": noFunctions,
  "tls.minDHSize": [0, ...noNumbers],
  "tls.rejectUnauthorized": ["false", 0, null]
}

const connecting: Cases = {
  ...limits,
  "incoming": ["stream", true, null],
  "subprotocols": ["chat", null, 5],
  "withoutSubprotocol": noWords,
  "authorization": ["Bearer secret", null, 5, {}],
  "openTimeout": [0, "infinity", ...noDurations],
  "linger": noDurations
}

const sockets: Cases = { handlerBudget: noNumbers }

/** What an Effect fails with or dies of. */
const errorOf = <A, E>(make: Effect.Effect<A, E, Scope.Scope>): Effect.Effect<unknown> =>
  Effect.map(Effect.exit(Effect.scoped(make)), (exit) =>
    Exit.isSuccess(exit)
      ? "it was believed"
      : Option.getOrElse(Cause.failureOption(exit.cause), () => Cause.squash(exit.cause)))

const thrown = (make: () => unknown): unknown => {
  try {
    make()
    return "it was believed"
  } catch (error) {
    return error
  }
}

const refuses = (cases: Cases, errorOf: (path: string, value: unknown) => Effect.Effect<unknown>) =>
  Effect.gen(function*() {
    for (const [path, values] of Object.entries(cases)) {
      for (const value of values) {
        const error = yield* errorOf(path, value)
        expect(error, `${path}: ${shown(value)}`).toBeInstanceOf(InvalidOption)
        expect((error as InvalidOption).option.startsWith(path)).toBe(true)
        expect((error as InvalidOption).message).toContain(path)
        expect((error as InvalidOption).message.length).toBeLessThan(600)
      }
    }
  })

describe("options that cannot be", () => {
  it.effect("of a server on a port: it fails, and listens nowhere", () =>
    refuses(port, (path, value) => errorOf(NodeWebSocketServer.make({ port: 0, ...at(path, value) }))))

  it.effect("a port is missed, and so is a path that is none", () =>
    Effect.gen(function*() {
      const options: any = {}
      expect(yield* errorOf(NodeWebSocketServer.make(options))).toMatchObject({ option: "port", value: "not given" })
      for (const path of ["", null, 5, "\0x"]) {
        const options: any = { path }
        expect(yield* errorOf(NodeWebSocketServer.make(options))).toMatchObject({ option: "path" })
      }
    }))

  it.effect("of an attached server: it dies, and takes no request", () =>
    Effect.suspend(() => {
      const http = Http.createServer()
      return Effect.zipRight(
        refuses(attached, (path, value) => errorOf(NodeWebSocketServer.attach(http, at(path, value)))),
        Effect.sync(() => expect(http.listenerCount("upgrade")).toBe(0))
      )
    }))

  it.effect("of an HttpServer: it fails, and listens nowhere", () =>
    Effect.gen(function*() {
      const make = (listen: any, options: any) => errorOf(NodeHttpServer.make(Http.createServer, listen, options))
      yield* refuses({ ...attached, ...sockets }, (path, value) => make({ port: 0 }, at(path, value)))
      yield* refuses(
        { port: [-1, 65_536, NaN, "8080"], backlog: [0, NaN, -1], reusePort: ["true", 1, null] },
        (path, value) => make({ port: 0, ...at(path, value) }, {})
      )
    }))

  it.effect("of a client: it dies", () =>
    refuses(client, (path, value) => errorOf(NodeWebSocketClient.make(at(path, value)))))

  it.effect("of one connection: a HandshakeError, and nothing is dialed", () =>
    Effect.scoped(Effect.gen(function*() {
      const { connect } = yield* NodeWebSocketClient.make({ limits: { outboxSize: 4000 } })
      for (const [path, values] of Object.entries(connecting)) {
        for (const value of values) {
          const error = yield* Effect.flip(Effect.scoped(connect("ws://u:secret@a.invalid/", at(path, value))))
          expect(error.reason, `${path}: ${shown(value)}`).toMatchObject({ _tag: "InvalidOption" })
          expect(error.message).toContain(`ws://a.invalid/: the option ${path}`)
          expect(error.message).not.toContain("secret")
        }
      }
      // against the limits of the layer
      const error = yield* Effect.flip(Effect.scoped(connect("ws://a.invalid/", { limits: { outboxResume: 4001 } })))
      expect(error.message).toContain("limits.outboxResume is 4001, but must be at most limits.outboxSize, 4000.")
    })))

  it.effect("of sockets and of the WebSocket class: they die when they are made, not when they connect", () =>
    Effect.gen(function*() {
      const { incoming: _, subprotocols: _1, ...settings } = connecting
      const provided = Effect.provide(NodeWebSocketClient.layer())
      yield* refuses(
        { ...settings, ...sockets },
        (path, value) => errorOf(provided(PlatformSocket.make("ws://a.invalid/", at(path, value))))
      )
      yield* refuses(
        { ...settings, binaryType: ["text", null, 5] },
        (path, value) => errorOf(provided(NodeWebSocketConstructor.make(at(path, value))))
      )
      yield* refuses(settings, (path, value) => errorOf(provided(NodeWebSocketConstructor.makeClass(at(path, value)))))
      yield* refuses(
        sockets,
        (path, value) =>
          errorOf(Effect.provide(PlatformSocketServer.make(at(path, value)), NodeWebSocketServer.layer({ port: 0 })))
      )
    }))

  it.effect("of functions: they throw", () =>
    Effect.gen(function*() {
      const within = (path: string, value: unknown) => at(path.replace("compression.", ""), value)
      for (const make of [NodeDeflate.client, NodeDeflate.server]) {
        yield* refuses(compression, (path, value) => Effect.sync(() => thrown(() => make(within(path, value)))))
      }
    }))
})

describe("origins, hosts, proxies", () => {
  const errors = (options: any) => errorOf(NodeWebSocketServer.attach(Http.createServer(), options))

  it.effect("an origin that would never match tells the one to write", () =>
    Effect.gen(function*() {
      expect(yield* errors({ origins: ["https://a.example/"] })).toMatchObject({
        option: "origins[0]",
        value: "\"https://a.example/\"",
        advice: "Write \"https://a.example\"."
      })
      expect(yield* errors({ allowedHosts: ["localhost", "http://localhost"] })).toMatchObject({
        option: "allowedHosts[1]"
      })
      expect(yield* errors({ paths: ["/a", "b"] })).toMatchObject({ option: "paths[1]" })
    }))

  it.effect("a proxy has an address, headers that are known, and a number of hops", () =>
    Effect.gen(function*() {
      const from = ["127.0.0.1", "10.0.0.0/8", "fd00::/8", "::1"]
      expect(yield* errors({ trustProxy: { from, headers: ["x-forwarded-for"], hops: 2 } })).toBe("it was believed")
      for (const wrong of ["localhost", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "fd00::/129", "", "1.2.3", "a/8"]) {
        expect(yield* errors({ trustProxy: { from: [wrong], headers: [] } })).toMatchObject({
          option: "trustProxy.from[0]"
        })
      }
      for (const hops of [0, 101, ...noNumbers]) {
        expect(yield* errors({ trustProxy: { from, headers: [], hops } })).toMatchObject({ option: "trustProxy.hops" })
      }
      expect(yield* errors({ trustProxy: { headers: [] } })).toMatchObject({ option: "trustProxy.from" })
      expect(yield* errors({ trustProxy: { from } })).toMatchObject({ option: "trustProxy.headers" })
      expect(yield* errors({ trustProxy: { from, headers: ["X-Real-IP"] } })).toMatchObject({
        option: "trustProxy.headers[0]"
      })
      expect(yield* errorOf(NodeWebSocketServer.make({ port: 0, proxyProtocol: { from: ["proxy"] } })))
        .toMatchObject({ option: "proxyProtocol.from[0]" })
    }))

  it.effect("what Node cannot use of TLS is a ServeError", () =>
    Effect.gen(function*() {
      const error = yield* errorOf(NodeWebSocketServer.make({ port: 0, tls: { key: "no key", cert: "none" } }))
      expect(error).toMatchObject({ _tag: "ServeError" })
    }))
})

describe("on the wire, a limit that is not given is the default", () => {
  const limit = 16 * 1024 * 1024
  const extension = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
  const deflated = (octets: Uint8Array): Uint8Array =>
    Zlib.deflateRawSync(octets, { finishFlush: Zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4)
  /** The header that is told, and of the payload only what is given. */
  const frame = (
    mask: number | undefined,
    length: number,
    payload: Uint8Array,
    fields: Partial<Frame.Header>
  ): Buffer =>
    Buffer.concat([
      Frame.encode({
        header: { ...Frame.header(Frame.opcode.text, length, { mask }), ...fields },
        payload: Uint8Array.of()
      }),
      payload
    ])

  type Attempt = readonly [name: string, octets: (mask: number | undefined) => Buffer, excess: object]
  const attempts: ReadonlyArray<Attempt> = [
    ["one frame", (mask) => frame(mask, limit + 1, Buffer.from("x"), {}), {
      _tag: "Declared",
      limit,
      length: limit + 1
    }],
    [
      "fragments",
      (mask) =>
        Buffer.concat([
          frame(mask, 1, Buffer.from("x"), { fin: false }),
          frame(mask, limit, Buffer.from("x"), { opcode: Frame.opcode.continuation })
        ]),
      { _tag: "Declared", limit, length: limit + 1 }
    ],
    [
      "compressed",
      (mask) => {
        const bomb = deflated(Buffer.alloc(limit + 1, "x"))
        return frame(mask, bomb.length, bomb, { rsv: Frame.rsv1 })
      },
      { _tag: "Inflated", limit }
    ]
  ]
  const small = (mask: number | undefined): Buffer => {
    const payload = deflated(Buffer.from("hello"))
    return frame(mask, payload.length, payload, { rsv: Frame.rsv1 })
  }
  const limits = { maxMessageSize: undefined, inboxSize: undefined }
  const compression = { serverNoContextTakeover: "prefer", clientNoContextTakeover: "prefer" } as const
  const seen = (outcomes: ReadonlyArray<unknown>, attempt: Attempt) =>
    expect(outcomes, attempt[0]).toMatchObject([{
      _tag: "Failed",
      failure: { rule: "MessageTooBig", excess: attempt[2] },
      local: { code: 1009 }
    }])
  /** A message that passes, and one that does not. */
  const attack = (port: number, [, octets]: Attempt) =>
    Effect.gen(function*() {
      const client = yield* connect({ port, host: "127.0.0.1" }, request({ "Sec-WebSocket-Extensions": extension }))
      expect((yield* client.response).status).toBe(101)
      client.write(small(0))
      expect(yield* client.frame).toBe("text hello!")
      client.write(octets(0))
      expect(yield* client.frame).toBe("close 1009")
      client.end()
      yield* client.gone
    })
  const portOf = (address: object): number => "port" in address ? Number(address.port) : 0

  type Serve = (
    opened: (connection: Connection) => void
  ) => Effect.Effect<number, unknown, Scope.Scope>
  const servers: Readonly<Record<string, Serve>> = {
    NodeWebSocketServer: (opened) =>
      Effect.gen(function*() {
        const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1", grace: 0, limits, compression })
        yield* Effect.forkScoped(server.serve((connection) => {
          opened(connection)
          return connection.run((message) => connection.send(`${message}!`))
        }))
        return portOf(server.address)
      }),
    "NodeWebSocketServer.attach": (opened) =>
      Effect.gen(function*() {
        const http = Http.createServer()
        yield* Effect.acquireRelease(
          Effect.promise(() => new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve))),
          () => Effect.sync(() => http.close())
        )
        const server = yield* NodeWebSocketServer.attach(http, { grace: 0, limits, compression })
        yield* Effect.forkScoped(server.serveMessages((connection, message) => {
          opened(connection)
          return connection.send(`${message}!`)
        }))
        return portOf(server.address)
      }),
    PlatformSocketServer: (opened) =>
      Effect.gen(function*() {
        const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1", grace: 0, limits, compression })
        const sockets = yield* Effect.provideService(
          PlatformSocketServer.make(Sockets.options),
          WebSocketServer,
          server
        )
        yield* Effect.forkScoped(sockets.run((socket) =>
          Effect.gen(function*() {
            const connection = Option.getOrThrow(PlatformSocket.connection(socket))
            opened(connection)
            yield* Sockets.answer(socket, (message) => `${message}!`)
          }).pipe(Effect.scoped, Effect.ignore)
        ))
        return portOf(server.address)
      }),
    NodeHttpServer: (opened) =>
      Effect.gen(function*() {
        const server = yield* NodeHttpServer.make(Http.createServer, { port: 0, host: "127.0.0.1" }, {
          grace: 0,
          limits,
          compression,
          ...Sockets.options
        })
        const route = Effect.gen(function*() {
          const request = yield* HttpServerRequest.HttpServerRequest
          const socket = yield* request.upgrade
          opened(Option.getOrThrow(PlatformSocket.connection(socket)))
          yield* Effect.ignore(Sockets.answer(socket, (message) => `${message}!`))
          return HttpServerResponse.empty()
        })
        yield* Effect.provideService(HttpServer.serveEffect(Effect.orDie(route)), HttpServer.HttpServer, server)
        return portOf(server.address)
      })
  }

  for (const [name, serve] of Object.entries(servers)) {
    it.scopedLive(`of a server: ${name}`, () =>
      quietly(Effect.gen(function*() {
        for (const attempt of attempts) {
          const connections = new Set<Connection>()
          const port = yield* serve((connection) => connections.add(connection))
          yield* attack(port, attempt)
          seen(yield* Effect.forEach(connections, (connection) => connection.outcome), attempt)
        }
      })))
  }

  it.scopedLive("of a client, and what the error says", () =>
    Effect.gen(function*() {
      for (const attempt of attempts) {
        const server = yield* answering((accept) => switching(accept, `Sec-WebSocket-Extensions: ${extension}`))
        const { connect } = yield* NodeWebSocketClient.make({ compression, linger: 0, limits })
        const connection = yield* connect(server.url, { limits })
        const [socket] = server.sockets
        socket?.write(Buffer.concat([small(undefined), attempt[1](undefined)]))
        expect(yield* connection.receive).toBe("hello")
        const error = yield* Effect.flip(connection.receive)
        expect(error.message).toMatch(/^the peer sent a message that is too big: .*maxMessageSize.* 16777216/)
        if ("length" in attempt[2]) expect(error.message).toContain("declares 16777217 bytes")
        socket?.end()
        seen([yield* connection.outcome], attempt)
      }
    }))
})

describe("options that can be", () => {
  it.effect("undefined is not given, wherever it stands", () =>
    Effect.gen(function*() {
      const undefinedOf = (cases: Cases): any => {
        const options: any = {}
        for (const path of Object.keys(cases).filter((path) => !path.startsWith("trustProxy") && !/\d/.test(path))) {
          const [first = "", second] = path.split(".")
          if (second === undefined) options[first] ??= undefined
          else options[first] = { ...options[first], [second]: undefined }
        }
        return options
      }
      const { tls: _, ...ofPort } = undefinedOf(port)
      expect(yield* errorOf(NodeWebSocketServer.make({ ...ofPort, port: 0 }))).toBe("it was believed")
      expect(yield* errorOf(NodeWebSocketServer.attach(Http.createServer(), undefinedOf(attached))))
        .toBe("it was believed")
      expect(yield* errorOf(NodeWebSocketClient.make(undefinedOf(client)))).toBe("it was believed")
    }))

  it.effect("infinite ones, where they mean something", () =>
    Effect.gen(function*() {
      expect(yield* errorOf(NodeWebSocketServer.make({ port: 0, maxConnections: Infinity, grace: "infinity" as any })))
        .toMatchObject({ option: "grace" }) // it is no text of a Duration
      expect(
        yield* errorOf(NodeWebSocketServer.make({
          port: 0,
          maxConnections: Infinity,
          grace: Infinity,
          compression: { threshold: Infinity, deflateLaterFrom: Infinity, inflateLaterFrom: Infinity }
        }))
      ).toBe("it was believed")
    }))
})
