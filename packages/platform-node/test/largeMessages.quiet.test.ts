/**
 * What large messages cost beside their own work. docs/internals/decisions/freed-memory.md: the memory that they leave behind is used
 * again, and not given to the system to be faulted in anew. docs/internals/decisions/young-garbage.md: V8 frees it by young collections.
 */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { WebSocket } from "ws"

const server = `
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import { Effect } from "effect"
import { constants, PerformanceObserver } from "node:perf_hooks"

let major = 0
new PerformanceObserver((list) => {
  for (const { detail } of list.getEntries()) if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) major++
}).observe({ entryTypes: ["gc"] })
process.on("message", () => process.send({ faults: process.resourceUsage().minorPageFault, major }))
process.on("disconnect", () => process.exit())
await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
  const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1", compression: false })
  process.send(server.address.port)
  yield* server.serve((connection) =>
    connection.run((message) => connection.trySend(message) === "full" ? connection.send(message) : undefined)
  )
})))
`

const payload = new Uint8Array(64 * 1024).fill(7)

/** So many messages there and back, on all of the sockets. */
const drive = (sockets: ReadonlyArray<WebSocket>, count: number) =>
  new Promise<void>((resolve) => {
    let left = count
    for (const socket of sockets) {
      socket.removeAllListeners("message")
      socket.on("message", () => {
        left--
        if (left > 0) socket.send(payload)
        else if (left === 0) resolve()
      })
      socket.send(payload)
    }
  })

interface Counts {
  readonly faults: number
  readonly major: number
}

/** What 4,000 messages add, in a server that runs with these options. */
const cost = (...execArgv: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, [...execArgv, "--input-type=module", "--eval", server], {
          cwd: fileURLToPath(new URL("..", import.meta.url)),
          stdio: ["ignore", "inherit", "inherit", "ipc"]
        })
      ),
      (child) => Effect.sync(() => child.kill())
    )
    const told = Effect.promise(async () => (await once(child, "message"))[0])
    const counts: Effect.Effect<Counts> = Effect.zipRight(Effect.sync(() => child.send("counts")), told)
    const url = `ws://127.0.0.1:${yield* told}`
    const sockets = yield* Effect.forEach(Array.from({ length: 10 }), () =>
      Effect.acquireRelease(
        Effect.promise(async () => {
          const socket = new WebSocket(url, { perMessageDeflate: false })
          await once(socket, "open")
          return socket
        }),
        (socket) => Effect.sync(() => socket.terminate())
      ))
    yield* Effect.promise(() => drive(sockets, 1500))
    const before = yield* counts
    yield* Effect.promise(() => drive(sockets, 4000))
    const after = yield* counts
    return { faults: after.faults - before.faults, major: after.major - before.major }
  })

it.scopedLive.skipIf(process.platform !== "linux")(
  "a message of 64 KiB there and back costs no page fault",
  () =>
    Effect.gen(function*() {
      expect((yield* cost()).faults / 4000).toBeLessThan(0.5)
    })
)

it.scopedLive("4,000 messages of 64 KiB have no whole heap collected, be it small and kept small", () =>
  Effect.gen(function*() {
    // As V8 keeps it after idle times, which a test could not wait for.
    expect((yield* cost("--optimize-for-size")).major).toBeLessThan(4)
  }))
