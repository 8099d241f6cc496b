/** Every option that is a function, failing: what it is asked about fails, in one line of the log, and nothing else happens. */
import { HttpServer, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import * as HttpHead from "@effect-ws/codec/HttpHead"
import type { Connection } from "@effect-ws/connection/Connection"
import type { Outgoing } from "@effect-ws/connection/Message"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import * as PlatformSocketServer from "@effect-ws/platform/PlatformSocketServer"
import * as Reconnecting from "@effect-ws/platform/Reconnecting"
import * as Telemetry from "@effect-ws/platform/Telemetry"
import * as TypedConnection from "@effect-ws/platform/TypedConnection"
import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
import * as NodeHttpServer from "@effect-ws/platform-node/NodeHttpServer"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import * as Http from "node:http"
import type { LookupFunction } from "node:net"
import * as Tls from "node:tls"
import { selfSigned } from "./certificate.js"
import { connect, frame, type RawClient, request } from "./rawClient.js"
import * as Router from "./router.js"
import * as Sockets from "./sockets.js"

type Server = WebSocketServer.WebSocketServer["Type"]
type To = Parameters<typeof connect>[0]

const boom = (): never => {
  throw new Error("boom")
}
const rejected = (): Promise<never> => Promise.reject(new Error("boom"))
/** For what the compiler would not let through. */
const untyped = (value: unknown): never => value as never

const text = (payload: string) => frame(Frame.opcode.text, payload)

/** What would have ended the process, since the scope was opened. */
const fatal: Effect.Effect<ReadonlyArray<unknown>, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => {
      const all: Array<unknown> = []
      const note = (reason: unknown) => void all.push(reason)
      process.on("uncaughtException", note)
      process.on("unhandledRejection", note)
      return { all, note }
    }),
    ({ note }) =>
      Effect.sync(() => {
        process.off("uncaughtException", note)
        process.off("unhandledRejection", note)
      })
  ),
  ({ all }) => all
)

interface Line {
  readonly level: string
  readonly message: string
  readonly cause: string
}

const collecting = (lines: Array<Line>): Layer.Layer<never> =>
  Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ cause, logLevel, message }) =>
      void lines.push({ level: logLevel.label, message: String(message), cause: Cause.pretty(cause) })
    )
  )

/** Rejections are told of in a later turn. */
const settled = Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 5)))

const says = (client: RawClient, word: string) =>
  Effect.gen(function*() {
    client.write(text(word))
    expect(yield* client.frame).toBe(`text ${word}`)
  })

/** `hurt` harms nobody: neither an honest connection beside it nor the process; and says so in so many lines of the log. */
const alone = <E, R>(
  lines: ReadonlyArray<Line>,
  honest: Effect.Effect<RawClient, never, R>,
  hurt: Effect.Effect<void, E, R>,
  expected: ReadonlyArray<string>
) =>
  Effect.gen(function*() {
    const all = yield* fatal
    const client = yield* honest
    expect((yield* client.response).status).toBe(101)
    yield* says(client, "before")
    yield* hurt
    yield* settled
    yield* says(client, "after")
    const other = yield* honest
    expect((yield* other.response).status).toBe(101)
    yield* says(other, "anew")
    expect(all).toEqual([])
    expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual(expected)
  })

const portOf = ({ address }: Server): number => address._tag === "Tcp" ? address.port : 0
const at = (port: number): To => ({ port, host: "127.0.0.1" })
const get = (path: string) => request({}, `GET ${path} HTTP/1.1`)

const listening = (server: Http.Server) =>
  Effect.acquireRelease(
    Effect.promise(() =>
      new Promise<number>((resolve) =>
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          resolve(address !== null && typeof address === "object" ? address.port : 0)
        })
      )
    ),
    () =>
      Effect.sync(() => {
        server.closeAllConnections()
        server.close()
      })
  )

const echo = (connection: Connection, message: Outgoing) => void connection.trySend(message)

const live = (
  name: string,
  test: (lines: Array<Line>) => Effect.Effect<void, unknown, Scope.Scope>,
  level: LogLevel.LogLevel = LogLevel.Info
) =>
  it.scopedLive(name, () => {
    const lines: Array<Line> = []
    return Effect.orDie(Effect.provide(Logger.withMinimumLogLevel(test(lines), level), collecting(lines)))
  })

describe("paths", () => {
  const failing: ReadonlyArray<readonly [string, (path: string) => boolean, string, number, string]> = [
    [
      "decodes what cannot be decoded",
      (path) => decodeURIComponent(path) === "/",
      "/%",
      400,
      "INFO Refused a WebSocket upgrade: a target must be a path that can be read, or a URL with one"
    ],
    ["throws", (path) => path === "/" || boom(), "/x", 500, "ERROR The function paths of an attached server failed"],
    [
      "returns a Promise",
      (path) => path === "/" || untyped(rejected()),
      "/x",
      500,
      "ERROR The function paths of an attached server failed"
    ]
  ]
  for (const [name, paths, path, status, line] of failing) {
    const refused = (to: To) =>
      Effect.gen(function*() {
        const client = yield* connect(to, get(path))
        expect((yield* client.response).status).toBe(status)
        expect(yield* client.rest).toMatch(/^\d{3} [^\n%]+\n$/)
      })

    live(`of attach ${name}`, (lines) =>
      Effect.gen(function*() {
        const http = Http.createServer()
        const server = yield* NodeWebSocketServer.attach(http, { paths })
        const to = at(yield* listening(http))
        yield* Effect.forkScoped(server.serveMessages(echo))
        yield* alone(lines, connect(to, request()), refused(to), [line])
      }))

    live(`of NodeHttpServer ${name}`, (lines) =>
      Effect.gen(function*() {
        const socket = Router.empty.pipe(Router.get("/", echoRoute))
        const server = yield* NodeHttpServer.make(Http.createServer, { port: 0, host: "127.0.0.1" }, { paths })
        yield* Effect.provideService(HttpServer.serveEffect(socket), HttpServer.HttpServer, server)
        const to = at("port" in server.address ? server.address.port : 0)
        yield* alone(lines, connect(to, request()), refused(to), [line])
      }))
  }
})

const echoRoute = Effect.gen(function*() {
  const request = yield* HttpServerRequest.HttpServerRequest
  const socket = yield* request.upgrade
  yield* Sockets.answer(socket, (message) => message)
  return HttpServerResponse.empty()
})

describe("accept", () => {
  const at500 = "ERROR Answering a WebSocket upgrade failed"
  const deciding = "ERROR Deciding on a WebSocket upgrade failed"
  const unwritable = (says: string, part: string): string =>
    `ERROR Cannot accept a WebSocket upgrade: ${says}. At fault: ${part}`
  const { HeaderNameInvalid } = HttpHead.encodeRules
  const failing: ReadonlyArray<readonly [string, () => unknown, string]> = [
    ["throws", boom, deciding],
    ["throws what is no error", () => untyped(Effect.die(1n)), deciding],
    ["returns a Promise", rejected, deciding],
    ["returns nothing", () => undefined, deciding],
    ["succeeds with nothing", () => Effect.void, at500],
    ["succeeds with a Promise", () => Effect.sync(rejected), deciding],
    ["fails with what is no Refusal", () => Effect.fail(new Error("boom")), deciding],
    [
      "has headers that are none",
      () => Effect.succeed({ value: 1, headers: untyped(5) }),
      unwritable(HeaderNameInvalid.says, "(no pair of name and value)")
    ],
    [
      "has a header that is none",
      () => Effect.succeed({ value: 1, headers: untyped([5]) }),
      unwritable(HeaderNameInvalid.says, "(no pair of name and value)")
    ],
    [
      "has a subprotocol that was not offered",
      () => Effect.succeed({ value: 1, subprotocol: "x\r\ny" }),
      unwritable("a subprotocol must be one that the client offered", "x\\r\\ny")
    ],
    ["has a getter that throws", () =>
      Effect.succeed({
        get value() {
          return boom()
        }
      }), at500],
    [
      "refuses with a getter that throws",
      () => Effect.fail(Object.defineProperty(new WebSocketServer.Refusal({ status: 401 }), "body", { get: boom })),
      at500
    ],
    [
      "refuses with a body that is none",
      () => Effect.fail(new WebSocketServer.Refusal({ status: 401, body: untyped(5) })),
      at500
    ]
  ]
  for (const [name, fail, line] of failing) {
    const accept: WebSocketServer.Accept<unknown, never> = ({ path }) =>
      path === "/" ? Effect.succeed({ value: undefined }) : untyped(fail())
    const refused = (to: To) =>
      Effect.gen(function*() {
        const client = yield* connect(to, get("/x"))
        expect((yield* client.response).status).toBe(500)
        expect(yield* client.rest).toBe("500 Internal Server Error: the server failed to answer this request\n")
      })

    live(`of serve ${name}`, (lines) =>
      Effect.gen(function*() {
        const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
        yield* Effect.forkScoped(server.serve({
          accept,
          handler: (connection) => connection.run((message) => connection.send(message))
        }))
        const to = at(portOf(server))
        yield* alone(lines, connect(to, request()), refused(to), [line])
      }))

    live(`of serveMessages ${name}`, (lines) =>
      Effect.gen(function*() {
        const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
        yield* Effect.forkScoped(server.serveMessages(echo, { accept }))
        const to = at(portOf(server))
        yield* alone(lines, connect(to, request()), refused(to), [line])
      }))
  }

  for (
    const [name, fail] of [["returns a Promise", rejected], [
      "succeeds with a Promise",
      () => Effect.sync(rejected)
    ]] as const
  ) {
    live(`of NodeHttpServer and PlatformSocketServer ${name}`, (lines) =>
      Effect.gen(function*() {
        const accept: WebSocketServer.Accept<unknown, never> = ({ path }) =>
          path === "/" ? Effect.succeed({ value: undefined }) : untyped(fail())
        const refused = (to: To) =>
          Effect.flatMap(connect(to, get("/x")), (client) =>
            Effect.map(client.response, ({ status }) => expect(status).toBe(500)))
        const http = yield* NodeHttpServer.make(Http.createServer, { port: 0, host: "127.0.0.1" }, { accept })
        yield* Effect.provideService(
          HttpServer.serveEffect(Router.empty.pipe(Router.get("/", echoRoute))),
          HttpServer.HttpServer,
          http
        )
        const one = at("port" in http.address ? http.address.port : 0)
        yield* alone(lines, connect(one, request()), refused(one), [deciding])
        const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
        const sockets = yield* Effect.provideService(
          PlatformSocketServer.make({ accept }),
          WebSocketServer.WebSocketServer,
          server
        )
        yield* Effect.forkScoped(sockets.run((socket) =>
          Sockets.answer(socket, (message) => message)
        ))
        const two = at(portOf(server))
        yield* alone(lines, connect(two, request()), refused(two), [deciding, deciding])
      }))
  }

  live("leaves a finalizer that fails", (lines) =>
    Effect.gen(function*() {
      const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
      yield* Effect.forkScoped(server.serve({
        accept: ({ path }) =>
          path === "/" ? Effect.succeed({ value: 1 }) : Effect.zipRight(
            Effect.addFinalizer(() => Effect.die(1n)),
            new WebSocketServer.Refusal({ status: 403 })
          ),
        handler: (connection) => connection.run((message) => connection.send(message))
      }))
      const to = at(portOf(server))
      const refused = Effect.flatMap(connect(to, get("/x")), (client) =>
        Effect.map(client.response, ({ status }) => expect(status).toBe(403)))
      yield* alone(lines, connect(to, request()), refused, ["ERROR A finalizer of a WebSocket upgrade failed"])
    }), LogLevel.Debug)
})

describe("handlers and hooks", () => {
  const failed = "ERROR A WebSocket handler failed"
  const refused = (to: To, words: ReadonlyArray<string> = [], code = 1011) =>
    Effect.gen(function*() {
      const client = yield* connect(to, get("/x"))
      expect((yield* client.response).status).toBe(101)
      for (const word of words) client.write(text(word))
      expect(yield* client.frame).toBe(`close ${code}`)
    })

  const bad: ReadonlyArray<readonly [string, () => unknown]> = [
    ["throws", boom],
    ["throws null", () => {
      throw null
    }],
    ["throws what cannot be shown", () => {
      throw Object.defineProperty(new Error(), "message", { get: boom })
    }],
    ["returns a Promise", rejected],
    ["dies with what cannot be shown", () => Effect.die(1n)],
    ["dies later", () => Effect.delay(Effect.die({ a: 1n }), "1 millis")],
    ["fails", () => Effect.fail("boom")],
    ["returns what is no Effect", () => 5]
  ]
  for (const [name, fail] of bad) {
    // At the debug level Effect itself writes of each fiber that fails.
    live(`of serve: ${name}`, (lines) =>
      Effect.gen(function*() {
        const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
        yield* Effect.forkScoped(server.serve((connection) =>
          connection.opening.target === "/"
            ? connection.run((message) => connection.send(message))
            : untyped(fail())
        ))
        const to = at(portOf(server))
        yield* alone(lines, connect(to, request()), refused(to), [failed])
      }), LogLevel.Debug)

    for (const how of ["serveMessages", "run", "runRaw"] as const) {
      live(`of ${how}: ${name}`, (lines) =>
        Effect.gen(function*() {
          const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
          const handle = (target: string, good: unknown) => untyped(target === "/" ? good : fail())
          yield* Effect.forkScoped(
            how === "serveMessages"
              ? server.serveMessages((connection, message) =>
                handle(connection.opening.target, connection.send(message))
              )
              : how === "run"
              ? server.serve((connection) =>
                connection.run((message) => handle(connection.opening.target, connection.send(message)))
              )
              : server.serve((connection) => {
                const socket = PlatformSocket.fromConnection(connection)
                return Effect.scoped(Effect.flatMap(
                  Sockets.writer(socket),
                  (write) => Sockets.each(socket, (message) => handle(connection.opening.target, write(message)))
                ))
              })
          )
          const to = at(portOf(server))
          yield* alone(lines, connect(to, request()), refused(to, ["hello"]), [failed])
        }), LogLevel.Debug)
    }
  }

  const hooks: ReadonlyArray<readonly [string, () => unknown]> = [
    ["throws", boom],
    ["is async, and fails", rejected],
    ["returns an Effect", () => Effect.log("nobody runs this")]
  ]
  for (const [name, fail] of hooks) {
    live(`onOpen ${name}`, (lines) =>
      Effect.gen(function*() {
        const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
        yield* Effect.forkScoped(server.serveMessages(echo, {
          onOpen: ({ opening }) => opening.target === "/" ? undefined : untyped(fail())
        }))
        const to = at(portOf(server))
        yield* alone(lines, connect(to, request()), refused(to), [failed])
      }))

    live(`onClose ${name}`, (lines) =>
      Effect.gen(function*() {
        const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
        yield* Effect.forkScoped(server.serveMessages((connection, message) => {
          return message === "bye" ? connection.close() : connection.send(message)
        }, { onClose: ({ opening }) => opening.target === "/" ? undefined : untyped(fail()) }))
        const to = at(portOf(server))
        const gone = Effect.gen(function*() {
          const client = yield* connect(to, get("/x"))
          expect((yield* client.response).status).toBe(101)
          client.socket.destroy()
          yield* Effect.sleep("20 millis")
        })
        yield* alone(lines, connect(to, request()), gone, [failed])
      }))
  }

  const closing: ReadonlyArray<readonly [string, unknown]> = [
    ["throws", boom],
    ["gives nothing", () => undefined],
    ["returns a Promise", rejected],
    ["has a getter that throws", () => ({
      get code() {
        return boom()
      }
    })]
  ]
  for (const [name, closeOnFailure] of closing) {
    live(`closeOnFailure ${name}`, (lines) =>
      Effect.gen(function*() {
        const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
        yield* Effect.forkScoped(server.serveMessages(
          (connection, message) => message === "fail" ? Effect.fail("boom") : Effect.ignore(connection.send(message)),
          { closeOnFailure: untyped(closeOnFailure) }
        ))
        const to = at(portOf(server))
        yield* alone(lines, connect(to, request()), refused(to, ["fail"]), [failed])
      }))
  }

  live("options with a getter: asked once, by whoever serves", (lines) =>
    Effect.gen(function*() {
      const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
      let asked = 0
      yield* Effect.forkScoped(server.serveMessages(echo, {
        get accept() {
          return asked++ === 0 ? undefined : boom()
        }
      }))
      const to = at(portOf(server))
      yield* alone(lines, connect(to, request()), Effect.void, [])
    }))

  const iterables: ReadonlyArray<readonly [string, () => unknown]> = [
    ["that has none", () => 5],
    ["whose iterator throws", () => ({ [Symbol.iterator]: boom })],
    ["that throws amid it", function*() {
      yield "one"
      boom()
    }],
    ["of what is no message", () => [5]]
  ]
  for (const [name, iterable] of iterables) {
    live(`sendAll of an iterable ${name}`, (lines) =>
      Effect.gen(function*() {
        const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
        yield* Effect.forkScoped(server.serveMessages((connection, message) =>
          connection.opening.target === "/" ? connection.send(message) : connection.sendAll(untyped(iterable()))
        ))
        const to = at(portOf(server))
        const hurt = Effect.gen(function*() {
          const client = yield* connect(to, get("/x"))
          expect((yield* client.response).status).toBe(101)
          client.write(text("hello"))
          let found = yield* client.frame
          while (found === "text one") {
            found = yield* client.frame
          }
          expect(found).toBe("close 1011")
        })
        yield* alone(lines, connect(to, request()), hurt, [failed])
      }))
  }

  live("a schema that throws", (lines) =>
    Effect.gen(function*() {
      const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
      const Word = Schema.transform(Schema.String, Schema.String, {
        decode: (word) => word === "bad" ? boom() : word,
        encode: (word) => word
      })
      yield* Effect.forkScoped(server.serve((connection) => {
        const typed = TypedConnection.make(connection, { incoming: Word, outgoing: Word, closeOnUnreadable: 1008 })
        return typed.run((word) => typed.send(word))
      }))
      const to = at(portOf(server))
      yield* alone(lines, connect(to, request()), refused(to, ["bad"]), [failed])
    }))

  for (
    const [name, closeCodeIsError] of [["throws", boom], ["is async, and fails", untyped(rejected)]] as const
  ) {
    live(`closeCodeIsError ${name}`, (lines) =>
      Effect.gen(function*() {
        const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
        yield* Effect.forkScoped(server.serve((connection) => {
          const socket = PlatformSocket.fromConnection(connection, { closeCodeIsError })
          return Effect.flatMap(socket.writer, (write) => socket.runRaw((message) => write(message)))
        }))
        const to = at(portOf(server))
        const gone = Effect.gen(function*() {
          const client = yield* connect(to, get("/x"))
          expect((yield* client.response).status).toBe(101)
          client.write(frame(Frame.opcode.close, Uint8Array.of(0x03, 0xe8)))
          expect(yield* client.frame).toBe("close 1000")
        })
        yield* alone(lines, connect(to, request()), gone, [failed])
      }))
  }
})

describe("what a peer makes a handler fail with", () => {
  const Word = Schema.parseJson(Schema.Struct({ users: Schema.Array(Schema.Struct({ name: Schema.String })) }))
  const secret = "SECRET".repeat(180_000)

  const bad: ReadonlyArray<readonly [string, string, object]> = [
    ["a value of another type", JSON.stringify({ users: [{ name: "a" }, { name: [secret] }] }), {
      expected: "string",
      at: "[\"users\"][1][\"name\"]"
    }],
    ["no JSON", secret, { at: "" }],
    ["a value with a key", JSON.stringify({ [secret]: 1 }), { at: "[\"users\"]" }]
  ]
  for (const [name, message, facts] of bad) {
    for (const closeOnUnreadable of [1008, undefined] as const) {
      live(
        `${name}, closeOnUnreadable ${closeOnUnreadable}: a warning with sizes and no content`,
        (lines) =>
          Effect.gen(function*() {
            const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
            const annotated: Array<unknown> = []
            const noting = Logger.add(
              Logger.make(({ annotations }) => void annotated.push(Object.fromEntries(annotations)))
            )
            yield* Effect.forkScoped(Effect.provide(
              server.serve((connection): Effect.Effect<unknown, unknown> => {
                if (connection.opening.target === "/") return connection.run((message) => connection.send(message))
                const typed = TypedConnection.make(connection, { incoming: Word, outgoing: Word, closeOnUnreadable })
                return typed.run(() => {})
              }),
              noting
            ))
            const to = at(portOf(server))
            const hurt = Effect.gen(function*() {
              const client = yield* connect(to, get(`/${"p".repeat(3000)}`))
              expect((yield* client.response).status).toBe(101)
              client.write(text(message))
              expect(yield* client.frame).toBe(`close ${closeOnUnreadable ?? 1011}`)
            })
            yield* alone(lines, connect(to, request()), hurt, [
              "WARN A WebSocket client sent a message that cannot be read"
            ])
            expect(annotated).toMatchObject([{
              rule: "UnreadableMessage",
              kind: "text",
              size: message.length,
              ...facts
            }])
            expect(JSON.stringify([lines, annotated])).not.toContain("SECRET")
            expect(JSON.stringify([lines, annotated]).length).toBeLessThan(1000)
          })
      )
    }
  }

  const quoting: ReadonlyArray<readonly [string, (message: unknown) => Effect.Effect<unknown, unknown>]> = [
    ["a ParseError of its own", (message) => Schema.decodeUnknown(Word)(message)],
    ["an Error that quotes", (message) => Effect.fail(new Error(`what is ${String(message)}?`))],
    ["a cause that quotes", (message) => Effect.fail(new Error("what?", { cause: new Error(String(message)) }))],
    ["a string", (message) => Effect.fail(message)],
    ["a value", (message) => Effect.die({ message: [message], text: message })]
  ]
  for (const [name, handle] of quoting) {
    live(`${name}: what the log quotes is cut`, (lines) =>
      Effect.gen(function*() {
        const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
        yield* Effect.forkScoped(server.serveMessages((connection, message) =>
          connection.opening.target === "/" ? Effect.ignore(connection.send(message)) : handle(message)
        ))
        const to = at(portOf(server))
        const hurt = Effect.gen(function*() {
          const client = yield* connect(to, get("/x"))
          expect((yield* client.response).status).toBe(101)
          client.write(text(JSON.stringify({ users: [{ name: [secret] }] })))
          expect(yield* client.frame).toBe("close 1011")
        })
        yield* alone(lines, connect(to, request()), hurt, ["ERROR A WebSocket handler failed"])
        expect(lines[0]?.cause.length).toBeLessThan(10_000)
      }))
  }

  const evil = "\u001b[2J\u202e"
  const marked: ReadonlyArray<readonly [string, (message: string) => Effect.Effect<unknown, unknown>, string]> = [
    ["what JSON.parse throws", (message) => Effect.sync(() => void JSON.parse(message)), "SyntaxError: "],
    ["an Error", (message) => Effect.fail(new Error(message)), "Error: \\u001b[2J\\u202e"],
    ["a cause", (message) => Effect.fail(new Error("what?", { cause: new Error(message) })), "Error: what?"],
    [
      "a name",
      (message) => Effect.fail(Object.assign(new Error("what?"), { name: message })),
      "\\u001b[2J\\u202e: what?"
    ],
    ["a defect that is no Error", (message) => Effect.die(message), "Error: \\u001b[2J\\u202e"]
  ]
  for (const [name, handle, beginning] of marked) {
    live(`${name} that quotes marks of a terminal: they are escaped`, (lines) =>
      Effect.gen(function*() {
        const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
        yield* Effect.forkScoped(server.serveMessages((connection, message) =>
          connection.opening.target === "/" ? Effect.ignore(connection.send(message)) : handle(String(message))
        ))
        const to = at(portOf(server))
        const hurt = Effect.gen(function*() {
          const client = yield* connect(to, get("/x"))
          expect((yield* client.response).status).toBe(101)
          client.write(text(evil))
          expect(yield* client.frame).toBe("close 1011")
        })
        yield* alone(lines, connect(to, request()), hurt, ["ERROR A WebSocket handler failed"])
        const [line] = lines
        expect(line?.cause).toContain(beginning)
        for (const mark of ["\u001b", "\u202e"]) {
          expect(line?.cause).not.toContain(mark)
        }
      }))
  }

  live("a thousand failures at once: a few are shown, and how many there were", (lines) =>
    Effect.gen(function*() {
      const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
      const failures = Array.from({ length: 1000 }, (_, i) => Cause.fail(`${i} ${"x".repeat(500)}`))
      yield* Effect.forkScoped(server.serveMessages((connection, message) =>
        connection.opening.target === "/"
          ? Effect.ignore(connection.send(message))
          : Effect.failCause(failures.reduce<Cause.Cause<string>>(Cause.parallel, Cause.empty))
      ))
      const to = at(portOf(server))
      const hurt = Effect.gen(function*() {
        const client = yield* connect(to, get("/x"))
        expect((yield* client.response).status).toBe(101)
        client.write(text("hello"))
        expect(yield* client.frame).toBe("close 1011")
      })
      yield* alone(lines, connect(to, request()), hurt, ["ERROR A WebSocket handler failed"])
      const [line] = lines
      expect(line?.cause.length).toBeLessThan(10_000)
      expect(line?.cause).toContain("and 992 more")
    }))
})

describe("loggers and tracers", () => {
  it.scopedLive("a logger that throws costs nobody but its lines", () =>
    Effect.gen(function*() {
      const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
      yield* Effect.forkScoped(server.serveMessages(
        (connection, message) => message === "fail" ? boom() : void connection.trySend(message),
        { accept: ({ path }) => path === "/no" ? boom() : Effect.succeed({ value: 1 }) }
      ))
      const to = at(portOf(server))
      const hurt = Effect.gen(function*() {
        const client = yield* connect(to, get("/x"))
        expect((yield* client.response).status).toBe(101)
        client.write(text("fail"))
        expect(yield* client.frame).toBe("close 1011")
        expect((yield* (yield* connect(to, get("/no"))).response).status).toBe(500)
        expect((yield* (yield* connect(to, request({ Origin: "http://evil.example" }))).response).status).toBe(403)
      })
      yield* alone([], connect(to, request()), hurt, [])
    }).pipe(
      Logger.withMinimumLogLevel(LogLevel.Debug),
      Effect.provide(Logger.replace(Logger.defaultLogger, Logger.make(boom)))
    ))

  const broken: ReadonlyArray<readonly [string, Tracer.Tracer]> = [
    ["makes no span", Tracer.make({ span: boom, context: (run) => run() })],
    [
      "makes spans that cannot end",
      Tracer.make({
        span: (name, parent, context, links, startTime, kind) => ({
          _tag: "Span",
          name,
          parent,
          context,
          links,
          kind,
          spanId: "1",
          traceId: "2",
          sampled: true,
          attributes: new Map(),
          status: { _tag: "Started", startTime },
          attribute: (key) => key === "http.response.status_code" ? boom() : undefined,
          event: () => {},
          addLinks: () => {},
          end: boom
        }),
        context: (run) => run()
      })
    ]
  ]
  for (const [name, tracer] of broken) {
    live(`a tracer that ${name}`, (lines) =>
      Effect.gen(function*() {
        const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
        yield* Effect.forkScoped(server.serveMessages(echo))
        const to = at(portOf(server))
        const all = yield* fatal
        const client = yield* connect(to, request())
        expect((yield* client.response).status).toBe(101)
        yield* says(client, "hello")
        client.write(frame(Frame.opcode.close, Uint8Array.of(0x03, 0xe8)))
        expect(yield* client.frame).toBe("close 1000")
        client.end()
        yield* client.gone
        const other = yield* connect(to, request())
        yield* other.response
        yield* says(other, "anew")
        expect(all).toEqual([])
        expect(new Set(lines.map(({ message }) => message))).toEqual(new Set(["A tracer failed"]))
      }).pipe(Effect.provide(Telemetry.layer()), Effect.withTracer(tracer)))
  }
})

describe("TLS", () => {
  const { cert, key } = selfSigned()
  const psk = { ciphers: "PSK", maxVersion: "TLSv1.2" } as const
  const secret = Buffer.from("abcd")

  const failing: ReadonlyArray<readonly [string, Tls.TlsOptions, Tls.ConnectionOptions, ReadonlyArray<string>]> = [
    ["SNICallback throws", { SNICallback: boom }, {}, ["SNICallback"]],
    ["SNICallback is async, and fails", { SNICallback: rejected }, {}, ["SNICallback"]],
    ["SNICallback gives an error", { SNICallback: (_, done) => done(new Error("boom")) }, {}, ["SNICallback"]],
    ["SNICallback gives what is no error", { SNICallback: (_, done) => done(untyped("boom")) }, {}, ["SNICallback"]],
    ["SNICallback gives what is no context", { SNICallback: (_, done) => done(null, untyped({})) }, {}, []],
    ["ALPNCallback throws", { ALPNCallback: boom }, {}, ["ALPNCallback"]],
    ["ALPNCallback gives what was not offered", { ALPNCallback: () => "h9" }, {}, []],
    ["ALPNCallback is async, and fails", { ALPNCallback: untyped(rejected) }, {}, ["ALPNCallback"]],
    ["pskCallback throws", { pskCallback: boom, ...psk }, psk, ["pskCallback"]],
    ["pskCallback gives what is no key", { pskCallback: () => untyped(5), ...psk }, psk, ["pskCallback"]]
  ]
  for (const [name, tls, options, faults] of failing) {
    live(`a server's ${name}`, (lines) =>
      Effect.gen(function*() {
        const server = yield* NodeWebSocketServer.make({
          port: 0,
          host: "127.0.0.1",
          tls: { key, cert, ...("pskCallback" in tls ? { ...psk, ciphers: "PSK:DEFAULT" } : {}), ...good(tls) }
        })
        yield* Effect.forkScoped(server.serveMessages(echo))
        const port = portOf(server)
        const honest = connect({ port, host: "127.0.0.1", tls: true, ca: cert, servername: "localhost" }, request())
        const hurt = Effect.promise(() =>
          new Promise<void>((resolve) => {
            const socket = Tls.connect({
              port,
              host: "127.0.0.1",
              rejectUnauthorized: false,
              servername: "bad.example",
              ALPNProtocols: ["ALPNCallback" in tls ? "bad" : "http/1.1"],
              ...options,
              ...("ciphers" in options ? { pskCallback: () => ({ psk: secret, identity: "bad" }) } : {})
            })
            socket.on("error", () => {})
            socket.on("close", () => resolve())
          })
        )
        yield* alone(lines, honest, hurt, faults.map((fault) => `ERROR The TLS option ${fault} failed`))
      }))
  }

  /** As given to those who are bad; right for the others. */
  const good = (tls: Tls.TlsOptions): Tls.TlsOptions => ({
    ...tls,
    ...(tls.SNICallback === undefined ? {} : {
      SNICallback: (name: string, done: (error: Error | null, context?: Tls.SecureContext) => void) =>
        name === "localhost" ? done(null) : tls.SNICallback?.(name, done)
    }),
    ...(tls.pskCallback === undefined ? {} : { ciphers: "PSK:ECDHE-ECDSA-AES128-GCM-SHA256" })
  })

  /** IPv4 cannot be bound to an address of IPv6: the system says so within the call. */
  const fromNowhere: NodeWebSocketClient.Options = {
    tcp: {
      localAddress: "::1",
      lookup: (_, { all }, done) =>
        all === true ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4)
    }
  }

  const clients: ReadonlyArray<readonly [string, NodeWebSocketClient.Options, string]> = [
    ["checkServerIdentity throws", { tls: { checkServerIdentity: boom } }, "TlsFailed"],
    ["checkServerIdentity is async", { tls: { checkServerIdentity: untyped(rejected) } }, "TlsFailed"],
    [
      "checkServerIdentity is async, and says yes",
      { tls: { checkServerIdentity: untyped(() => Promise.resolve()) } },
      "TlsFailed"
    ],
    ["checkServerIdentity gives what is no error", { tls: { checkServerIdentity: () => untyped("no") } }, "TlsFailed"],
    ["lookup throws", { tcp: { lookup: boom } }, "Unreachable"],
    ["lookup is async, and fails", { tcp: { lookup: rejected } }, "Unreachable"],
    ...([undefined, [null], [], "nope", [{ address: "nope", family: 4 }], [{}]] as const).map((found) =>
      [`lookup gives ${JSON.stringify(found)}`, {
        tcp: { lookup: ((_, __, done) => void setTimeout(done, 1, null, found, 4)) satisfies LookupFunction }
      }, "Unreachable"] as const
    ),
    ["lookup answers at once, with what fails at once", fromNowhere, "Unreachable"],
    ["lookup answers at once for a proxy, with what fails at once", {
      ...fromNowhere,
      proxy: { url: "https://proxy.example" }
    }, "Unreachable"]
  ]
  for (const [name, options, reason] of clients) {
    for (const family of [true, false]) {
      live(`a client's ${name}${family ? "" : ", of one address"}`, (lines) =>
        Effect.gen(function*() {
          const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1", tls: { key, cert } })
          yield* Effect.forkScoped(server.serveMessages(echo))
          const port = portOf(server)
          const honest = connect({ port, host: "127.0.0.1", tls: true, ca: cert, servername: "localhost" }, request())
          const client = yield* NodeWebSocketClient.make({
            openTimeout: "1 second",
            ...options,
            tcp: { autoSelectFamily: family, ...options.tcp },
            tls: { ca: cert, ...options.tls }
          })
          const hurt = Effect.map(Effect.flip(client.connect(`wss://localhost:${port}/`)), (error) => {
            expect(error.reason._tag).toBe(reason)
          })
          yield* alone(lines, honest, Effect.scoped(hurt), [])
        }))
    }
  }
})

describe("reconnecting", () => {
  for (const [name, fail] of [["throws", boom], ["is async, and fails", rejected]] as const) {
    live(`while ${name}: a defect of those who read, and of nobody else`, (lines) =>
      Effect.gen(function*() {
        const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
        yield* Effect.forkScoped(server.serveMessages((connection, message) => {
          return message === "bye" ? Effect.orDie(connection.close(1012)) : connection.send(message)
        }))
        const to = at(portOf(server))
        const client = yield* NodeWebSocketClient.make()
        const hurt = Effect.gen(function*() {
          const kept = yield* Reconnecting.make(client.connect(`ws://127.0.0.1:${portOf(server)}/x`), {
            while: untyped(fail)
          })
          yield* kept.send("bye")
          const exit = yield* Effect.exit(kept.receive)
          expect(exit._tag === "Failure" && Cause.defects(exit.cause).length).toBe(1)
        })
        yield* alone(lines, connect(to, request()), Effect.scoped(hurt), [])
      }))
  }
})
