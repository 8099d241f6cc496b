import type { Socket } from "@effect/platform/Socket"
import { SocketServer } from "@effect/platform/SocketServer"
import { describe, expect, it } from "@effect/vitest"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import * as PlatformSocketServer from "@effect-ws/platform/PlatformSocketServer"
import type { Accept, Address } from "@effect-ws/platform/WebSocketServer"
import { Refusal, WebSocketServer } from "@effect-ws/platform/WebSocketServer"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { settle } from "./sockets.js"
import * as Upgrades from "./upgrades.js"

class Name extends Context.Tag("Name")<Name, string>() {}

const make = <R = never>(options?: PlatformSocketServer.Options<R>, address: Address = { _tag: "None" }) =>
  Effect.gen(function*() {
    const { request, serving } = yield* Upgrades.make()
    const server = yield* Effect.provideService(PlatformSocketServer.make(options), WebSocketServer, {
      ...serving,
      address,
      url: Option.none()
    })
    return { request, server }
  })

const echo = (socket: Socket) =>
  Effect.scoped(Effect.flatMap(socket.writer, (write) => socket.runRaw((message) => write(message))))

describe("PlatformSocketServer", () => {
  it.scoped("serves sockets, until interrupted: 1001", () =>
    Effect.gen(function*() {
      const { request, server } = yield* make()
      const serving = yield* Effect.fork(server.run(echo))
      yield* settle
      const one = request()
      const other = request()
      yield* settle
      yield* one.client.sendAll(["a", Uint8Array.of(1)])
      yield* other.client.send("b")
      expect([yield* one.client.receive, yield* one.client.receive]).toEqual(["a", Uint8Array.of(1)])
      expect(yield* other.client.receive).toBe("b")
      const closed = yield* Effect.fork(one.client.receive)
      yield* Effect.fork(other.client.receive)
      yield* settle
      yield* Fiber.interrupt(serving)
      expect(yield* Effect.flip(Fiber.join(closed))).toMatchObject({ remote: { code: 1001 } })
    }))

  it.scoped("a handler that returns closes with 1000, one that fails with 1011, one whose socket was closed says nothing", () =>
    Effect.gen(function*() {
      const { request, server } = yield* make()
      const lines: Array<unknown> = []
      const logger = Logger.make(({ message }) => lines.push(message))
      yield* Effect.forkScoped(Effect.provide(
        server.run((socket) =>
          Effect.flatMap(Deferred.make<string | Uint8Array>(), (next) =>
            Effect.raceFirst(
              socket.runRaw((message) => Deferred.succeed(next, message)),
              Effect.flatMap(Deferred.await(next), (message) => message === "fail" ? Effect.fail("no") : Effect.void)
            ))
        ),
        Logger.replace(Logger.defaultLogger, logger)
      ))
      yield* settle
      const codeOf = (text: string) =>
        Effect.gen(function*() {
          const { client } = request()
          yield* client.send(text)
          yield* Effect.exit(client.receive)
          const { remote } = yield* client.outcome
          return remote?._tag === "Status" ? remote.code : remote?._tag
        })
      expect(yield* codeOf("ok")).toBe(1000)
      expect(lines).toEqual([])
      expect(yield* codeOf("fail")).toBe(1011)
      expect(lines.length).toBe(1)
      const left = request()
      yield* settle
      yield* left.client.close(1001)
      yield* settle
      expect(lines.length).toBe(1)
    }))

  it.scoped("interrupted, closes before the handler is: what that says in the end is no answer", () =>
    Effect.gen(function*() {
      const { request, server } = yield* make()
      const said = yield* Deferred.make<Exit.Exit<void, unknown>>()
      const serving = yield* Effect.fork(server.run((socket) =>
        Effect.gen(function*() {
          const write = yield* socket.writer
          yield* Effect.onInterrupt(Effect.never, () =>
            Effect.flatMap(Effect.exit(write("the answer")), (exit) => Deferred.succeed(said, exit)))
        }).pipe(Effect.scoped)
      ))
      yield* settle
      const { client } = request()
      const first = yield* Effect.fork(client.receive)
      yield* settle
      yield* Fiber.interrupt(serving)
      expect(yield* Effect.flip(Fiber.join(first))).toMatchObject({ remote: { code: 1001 } })
      expect(yield* Effect.flip(Effect.flatten(Deferred.await(said)))).toMatchObject({ reason: "Write" })
    }))

  it.scoped("`accept` has the services of the layer, and the scope of its connection", () =>
    Effect.gen(function*() {
      const events: Array<string> = []
      const accept: Accept<string, Name | Scope.Scope> = () =>
        Effect.gen(function*() {
          yield* Effect.addFinalizer(() => Effect.sync(() => events.push("released")))
          return { value: yield* Name }
        })
      const { request, server } = yield* Effect.provideService(make({ accept }), Name, "the layer's")
      yield* Effect.forkScoped(Effect.provideService(
        server.run((socket) =>
          Effect.map(Name, (name) => events.push(Option.getOrThrow(PlatformSocket.accepted(socket, accept)), name))
        ),
        Name,
        "the handler's"
      ))
      yield* settle
      request()
      yield* settle
      expect(events).toEqual(["the layer's", "the handler's", "released"])
    }))

  it.scoped("refuses whom `accept` refuses, and answers with its subprotocol", () =>
    Effect.gen(function*() {
      const { request, server } = yield* make({
        accept: ({ headers }) =>
          headers["authorization"] === undefined
            ? Effect.fail(new Refusal({ status: 401 }))
            : Effect.succeed({ value: "user", subprotocol: "chat" })
      })
      yield* Effect.forkScoped(server.run(echo))
      yield* settle
      const refused = request()
      const accepted = request({ headers: [["Authorization", "Bearer x"]], subprotocols: ["v2", "chat"] })
      yield* settle
      expect(refused.status).toBe(401)
      expect(accepted.answer).toMatchObject({ _tag: "Accepted", choice: { subprotocol: "chat" } })
    }))

  it.scoped("hands on what `accept` found out, to those who know that `accept`", () =>
    Effect.gen(function*() {
      const accept: Accept<{ readonly user: string }, never> = () => Effect.succeed({ value: { user: "ada" } })
      const other: Accept<string, never> = () => Effect.succeed({ value: "other" })
      const { request, server } = yield* make({ accept })
      const found = yield* Deferred.make<ReadonlyArray<unknown>>()
      yield* Effect.forkScoped(server.run((socket) =>
        Deferred.succeed(found, [
          PlatformSocket.accepted(socket, accept),
          PlatformSocket.accepted(socket, other)
        ])
      ))
      yield* settle
      const upgrade = request()
      expect(yield* Deferred.await(found)).toEqual([Option.some({ user: "ada" }), Option.none()])
      expect(PlatformSocket.accepted(PlatformSocket.fromConnection(upgrade.client), accept)).toEqual(Option.none())
    }))

  it.scoped("closingFirst closes the sockets before anything of the layer is released", () =>
    Effect.gen(function*() {
      const { request, server } = yield* make()
      const { client, events } = yield* Effect.scoped(Effect.gen(function*() {
        const events: Array<string> = []
        const layer = Layer.scopedDiscard(Effect.gen(function*() {
          const { address, run } = yield* SocketServer
          expect(address).toEqual(server.address)
          yield* Effect.forkScoped(run(echo))
          yield* Effect.addFinalizer(() => Effect.sync(() => events.push("released")))
        }))
        yield* Layer.build(PlatformSocketServer.closingFirst(layer))
        yield* settle
        const { client } = request()
        yield* client.send("a")
        events.push(String(yield* client.receive))
        yield* Effect.forkDaemon(
          Effect.flatMap(Effect.exit(client.receive), () => Effect.sync(() => events.push("closed")))
        )
        return { client, events }
      })).pipe(Effect.provideService(SocketServer, server))
      expect((yield* client.outcome).remote).toMatchObject({ code: 1001 })
      expect(events).toEqual(["a", "closed", "released"])
    }))

  const addresses: ReadonlyArray<readonly [Address, unknown]> = [
    [{ _tag: "Tcp", host: "127.0.0.1", port: 1 }, { _tag: "TcpAddress", hostname: "127.0.0.1", port: 1 }],
    [{ _tag: "Unix", path: "/s" }, { _tag: "UnixAddress", path: "/s" }],
    [{ _tag: "None" }, { _tag: "TcpAddress", hostname: "", port: 0 }]
  ]
  for (const [address, expected] of addresses) {
    it.scoped(`says its address: ${address._tag}`, () =>
      Effect.map(make(undefined, address), ({ server }) => expect(server.address).toEqual(expected)))
  }
})
