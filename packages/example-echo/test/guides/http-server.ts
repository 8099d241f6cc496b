/** Routes and WebSockets on one port. `accept` decides who may connect. */
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import { type Accept, Refusal } from "@effect-ws/platform/WebSocketServer"
import * as NodeHttpServer from "@effect-ws/platform-node/NodeHttpServer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { createServer } from "node:http"

/** Finds the user that a token belongs to, in a database or another service. */
class Users extends Context.Tag("Users")<Users, (token: string) => Effect.Effect<Option.Option<string>>>() {}

/** Runs for every upgrade, before its route: decides who may connect, the subprotocol, and the headers of the answer. */
const accept: Accept<string, Users> = ({ headers, subprotocols }) =>
  Effect.gen(function*() {
    const [, token = ""] = /^Bearer (.+)$/.exec(headers["authorization"] ?? "") ?? []
    const user = yield* Effect.flatMap(Users, (find) => find(token))
    if (Option.isNone(user)) return yield* new Refusal({ status: 401, headers: [["WWW-Authenticate", "Bearer"]] })
    return {
      value: user.value,
      subprotocol: subprotocols.find((one) => one === "chat.v2" || one === "chat.v1"), // the client's first choice
      headers: [["Set-Cookie", "seen=1; Secure; HttpOnly"]]
    }
  })

const echo = Effect.gen(function*() {
  const request = yield* HttpServerRequest.HttpServerRequest
  const socket = yield* request.upgrade // writes the 101
  const user = Option.getOrThrow(PlatformSocket.accepted(socket, accept)) // what `accept` returned as `value`
  const write = yield* socket.writer
  yield* socket.runRaw((message) => write(`${user}: ${message}`))
  return HttpServerResponse.empty() // nobody reads this response: the end of the route closes the connection
})

const app = HttpRouter.empty.pipe(
  HttpRouter.get("/", HttpServerResponse.text("hello")),
  HttpRouter.get("/chat", echo),
  HttpServer.serve()
)

/** Also provides the address, for the test. */
export const server = Layer.provideMerge(
  app,
  NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }, {
    accept,
    origins: ["https://app.example"], // pages that may connect, besides the server's own
    limits: { maxMessageSize: 64 * 1024, keepaliveInterval: "30 seconds" }, // maxMessageSize is in bytes
    compression: { threshold: 512 }, // bytes; `false` turns compression off
    maxConnections: 10_000,
    openTimeout: "5 seconds", // for `accept` and for the route, until it asks for the upgrade
    grace: "2 seconds"
  })
).pipe(
  Layer.provide(
    Layer.succeed(Users, (token) => Effect.succeed(token === "sesame" ? Option.some("ada") : Option.none()))
  )
)
