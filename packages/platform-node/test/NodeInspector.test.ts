import { describe, expect, it } from "@effect/vitest"
import { ServeError } from "@effect-ws/platform/WebSocketServer"
import * as WireLog from "@effect-ws/platform/WireLog"
import * as NodeInspector from "@effect-ws/platform-node/NodeInspector"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { request } from "node:http"
import { WebSocket } from "ws"

interface Answer {
  readonly status: number | undefined
  readonly body: string
}

/** With header lines as they stand: `fetch` sets its own Host. */
const get = (url: string, headers: Readonly<Record<string, string>> = {}) =>
  Effect.async<Answer>((resume) => {
    request(url, { headers }, (response) => {
      const parts: Array<Buffer> = []
      response.on("data", (part: Buffer) => parts.push(part))
      response.on("end", () =>
        resume(Effect.succeed({ status: response.statusCode, body: Buffer.concat(parts).toString() })))
    }).end()
  })

const log = WireLog.layer()

describe("an inspector on a port of its own", () => {
  it.scopedLive("shows the connections of a server: those that are open, and the report of each", () =>
    Effect.gen(function*() {
      const { url } = yield* NodeInspector.make({ path: "/inspector" })
      const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
      yield* Effect.forkScoped(server.serve((connection) => connection.run((message) => connection.send(message))))
      const port = server.address._tag === "Tcp" ? server.address.port : 0
      const socket = yield* Effect.async<WebSocket>((resume) => {
        const socket: WebSocket = new WebSocket(`ws://127.0.0.1:${port}/room`)
        socket.on("open", () => resume(Effect.succeed(socket)))
      })
      expect((yield* get(url)).body).toContain("/room")
      expect((yield* get(`${url}connections/1`)).body).toContain("The connection is open")
      yield* Effect.async<void>((resume) => {
        socket.on("close", () => resume(Effect.void))
        socket.close(4001)
      })
      const report = JSON.parse((yield* get(`${url}connections/1.json`)).body)
      expect(report).toMatchObject({ isServer: true, wasClean: true, remoteCloseCode: 4001 })
    }).pipe(Effect.provide(log)))

  it.scopedLive("answers this machine only, by its own name", () =>
    Effect.gen(function*() {
      const { url } = yield* NodeInspector.make()
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/)
      expect((yield* get(url)).status).toBe(200)
      expect((yield* get(url, { host: "evil.example" })).status).toBe(403)
    }).pipe(Effect.provide(log)))

  it.scopedLive("listens elsewhere only with a token, and then wants it", () =>
    Effect.gen(function*() {
      const refused = yield* Effect.flip(NodeInspector.make({ host: "0.0.0.0" }))
      expect(refused).toMatchObject({ _tag: "InvalidOption", option: "host" })
      const token = "0123456789abcdef"
      const { url } = yield* NodeInspector.make({ host: "0.0.0.0", token: Redacted.make(token) })
      const here = url.replace("0.0.0.0", "127.0.0.1")
      expect((yield* get(here)).status).toBe(401)
      expect((yield* get(here, { authorization: `Bearer ${token}` })).status).toBe(200)
    }).pipe(Effect.provide(log)))

  it.scopedLive("fails where the port is taken, and gives it back when its scope closes", () =>
    Effect.gen(function*() {
      const port = yield* Effect.scoped(Effect.gen(function*() {
        const { url } = yield* NodeInspector.make()
        const port = Number(new URL(url).port)
        expect(yield* Effect.flip(Effect.scoped(NodeInspector.make({ port })))).toBeInstanceOf(ServeError)
        return port
      }))
      yield* Effect.scoped(Layer.build(NodeInspector.layer({ port })))
    }).pipe(Effect.provide(log)))
})
