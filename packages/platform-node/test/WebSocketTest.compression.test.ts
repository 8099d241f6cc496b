/** Compression of Node on the network in memory of `platform`. */
import { expect, it } from "@effect/vitest"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as NodeDeflate from "@effect-ws/platform-node/NodeDeflate"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

const echo = WebSocketServer.layer((connection) => connection.run((message) => connection.send(message)))

const text = "as it was ".repeat(1_000)

it.scoped("is agreed on, and messages come back as they were", () =>
  Effect.gen(function*() {
    const connection = yield* WebSocketClient.connect("ws://test/")
    expect(connection.opening.extensions).toContain("permessage-deflate")
    yield* connection.send(text)
    expect(yield* connection.receive).toBe(text)
    expect((yield* connection.close())._tag).toBe("Clean")
  }).pipe(Effect.provide(Layer.provideMerge(
    echo,
    WebSocketTest.layer({
      server: { compression: NodeDeflate.server() },
      client: { compression: NodeDeflate.client() }
    })
  ))))

it.scoped("is not offered for a connection that is to have none, and is for the next", () =>
  Effect.gen(function*() {
    const without = yield* WebSocketClient.connect("ws://test/", { compression: false })
    const { opening } = yield* WebSocketClient.connect("ws://test/")
    expect([without.opening.extensions, opening.extensions.split(";")[0]]).toEqual(["", "permessage-deflate"])
    yield* without.send(text)
    expect(yield* without.receive).toBe(text)
  }).pipe(Effect.provide(Layer.provideMerge(
    echo,
    WebSocketTest.layer({
      server: { compression: NodeDeflate.server() },
      client: { compression: NodeDeflate.client() }
    })
  ))))

it.scoped("is declined by a server without it", () =>
  Effect.gen(function*() {
    const connection = yield* WebSocketClient.connect("ws://test/")
    expect(connection.opening.extensions).toBe("")
    yield* connection.send(text)
    expect(yield* connection.receive).toBe(text)
  }).pipe(Effect.provide(Layer.provideMerge(
    echo,
    WebSocketTest.layer({ client: { compression: NodeDeflate.client() } })
  ))))
