/** Connects through a proxy that asks for credentials, follows a redirect, and reaches a server that asks for other credentials. */
import * as Authorization from "@effect-ws/platform/Authorization"
import { Refusal } from "@effect-ws/platform/WebSocketServer"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { timingSafeEqual } from "node:crypto"
import { proxy } from "./proxy.js"

/** Compares in constant time, so that timing does not tell how much was right. */
const isSame = (given: string, expected: string): boolean => {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)]
  return one.length === other.length && timingSafeEqual(one, other)
}

const server = Effect.gen(function*() {
  const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
  yield* Effect.forkScoped(server.serve({
    accept: ({ headers, path }) => {
      if (path === "/old") return new Refusal({ status: 308, headers: [["Location", "/new"]] })
      return isSame(headers["authorization"] ?? "", "Bearer sesame")
        ? Effect.succeed({ value: "ada" })
        : new Refusal({ status: 401, headers: [["WWW-Authenticate", "Bearer"]] })
    },
    handler: (connection, user) => connection.send(`hello ${user}, at ${connection.opening.target}`)
  }))
  return server.address._tag === "Tcp" ? server.address.port : 0
})

export const program = Effect.gen(function*() {
  const port = yield* server
  const token = yield* Config.redacted("TOKEN") // a Redacted: it appears in no log and no error
  const password = yield* Config.redacted("PROXY_PASSWORD")

  const client = yield* NodeWebSocketClient.make({
    redirects: 3, // follows up to three; credentials never go to another origin
    proxy: { url: `http://127.0.0.1:${yield* proxy}`, authorization: Authorization.basic("ada", password) }
  })

  const url = `ws://127.0.0.1:${port}/old`
  const refused = yield* Effect.flip(client.connect(url))
  const connection = yield* client.connect(url, { authorization: Authorization.bearer(token) })
  return { greeting: yield* connection.receive, refused: refused.message }
}).pipe(
  Effect.scoped,
  Effect.provide(Layer.setConfigProvider(ConfigProvider.fromMap(
    new Map([["TOKEN", "sesame"], ["PROXY_PASSWORD", "abracadabra"]])
  )))
)
