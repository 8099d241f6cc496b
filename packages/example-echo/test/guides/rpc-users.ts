/** RPC whose handlers know the caller. The server decides once for each connection, before the 101. */
import * as Headers from "@effect/platform/Headers"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import * as RpcMiddleware from "@effect/rpc/RpcMiddleware"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import { type Accept, Refusal } from "@effect-ws/platform/WebSocketServer"
import * as NodeHttpServer from "@effect-ws/platform-node/NodeHttpServer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { randomUUID } from "node:crypto"
import { createServer } from "node:http"

class CurrentUser extends Context.Tag("CurrentUser")<CurrentUser, string>() {}

class Nobody extends Schema.TaggedError<Nobody>()("Nobody", {}) {}

class Authenticated extends RpcMiddleware.Tag<Authenticated>()("Authenticated", {
  provides: CurrentUser,
  failure: Nobody
}) {}

export const group = RpcGroup.make(Rpc.make("WhoAmI", { success: Schema.String })).middleware(Authenticated)

const handlers = group.toLayer({ WhoAmI: () => CurrentUser })

const accept: Accept<string, never> = ({ headers }) =>
  headers["authorization"] === "Bearer sesame"
    ? Effect.succeed({ value: "ada" })
    : new Refusal({ status: 401, headers: [["WWW-Authenticate", "Bearer"]] })

/** Connected users, by a key that only this server knows: a client can override every header of its upgrade. */
const users = new Map<string, string>()
const header = "x-connection"

const middleware = Layer.succeed(Authenticated, ({ headers }) => {
  const user = Option.flatMapNullable(Headers.get(headers, header), (connection) => users.get(connection))
  return Effect.mapError(user, () => new Nobody())
})

const app = Effect.map(RpcServer.toHttpAppWebsocket(group), (rpc) =>
  Effect.gen(function*() {
    const request = yield* HttpServerRequest.HttpServerRequest
    const user = Option.getOrThrow(PlatformSocket.accepted(yield* request.upgrade, accept))
    const connection = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const connection = randomUUID()
        users.set(connection, user)
        return connection
      }),
      (connection) => Effect.sync(() => users.delete(connection))
    )
    const known = request.modify({ headers: Headers.set(request.headers, header, connection) })
    return yield* Effect.provideService(rpc, HttpServerRequest.HttpServerRequest, known)
  }))

export const server = Layer.unwrapScoped(
  Effect.map(app, (app) => HttpServer.serve(HttpRouter.empty.pipe(HttpRouter.get("/rpc", app))))
).pipe(
  Layer.provide([handlers, middleware, RpcSerialization.layerNdjson]),
  Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }, { accept }))
)
