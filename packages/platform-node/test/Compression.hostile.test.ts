/** What a hostile client can do with permessage-deflate to a running server: offers, bombs, garbage, and leaving. */
import { describe, expect, it } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Zlib from "node:zlib"
import { compressed, deflated, echo, gone, nothing, offering, opened, quietly, serve } from "./compressing.js"
import { tracked } from "./contexts.js"
import { close, connect, frame, type RawClient, request } from "./rawClient.js"
import { until } from "./rawServer.js"

describe("7692 §7.1 offers on the wire", () => {
  const offers: ReadonlyArray<readonly [offer: string, status: number, answer?: string]> = [
    ["permessage-deflate", 101, "permessage-deflate"],
    ["permessage-deflate; client_max_window_bits", 101, "permessage-deflate"],
    ["permessage-deflate; server_max_window_bits=\"9\"", 101, "permessage-deflate; server_max_window_bits=9"],
    ["permessage-deflate; server_max_window_bits=7", 101],
    ["permessage-deflate; server_max_window_bits=16", 101],
    ["permessage-deflate; client_max_window_bits=1000", 101],
    ["permessage-deflate; client_max_window_bits=010", 101],
    ["permessage-deflate; server_max_window_bits", 101],
    ["permessage-deflate; server_max_window_bits=", 400],
    ["permessage-deflate; server_max_window_bits=\"\"", 400],
    ["permessage-deflate; server_max_window_bits=16, permessage-deflate", 101, "permessage-deflate"],
    ["permessage-deflate; server_no_context_takeover; server_no_context_takeover", 101],
    [`permessage-deflate${"; a".repeat(1000)}`, 101],
    [`permessage-deflate${"; a=1".repeat(1000)}, permessage-deflate`, 101, "permessage-deflate"],
    [`${"permessage-deflate; a,".repeat(500)}permessage-deflate`, 101, "permessage-deflate"],
    [`permessage-deflate${"; a".repeat(1000)};`, 400],
    [`permessage-deflate${"; abcdefghijklmnop".repeat(1000)}`, 431]
  ]

  it.scopedLive("are taken, declined, or refused when they are no offers", () =>
    Effect.gen(function*() {
      const { to } = yield* echo()
      for (const [offer, status, answer] of offers) {
        const client = yield* connect(to, offering(offer))
        const { headers, status: answered } = yield* client.response
        expect([offer, answered, headers["sec-websocket-extensions"]]).toEqual([offer, status, answer])
        client.socket.destroy()
      }
    }).pipe(quietly))
})

describe("7692 §5 declining", () => {
  it.scopedLive("accept declines for one connection", () =>
    Effect.gen(function*() {
      const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
      yield* Effect.forkScoped(server.serve({
        accept: ({ path }) =>
          Effect.succeed({ value: undefined, ...(path === "/plain" ? { compression: false as const } : {}) }),
        handler: (connection) => Effect.zipRight(connection.send("x".repeat(1000)), Effect.never)
      }))
      const to = { port: server.address._tag === "Tcp" ? server.address.port : 0, host: "127.0.0.1" }
      const lines = { "Sec-WebSocket-Extensions": "permessage-deflate" }
      const plain = yield* connect(to, request(lines, "GET /plain HTTP/1.1"))
      expect((yield* plain.response).headers).not.toHaveProperty("sec-websocket-extensions")
      expect(yield* plain.frame).toBe(`text ${"x".repeat(1000)}`)
      const other = yield* connect(to, request(lines))
      expect((yield* other.response).headers["sec-websocket-extensions"]).toBe("permessage-deflate")
      expect((yield* other.frame).length).toBeLessThan(100)
    }))
})

describe("7692 §7.2.3.6 empty messages", () => {
  const takeovers = [
    "permessage-deflate",
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
  ]
  for (const offer of takeovers) {
    it.scopedLive(`of 00, and of no octet at all as Mojolicious sends them: ${offer}`, () =>
      Effect.gen(function*() {
        const { to } = yield* echo({ compression: { threshold: 1_000_000 } })
        const client = yield* opened(to, offer)
        const deflate = Zlib.createDeflateRaw()
        const next = (octets: string) =>
          Effect.promise(() =>
            new Promise<Buffer>((resolve) => {
              const chunks: Array<Buffer> = []
              deflate.on("data", (chunk: Buffer) => chunks.push(chunk))
              deflate.write(octets)
              deflate.flush(Zlib.constants.Z_SYNC_FLUSH, () => {
                deflate.removeAllListeners("data")
                resolve(Buffer.concat(chunks).subarray(0, -4))
              })
            })
          )
        const word = "once more, and once more"
        const words = offer === "permessage-deflate"
          ? [yield* next(word), yield* next(word)]
          : [deflated(word), deflated(word)]
        const [one = nothing, two = nothing] = words
        client.write(compressed(nothing))
        expect(yield* client.frame).toBe("text ")
        client.write(compressed(one))
        expect(yield* client.frame).toBe(`text ${word}`)
        client.write(compressed(nothing))
        client.write(compressed(Uint8Array.of(0)))
        client.write(Buffer.concat([
          compressed(nothing, Frame.opcode.text, false),
          Frame.encode({ header: Frame.header(Frame.opcode.continuation, 0, { mask: 0 }), payload: nothing })
        ]))
        for (let i = 0; i < 3; i++) expect(yield* client.frame).toBe("text ")
        client.write(compressed(two)) // which refers to the first, where contexts are taken over
        expect(yield* client.frame).toBe(`text ${word}`)
      }).pipe(quietly))
  }
})

describe("7692 §6.2 payloads on the wire", () => {
  const whole = deflated("a message that is long enough to end somewhere in its middle")
  const payloads: ReadonlyArray<readonly [says: string, payload: Uint8Array, close: string]> = [
    ["a block of the reserved type", Buffer.of(0x06), "close 1007"],
    ["garbage", Buffer.alloc(5000, 0xa7), "close 1007"],
    ["text that was never compressed", Buffer.from("hello, hello, hello"), "close 1007"],
    [
      "a distance before the beginning",
      Buffer.from("4b040100", "hex").map((octet, i) => i === 2 ? 0x61 : octet),
      "close 1007"
    ],
    ["cut off amid a block", whole.subarray(0, whole.length - 3), "close 1007"],
    ["trailed by other octets", Buffer.concat([whole, Buffer.from("ffff", "hex")]), "close 1007"],
    ["invalid UTF-8", deflated(Buffer.of(0xff)), "close 1007"],
    ["a block without its end, and then nothing", whole.subarray(0, 5), "close 1007"],
    ["over the limit", deflated(Buffer.alloc(100_001)), "close 1009"]
  ]
  for (const [says, payload, answer] of payloads) {
    it.scopedLive(`${says}: ${answer}`, () =>
      Effect.gen(function*() {
        const contexts = yield* tracked
        const { to } = yield* echo({ limits: { maxMessageSize: 100_000 } })
        const client = yield* opened(to)
        client.write(compressed(payload))
        expect(yield* client.frame).toBe(answer)
        yield* gone(client)
        yield* until(() => contexts.open().length === 0)
      }).pipe(quietly))
  }
})

describe("contexts", () => {
  it.scopedLive("are not there before they are needed", () =>
    Effect.gen(function*() {
      const contexts = yield* tracked
      const { to } = yield* echo()
      const client = yield* opened(to)
      client.write(frame(Frame.opcode.text, "small"))
      expect(yield* client.frame).toBe("text small")
      expect(contexts.all).toHaveLength(0)
      client.write(compressed(deflated("small")))
      expect(yield* client.frame).toBe("text small")
      expect(contexts.open()).toHaveLength(1) // what is echoed is below the threshold
    }).pipe(quietly))

  /** Deflated on the thread pool, for some time. */
  const huge = Buffer.from(Array.from({ length: 4_000_000 }, (_, i) => 97 + ((i * i) >>> 7) % 26))

  const ways: Readonly<Record<string, (client: RawClient) => void>> = {
    "the closing handshake": (client) => client.write(close(1000)),
    "the end of the stream": (client) => client.end(),
    "a reset": (client) => client.socket.resetAndDestroy(),
    "a violation": (client) => client.write(frame(Frame.opcode.text, Uint8Array.of(0xff))),
    "garbage to inflate": (client) => client.write(compressed(Buffer.of(0x06)))
  }
  for (const [way, leave] of Object.entries(ways)) {
    it.scopedLive(`are closed by ${way}, while idle and while much is being deflated`, () =>
      Effect.gen(function*() {
        const contexts = yield* tracked
        const { server, to } = yield* serve()
        let begun = false
        yield* Effect.forkScoped(
          server.serveMessages((connection, message) => {
            begun = message === "more"
            connection.trySend(begun ? huge : message)
          }).pipe(quietly)
        )
        for (const more of [false, true]) {
          const client = yield* opened(to)
          client.write(compressed(deflated("x".repeat(500))))
          yield* until(() => contexts.open().length === 2)
          if (more) client.write(frame(Frame.opcode.text, "more"))
          yield* until(() => begun === more)
          client.socket.once("end", () => client.end())
          leave(client)
          yield* until(() => contexts.open().length === 0)
          client.socket.destroy()
        }
      }).pipe(quietly))
  }

  it.scopedLive("are closed by a shutdown, and by a client that leaves its scope", () =>
    Effect.gen(function*() {
      const contexts = yield* tracked
      const scope = yield* Scope.make()
      const { server, to } = yield* Scope.extend(serve(), scope)
      const serving = yield* Effect.fork(server.serve((connection) =>
        connection.run((message) => Effect.zipRight(connection.send(message), connection.send(huge)))
      ))
      const client = yield* NodeWebSocketClient.make()
      const talk = Effect.gen(function*() {
        const connection = yield* client.connect(`ws://127.0.0.1:${to.port}/`)
        yield* connection.send("x".repeat(500))
        expect(yield* connection.receive).toBe("x".repeat(500))
        return connection
      })
      yield* Effect.scoped(talk)
      yield* until(() =>
        contexts.open().length === 0
      )
      const connection = yield* talk
      yield* Scope.close(scope, Exit.void)
      yield* connection.outcome
      yield* until(() => contexts.open().length === 0)
      yield* Fiber.interrupt(serving)
    }).pipe(quietly))
})
