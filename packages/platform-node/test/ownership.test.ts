/**
 * A message's memory is the user's alone, unless messages were told to share it. A handler transfers or overwrites each message as it comes, while others, compressed
 * or not, still wait in the same read: all arrive as they were sent, and nothing is cut.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import type { Connection } from "@effect-ws/connection/Connection"
import type { Message } from "@effect-ws/connection/Message"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Stream from "effect/Stream"
import type { Socket } from "node:net"
import * as Zlib from "node:zlib"
import { connect, request } from "./rawClient.js"
import { answering, switching, until } from "./rawServer.js"
import * as Sockets from "./sockets.js"

const noise = (size: number, seed: number): Uint8Array<ArrayBuffer> => {
  let state = seed
  return Uint8Array.from({ length: size }, () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 24)
}

interface Sent {
  readonly octets: Uint8Array
  readonly compressed: boolean
}

const plain = (size: number): Sent => ({ octets: noise(size, size), compressed: false })
const compressed = (size: number): Sent => ({ octets: noise(size, size), compressed: true })

/** Without context takeover: each is deflated by itself. */
const deflated = (octets: Uint8Array): Uint8Array =>
  Zlib.deflateRawSync(octets, { finishFlush: Zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4)

const wire = (sent: ReadonlyArray<Sent>, mask: number | undefined): Buffer =>
  Buffer.concat(sent.map(({ compressed, octets }) => {
    const payload = compressed ? (octets.length === 0 ? Uint8Array.of(0) : deflated(octets)) : octets
    const header = Frame.header(Frame.opcode.binary, payload.length, { mask, rsv: compressed ? Frame.rsv1 : 0 })
    // masks in place
    return Buffer.from(Frame.encode({ header, payload: payload.slice() }))
  }))

/** How it is cut into writes, each in a turn of its own: `undefined` is one write. */
type Cut = ReadonlyArray<number>

const pieces = (octets: Buffer, cuts: Cut): ReadonlyArray<Buffer> =>
  [0, ...cuts].map((from, i) => octets.subarray(from, cuts[i] ?? octets.length)).filter(({ length }) => length > 0)

const conversations: ReadonlyArray<readonly [name: string, sent: ReadonlyArray<Sent>, cuts: Cut]> = [
  ["a compressed message behind a large one", [plain(40_000), compressed(2_000)], []],
  ["one that ends in the next read", [plain(40_000), compressed(2_000)], [41_000]],
  ["one for the thread pool, and more", [plain(40_000), compressed(20_000), plain(300), compressed(9)], []],
  ["a large one alone, in two reads", [plain(70_000)], [50_000]],
  ["odd sizes, one read", [plain(1), plain(7), plain(33_001), plain(13), compressed(5_003), plain(8)], []],
  ["empty ones", [compressed(0), plain(0), compressed(0), compressed(3), plain(0)], []],
  ["large ones in the pool of threads", [compressed(70_001), compressed(200_003), plain(66_000)], [30_001, 90_000]]
]

/** What a user may do with it. */
const uses: Readonly<Record<string, (message: Uint8Array<ArrayBuffer>) => void>> = {
  transferred: (message) => void structuredClone(message, { transfer: [message.buffer] }),
  overwritten: (message) => void new Uint8Array(message.buffer).fill(0xee)
}

class Receiver {
  readonly copies: Array<Uint8Array> = []
  readonly alignments = new Set<string>()

  constructor(private readonly use: (message: Uint8Array<ArrayBuffer>) => void) {}

  readonly take = (message: Message): void => {
    if (typeof message === "string") return
    const octets = message as Uint8Array<ArrayBuffer>
    this.copies.push(octets.slice())
    this.alignments.add(`${octets.byteOffset} ${octets.buffer.byteLength - octets.length}`)
    this.use(octets)
  }

  expect(sent: ReadonlyArray<Sent>): void {
    expect(this.copies.length).toBe(sent.length)
    sent.forEach(({ octets }, i) =>
      expect(Buffer.compare(octets, this.copies[i] ?? Buffer.of()), `message ${i}`).toBe(0)
    )
    // at the beginning of its memory, and all of it
    expect([...this.alignments]).toEqual(["0 0"])
  }
}

/** Without takeover, so that each compressed message stands for itself; with a pool of threads from few octets on. */
const compression = {
  serverNoContextTakeover: "prefer",
  clientNoContextTakeover: "prefer",
  inflateLaterFrom: 4096
} as const
const extensions = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

type Read = (connection: Connection, receiver: Receiver) => Effect.Effect<unknown, unknown>

const ways: Readonly<Record<string, Read>> = {
  run: (connection, { take }) => connection.run(take),
  reader: (connection, { take }) =>
    Effect.scoped(
      Effect.flatMap(connection.reader, ({ pull }) =>
        Effect.forever(Effect.tap(pull, (messages) => Effect.sync(() => messages.forEach(take)))))
    ),
  receive: (connection, { take }) =>
    Effect.forever(Effect.tap(connection.receive, (message) => Effect.sync(() => take(message)))),
  messages: (connection, { take }) =>
    Stream.runForEach(connection.messages, (message) => Effect.sync(() => take(message))),
  PlatformSocket: (connection, { take }) =>
    Sockets.each(PlatformSocket.fromConnection(connection), (message) => take(message))
}

const portOf = ({ address }: { readonly address: object }): number => "port" in address ? Number(address.port) : 0

/** Each piece in a write of its own, and some turns for it to be read alone. */
const write = (socket: Socket, octets: ReadonlyArray<Uint8Array>) =>
  Effect.promise(async () => {
    for (const piece of octets) {
      await new Promise((resolve) => socket.write(piece, resolve))
      for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
    }
  })

/** Opens a connection to `server` and sends it all, until as many messages were taken, or the server has ended. */
const converse = (server: { readonly address: object }, sent: ReadonlyArray<Sent>, cuts: Cut, taken: () => number) =>
  Effect.gen(function*() {
    const client = yield* connect(
      { port: portOf(server), host: "127.0.0.1" },
      request({ "Sec-WebSocket-Extensions": extensions })
    )
    expect((yield* client.response).status).toBe(101)
    yield* write(client.socket, pieces(wire(sent, 0x12345678), cuts))
    yield* until(() => taken() >= sent.length || client.ended)
  })

describe("a message's memory is the user's alone", () => {
  for (const [use, how] of Object.entries(uses)) {
    for (const [name, sent, cuts] of conversations) {
      for (const [way, read] of Object.entries(ways)) {
        it.scopedLive(`${use}, as a server with ${way}: ${name}`, () =>
          Effect.gen(function*() {
            const receiver = new Receiver(how)
            const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1", compression, grace: 0 })
            yield* Effect.forkScoped(server.serve((connection) => Effect.ignore(read(connection, receiver))))
            yield* converse(server, sent, cuts, () => receiver.copies.length)
            receiver.expect(sent)
          }))
      }

      it.scopedLive(`${use}, as a server with serveMessages: ${name}`, () =>
        Effect.gen(function*() {
          const receiver = new Receiver(how)
          const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1", compression, grace: 0 })
          yield* Effect.forkScoped(server.serveMessages((_, message) => receiver.take(message)))
          yield* converse(server, sent, cuts, () => receiver.copies.length)
          receiver.expect(sent)
        }))

      it.scopedLive(`${use}, as a server with messageStreams: ${name}`, () =>
        Effect.gen(function*() {
          const copies: Array<Buffer> = []
          const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1", compression, grace: 0 })
          yield* Effect.forkScoped(server.serve({
            incoming: "streamed",
            accept: () => Effect.succeed({ value: undefined }),
            handler: (connection) =>
              Stream.runForEach(connection.messageStreams, (message) => {
                const pieces: Array<Uint8Array> = []
                return message.kind === "text" ? Effect.dieMessage("no text was sent") : Effect.zipRight(
                  Stream.runForEach(message.payload, (piece) =>
                    Effect.sync(() => {
                      pieces.push(piece.slice())
                      how(piece)
                    })),
                  Effect.sync(() => copies.push(Buffer.concat(pieces)))
                )
              })
          }))
          yield* converse(server, sent, cuts, () => copies.length)
          expect(copies.length).toBe(sent.length)
          sent.forEach(({ octets }, i) =>
            expect(Buffer.compare(octets, copies[i] ?? Buffer.of()), `message ${i}`).toBe(0)
          )
        }))

      it.scopedLive(`${use}, as a client: ${name}`, () =>
        Effect.gen(function*() {
          const receiver = new Receiver(how)
          const server = yield* answering((accept) => switching(accept, `Sec-WebSocket-Extensions: ${extensions}`))
          const client = yield* NodeWebSocketClient.make({ compression, linger: 0 })
          const connection = yield* client.connect(server.url)
          yield* Effect.forkScoped(Effect.ignore(connection.run(receiver.take)))
          const [socket] = server.sockets
          if (socket === undefined) return yield* Effect.dieMessage("no socket")
          yield* write(socket, pieces(wire(sent, undefined), cuts))
          yield* until(() => receiver.copies.length >= sent.length || socket.readableEnded)
          receiver.expect(sent)
        }))
    }
  }
})

describe("messages in memory that they share", () => {
  /** Whether it throws or copies is Node's to say, and differs by version. */
  const offered = (message: Uint8Array<ArrayBuffer>): void => {
    try {
      structuredClone(message, { transfer: [message.buffer] })
    } catch (error) {
      expect(error).toMatchObject({ name: "DataCloneError" })
    }
  }
  const small = [plain(64), plain(65), plain(1000), plain(1), plain(4096), plain(4097), compressed(900), plain(333)]
  const many = Array.from({ length: 200 }, (_, i) => plain(65 + 20 * i))

  for (const [use, how] of Object.entries({ offered, overwritten: (message: Uint8Array) => void message.fill(0xee) })) {
    for (
      const [name, sent, cuts] of [["of all sizes", small, [700, 2000]], ["many", many, [30_000, 60_001]]] as const
    ) {
      it.scopedLive(`${use}: none of the others changes, ${name}`, () =>
        Effect.gen(function*() {
          const copies: Array<Buffer> = []
          const kept: Array<Uint8Array<ArrayBuffer>> = []
          const server = yield* NodeWebSocketServer.make({
            port: 0,
            host: "127.0.0.1",
            compression,
            grace: 0,
            messageMemory: "pooled"
          })
          yield* Effect.forkScoped(server.serveMessages((_, message) => {
            if (typeof message === "string") return
            const octets = message as Uint8Array<ArrayBuffer>
            copies.push(Buffer.from(octets))
            kept.push(octets)
            how(octets)
          }))
          yield* converse(server, sent, cuts, () => copies.length)
          expect(copies.length).toBe(sent.length)
          sent.forEach(({ octets }, i) => expect(Buffer.compare(octets, copies[i] ?? Buffer.of()), `${i}`).toBe(0))
          expect(kept.every(({ byteOffset }) => byteOffset % 8 === 0)).toBe(true)
          expect(new Set(kept.map(({ buffer }) => buffer)).size).toBeLessThan(sent.length)
          if (use === "overwritten") return
          sent.forEach(({ compressed, octets: { length } }, i) => {
            if (compressed || length <= 64 || length > 4096) return // it has memory of its own, which was given away
            expect(Buffer.compare(kept[i] ?? Buffer.of(), copies[i] ?? Buffer.of()), `kept ${i}`).toBe(0)
          })
        }))
    }
  }

  it.scopedLive("of a client", () =>
    Effect.gen(function*() {
      const kept: Array<Uint8Array> = []
      const server = yield* answering((accept) => switching(accept))
      const client = yield* NodeWebSocketClient.make({ linger: 0, messageMemory: "pooled" })
      const connection = yield* client.connect(server.url)
      yield* Effect.forkScoped(Effect.ignore(connection.run((message) => void kept.push(message as Uint8Array))))
      const [socket] = server.sockets
      if (socket === undefined) return yield* Effect.dieMessage("no socket")
      yield* write(socket, [wire([plain(100), plain(200)], undefined)])
      yield* until(() => kept.length === 2 || socket.readableEnded)
      expect(kept[0]?.buffer).toBe(kept[1]?.buffer)
    }))
})

describe("memory that is given away after it was sent", () => {
  const give = (message: Uint8Array<ArrayBuffer>): void => void structuredClone(message, { transfer: [message.buffer] })

  it.scopedLive("is no matter where the message is compressed: it was read, or copied, when `send` returned", () =>
    Effect.gen(function*() {
      const sizes = [300_000, 70_001, 9, 200_000, 40_000]
      const server = yield* NodeWebSocketServer.make({
        port: 0,
        host: "127.0.0.1",
        grace: 0,
        compression: { threshold: 0, deflateLaterFrom: 1024 }
      })
      yield* Effect.forkScoped(server.serve((connection) =>
        Effect.gen(function*() {
          for (const size of sizes) {
            const message = noise(size, size)
            yield* connection.send(message)
            give(message)
          }
          yield* Effect.never
        })
      ))
      const client = yield* NodeWebSocketClient.make({ compression: {}, linger: 0 })
      const connection = yield* client.connect(`ws://127.0.0.1:${portOf(server)}/`)
      expect(connection.extensions).toContain("permessage-deflate")
      for (const size of sizes) {
        const message = yield* connection.receive
        expect(Buffer.compare(noise(size, size), Buffer.from(message as Uint8Array)), String(size)).toBe(0)
      }
    }))

  it.scopedLive("ends its own connection, with 1011 and one line in the log, where it was only referenced", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const logger = Logger.make(({ cause, logLevel, message }) => {
        if (LogLevel.greaterThanEqual(logLevel, LogLevel.Warning)) {
          lines.push(`${logLevel.label} ${String(message)} ${String(cause)}`)
        }
      })
      yield* Effect.gen(function*() {
        const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1", grace: 0, compression: false })
        yield* Effect.forkScoped(server.serveMessages((connection, message) => {
          connection.trySend(message)
          if (typeof message !== "string") give(message as Uint8Array<ArrayBuffer>)
        }))
        const client = yield* NodeWebSocketClient.make({ linger: 0 })
        const [odd, well] = yield* Effect.all([
          client.connect(`ws://127.0.0.1:${portOf(server)}/`),
          client.connect(`ws://127.0.0.1:${portOf(server)}/`)
        ])
        yield* odd.send(new Uint8Array(20_000))
        expect(yield* odd.outcome).toMatchObject({ _tag: "Clean", closedFirst: "peer", remote: { code: 1011 } })
        yield* well.send("still here")
        expect(yield* well.receive).toBe("still here")
      }).pipe(Effect.scoped, Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      expect(lines).toHaveLength(1)
      expect(lines[0]).toContain("ERROR A defect ended a WebSocket connection")
      expect(lines[0]).toContain("transferred to another thread before it was written")
    }))
})
