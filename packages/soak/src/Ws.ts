/**
 * Honest peers with `ws`: another's reading of the RFCs, so that a mistake that both ends of ours share is seen.
 */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import { WebSocket } from "ws"
import { Ledger } from "./Ledger.js"
import * as Payload from "./Payload.js"
import { type Path, pick, sample, type World } from "./World.js"

const compressions = [
  true,
  false,
  { clientNoContextTakeover: true, serverNoContextTakeover: true },
  { clientMaxWindowBits: 9, serverMaxWindowBits: 10 }
]

/** In one message may be so many frames. */
const mostFrames = 8

/** A visit like that of ours; slow readers pause their socket. */
export const visit = (world: World, path: Path, isSlow: boolean): Effect.Effect<void> =>
  Effect.gen(function*() {
    const ledger = new Ledger(world, isSlow ? "ws, reading slowly" : "ws")
    const socket = yield* connect(world.url(path), ledger, yield* pick(compressions))
    if (socket === undefined) return
    world.tally.connection(ledger.kind)
    const bursts = yield* Random.nextIntBetween(1, 8)
    for (let i = 0; i < bursts && world.goesOn && socket.readyState === WebSocket.OPEN; i++) {
      if (isSlow) socket.pause()
      const messages = yield* Random.nextIntBetween(1, isSlow ? 40 : 12)
      for (let j = 0; j < messages; j++) yield* say(socket, ledger)
      if (isSlow) {
        yield* world.pause(1_000, 8_000)
        socket.resume()
      }
      yield* ledger.settled
      if (!ledger.isSettled) break
      yield* world.pause(200, 4_000)
    }
    const wasOpen = socket.readyState === WebSocket.OPEN
    const code = yield* close(socket)
    ledger.close(`closed with ${code}`, wasOpen && code === 1000)
  }).pipe(Effect.scoped)

/** The socket, once it is open; nothing if it does not open. */
const connect = (
  url: string,
  ledger: Ledger,
  perMessageDeflate: typeof compressions[number]
): Effect.Effect<WebSocket | undefined, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<WebSocket | undefined>((resume) => {
      const socket = new WebSocket(url, {
        perMessageDeflate,
        maxPayload: 2 * Payload.largest,
        handshakeTimeout: 60_000
      })
      let isOpen = false
      socket.on("message", (octets: Buffer, isBinary) => {
        ledger.received(
          octets.length,
          (sample) => isBinary ? Payload.matches(sample, octets) : Payload.matchesText(sample, octets)
        )
      })
      socket.on("close", (code) => {
        codes.set(socket, code)
        ledger.ended()
      })
      socket.on("error", (error) => {
        if (isOpen) return
        ledger.notOpened(error.message.replace(/127\.0\.0\.1:\d+/, "the server"))
        resume(Effect.succeed(undefined))
      })
      socket.on("open", () => {
        isOpen = true
        resume(Effect.succeed(socket))
      })
    }),
    (socket) => Effect.sync(() => socket?.terminate())
  )

const say = (socket: WebSocket, ledger: Ledger): Effect.Effect<void> =>
  Effect.gen(function*() {
    const next = yield* sample
    const frames = yield* Random.nextIntBetween(1, mostFrames)
    const pieces = frames > 3 ? [next] : Payload.pieces(next, Math.max(10, Math.ceil(next.size / frames)))
    if (socket.readyState !== WebSocket.OPEN) return
    ledger.sent(next)
    if (pieces.length < 2) return socket.send(Payload.message(next))
    const [last] = pieces.slice(-1)
    for (const piece of pieces) {
      socket.send(Payload.message(piece), { fin: piece === last, binary: next.kind === "binary" })
    }
  })

const close = (socket: WebSocket): Effect.Effect<number> =>
  Effect.async<number>((resume) => {
    const code = codes.get(socket)
    if (code !== undefined) return resume(Effect.succeed(code))
    socket.once("close", (code) => resume(Effect.succeed(code)))
    socket.close(1000)
  })

/** Of those that are closed. */
const codes = new WeakMap<WebSocket, number>()
