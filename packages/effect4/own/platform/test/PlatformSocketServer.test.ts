import { describe, expect, it } from "@effect/vitest"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import * as PlatformSocketServer from "@effect-ws/platform/PlatformSocketServer"
import type { Accept, Address } from "@effect-ws/platform/WebSocketServer"
import { Refusal, WebSocketServer } from "@effect-ws/platform/WebSocketServer"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as NetAddress from "effect/net/NetAddress"
import * as Option from "effect/Option"
import type { Socket } from "effect/socket/Socket"
import { settle } from "./sockets.js"
import * as Upgrades from "./upgrades.js"

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

const now = { startImmediately: true } as const

const echo = (socket: Socket) =>
  Effect.scoped(Effect.gen(function*() {
    const { pull } = yield* socket.reader
    const { writeAll } = yield* socket.writer
    return yield* Effect.forever(Effect.flatMap(pull, writeAll), { disableYield: true })
  }))

describe("PlatformSocketServer", () => {
  it.effect("serves sockets, until interrupted: 1001", () =>
    Effect.gen(function*() {
      const { request, server } = yield* make()
      const serving = yield* Effect.forkChild(server.run(echo), now)
      yield* settle
      const one = request()
      const other = request()
      yield* settle
      yield* one.client.sendAll(["a", Uint8Array.of(1)])
      yield* other.client.send("b")
      expect([yield* one.client.receive, yield* one.client.receive]).toEqual(["a", Uint8Array.of(1)])
      expect(yield* other.client.receive).toBe("b")
      const closed = yield* Effect.forkChild(Effect.flip(one.client.receive), now)
      yield* Effect.forkChild(Effect.exit(other.client.receive), now)
      yield* settle
      yield* Fiber.interrupt(serving)
      expect(yield* Fiber.join(closed)).toMatchObject({ remote: { code: 1001 } })
    }))

  it.effect("a handler that returns closes with 1000, one that fails with 1011, one whose socket was closed says nothing", () =>
    Effect.gen(function*() {
      const { request, server } = yield* make()
      const lines: Array<unknown> = []
      yield* Effect.forkScoped(
        Effect.provide(
          server.run((socket) =>
            Effect.scoped(Effect.flatMap(socket.reader, ({ pull }) =>
              Effect.flatMap(pull, ([message]) => message === "fail" ? Effect.fail("no") : Effect.void)))
          ),
          Logger.layer([Logger.make(({ message }) => lines.push(message))])
        ),
        now
      )
      yield* settle
      const codeOf = (text: string | undefined) =>
        Effect.gen(function*() {
          const { client } = request()
          if (text === undefined) yield* client.close(4000)
          else yield* client.send(text)
          yield* Effect.exit(client.receive)
          const { remote } = yield* client.outcome
          return remote?._tag === "Status" ? remote.code : remote?._tag
        })
      expect(yield* codeOf("ok")).toBe(1000)
      expect(yield* codeOf(undefined)).toBe(4000)
      expect(lines).toEqual([])
      expect(yield* codeOf("fail")).toBe(1011)
      expect(lines).toHaveLength(1)
    }))

  it.effect("accept decides, and what it finds out is the socket's", () =>
    Effect.gen(function*() {
      const accept: Accept<string, never> = ({ headers }) =>
        headers["x-user"] === undefined ? new Refusal({ status: 401 }) : Effect.succeed({ value: headers["x-user"] })
      const { request, server } = yield* make({ accept })
      const users: Array<unknown> = []
      yield* Effect.forkScoped(
        server.run((socket) => Effect.sync(() => users.push(PlatformSocket.accepted(socket, accept)))),
        now
      )
      yield* settle
      expect(request().status).toBe(401)
      expect(users).toEqual([])
    }))

  it.effect("has the server's address", () =>
    Effect.gen(function*() {
      const tcp = yield* make({}, { _tag: "Tcp", host: "127.0.0.1", port: 8080 })
      expect(NetAddress.isInetAddressV4(tcp.server.address) && tcp.server.address.port).toBe(8080)
      const unix = yield* make({}, { _tag: "Unix", path: "/tmp/a.sock" })
      expect(unix.server.address).toMatchObject({ _tag: "UnixPathAddress", path: "/tmp/a.sock" })
      expect((yield* make()).server.address).toMatchObject({ _tag: "InetAddressV4", port: 0 })
      expect(PlatformSocket.accepted(PlatformSocket.fromConnection({} as never), (() => {}) as never)).toEqual(Option.none())
    }))
})
