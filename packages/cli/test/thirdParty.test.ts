/** `effect-ws connect` against servers that others wrote, besides `ws`. Part of `npm run test:long`. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import WebSocket from "websocket"
import { isLong, run } from "./command.js"

const python = ["/usr/bin/python3", "python3"].find((path) =>
  isLong && spawnSync(path, ["-c", "import websockets"]).status === 0
)
if (isLong && python === undefined) console.warn("no python3-websockets: its test is skipped")

/** `websocket` of npm. */
const websocket = Effect.acquireRelease(
  Effect.promise(async () => {
    const http = createServer()
    const server = new WebSocket.server({ httpServer: http, autoAcceptConnections: true })
    server.on(
      "connect",
      (connection) =>
        connection.on(
          "message",
          (message) =>
            message.type === "utf8" ? connection.sendUTF(message.utf8Data) : connection.sendBytes(message.binaryData)
        )
    )
    http.listen(0, "127.0.0.1")
    await once(http, "listening")
    return { http, server }
  }),
  ({ http, server }) =>
    Effect.sync(() => {
      server.shutDown()
      http.close()
    })
).pipe(Effect.map(({ http }) => (http.address() as AddressInfo).port))

const echo = `
import asyncio, sys, websockets
async def echo(socket, *_):
    async for message in socket: await socket.send(message)
async def main():
    async with websockets.serve(echo, "127.0.0.1", 0) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()
asyncio.run(main())
`

/** python3-websockets of Debian. */
const pythonWebsockets = Effect.acquireRelease(
  Effect.sync(() => spawn(python ?? "", ["-c", echo], { stdio: ["ignore", "pipe", "inherit"] })),
  (child) => Effect.sync(() => child.kill("SIGKILL"))
).pipe(
  Effect.flatMap((child) => Effect.map(Effect.promise(() => once(child.stdout, "data")), ([line]) => Number(line)))
)

describe.skipIf(!isLong)("connect against", () => {
  for (const [name, server] of Object.entries({ websocket, "python3-websockets": pythonWebsockets })) {
    it.scopedLive.skipIf(name !== "websocket" && python === undefined)(name, () =>
      Effect.gen(function*() {
        const port = yield* server
        const text = yield* run(["connect", `ws://127.0.0.1:${port}/`, "--wait", "2"], "né\nand more\n")
        expect([text.code, String(text.out)]).toEqual([0, "né\nand more\n"])
        const hex = yield* run(["connect", `ws://127.0.0.1:${port}/`, "--hex", "-x", "00 ff", "--wait", "2"])
        expect([hex.code, String(hex.out)]).toEqual([0, "00ff\n"])
      }))
  }
})
