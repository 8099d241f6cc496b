/** What a server holds for peers that do not read: over HTTP/2 no more than on sockets of their own. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Net from "node:net"
import { portOf, serve } from "./http2.js"
import { peakMemory } from "./memory.js"
import { request } from "./rawClient.js"
import * as raw from "./rawHttp2.js"

const peers = 50
const kib = 1024
const outboxSize = 256 * kib
const messageSize = 16 * kib

/** Octets of array buffers at most, for each of the peers that `open` connects and nobody reads, and how many messages each was sent. */
const heldFor = (open: (port: number) => Effect.Effect<unknown, never, Scope.Scope>) =>
  Effect.scoped(Effect.gen(function*() {
    let opened = 0
    let sent = 0
    const server = yield* serve({ tls: undefined, compression: false, limits: { outboxSize, keepaliveInterval: 0 } })
    yield* Effect.forkScoped(server.serve((connection) =>
      Effect.suspend(() => {
        opened++
        return Effect.forever(
          Effect.suspend(() => connection.send(new Uint8Array(messageSize))).pipe(
            Effect.zipRight(Effect.sync(() => sent++)),
            Effect.zipRight(Effect.yieldNow())
          )
        )
      })
    ))
    // What was before is collected, and what that leaves to a thread.
    yield* Effect.scoped(peakMemory("live"))
    yield* Effect.sleep("1 second")
    const peak = yield* peakMemory("live")
    yield* open(portOf(server))
    // until nothing has moved for a while: windows, buffers and outboxes are full
    let before = -1
    while (opened < peers || sent > before) {
      before = sent
      yield* Effect.sleep("500 millis")
    }
    return { held: Math.round(peak() / peers), sent: sent / peers }
  }))

/** Streams of one session, whose peer gives no window: SETTINGS_INITIAL_WINDOW_SIZE is 0. */
const streams = (port: number) =>
  Effect.flatMap(raw.connect(port, raw.setting(4, 0)), (peer) =>
    Effect.sync(() => {
      for (let i = 0; i < peers; i++) peer.write(raw.open(2 * i + 1))
    }))

const sockets = (port: number) =>
  Effect.forEach(
    Array.from({ length: peers }),
    () =>
      Effect.acquireRelease(
        Effect.sync(() => {
          const socket = Net.connect({ port, host: "127.0.0.1" })
          socket.on("error", () => {})
          socket.write(request())
          return socket.pause()
        }),
        (socket) => Effect.sync(() => socket.destroy())
      ),
    { discard: true }
  )

it.live(
  "memory of peers that do not read is an outbox each, and a write that cannot leave",
  () =>
    Effect.gen(function*() {
      const h2 = yield* heldFor(streams)
      const h1 = yield* heldFor(sockets)
      console.log(`held for a peer that does not read, of an outbox of ${outboxSize}: ${JSON.stringify({ h1, h2 })}`)
      expect(h2.held).toBeGreaterThan(outboxSize / 2) // it was looked at
      // What was written and has not left is Node's, beside the outbox: it asks for no more than it has room for.
      expect(h2.held).toBeLessThan(outboxSize + 6 * messageSize)
      expect(h2.held).toBeLessThan(h1.held + 4 * messageSize)
      // Windows of nobody: no message is gone but into those.
      expect(h2.sent).toBeLessThan((outboxSize + 6 * messageSize) / messageSize)
    }),
  120_000
)
