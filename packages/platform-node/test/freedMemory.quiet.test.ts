/** docs/internals/decisions/freed-memory.md: what large messages leave behind is used again, and not given to the system to be faulted in anew. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { WebSocket } from "ws"

const server = `
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import { Effect } from "effect"

process.on("message", () => process.send(process.resourceUsage().minorPageFault))
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

it.scopedLive.skipIf(process.platform !== "linux")(
  "a message of 64 KiB there and back costs no page fault",
  () =>
    Effect.gen(function*() {
      const child = yield* Effect.acquireRelease(
        Effect.sync(() =>
          spawn(process.execPath, ["--input-type=module", "--eval", server], {
            cwd: fileURLToPath(new URL("..", import.meta.url)),
            stdio: ["ignore", "inherit", "inherit", "ipc"]
          })
        ),
        (child) => Effect.sync(() => child.kill())
      )
      const told = Effect.promise(async (): Promise<number> => Number((await once(child, "message"))[0]))
      const faults = Effect.zipRight(Effect.sync(() => child.send("faults")), told)
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
      yield* Effect.promise(() => drive(sockets, 3000))
      const before = yield* faults
      yield* Effect.promise(() => drive(sockets, 8000))
      expect(((yield* faults) - before) / 8000).toBeLessThan(0.5)
    })
)
