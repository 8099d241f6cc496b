/** Routes and WebSockets on one port, with each framework: neither takes what is the other's. */
import { describe, expect, it } from "@effect/vitest"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as Effect from "effect/Effect"
import { withExpress, withFastify, withHono } from "../src/one-port/frameworks.js"
import { withHttpApi } from "../src/one-port/httpApi.js"

describe("on one port with", () => {
  const starts = { express: withExpress, fastify: withFastify, hono: withHono, HttpApi: withHttpApi }
  for (const [name, start] of Object.entries(starts)) {
    it.scopedLive(name, () =>
      Effect.gen(function*() {
        const port = yield* start(0)
        const page = () => Effect.promise(() => fetch(`http://127.0.0.1:${port}/`).then((response) => response.text()))
        expect(yield* page()).toBe(name)
        const echoed = yield* Effect.scoped(Effect.gen(function*() {
          const connection = yield* WebSocketClient.connect(`ws://127.0.0.1:${port}/chat`)
          yield* connection.send("hello")
          return yield* connection.receive
        }))
        expect(echoed).toBe("hello")
        const { reason } = yield* Effect.flip(Effect.scoped(WebSocketClient.connect(`ws://127.0.0.1:${port}/other`)))
        expect(reason).toMatchObject({ _tag: "Refused", status: 404 })
        expect(yield* page()).toBe(name)
      }).pipe(Effect.provide(NodeWebSocketClient.layer())))
  }
})
