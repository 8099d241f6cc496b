/**
 * WebSockets beside the routes of a framework, on its port. In: a port, or 0 for a free one, and a page to serve. Out: the port, with the
 * framework's routes, and WebSockets at `/chat`.
 */
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import { getRequestListener } from "@hono/node-server"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import express from "express"
import Fastify from "fastify"
import { Hono } from "hono"
import * as Http from "node:http"
import type { Sights } from "./Sights.js"

/** Serves `/chat`, with every framework. */
const chat = (http: Http.Server) =>
  Effect.gen(function*() {
    const server = yield* NodeWebSocketServer.attach(http, { paths: ["/chat"] })
    yield* Effect.forkScoped(server.serve((connection) => connection.run((message) => connection.send(message))))
  })

const portOf = (http: Http.Server): number => {
  const address = http.address()
  return typeof address === "object" && address !== null ? address.port : 0
}

/** Listens until the scope closes. Returns the port. */
const listening = (http: Http.Server, port: number): Effect.Effect<number, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<number>((resume) => {
      http.listen(port, "127.0.0.1", () => resume(Effect.succeed(portOf(http))))
    }),
    () => Effect.sync(() => http.close())
  )

export const withExpress = (port: number, sights: Sights) =>
  Effect.gen(function*() {
    const app = express()
    app.get("/name", (_request, response) => void response.send("express"))
    for (const { content, path, type } of sights) {
      app.get(path, (_request, response) => void response.type(type).send(content()))
    }
    const http = Http.createServer(app)
    yield* chat(http)
    return yield* listening(http, port)
  })

export const withHono = (port: number, sights: Sights) =>
  Effect.gen(function*() {
    const app = new Hono()
    app.get("/name", (context) => context.text("Hono"))
    for (const { content, path, type } of sights) {
      app.get(path, (context) => context.body(content(), 200, { "content-type": type }))
    }
    const http = Http.createServer(getRequestListener(app.fetch))
    yield* chat(http)
    return yield* listening(http, port)
  })

/** Fastify makes its server and listens by itself: attach to that server, and close it with the scope. */
export const withFastify = (port: number, sights: Sights) =>
  Effect.gen(function*() {
    const app = Fastify()
    app.get("/name", () => "fastify")
    for (const { content, path, type } of sights) app.get(path, (_request, reply) => reply.type(type).send(content()))
    yield* chat(app.server)
    yield* Effect.acquireRelease(
      Effect.promise(() => app.listen({ port, host: "127.0.0.1" })),
      () => Effect.promise(() => app.close())
    )
    return portOf(app.server)
  })
