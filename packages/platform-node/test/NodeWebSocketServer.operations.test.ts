/** What those ask for who run a server: its health, where it listens and on what, who its peers are; and upgrades handed to it. */
import { describe, expect, it } from "@effect/vitest"
import type { Connection } from "@effect-ws/connection/Connection"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
import * as Http from "node:http"
import * as Net from "node:net"
import { selfSigned } from "./certificate.js"

const host = "127.0.0.1"
const echo = (connection: Connection) => connection.run((message) => connection.send(message))

const portOf = ({ address }: WebSocketServer.WebSocketServer["Type"]): number =>
  address._tag === "Tcp" ? address.port : 0

/** Serves on descriptor 3, as compiled: a process of its own does not read the sources. */
const serveDescriptor = `
  import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
  import * as Effect from "effect/Effect"
  const program = Effect.gen(function*() {
    const server = yield* NodeWebSocketServer.make({ fd: 3 })
    console.log("listening")
    yield* server.serve((connection) => connection.run((message) => connection.send(message)))
  })
  Effect.runFork(Effect.scoped(program))
`

/** Two workers of `node:cluster`, each with a server of either kind, tell on which ports they listen. */
const serveInWorkers = `
  import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
  import * as Effect from "effect/Effect"
  import cluster from "node:cluster"
  const listen = (exclusive) =>
    Effect.map(NodeWebSocketServer.make({ port: 0, host: "127.0.0.1", exclusive }), ({ address }) => address.port)
  const worker = Effect.gen(function*() {
    process.send({ shared: yield* listen(false), exclusive: yield* listen(true) })
    yield* Effect.never
  })
  if (cluster.isPrimary) {
    const told = []
    for (const _ of [1, 2]) {
      cluster.fork().on("message", (ports) => {
        if (told.push(ports) < 2) return
        console.log(JSON.stringify(told))
        process.exit() // its workers end with it
      })
    }
  } else {
    Effect.runFork(Effect.scoped(worker))
  }
`

interface Answered {
  readonly status: number | undefined
  readonly body: string
  readonly headers: Http.IncomingHttpHeaders
}

const ask = (port: number, path: string, method = "GET") =>
  Effect.async<Answered>((resume) => {
    Http.request({ port, host, path, method }, (response) => {
      let body = ""
      response.setEncoding("utf8")
      response.on("data", (text: string) => (body += text))
      response.on("end", () => resume(Effect.succeed({ status: response.statusCode, body, headers: response.headers })))
    }).end()
  })

/** What an echo answers. */
const echoed = (url: string) =>
  Effect.scoped(Effect.gen(function*() {
    const connection = yield* WebSocketClient.connect(url)
    yield* connection.send("hello")
    return yield* connection.receive
  })).pipe(Effect.provide(NodeWebSocketClient.layer()))

describe("health", () => {
  it.scopedLive("503 before somebody serves, 200 while, 503 after; nothing else changes", () =>
    Effect.gen(function*() {
      const server = yield* NodeWebSocketServer.make({ port: 0, host, health: "/healthz" })
      const port = portOf(server)
      expect(yield* ask(port, "/healthz")).toMatchObject({
        status: 503,
        body: "503 Service Unavailable: not serving\n"
      })
      const serving = yield* Scope.make()
      yield* Effect.forkIn(server.serve(echo), serving)
      yield* Effect.yieldNow()
      const { body, headers, status } = yield* ask(port, "/healthz?from=balancer")
      expect([status, body, headers["cache-control"]]).toEqual([200, "200 OK: serving\n", "no-store"])
      expect(yield* ask(port, "/healthz", "HEAD")).toMatchObject({ status: 200, body: "" })
      expect((yield* ask(port, "/healthz", "POST")).status).not.toBe(200)
      expect((yield* ask(port, "/other")).status).toBe(426)
      expect(yield* echoed(`ws://${host}:${port}/healthz`)).toBe("hello")
      yield* Scope.close(serving, Exit.void)
      expect((yield* ask(port, "/healthz")).status).toBe(503)
    }))

  it.scopedLive("there is none unless asked for, and a path that is none is an InvalidOption", () =>
    Effect.gen(function*() {
      const server = yield* NodeWebSocketServer.make({ port: 0, host })
      expect((yield* ask(portOf(server), "/healthz")).status).toBe(426)
      const error = yield* Effect.flip(NodeWebSocketServer.make({ port: 0, host, health: "healthz" }))
      expect(error.message).toContain("the option health is \"healthz\"")
    }))
})

describe("where it listens", () => {
  it.scopedLive("its url is what a client connects to", () =>
    Effect.gen(function*() {
      for (const given of [{ host }, { host: "::1" }, { host: "0.0.0.0" }, {}]) {
        const server = yield* NodeWebSocketServer.make({ port: 0, ...given })
        yield* Effect.forkScoped(server.serve(echo))
        expect(yield* echoed(Option.getOrThrow(server.url)), JSON.stringify(given)).toBe("hello")
      }
    }))

  it.scopedLive("of TLS it is wss:, and of an attached server none before that listens", () =>
    Effect.gen(function*() {
      const secure = yield* NodeWebSocketServer.make({ port: 0, host, tls: selfSigned() })
      expect(secure.url).toEqual(Option.some(`wss://127.0.0.1:${portOf(secure)}`))
      const attached = yield* NodeWebSocketServer.attach(Http.createServer())
      expect(attached.url).toEqual(Option.none())
    }))

  it.scopedLive("is logged", () =>
    Effect.gen(function*() {
      const lines: Array<unknown> = []
      const logger = Logger.replace(Logger.defaultLogger, Logger.make(({ message }) => void lines.push(message)))
      const server = WebSocketServer.withLogAddress(NodeWebSocketServer.layer({ port: 0, host }))
      yield* Layer.build(Layer.provide(server, logger))
      expect(String(lines)).toMatch(/^Listening on ws:\/\/127\.0\.0\.1:\d+$/)
    }))

  it.scopedLive.skipIf(process.platform === "win32")(
    "on a descriptor that a supervisor hands over",
    () =>
      Effect.gen(function*() {
        const given = Net.createServer()
        yield* Effect.async<void>((resume) => void given.listen(0, host, () => resume(Effect.void)))
        yield* Effect.addFinalizer(() => Effect.sync(() => given.close()))
        const { port } = given.address() as Net.AddressInfo
        // Node keeps the number to itself.
        const { _handle: { fd } } = given as unknown as { readonly _handle: { readonly fd: number } }
        const child = spawn(process.execPath, ["--input-type=module", "--eval", serveDescriptor], {
          cwd: import.meta.dirname,
          stdio: ["pipe", "pipe", "inherit", fd]
        })
        yield* Effect.addFinalizer(() => Effect.sync(() => child.kill()))
        yield* Effect.async<void>((resume) => void child.stdout?.once("data", () => resume(Effect.void)))
        given.close() // the child has a descriptor of its own, and is to be the only one that accepts
        expect(yield* echoed(`ws://${host}:${port}/`)).toBe("hello")
      })
  )

  it.scopedLive("exclusive: a worker of a cluster has its port alone, where others share one", () =>
    Effect.gen(function*() {
      // Workers are given the arguments of their primary; the last stands for the name of a program.
      const child = spawn(process.execPath, ["--input-type=module", "--eval", serveInWorkers, "program"], {
        cwd: import.meta.dirname,
        stdio: ["pipe", "pipe", "inherit"]
      })
      yield* Effect.addFinalizer(() => Effect.sync(() => child.kill()))
      const said = yield* Effect.async<string>((resume) =>
        void child.stdout.once("data", (data) => resume(Effect.succeed(String(data))))
      )
      const [first, second]: ReadonlyArray<{ readonly shared: number; readonly exclusive: number }> = JSON.parse(said)
      expect(first?.shared).toBe(second?.shared)
      expect(first?.exclusive).not.toBe(second?.exclusive)
    }))

  it.scopedLive("one that does not listen is a ServeError, and none an InvalidOption", () =>
    Effect.gen(function*() {
      expect((yield* Effect.flip(NodeWebSocketServer.make({ fd: 2_000_000 })))._tag).toBe("ServeError")
      expect((yield* Effect.flip(NodeWebSocketServer.make({ fd: -1 })))._tag).toBe("InvalidOption")
    }))
})

describe("who the peer is", () => {
  const { cert, key } = selfSigned()

  const peers = (tls: NodeWebSocketServer.TlsOptions, client: NodeWebSocketClient.TlsOptions) =>
    Effect.gen(function*() {
      let seen: WebSocketServer.UpgradeRequest | undefined
      const server = yield* NodeWebSocketServer.make({ port: 0, host, tls: { cert, key, ...tls } })
      yield* Effect.forkScoped(server.serve({
        accept: (request) =>
          Effect.sync(() => {
            seen = request
            return { value: { certificate: request.certificate, port: request.remotePort } }
          }),
        handler: (connection, { certificate, port }) =>
          Effect.zipRight(
            connection.send(JSON.stringify([Option.getOrNull(certificate), Option.getOrNull(port)])),
            connection.outcome
          )
      }))
      const received = yield* Effect.scoped(
        Effect.flatMap(WebSocketClient.connect(`wss://localhost:${portOf(server)}`), (connection) => connection.receive)
      ).pipe(Effect.provide(NodeWebSocketClient.layer({ tls: { ca: cert, ...client } })))
      expect(seen?.secure).toBe(true)
      return JSON.parse(String(received)) as [WebSocketServer.Certificate | null, number]
    })

  it.scopedLive("its certificate, authorized", () =>
    Effect.gen(function*() {
      const [certificate, port] = yield* peers({ requestCert: true, ca: cert }, { cert, key })
      expect(certificate).toMatchObject({ isAuthorized: true, subject: "CN=localhost" })
      expect(certificate?.subjectAltName).toContain("DNS:localhost")
      expect(certificate?.fingerprint256).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)
      expect(port).toBeGreaterThan(0)
    }))

  it.scopedLive("one of a stranger, where the server takes such", () =>
    Effect.gen(function*() {
      const [certificate] = yield* peers({ requestCert: true, rejectUnauthorized: false }, selfSigned())
      expect(certificate).toMatchObject({ isAuthorized: false, subject: "CN=localhost" })
    }))

  it.scopedLive("none, where it shows none", () =>
    Effect.gen(function*() {
      const [certificate] = yield* peers({ requestCert: true, rejectUnauthorized: false }, {})
      expect(certificate).toBeNull()
    }))
})

describe("upgrades handed over", () => {
  it.scopedLive("are judged and served; others are not touched; after the scope they are refused", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { handleUpgrade, server } = yield* Scope.extend(NodeWebSocketServer.makeUpgrades(), scope)
      expect([server.address, server.url]).toEqual([{ _tag: "None" }, Option.none()])
      yield* Effect.forkIn(server.serve(echo), scope)
      const http = Http.createServer((_request, response) => response.end("a page"))
      http.on("upgrade", (request, socket, head) => {
        if (request.url === "/chat") handleUpgrade(request, socket, head)
        else socket.end("HTTP/1.1 418 I'm a teapot\r\n\r\n")
      })
      yield* Effect.async<void>((resume) => void http.listen(0, host, () => resume(Effect.void)))
      yield* Effect.addFinalizer(() => Effect.sync(() => http.close()))
      const { port } = http.address() as Net.AddressInfo
      const reasonOf = (path: string, options?: WebSocketClient.ConnectOptions) =>
        Effect.scoped(Effect.flip(WebSocketClient.connect(`ws://${host}:${port}${path}`, options))).pipe(
          Effect.map(({ reason }) => reason._tag === "Refused" ? reason.status : reason._tag),
          Effect.provide(NodeWebSocketClient.layer())
        )
      expect(yield* echoed(`ws://${host}:${port}/chat`)).toBe("hello")
      expect(yield* reasonOf("/chat", { origin: "https://evil.example" })).toBe(403)
      expect(yield* reasonOf("/tea")).toBe(418)
      expect((yield* ask(port, "/")).body).toBe("a page")
      yield* Scope.close(scope, Exit.void)
      expect(yield* reasonOf("/chat")).toBe(503)
    }))
})
