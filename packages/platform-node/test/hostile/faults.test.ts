/** Faults of real sockets amid the opening handshake and behind it, in both roles: typed, in time, and nothing left. */
import { describe, expect, it } from "@effect/vitest"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as Effect from "effect/Effect"
import type * as Net from "node:net"
import { connect, request } from "../rawClient.js"
import { acceptOf, listen, onRequest, switching, until } from "../rawServer.js"
import { descriptors, drip, make, quietly, text } from "./arena.js"

const octets = Buffer.concat([Buffer.from(request()), text("hello"), text("hello", { fin: false })])
const head = request().length

describe("a server of ours", () => {
  it.scopedLive(
    "a client that ends its side at any octet is dropped, and leaves nothing",
    () =>
      quietly(Effect.gen(function*() {
        const arena = yield* make({ limits: { dropTimeout: 200 } })
        const before = descriptors()
        let opened = 0
        for (let at = 0; at <= octets.length; at += 5) {
          if (at >= head) opened++
          const client = yield* connect({ port: arena.port, host: "127.0.0.1" }, octets.subarray(0, at))
          if (at >= head) yield* client.response // otherwise it has left before it was answered
          client.end()
          yield* client.gone
        }
        yield* arena.outcome(opened - 1)
        for (const outcome of arena.outcomes) {
          expect(outcome).toMatchObject({ _tag: "Dropped", cause: { _tag: "Eof" }, closedFirst: "none" })
        }
        expect(arena.opened).toHaveLength(opened)
        yield* arena.goesOn
        yield* until(() => descriptors() <= before)
      })),
    60_000
  )

  it.scopedLive(
    "a client that stops at any octet: 408 amid the head, and behind it 1011 by keepalive",
    () =>
      quietly(Effect.gen(function*() {
        const arena = yield* make({
          openTimeout: "1 second",
          limits: { dropTimeout: 200, keepaliveInterval: 500, keepaliveTimeout: 500 }
        })
        const before = descriptors()
        const places = Array.from({ length: Math.ceil(octets.length / 5) }, (_, i) => i * 5)
        yield* Effect.forEach(
          places,
          (at) =>
            Effect.scoped(Effect.gen(function*() {
              const client = yield* connect({ port: arena.port, host: "127.0.0.1" }, octets.subarray(0, at))
              const { status } = yield* client.response
              expect([at, status]).toEqual([at, at < head ? 408 : 101])
              const rest = yield* client.rest
              if (at >= head) expect(rest).toContain("\x88\x11\x03\xf3no sign of life")
            })),
          { concurrency: "unbounded" }
        )
        yield* until(() => arena.outcomes.length === arena.opened.length)
        expect(arena.outcomes.length).toBeGreaterThan(0)
        for (const outcome of arena.outcomes) {
          expect(outcome).toMatchObject({
            _tag: "Failed",
            failure: { _tag: "KeepaliveTimeout" },
            local: { code: 1011 }
          })
        }
        yield* until(() => descriptors() <= before)
      })),
    60_000
  )

  it.scopedLive("a client that writes octet by octet is served like any other", () =>
    quietly(Effect.gen(function*() {
      const arena = yield* make()
      const client = yield* arena.dial()
      yield* drip(client, octets)
      expect((yield* client.response).status).toBe(101)
      expect(yield* client.frame).toBe("text hello")
    })))
})

describe("a client of ours", () => {
  const answer = (accept: string) =>
    Buffer.concat([Buffer.from(switching(accept)), Buffer.from("810568656c6c6f0103686921", "hex")])
  const headSize = switching("0".repeat(28)).length

  const walk = (
    onAnswered: (socket: Net.Socket) => void,
    options: NodeWebSocketClient.Options,
    expected: (at: number) => string
  ) =>
    quietly(Effect.gen(function*() {
      const { url } = yield* listen((socket) => {
        socket.on("end", () => socket.end())
        onRequest(socket, (head) => {
          const at = Number(/GET \/([0-9]+) /.exec(head)?.[1])
          if (at === 0) onAnswered(socket)
          else socket.write(answer(acceptOf(head)).subarray(0, at), () => onAnswered(socket))
        })
      })
      const client = yield* NodeWebSocketClient.make({ compression: false, ...options })
      const before = descriptors()
      const places = Array.from({ length: Math.ceil(answer("0".repeat(28)).length / 4) }, (_, i) => i * 4)
      yield* Effect.forEach(places, (at) =>
        Effect.gen(function*() {
          const found = yield* Effect.scoped(
            Effect.flatMap(
              client.connect(`${url}${at}`),
              (connection) => Effect.zipRight(Effect.ignore(connection.run(() => {})), connection.outcome)
            )
          ).pipe(
            Effect.map((outcome) => outcome._tag === "Dropped" ? `Dropped ${outcome.cause._tag}` : outcome._tag),
            Effect.catchAll(({ reason }) =>
              Effect.succeed(`handshake ${reason._tag} ${reason._tag === "Dropped" ? reason.cause._tag : ""}`.trim())
            )
          )
          expect([at, found]).toEqual([at, expected(at)])
        }), { concurrency: 8 })
      yield* until(() => descriptors() <= before)
    }))

  it.scopedLive(
    "a server that ends its side at any octet: Dropped, by Eof",
    () => walk((socket) => socket.end(), {}, (at) => at < headSize ? "handshake Dropped Eof" : "Dropped Eof"),
    60_000
  )

  it.scopedLive("a server that stops at any octet: Timeout amid the head, and behind it KeepaliveTimeout", () =>
    walk(
      () => {},
      { openTimeout: "1 second", limits: { keepaliveInterval: 300, keepaliveTimeout: 300, dropTimeout: 200 } },
      (at) => at < headSize ? "handshake Timeout" : "Failed"
    ), 60_000)
})
