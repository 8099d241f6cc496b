/**
 * Runs where nothing is installed but `effect-ws` and the peers that it needs (see `../pack.mjs`): a server and a client by the one
 * name, and no `@effect/platform-node`.
 */
import { Effect, Layer } from "effect"
import * as all from "effect-ws"
import assert from "node:assert/strict"

await assert.rejects(import("@effect/platform-node/NodeContext"), { code: "ERR_MODULE_NOT_FOUND" })
await assert.rejects(import("effect-ws/NodeHttpServer"), { code: "ERR_MODULE_NOT_FOUND" })
assert.equal(await import("effect-ws/WebSocketClient").then(({ connect }) => connect), all.WebSocketClient.connect)

const { NodeWebSocketClient, NodeWebSocketServer, WebSocketClient, WebSocketServer } = all

const conversation = Effect.gen(function*() {
  const { address } = yield* WebSocketServer.WebSocketServer
  yield* Effect.forkScoped(WebSocketServer.serve((connection) => connection.run((message) => connection.send(message))))
  const client = yield* WebSocketClient.connect(`ws://127.0.0.1:${address.port}`)
  yield* client.send("hello")
  assert.equal(yield* client.receive, "hello")
  assert.equal((yield* client.close())._tag, "Clean")
})

const layers = Layer.merge(NodeWebSocketServer.layer({ port: 0, host: "127.0.0.1" }), NodeWebSocketClient.layer())
await Effect.runPromise(Effect.provide(Effect.scoped(conversation), layers))
