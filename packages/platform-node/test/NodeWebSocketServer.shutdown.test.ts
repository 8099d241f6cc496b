import { expect, it } from "@effect/vitest"
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as Net from "node:net"
import { key } from "./rawClient.js"
import { until } from "./rawServer.js"

const size = 1000
const mute = 10
const grace = 3000 // the default

const request = [
  "GET / HTTP/1.1",
  "Host: a.example",
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Key: ${key}`,
  "Sec-WebSocket-Version: 13",
  "",
  ""
].join("\r\n")

/** A Close with 1001, masked with zeros. */
const answer = Uint8Array.of(0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe9)

/** A client as small as can be, which answers a Close, or does not. */
class Client {
  isOpen = false
  closeCode: number | undefined = undefined
  isGone = false

  constructor(port: number, answers: boolean) {
    const socket = Net.connect({ port, host: "127.0.0.1" }, () => socket.write(request))
    socket.on("error", () => {})
    socket.on("close", () => (this.isGone = true))
    socket.on("data", (octets: Buffer) => {
      if (!this.isOpen) {
        this.isOpen = octets.toString("latin1").startsWith("HTTP/1.1 101 ")
      } else if (octets[0] === 0x88) {
        this.closeCode = octets.readUInt16BE(2)
        if (answers) socket.write(answer)
      }
    })
  }
}

// Under a clock that the test moves: however slow the machine is, nobody who answers is cut.
it.scoped(
  `closing the scope of a server with ${size} connections, ${mute} of which never answer`,
  () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const outcomes: Array<CloseOutcome> = []
      const server = yield* Scope.extend(
        NodeWebSocketServer.make({ port: 0, host: "127.0.0.1", grace, backlog: size }),
        scope
      )
      yield* Effect.forkIn(
        server.serveMessages(() => {}, { onClose: (_, outcome) => void outcomes.push(outcome) }),
        scope
      )
      const port = server.address._tag === "Tcp" ? server.address.port : 0
      const clients = Array.from({ length: size }, (_, i) => new Client(port, i >= mute))
      yield* until(() => clients.every(({ isOpen }) => isOpen))

      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* until(() => clients.every(({ closeCode }) => closeCode !== undefined))
      yield* until(() => clients.slice(mute).every(({ isGone }) => isGone))
      // Everybody was told, and those who answered did not wait for those who did not.
      expect(new Set(clients.map(({ closeCode }) => closeCode))).toEqual(new Set([1001]))
      yield* TestClock.adjust(grace - 1)
      expect(tagsOf(outcomes)).toEqual({ Clean: size - mute })

      yield* TestClock.adjust(1)
      yield* Fiber.join(closing)
      expect(tagsOf(outcomes)).toEqual({ Clean: size - mute, GraceOver: mute })
      yield* until(() => clients.every(({ isGone }) => isGone))
      // And nobody is let in any more.
      const late = new Client(port, true)
      yield* until(() => late.isGone)
      expect(late.isOpen).toBe(false)
    }),
  60_000
)

const tagsOf = (outcomes: ReadonlyArray<CloseOutcome>): Readonly<Record<string, number>> => {
  const tags: Record<string, number> = {}
  for (const outcome of outcomes) {
    const tag = outcome._tag === "Aborted" ? outcome.why._tag : outcome._tag
    tags[tag] = (tags[tag] ?? 0) + 1
  }
  return tags
}
