/** A client can say who it is in four ways. The server decides before there is a connection. */
import * as Cookies from "@effect/platform/Cookies"
import * as Authorization from "@effect-ws/platform/Authorization"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import { Refusal, type UpgradeRequest } from "@effect-ws/platform/WebSocketServer"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

/** In your program this asks a database, or verifies a signature. It may take as long as `openTimeout`. */
const userOf = (token: string): Effect.Effect<string, Refusal> =>
  token === "sesame"
    ? Effect.succeed("ada")
    : new Refusal({
      status: 401,
      headers: [["WWW-Authenticate", "Bearer"]],
      // A body that is text is in the `message` of the client's error.
      body: "the token is unknown or too old"
    })

/** The best way first. */
const tokenIn = ({ headers, query, subprotocols }: UpgradeRequest): string =>
  /^Bearer (\S+)$/i.exec(headers["authorization"] ?? "")?.[1] ??
    Cookies.parseHeader(headers["cookie"] ?? "")["session"] ??
    subprotocols.find((name) => name.startsWith("token."))?.slice("token.".length) ??
    query.get("ticket") ?? ""

const server = Effect.gen(function*() {
  const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
  yield* Effect.forkScoped(server.serve({
    accept: (request) =>
      Effect.map(userOf(tokenIn(request)), (user) => ({
        value: user,
        // Never choose the one that holds the token: the answer would show it.
        subprotocol: request.subprotocols.find((name) => name === "chat")
      })),
    handler: (connection, user) => Effect.zipRight(connection.send(`hello ${user}`), connection.outcome)
  }))
  return server.address._tag === "Tcp" ? server.address.port : 0
})

export const program = Effect.gen(function*() {
  const url = `ws://127.0.0.1:${yield* server}/`
  const ways = {
    header: WebSocketClient.connect(url, { authorization: Authorization.bearer(Redacted.make("sesame")) }),
    cookie: WebSocketClient.connect(url, { headers: { cookie: "session=sesame" } }),
    subprotocol: WebSocketClient.connect(url, { subprotocols: ["chat", "token.sesame"] }),
    query: WebSocketClient.connect(`${url}?ticket=sesame`)
  }
  const greetings = yield* Effect.forEach(
    Object.entries(ways),
    ([way, connect]) =>
      Effect.flatMap(connect, ({ receive }) => Effect.map(receive, (greeting) => `${way}: ${greeting}`))
  )
  const refused = yield* Effect.flip(WebSocketClient.connect(url))
  return { greetings, refused: refused.message }
}).pipe(Effect.scoped, Effect.provide(NodeWebSocketClient.layer()))
