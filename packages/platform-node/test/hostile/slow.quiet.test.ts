/** Slow is not hostile: an honest peer on a thin line must get what it takes its time for. */
import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { until } from "../rawServer.js"
import { attack, certificate, text } from "./arena.js"

const MiB = 1024 * 1024

describe("a slow peer", () => {
  for (const [scheme, tls] of [["ws", undefined], ["wss", certificate]] as const) {
    attack(
      `a peer that takes its time for one large message is alive: ${scheme}`,
      (arena) =>
        Effect.gen(function*() {
          const client = yield* arena.open()
          client.socket.removeAllListeners("data")
          let taken = 0
          client.socket.on("data", (chunk: Buffer) => {
            taken += chunk.length
            client.socket.pause()
            setTimeout(() => client.socket.resume(), tls === undefined ? 15 : 4)
          })
          client.write(text("go"))
          yield* until(() => taken >= 12 * MiB || arena.outcomes.length > 0)
          expect(arena.opened.map(({ isOpen }) => isOpen)).toEqual([true])
          client.socket.destroy()
        }),
      { limits: { keepaliveInterval: 700, keepaliveTimeout: 700 }, compression: false, tls },
      {
        onMessage: (connection) => Effect.ignore(connection.send(new Uint8Array(12 * MiB)))
      }
    )
  }
})
