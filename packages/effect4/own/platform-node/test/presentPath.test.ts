/**
 * What hurts with the sockets of Effect 4 itself, and does not with ours: each program is the same for both. What Effect's own do is
 * asserted too: when one of these fails, they have got better, and docs/reference/effect4.md has a line too many.
 */
import * as NodeHttpServer4 from "@effect/platform-node/NodeHttpServer"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import { describe, expect, it } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import * as NodeHttpServer from "@effect-ws/platform-node/NodeHttpServer"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { HttpServer, serveEffect } from "effect/http/HttpServer"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import * as Http from "node:http"
import { close, connect, frame, request } from "./rawClient.js"
import { answering, until } from "./rawServer.js"

const host = "127.0.0.1"
const listen = { port: 0, host }
const quietly = Effect.provide(Logger.layer([]))

type App = Effect.Effect<HttpServerResponse.HttpServerResponse, unknown, HttpServerRequest.HttpServerRequest | Scope.Scope>

const servers = {
  ours: (maxMessageSize: number, create: () => Http.Server) =>
    NodeHttpServer.layerServer(create, listen, {
      paths: ["/"],
      grace: "100 millis",
      compression: false,
      limits: { maxMessageSize, keepaliveInterval: 100, keepaliveTimeout: 100 }
    }),
  theirs: (maxPayload: number, create: () => Http.Server) =>
    NodeHttpServer4.layerServer(create, {
      ...listen,
      gracefulShutdownTimeout: 100,
      websocket: { maxPayload }
    })
}

const clients = {
  ours: (url: string) => Layer.provide(PlatformSocket.layer(url), NodeWebSocketClient.layer({ linger: "100 millis" })),
  theirs: (url: string) => Layer.provide(Socket.layerWebSocket(url), NodeSocket.layerWebSocketConstructor)
}

type Whose = keyof typeof servers

/** What is served, until the scope closes; where. */
const serving = (
  whose: Whose,
  app: App,
  maxMessageSize = 64 * 1024 * 1024,
  create: () => Http.Server = () => Http.createServer()
) =>
  Effect.gen(function*() {
    const context = yield* Layer.build(servers[whose](maxMessageSize, create))
    return yield* Effect.provide(
      Effect.gen(function*() {
        yield* serveEffect(Effect.orDie(app))
        const { address } = yield* HttpServer
        return { host, port: "port" in address ? address.port : 0 }
      }),
      context
    )
  })

/** An app that has a socket. */
const upgraded = <E>(use: (socket: Socket.Socket) => Effect.Effect<unknown, E, Scope.Scope>): App =>
  Effect.gen(function*() {
    const { upgrade } = yield* HttpServerRequest.HttpServerRequest
    yield* Effect.scoped(use(yield* upgrade))
    return HttpServerResponse.empty()
  })

const reasonOf = (exit: Exit.Exit<unknown, Socket.SocketError>): string => {
  if (Exit.isSuccess(exit)) return "success"
  const error = Option.getOrUndefined(Exit.findErrorOption(exit))
  if (error === undefined) return "no error"
  const { reason } = error
  return reason._tag === "SocketCloseError" ? `${reason._tag} ${reason.code}` : reason._tag
}

/** The same program on both, and what comes of it. */
const compare = <A>(
  what: string,
  program: (whose: Whose) => Effect.Effect<A, unknown, Scope.Scope>,
  expected: Readonly<Record<Whose, A>>
) => {
  for (const whose of ["ours", "theirs"] as const) {
    it.live(`${what}: ${whose}`, () =>
      quietly(Effect.scoped(Effect.gen(function*() {
        expect(yield* program(whose)).toEqual(expected[whose])
      }))))
  }
}

describe("writing", () => {
  compare("to a peer that does not read waits", (whose) =>
    Effect.gen(function*() {
      let written = 0
      const to = yield* serving(whose, upgraded((socket) =>
        Effect.gen(function*() {
          yield* socket.reader
          const { write } = yield* socket.writer
          const piece = new Uint8Array(1024 * 1024)
          for (let i = 0; i < 64; i++) {
            yield* write(piece)
            written++
          }
        })
      ))
      const client = yield* connect(to, request())
      expect((yield* client.response).status).toBe(101)
      client.socket.pause()
      yield* until(() => written > 0)
      yield* Effect.sleep("50 millis") // for what would not wait
      return written < 64
    }), { ours: true, theirs: false })

  compare("after the peer has gone fails", (whose) =>
    Effect.gen(function*() {
      const gone = yield* Deferred.make<void>()
      const written = yield* Deferred.make<string>()
      const to = yield* serving(whose, upgraded((socket) =>
        Effect.gen(function*() {
          const { pull } = yield* socket.reader
          const { write } = yield* socket.writer
          yield* Effect.exit(pull)
          yield* Deferred.await(gone)
          yield* Deferred.succeed(written, reasonOf(yield* Effect.exit(write("too late"))))
        })
      ))
      const client = yield* connect(to, request())
      yield* client.response
      client.write(close(1000))
      yield* client.frame
      client.end()
      yield* client.gone
      yield* Deferred.succeed(gone, undefined)
      return yield* Deferred.await(written)
    }), { ours: "SocketWriteError", theirs: "success" })
})

describe("reading", () => {
  compare("a message that is too large is a Close, and not a failure of reading", (whose) =>
    Effect.gen(function*() {
      const read = yield* Deferred.make<string>()
      const to = yield* serving(
        whose,
        upgraded((socket) =>
          Effect.gen(function*() {
            const { pull } = yield* socket.reader
            yield* Deferred.succeed(read, reasonOf(yield* Effect.exit(pull)))
          })
        ),
        100
      )
      const client = yield* connect(to, request())
      yield* client.response
      client.write(frame(Frame.opcode.text, "x".repeat(120)))
      return yield* Deferred.await(read)
    }), { ours: "SocketCloseError 1009", theirs: "SocketReadError" })

  compare("a peer that is silent for good is noticed", (whose) =>
    Effect.gen(function*() {
      const read = yield* Deferred.make<string>()
      const to = yield* serving(whose, upgraded((socket) =>
        Effect.gen(function*() {
          const { pull } = yield* socket.reader
          yield* Deferred.succeed(read, reasonOf(yield* Effect.exit(pull)))
        })
      ))
      const client = yield* connect(to, request())
      yield* client.response
      return yield* Effect.map(Effect.timeoutOption(Deferred.await(read), "1 second"), Option.getOrElse(() => "nothing"))
    }), { ours: "SocketCloseError 1011", theirs: "nothing" })
})

describe("opening", () => {
  compare("what another listener of the same server takes, the app does not see", (whose) =>
    Effect.gen(function*() {
      let seen = 0
      const create = () =>
        Http.createServer().on("upgrade", ({ url }, socket) => {
          if (url === "/other") socket.end("HTTP/1.1 418 Another\r\nContent-Length: 0\r\n\r\n")
        })
      const app = Effect.sync(() => {
        seen++
        return HttpServerResponse.empty()
      })
      const to = yield* serving(whose, app, undefined, create)
      const client = yield* connect(to, request({}, "GET /other HTTP/1.1"))
      return [(yield* client.response).status, seen]
    }), { ours: [418, 0], theirs: [418, 1] })

  compare("the 101 is written when the upgrade is asked for", (whose) =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const to = yield* serving(whose, upgraded((socket) => Effect.andThen(Deferred.await(gate), socket.reader)))
      const client = yield* connect(to, request())
      const answered = yield* Effect.timeoutOption(client.response, "200 millis")
      yield* Deferred.succeed(gate, undefined)
      return Option.isSome(answered)
    }), { ours: true, theirs: false })

  compare("a page of another origin is refused", (whose) =>
    Effect.gen(function*() {
      const to = yield* serving(whose, upgraded((socket) => Effect.flatMap(socket.reader, ({ pull }) => pull)))
      const client = yield* connect(to, request({ Origin: "https://evil.example" }))
      return (yield* client.response).status
    }), { ours: 403, theirs: 101 })

  compare("a client that is refused is told with which status", (whose) =>
    Effect.gen(function*() {
      const { url } = yield* answering(() => "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", true)
      const exit = yield* Effect.exit(
        Effect.provide(Effect.flatMap(Socket.Socket, (socket) => socket.reader), clients[whose](url))
      )
      const error = Exit.isFailure(exit) ? Option.getOrUndefined(Exit.findErrorOption(exit)) : undefined
      const { cause, _tag } = error?.reason as Socket.SocketOpenError
      return [_tag, /\b401\b/.test(String((cause as Error).message))]
    }), { ours: ["SocketOpenError", true], theirs: ["SocketOpenError", false] })
})

describe("shutdown", () => {
  compare("closes connections that are open, and is over in time", (whose) =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const to = yield* Scope.provide(
        serving(whose, upgraded((socket) => Effect.flatMap(socket.reader, ({ pull }) => Effect.exit(pull)))),
        scope
      )
      const client = yield* connect(to, request())
      yield* client.response
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
      const over = yield* Effect.timeoutOption(Fiber.join(closing), "1500 millis")
      client.socket.destroy()
      yield* Fiber.join(closing)
      return Option.isSome(over)
    }), { ours: true, theirs: false })
})

it.live("headers of the 101 are given by accept, before a route decides: upgradeWith refuses them", () =>
  quietly(Effect.gen(function*() {
    const to = yield* serving("ours", Effect.gen(function*() {
      const { upgradeWith } = yield* HttpServerRequest.HttpServerRequest
      const refused = yield* Effect.exit(upgradeWith({ headers: { "x-a": "b" } }))
      expect(Exit.isFailure(refused) && String(refused.cause)).toContain("`accept`")
      const socket = yield* upgradeWith({})
      yield* Effect.scoped(socket.reader)
      return HttpServerResponse.empty()
    }))
    const client = yield* connect(to, request())
    expect((yield* client.response).status).toBe(101)
  })))
