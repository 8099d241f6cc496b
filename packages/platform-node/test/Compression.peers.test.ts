/** permessage-deflate with real peers: ws in both roles, and Chromium (in `npm run test:long`). */
import { describe, expect, it } from "@effect/vitest"
import type { ServerConfig } from "@effect-ws/codec/PermessageDeflate"
import type { Connection } from "@effect-ws/connection/Connection"
import { PreparedMessage } from "@effect-ws/connection/Message"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { once } from "node:events"
import * as Fs from "node:fs"
import type { AddressInfo } from "node:net"
import { chromium } from "playwright-core"
import { type PerMessageDeflateOptions, WebSocket, WebSocketServer as WsServer } from "ws"
import type * as Messages from "./messages.js"
import { areSame, mixed } from "./messages.js"

/** Some fill the windows many times, and one is deflated on the thread pool; `MESSAGES=10000` sends more. */
const count = Number(process.env["MESSAGES"] ?? 2600)
const all = mixed(count)

const chromiumPath = "/usr/bin/chromium"

const echo = (compression: Partial<ServerConfig> & { readonly threshold?: number }) =>
  Effect.gen(function*() {
    const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1", compression, origins: "any" })
    yield* Effect.forkScoped(server.serve((connection) => Stream.run(connection.messages, connection.sink)))
    return server.address._tag === "Tcp" ? `ws://127.0.0.1:${server.address.port}/` : ""
  })

const wsEcho = (perMessageDeflate: PerMessageDeflateOptions) =>
  Effect.gen(function*() {
    const server = yield* Effect.acquireRelease(
      Effect.promise(async () => {
        const server = new WsServer({ port: 0, host: "127.0.0.1", perMessageDeflate })
        await once(server, "listening")
        return server
      }),
      (server) =>
        Effect.sync(() => {
          for (const socket of server.clients) socket.terminate()
          server.close()
        })
    )
    server.on("connection", (socket) => {
      socket.on("message", (message, isBinary) => socket.send(message, { binary: isBinary }))
    })
    return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`
  })

/** Sends all, and counts those that come back as they were, in order. */
const throughWs = (url: string, perMessageDeflate: PerMessageDeflateOptions) =>
  Effect.acquireUseRelease(
    Effect.promise(async () => {
      const socket = new WebSocket(url, { perMessageDeflate })
      await once(socket, "open")
      return socket
    }),
    (socket) =>
      Effect.promise(() =>
        new Promise<readonly [extensions: string, same: number]>((resolve, reject) => {
          let same = 0
          let seen = 0
          socket.on("message", (message: Buffer, isBinary) => {
            if (areSame(isBinary ? message : message.toString(), all[seen++])) same++
            if (seen === count) resolve([socket.extensions, same])
          })
          socket.on("close", (code, reason) => reject(new Error(`${code} ${reason.toString()}`)))
          for (const message of all) socket.send(message)
        })
      ),
    (socket) => Effect.sync(() => socket.terminate())
  )

const throughUs = (connection: Connection) =>
  Effect.gen(function*() {
    let seen = 0
    let same = 0
    yield* Effect.forkScoped(connection.sendAll(all))
    yield* Stream.runForEachChunk(Stream.take(connection.messages, count), (chunk) =>
      Effect.sync(() => {
        for (const message of chunk) if (areSame(message, all[seen++])) same++
      }))
    return same
  })

const given = { serverNoContextTakeover: true, clientNoContextTakeover: true }

describe("ws", () => {
  it.scopedLive("as the client, with takeover", () =>
    Effect.gen(function*() {
      const url = yield* echo({ threshold: 0 })
      expect(yield* throughWs(url, { threshold: 0 })).toEqual(["permessage-deflate", count])
    }))

  it.scopedLive("as the client, without takeover, with small windows", () =>
    Effect.gen(function*() {
      const url = yield* echo({ threshold: 0, clientMaxWindowBits: 9 })
      expect(yield* throughWs(url, { threshold: 0, serverMaxWindowBits: 10, ...given })).toEqual([
        "permessage-deflate",
        count
      ])
    }))

  it.scopedLive("as the server, with takeover, with small windows", () =>
    Effect.gen(function*() {
      const url = yield* wsEcho({ threshold: 0, serverMaxWindowBits: 10, clientMaxWindowBits: 9 })
      const client = yield* NodeWebSocketClient.make({ compression: { threshold: 0 } })
      const connection = yield* client.connect(url)
      expect(connection.extensions).toBe("permessage-deflate; client_max_window_bits=9; server_max_window_bits=10")
      expect(yield* throughUs(connection)).toBe(count)
    }))

  it.scopedLive("as the server, without takeover", () =>
    Effect.gen(function*() {
      const url = yield* wsEcho({ threshold: 0, ...given })
      const client = yield* NodeWebSocketClient.make({ compression: { threshold: 0 } })
      const connection = yield* client.connect(url)
      expect(connection.extensions).toBe("permessage-deflate; server_no_context_takeover; client_no_context_takeover")
      expect(yield* throughUs(connection)).toBe(count)
    }))
})

describe("a message prepared for many", () => {
  const asked: ReadonlyArray<PerMessageDeflateOptions | false> = [
    { threshold: 0 },
    { threshold: 0, ...given },
    { threshold: 0, ...given },
    { threshold: 0, ...given, serverMaxWindowBits: 10 },
    false
  ]

  for (const prepared of ["each", "once"] as const) {
    it.scopedLive(`reaches all: with takeover (${prepared}), without, with another window, uncompressed, among others`, () =>
      Effect.gen(function*() {
        const compression = { threshold: 0, prepared }
        const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1", compression })
        const connections: Array<Connection> = []
        yield* Effect.forkScoped(server.serve((connection) => {
          connections.push(connection)
          return connection.run(() => {})
        }))
        const url = server.address._tag === "Tcp" ? `ws://127.0.0.1:${server.address.port}/` : ""
        const sockets = yield* Effect.forEach(asked, (perMessageDeflate) =>
          Effect.acquireRelease(
            Effect.promise(async () => {
              const socket = new WebSocket(url, { perMessageDeflate })
              await once(socket, "open")
              return socket
            }),
            (socket) => Effect.sync(() => socket.terminate())
          ))
        const few = all.slice(0, 400)
        const heard = sockets.map((socket) =>
          Effect.promise(() =>
            new Promise<number>((resolve, reject) => {
              let seen = 0
              let same = 0
              socket.on("message", (message: Buffer, isBinary) => {
                const expected = few[seen >> 1]
                if (areSame(isBinary ? message : message.toString(), expected)) same++
                if (++seen === 2 * few.length) resolve(same)
              })
              socket.on("close", (code, reason) => reject(new Error(`${code} ${reason.toString()}`)))
            })
          )
        )
        const listening = yield* Effect.fork(Effect.all(heard, { concurrency: "unbounded" }))
        yield* Effect.yieldNow()
        for (const message of few) {
          const prepared = new PreparedMessage(message)
          yield* Effect.forEach(connections, (connection) => connection.sendAll([message, prepared]), {
            concurrency: "unbounded"
          })
        }
        expect(yield* Fiber.join(listening)).toEqual(sockets.map(() => 2 * few.length))
      }))
  }
})

/** Runs in the page: as {@link throughWs}. */
const inPage = ({ count, sources, url }: { url: string; count: number; sources: ReadonlyArray<string> }) =>
  new Promise<readonly [extensions: string, same: number]>((resolve, reject) => {
    const [mixed, areSame] = sources.map((source) => (0, eval)(source)) as [
      typeof Messages.mixed,
      typeof Messages.areSame
    ]
    const all = mixed(count)
    const socket = new globalThis.WebSocket(url)
    socket.binaryType = "arraybuffer"
    let same = 0
    let seen = 0
    socket.onopen = () => {
      for (const message of all) socket.send(message)
    }
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (areSame(typeof data === "string" ? data : new Uint8Array(data), all[seen++])) same++
      if (seen === count) resolve([socket.extensions, same])
    }
    socket.onclose = ({ code, reason }) => reject(new Error(`closed: ${code} ${reason}`))
  })

const installed = Fs.existsSync(chromiumPath)
const long = process.env["LONG"] !== undefined
if (long && !installed) console.log(`Chromium is not tested: there is no ${chromiumPath}`)

describe.skipIf(!long || !installed)("Chromium", () => {
  it.scopedLive("with takeover and without", () =>
    Effect.gen(function*() {
      const browser = yield* Effect.acquireRelease(
        Effect.promise(() => chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox"] })),
        (browser) => Effect.promise(() => browser.close())
      )
      const page = yield* Effect.promise(() => browser.newPage())
      const sources = [mixed.toString(), areSame.toString()]
      const through = (url: string) => Effect.promise(() => page.evaluate(inPage, { url, count, sources }))
      expect(yield* through(yield* echo({ threshold: 0 }))).toEqual(["permessage-deflate", count])
      const prefer = { serverNoContextTakeover: "prefer", clientNoContextTakeover: "prefer" } as const
      expect(yield* through(yield* echo({ threshold: 0, ...prefer, serverMaxWindowBits: 10, clientMaxWindowBits: 9 })))
        .toEqual([
          "permessage-deflate; server_no_context_takeover; client_no_context_takeover; " +
          "server_max_window_bits=10; client_max_window_bits=9",
          count
        ])
    }), 60_000)
})
