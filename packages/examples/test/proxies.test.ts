/** One server behind nginx and HAProxy: those that are not installed are left out. */
import { describe, expect, it } from "@effect/vitest"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import { start } from "../src/proxies/main.js"
import * as Proxy from "../src/proxies/Proxy.js"

const nginx = Proxy.programOf("nginx")
if (nginx === undefined) console.warn("no nginx: a test of it is skipped")

/** It does not ping, as it does not read: what keeps its connection is the server's. */
const silent = NodeWebSocketClient.layer({ limits: { keepaliveInterval: 0 } })

describe("behind proxies", () => {
  it.scopedLive("each way is open, and the server sees the host and the address of the client", () =>
    Effect.gen(function*() {
      const { missing, url, ways } = yield* start(0)
      expect([...ways.map(({ name }) => name).slice(1), ...missing].sort()).toEqual(["haproxy", "nginx"])
      for (const way of ways) {
        const seen = yield* Effect.scoped(Effect.gen(function*() {
          const { receive } = yield* WebSocketClient.connect(way.url, { origin: new URL(url).origin })
          return JSON.parse(String(yield* receive))
        }))
        expect(seen).toEqual({
          address: expect.stringMatching(/^(127\.0\.0\.1|::1)$/),
          host: new URL(way.url).host,
          secure: false
        })
      }
    }).pipe(Effect.provide(silent)))

  it.scopedLive.skipIf(nginx === undefined)("a proxy that cannot start says why", () =>
    Effect.gen(function*() {
      const port = yield* Proxy.freePort(0)
      const wrong = yield* Effect.flip(Proxy.start("nginx", port, 99_999))
      expect(wrong.message).toMatch(/^nginx does not listen: .*99999/s)
      yield* NodeWebSocketServer.make({ host: "127.0.0.1", port })
      const taken = yield* Effect.flip(Proxy.start("nginx", port, 1))
      expect(taken.message).toMatch(/^nginx does not listen: .*EADDRINUSE/s)
    }))
})
