/** Routes and WebSockets on one port, with each framework: neither takes what is the other's. */
import { describe, expect, it } from "@effect/vitest"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as Effect from "effect/Effect"
import { withExpress, withFastify, withHono } from "../src/one-port/frameworks.js"
import { withHttpApi } from "../src/one-port/httpApi.js"
import type { Sights } from "../src/one-port/Sights.js"

const sights: Sights = [{ path: "/", type: "text/html", content: () => "a page" }]

describe("on one port with", () => {
  const starts = { express: withExpress, fastify: withFastify, Hono: withHono, HttpApi: withHttpApi }
  for (const [name, start] of Object.entries(starts)) {
    it.scopedLive(name, () =>
      Effect.gen(function*() {
        const port = yield* start(0, sights)
        const get = (path: string) =>
          Effect.promise(() => fetch(`http://127.0.0.1:${port}${path}`).then((response) => response.text()))
        expect(yield* get("/name")).toBe(name)
        expect(yield* get("/")).toBe("a page")
        const echoed = yield* Effect.scoped(Effect.gen(function*() {
          const connection = yield* WebSocketClient.connect(`ws://127.0.0.1:${port}/chat`)
          yield* connection.send("hello")
          return yield* connection.receive
        }))
        expect(echoed).toBe("hello")
        const { reason } = yield* Effect.flip(Effect.scoped(WebSocketClient.connect(`ws://127.0.0.1:${port}/other`)))
        expect(reason).toMatchObject({ _tag: "Refused", status: 404 })
        expect(yield* get("/name")).toBe(name)
      }).pipe(Effect.provide(NodeWebSocketClient.layer())))
  }
})
