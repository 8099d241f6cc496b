/**
 * A server that breaks rules, and our client as its guest: how the connection, or the attempt, ends.
 */
import * as AcceptKey from "@effect-ws/codec/AcceptKey"
import * as Frame from "@effect-ws/codec/Frame"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import { type AddressInfo, createServer, type Socket } from "node:net"
import type { Clients } from "./Ours.js"
import { frame } from "./Payload.js"
import { host } from "./Sides.js"
import { describe } from "./Tally.js"
import { pick, type World } from "./World.js"

const { opcode } = Frame
const plain = { mask: undefined }

interface Misdeed {
  /** What our client's outcome, or the reason why it did not open, begins with. */
  readonly expected: string
  readonly commit: (socket: Socket, key: string) => void
}

const accepted = (key: string, accept = AcceptKey.accept(key)): string =>
  [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${accept}`,
    "",
    ""
  ].join("\r\n")

const saying = (expected: string, ...octets: ReadonlyArray<Uint8Array>): Misdeed => ({
  expected,
  commit: (socket, key) => void socket.write(Buffer.concat([Buffer.from(accepted(key)), ...octets]))
})

const misdeeds: ReadonlyArray<Misdeed> = [
  saying("Failed by MaskedFrame", frame(opcode.text, "hello")),
  saying("Failed by ReservedBits", frame(opcode.text, "hello", { ...plain, rsv: 3 })),
  saying("Failed by InvalidUtf8", frame(opcode.text, Uint8Array.of(0xff), plain)),
  saying("Failed by MessageTooBig", frame(opcode.binary, "", { ...plain, length: 2 ** 40, lengthBits: 64 })),
  saying("Failed by CloseCodeInvalid", frame(opcode.close, Uint8Array.of(3, 237), plain)),
  saying("Failed by UnexpectedContinuation", frame(opcode.continuation, "hello", plain)),
  // It never answers the Close, nor ends: the client waits for both, for as long as it is told.
  saying("CloseTimeout", frame(opcode.text, "hello", plain)),
  saying("DropTimeout", frame(opcode.close, Uint8Array.of(3, 232), plain)),
  {
    // Node ends its side before it resets: either may come first.
    expected: "Dropped",
    commit: (socket, key) => void socket.write(accepted(key), () => setTimeout(() => socket.resetAndDestroy(), 20))
  },
  { expected: "Dropped by Eof", commit: (socket, key) => void socket.end(accepted(key)) },
  { expected: "not opened, Dropped", commit: (socket) => void socket.end("HTTP/1.1 1") },
  { expected: "not opened, Refused", commit: (socket) => void socket.end("HTTP/1.1 500 No\r\n\r\n") },
  { expected: "not opened, Violation", commit: (socket, key) => void socket.write(accepted(key, "x")) },
  { expected: "not opened, Violation", commit: (socket) => void socket.write("\u0016\u0003\u0001 no HTTP\r\n\r\n") },
  { expected: "not opened, Timeout", commit: () => {} }
]

/** Gives its port. A guest says by the path which misdeed it wants. */
export const listen: Effect.Effect<number, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.async<{ readonly port: number; readonly close: () => void }>((resume) => {
      const sockets = new Set<Socket>()
      const server = createServer({ allowHalfOpen: true }, (socket) => {
        sockets.add(socket)
        socket.on("close", () => sockets.delete(socket))
        socket.on("error", () => {})
        receive(socket)
      })
      server.listen(0, host, () => {
        const close = (): void => {
          server.close()
          for (const socket of sockets) socket.destroy()
        }
        resume(Effect.succeed({ port: (server.address() as AddressInfo).port, close }))
      })
    }),
    ({ close }) => Effect.sync(close)
  ),
  ({ port }) => port
)

const receive = (socket: Socket): void => {
  let head = ""
  const onData = (octets: Buffer): void => {
    head += octets.toString("latin1")
    if (!head.includes("\r\n\r\n")) return
    socket.off("data", onData).resume()
    const index = Number(/^GET \/(\d+)/.exec(head)?.[1])
    misdeeds[index]?.commit(socket, /^sec-websocket-key: (.*?)\r$/im.exec(head)?.[1] ?? "")
  }
  socket.on("data", onData)
}

const kind = "ours, at a hostile server"

export const visit = (world: World, clients: Clients, port: number): Effect.Effect<void> =>
  Effect.gen(function*() {
    const { tally } = world
    const index = yield* Random.nextIntBetween(0, misdeeds.length)
    const { expected = "" } = misdeeds[index] ?? {}
    tally.connection(kind)
    const client = yield* pick(clients)
    const opened = yield* Effect.either(client.connect(`ws://${host}:${port}/${index}`, {
      openTimeout: expected === "not opened, Timeout" ? "1 second" : "60 seconds",
      limits: { closeTimeout: 1_000, dropTimeout: 1_000 }
    }))
    const ending = Either.isLeft(opened)
      ? `not opened, ${opened.left.reason._tag}`
      : describe(yield* expected === "CloseTimeout" ? opened.right.close() : opened.right.outcome)
    tally.outcome(`${kind}: ${ending}`)
    if (!ending.startsWith(expected)) tally.surprise(`${kind}: ${ending}, not ${expected}`)
  }).pipe(Effect.scoped)
