/** What a hostile server may do to our client: docs/reference/security.md names the tests of this file. */
import { describe, expect, it } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import { PreparedMessage } from "@effect-ws/connection/Message"
import type { HandshakeReason } from "@effect-ws/platform/HandshakeError"
import type * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { once } from "node:events"
import type * as Net from "node:net"
import * as Tls from "node:tls"
import { acceptOf, clientSockets, onRequest, switching, until } from "../rawServer.js"
import { certificate, descriptors, quietly } from "./arena.js"
import { attack, type Field, serverFrame } from "./field.js"

const MiB = 1024 * 1024
const { opcode } = Frame

/** Why it did not open. */
const reasonOf = (
  { client, url }: Field,
  options?: WebSocketClient.ConnectOptions<"whole">
): Effect.Effect<HandshakeReason, never, Scope.Scope> =>
  Effect.map(Effect.orDie(Effect.flip(client.connect(url, options))), ({ reason }) => reason)

/** Answers, with `octets` behind the 101. */
const opens = (octets: Uint8Array, ...lines: ReadonlyArray<string>) => (socket: Net.Socket): void =>
  onRequest(socket, (head) => {
    socket.write(switching(acceptOf(head), ...lines))
    socket.write(octets)
  })

describe("heads", () => {
  const endless: ReadonlyArray<readonly [name: string, begin: string, more: string, rule: string]> = [
    ["a status line", "HTTP/1.1 101 ", "x", "HeadTooLarge"],
    ["a header", "HTTP/1.1 101 Switching Protocols\r\nX: ", "x", "HeadTooLarge"],
    ["header lines", "HTTP/1.1 101 Switching Protocols\r\n", "X: y\r\n", "TooManyHeaders"],
    ["empty lines", "", "\r\n", "StartLineMalformed"],
    ["a line of another protocol", "", "x", "HeadTooLarge"]
  ]
  for (const [name, begin, more, rule] of endless) {
    let taken = 0
    attack(
      `Mint CVE-2026-58229, -82728: the client bounds ${name} without end`,
      (socket) =>
        onRequest(socket, () => {
          taken = 0
          socket.write(begin)
          const octets = Buffer.from(more.repeat(10_000))
          const pour = (): void => {
            while (
              !socket.destroyed && socket.write(octets, (error) => {
                if (!error) taken += octets.length
              })
            );
          }
          socket.on("drain", pour)
          pour()
        }),
      (field) =>
        Effect.gen(function*() {
          const reason = yield* reasonOf(field)
          expect(reason).toMatchObject({ _tag: "Violation", rule: "MalformedHead" })
          expect(reason._tag === "Violation" && reason.detail).toMatch(rule)
          yield* until(() => field.sockets[0]?.destroyed === true)
          expect(taken).toBeLessThan(16 * MiB) // what the system's buffers hold
        })
    )
  }

  for (
    const [name, bits] of [
      ["7", "server_max_window_bits=7"],
      ["16", "server_max_window_bits=16"],
      ["1000", "server_max_window_bits=1000"],
      ["empty", "server_max_window_bits="],
      ["without a value", "server_max_window_bits"],
      ["quoted and empty", "server_max_window_bits=\"\""],
      ["7, of the client", "client_max_window_bits=7"],
      ["16, of the client", "client_max_window_bits=16"],
      ["08", "server_max_window_bits=08"],
      ["0xf", "server_max_window_bits=0xf"]
    ] as const
  ) {
    attack(
      `undici CVE-2026-2229: window bits ${name}: typed failure`,
      opens(new Uint8Array(0), `Sec-WebSocket-Extensions: permessage-deflate; ${bits}`),
      (field) =>
        Effect.map(reasonOf(field), (reason) => {
          expect(reason._tag).toBe("Violation")
          expect(reason._tag === "Violation" && reason.rule).toMatch(/WindowBitsInvalid|ExtensionsMalformed/)
        })
    )
  }

  for (const status of [200, 204, 301, 302, 307, 308, 401, 407, 426, 500, 999]) {
    attack(
      `Kubernetes CVE-2018-1002105: a client treats ${status} as final`,
      (socket) =>
        onRequest(socket, (head) => {
          const length = status === 204 ? "" : "Content-Length: 0\r\n"
          socket.write(
            `HTTP/1.1 ${status} x\r\nLocation: ws://127.0.0.1:1/\r\n${length}\r\n${switching(acceptOf(head))}`
          )
        }),
      (field) =>
        Effect.gen(function*() {
          expect(yield* reasonOf(field)).toMatchObject({ _tag: "Refused", status })
          yield* until(() => field.sockets[0]?.destroyed === true || field.sockets[0]?.readableEnded === true)
          expect(field.sockets).toHaveLength(1)
        })
    )
  }
})

describe("what is written", () => {
  attack(
    "undici CVE-2026-1527: CR, LF and NUL in URL, header or subprotocol are refused before writing",
    () => {},
    ({ client, sockets, url }) =>
      Effect.gen(function*() {
        for (const bad of ["\r", "\n", "\0", "\r\nX: y"]) {
          const attempts: ReadonlyArray<readonly [string, WebSocketClient.ConnectOptions<"whole">]> = [
            [`${url}a${bad}b`, {}],
            [`${bad}${url}`, {}],
            [url, { headers: [["X", `a${bad}b`]] }],
            [url, { headers: [[`X${bad}`, "a"]] }],
            [url, { headers: { Cookie: `a=${bad}` } }],
            [url, { subprotocols: [`a${bad}b`] }],
            [url, { origin: `https://a${bad}b` }]
          ]
          for (const [to, options] of attempts) {
            const error = yield* Effect.flip(client.connect(to, options))
            expect(error.reason._tag).toBe("InvalidRequest")
          }
        }
        // Escaped, they are two letters of a path; in user and password they are encoded with the rest.
        const escaped = yield* Effect.fork(
          Effect.scoped(client.connect(url.replace("//", "//a%0d%0aX:b%0d%0aX%3a%20y@") + "%0d%0aX:%20y"))
        )
        yield* until(() => sockets.length === 1)
        const [head] = yield* Effect.promise(() => once(sockets[0] as Net.Socket, "data"))
        expect(String(head)).toMatch(/^GET \/%0d%0aX:%20y HTTP\/1\.1\r\n/)
        expect(String(head)).not.toMatch(/^X:/m)
        yield* Effect.sync(() => sockets[0]?.destroy())
        expect(Exit.isFailure(yield* Fiber.await(escaped))).toBe(true)
      })
  )

  attack(
    "curl CVE-2025-10148, gorilla GHSA-w67g-5rqw-f597: a fresh unpredictable mask for each frame",
    (socket) => onRequest(socket, (head) => socket.write(switching(acceptOf(head)))),
    ({ client, sockets, url }) =>
      Effect.gen(function*() {
        const chunks: Array<Buffer> = []
        const received = () => chunks.reduce((size, { length }) => size + length, 0)
        const frames = 5_000
        for (let i = 0; i < 2; i++) {
          const connection = yield* client.connect(url)
          sockets[i]?.on("data", (chunk: Buffer) => chunks.push(chunk))
          yield* connection.sendAll(new Array<string>(frames / 2).fill("same"))
        }
        yield* until(() => received() === frames * 10)
        const all = Buffer.concat(chunks)
        const keys = Array.from({ length: frames }, (_, i) => all.readUInt32BE(i * 10 + 2))
        // 5,000 of 2^32: two alike are seen once in 300 runs, three alike never.
        expect(new Set(keys).size).toBeGreaterThan(frames - 3)
        for (let bit = 0; bit < 32; bit++) {
          const ones = keys.filter((key) => (key >>> bit) & 1).length
          expect(Math.abs(ones - frames / 2)).toBeLessThan(300) // 8 standard deviations
          const flips = keys.filter((key, i) => ((key ^ (keys[i - 1] ?? 0)) >>> bit) & 1).length
          expect(Math.abs(flips - frames / 2)).toBeLessThan(300)
        }
        const steps = new Set(keys.map((key, i) => (key - (keys[i - 1] ?? 0)) >>> 0))
        expect(steps.size).toBeGreaterThan(frames - 3) // no counter either
      }),
    { compression: false }
  )

  attack(
    "ws CVE-2016-10518, CVE-2026-45736: nothing that a user passes off as a message, ping or Close sends memory he did not give",
    (socket) =>
      onRequest(socket, (head) => {
        socket.write(switching(acceptOf(head)))
        socket.on("data", (chunk: Buffer) => heard.push(chunk))
      }),
    ({ client, url }) =>
      Effect.gen(function*() {
        const connection = yield* client.connect(url)
        const other = yield* client.connect(url)
        heard.length = 0
        const values: ReadonlyArray<unknown> = [
          1000,
          1e9,
          -1,
          NaN,
          2 ** 53,
          true,
          null,
          undefined,
          {},
          [],
          [1, 2, 3],
          { length: 1000 },
          { length: 20_000 },
          { byteLength: 5, length: 5 },
          () => {},
          Symbol("x"),
          10n,
          new Date(),
          new ArrayBuffer(64),
          new Uint16Array(9000),
          new DataView(new ArrayBuffer(20_000)),
          new Float64Array(8),
          [new Uint8Array(4)]
        ]
        for (const value of values) {
          expect(Exit.isFailure(yield* Effect.exit(connection.send(value as string)))).toBe(true)
          expect(Exit.isFailure(yield* Effect.exit(connection.sendAll([new PreparedMessage(value as string)])))).toBe(
            true
          )
          expect(() => connection.trySend(value as string)).toThrow(TypeError)
          if (value === null || value === undefined) continue // an element that is none
          const streamed = Effect.exit(connection.sendStream("binary", Stream.make(value as Uint8Array)))
          expect(Exit.isFailure(yield* streamed)).toBe(true)
        }
        for (const code of [undefined, "1000", 1000.5, NaN, 999, 1005, 2 ** 31, {}, [1000]]) {
          if (code === undefined) continue // means 1000
          expect(yield* Effect.flip(connection.close(code as number))).toMatchObject({ _tag: "InvalidClose" })
        }
        for (const reason of [5, 1e6, null, {}, { length: 100 }, new Uint8Array(100), "é".repeat(62)]) {
          expect(Exit.isFailure(yield* Effect.exit(connection.close(1000, reason as string)))).toBe(true)
        }
        yield* Effect.sleep("20 millis")
        expect(heard).toEqual([])
        // And neither this connection nor another of the layer has suffered.
        yield* connection.send("one")
        yield* other.send(Uint8Array.of(1, 2, 3))
        yield* Effect.fork(connection.ping)
        yield* until(() => Buffer.concat(heard).length === 9 + 9 + 14)
      }),
    { compression: false }
  )

  attack(
    "websockets 16.1, ws 8.5: credentials do not cross origins: a redirect is not followed, and errors do not show them",
    (socket) =>
      onRequest(socket, (head) => {
        expect(head).toMatch(/^Authorization: Basic dXNlcjpzZWNyZXQ=\r$/m)
        expect(head).toMatch(/^Cookie: session=secret\r$/m)
        socket.write("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n")
      }),
    ({ client, sockets, url }) =>
      Effect.gen(function*() {
        const dialed = yield* clientSockets
        const error = yield* Effect.flip(
          client.connect(url.replace("//", "//user:secret@"), { headers: { Cookie: "session=secret" } })
        )
        expect(error.reason).toMatchObject({ _tag: "Refused", status: 302 })
        expect([sockets.length, dialed.length]).toEqual([1, 1])
        expect(`${error} ${error.message} ${JSON.stringify(error)}`).not.toMatch(/secret/)
      })
  )
})

const heard: Array<Buffer> = []

describe("TLS", () => {
  it.scopedLive("Java-WebSocket CVE-2020-11050, faye CVE-2020-15133: hostname verification is on", () =>
    quietly(Effect.gen(function*() {
      const sent: Array<string> = []
      const server = yield* Effect.acquireRelease(
        Effect.promise(async () => {
          const server = Tls.createServer(certificate, (socket) => {
            socket.on("error", () => {})
            onRequest(socket, (head) => {
              sent.push(head)
              socket.write(switching(acceptOf(head)))
            })
          })
          server.on("tlsClientError", () => {})
          await once(server.listen(0, "127.0.0.1"), "listening")
          return server
        }),
        (server) => Effect.async<void>((resume) => void server.close(() => resume(Effect.void)))
      )
      const { port } = server.address() as Net.AddressInfo
      const local: NodeWebSocketClient.TcpOptions = {
        lookup: (_, options, done) =>
          options.all === true ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4)
      }
      const client = yield* NodeWebSocketClient.make({ tls: { ca: certificate.cert }, tcp: local })
      const unknown = yield* NodeWebSocketClient.make({ tcp: local })
      for (
        const [by, url] of [[client, `wss://other.example:${port}`], [unknown, `wss://localhost:${port}`]] as const
      ) {
        const { reason } = yield* Effect.flip(by.connect(url, { headers: { Authorization: "Bearer secret" } }))
        expect(reason._tag).toBe("TlsFailed")
      }
      expect(sent).toEqual([])
      yield* Effect.scoped(client.connect(`wss://localhost:${port}`))
      expect(sent).toHaveLength(1)
    })))
})

describe("frames", () => {
  const frames: ReadonlyArray<readonly [string, octets: string, rule: string, code: number]> = [
    ["a length of 2^31", "827f0000000080000000", "MessageTooBig", 1009],
    ["a length of 2^53", "827f0020000000000000", "MessageTooBig", 1009],
    ["a length with the top bit", "827f8000000000000000", "LengthTopBit", 1002],
    ["a masked frame", "8180", "MaskedFrame", 1002],
    ["RSV1 without negotiation", "c101", "ReservedBits", 1002],
    ["opcode 3", "837e", "ReservedOpcode", 1002],
    ["a Close of one octet", "880100", "CloseTooShort", 1002],
    ["a Close of 1005", "880203ed", "CloseCodeInvalid", 1002]
  ]
  for (const [name, octets, rule, code] of frames) {
    attack(
      `undici CVE-2026-1528, gorilla CVE-2020-27813, aiohttp CVE-2026-59881, of a server: ${name} fails at the header`,
      (socket) => {
        opens(Buffer.from(octets, "hex"))(socket)
        socket.on("data", (chunk: Buffer) => {
          if (!chunk.toString("latin1").startsWith("GET ")) heard.push(chunk)
        })
      },
      ({ client, sockets, url }) =>
        Effect.gen(function*() {
          heard.length = 0
          const connection = yield* client.connect(url)
          expect(yield* Effect.flip(connection.receive)).toMatchObject({ _tag: "ProtocolFailure" })
          yield* until(() => Buffer.concat(heard).length > 6)
          const [first = 0, , a = 0, b = 0, , , high = 0, low = 0] = Buffer.concat(heard)
          expect([first, ((high ^ a) << 8) | (low ^ b)]).toEqual([0x88, code])
          sockets[0]?.end()
          expect(yield* connection.outcome).toMatchObject({ _tag: "Failed", failure: { rule } })
        }),
      { compression: false }
    )
  }

  attack(
    "curl CVE-2025-5399: reading always makes progress: empty frames, control frames, and no room to answer",
    (socket) =>
      onRequest(socket, (head) => {
        socket.write(switching(acceptOf(head)))
        socket.pause() // it never reads an answer
        const odd = Buffer.concat([
          serverFrame(opcode.ping, ""),
          serverFrame(opcode.ping, "p".repeat(125)),
          serverFrame(opcode.pong, ""),
          serverFrame(opcode.text, "", { fin: false }),
          serverFrame(opcode.continuation, "", { fin: false }),
          serverFrame(opcode.ping, "amid"),
          serverFrame(opcode.continuation, "é", { fin: false }),
          serverFrame(opcode.continuation, "", { fin: true })
        ])
        const all = Buffer.concat([Buffer.alloc(odd.length * 60_000, odd), serverFrame(opcode.text, "end")])
        socket.write(all)
      }),
    ({ client, url }) =>
      Effect.gen(function*() {
        const connection = yield* client.connect(url)
        // The client's own sends wait, its reading does not.
        yield* Effect.forkScoped(Effect.forever(connection.send("x".repeat(60_000))))
        const messages = yield* Stream.runFold(
          Stream.takeUntil(connection.messages, (message) => message === "end"),
          0,
          (count, message) => count + (message === "é" ? 1 : 0)
        )
        expect(messages).toBe(60_000)
        expect(connection.bufferedAmount).toBeLessThan(2 * MiB)
      }),
    { compression: false }
  )
})

describe("resets", () => {
  attack(
    "engine.io CVE-2022-21676, CVE-2022-41940, of a server: a reset at any octet of the answer is one typed error or outcome",
    (socket) =>
      onRequest(socket, (head) => {
        const at = Number(/GET \/([0-9]+) /.exec(head)?.[1])
        const answer = Buffer.concat([
          Buffer.from(switching(acceptOf(head))),
          serverFrame(opcode.text, "hello"),
          serverFrame(opcode.text, "hel", { fin: false })
        ])
        socket.write(answer.subarray(0, at), () => {
          setTimeout(() => socket.resetAndDestroy(), at % 3)
        })
      }),
    ({ client, url }) =>
      Effect.gen(function*() {
        const before = descriptors()
        const tags = new Set<string>()
        for (let at = 0; at <= 150; at += 2) {
          const tag = yield* Effect.scoped(
            client.connect(`${url}${at}`).pipe(
              Effect.flatMap((connection) =>
                Effect.zipRight(Effect.ignore(connection.run(() => {})), connection.outcome)
              ),
              Effect.map((outcome) => outcome._tag),
              Effect.catchAll(({ reason }) => Effect.succeed(`handshake ${reason._tag}`))
            )
          )
          tags.add(tag)
        }
        expect([...tags].sort()).toEqual(["Dropped", "handshake Dropped"])
        yield* until(() => descriptors() <= before)
      })
  )
})
