/**
 * WebSockets beside an `HttpApi` of @effect/platform, on its port. In: a port, or 0 for a free one, and a page to serve. Out:
 * the port, with the endpoints of the API, and WebSockets at `/chat`: a route of the same router, which asks for the upgrade.
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import { HttpServer } from "@effect/platform/HttpServer"
import { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServer from "@effect-ws/platform-node/NodeHttpServer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { createServer } from "node:http"
import type { Sights } from "./Sights.js"

const api = HttpApi.make("api").add(
  HttpApiGroup.make("about").add(HttpApiEndpoint.get("name", "/name").addSuccess(HttpApiSchema.Text()))
)

const about = HttpApiBuilder.group(api, "about", (handlers) => handlers.handle("name", () => Effect.succeed("HttpApi")))

const seen = (sights: Sights) =>
  HttpApiBuilder.Router.use((router) =>
    Effect.forEach(
      sights,
      ({ content, path, type }) =>
        router.get(path, Effect.sync(() => HttpServerResponse.text(content(), { contentType: type })))
    )
  )

const chat = HttpApiBuilder.Router.use((router) =>
  router.get(
    "/chat",
    Effect.gen(function*() {
      const request = yield* HttpServerRequest
      const socket = yield* request.upgrade // writes the 101
      const write = yield* socket.writer
      yield* socket.runRaw((message) => write(message))
      return HttpServerResponse.empty() // nobody reads this response: the end of the route closes the connection
    }).pipe(Effect.scoped)
  )
)

const server = (port: number, sights: Sights) =>
  HttpApiBuilder.serve().pipe(
    Layer.provide([chat, seen(sights)]),
    Layer.provide(Layer.provide(HttpApiBuilder.api(api), about)),
    Layer.provideMerge(NodeHttpServer.layer(createServer, { port, host: "127.0.0.1" }))
  )

export const withHttpApi = (port: number, sights: Sights) =>
  Effect.map(Layer.build(server(port, sights)), (context) => {
    const { address } = Context.get(context, HttpServer)
    return address._tag === "TcpAddress" ? address.port : 0
  })
