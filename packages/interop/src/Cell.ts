/**
 * Runs a cell. In: a peer in a role and a mode. Out: what was tried, and how it went. The foreign program is over when this is.
 *
 * @since 0.1.0
 */
import type { Connection } from "@effect-ws/connection/Connection"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import type * as Scope from "effect/Scope"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Children from "./internal/children.js"
import type { Cell, Mode, Paths, Peer } from "./Peer.js"
import * as Scenario from "./Scenario.js"
import type { Tried } from "./Verdict.js"

/**
 * Runs it. What was not reached when the time is over is a check that failed.
 *
 * @since 0.1.0
 * @category running
 */
export const run = (
  { mode, peer, role }: Cell,
  paths: Paths,
  timeout: Duration.DurationInput
): Effect.Effect<ReadonlyArray<Tried>> =>
  Effect.gen(function*() {
    const tried: Array<Tried> = []
    const attempt = role === "client"
      ? againstClient(peer, mode, paths, tried)
      : againstServer(peer, mode, paths, tried)
    const obstacle = yield* Effect.scoped(attempt).pipe(
      Effect.timeoutFail({ duration: timeout, onTimeout: () => `over after ${Duration.format(timeout)}` }),
      Effect.sandbox,
      Effect.match({ onSuccess: (says) => says, onFailure: (cause) => String(cause).slice(0, 400) })
    )
    const missing = Scenario.of(mode).filter(({ name }) => !tried.some(({ scenario }) => scenario === name))
    return [
      ...tried,
      ...missing.map(({ name }): Tried => ({
        scenario: name,
        checks: [{ name: "reached", error: `never: ${obstacle.trim().split("\n").slice(-3).join(" ")}` }]
      }))
    ]
  }).pipe(Logger.withMinimumLogLevel(LogLevel.None))

const secretsOf = ({ work }: Paths) => ({
  cert: readFileSync(join(work, "tls/cert.pem")),
  key: readFileSync(join(work, "tls/key.pem"))
})

const programOptions = (peer: Peer, mode: Mode, { npm, work }: Paths): Children.Options => ({
  cwd: work,
  environment: {
    IOP_MODE: mode,
    IOP_NPM: npm,
    NODE_EXTRA_CA_CERTS: join(work, "tls/cert.pem"),
    SSL_CERT_FILE: join(work, "tls/cert.pem"),
    ...peer.environment
  }
})

const compressionOf = (mode: Mode) => {
  switch (mode) {
    case "plain":
    case "http2":
      return false
    case "deflate":
    case "tls":
    case "subprotocol":
      return undefined
    case "nct":
      return { serverNoContextTakeover: "prefer", clientNoContextTakeover: "prefer" } as const
    case "wb9":
      return { serverMaxWindowBits: 9, clientMaxWindowBits: 9, windowBits: 9 } as const
    case "wb12":
      return { serverMaxWindowBits: 12, clientMaxWindowBits: 12, windowBits: 12 } as const
  }
}

const isSecure = (mode: Mode): boolean => mode === "tls" || mode === "http2"

const origin = (mode: Mode, port: number): string =>
  isSecure(mode) ? `wss://localhost:${port}` : `ws://127.0.0.1:${port}`

/** The client visits all scenarios. Answers with what it said. */
const againstClient = (
  peer: Peer,
  mode: Mode,
  paths: Paths,
  tried: Array<Tried>
): Effect.Effect<string, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    const { client } = peer
    if (client === undefined) return "it is no client"
    let begun = 0
    let done = 0
    const server = yield* NodeWebSocketServer.make({
      port: 0,
      host: "127.0.0.1",
      origins: "any", // the page of a browser has another port
      compression: compressionOf(mode),
      http2: mode === "http2",
      ...(isSecure(mode) ? { tls: secretsOf(paths) } : {})
    })
    yield* Effect.forkScoped(server.serve({
      accept: ({ subprotocols, url }) =>
        Effect.succeed({ value: url.slice(1), ...(mode === "subprotocol" ? { subprotocol: subprotocols[0] } : {}) }),
      handler: (connection, name) => {
        begun++
        return Effect.ensuring(attempt(mode, name, connection, tried), Effect.sync(() => done++))
      }
    }))
    const base = origin(mode, server.address._tag === "Tcp" ? server.address.port : 0)
    const urls = Scenario.of(mode).map(({ name }) => `${base}/${name}`)
    const child = yield* Children.start(client.command(urls, paths, mode), programOptions(peer, mode, paths))
    yield* child.over
    // A program may be over before we know how its last connection ended.
    while (done < begun) yield* Effect.sleep("20 millis")
    return child.said()
  })

/** Our client opens a connection for each scenario. */
const againstServer = (
  peer: Peer,
  mode: Mode,
  paths: Paths,
  tried: Array<Tried>
): Effect.Effect<string, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    if (peer.server === undefined) return "it is no server"
    const port = yield* Children.freePort
    const child = yield* Children.start(peer.server.command(port, paths, mode), programOptions(peer, mode, paths))
    yield* Children.listening(child, port)
    const client = yield* NodeWebSocketClient.make({
      compression: compressionOf(mode),
      http2: mode === "http2" ? "require" : "never",
      tls: { ca: readFileSync(join(paths.work, "tls/cert.pem")) }
    })
    const options = {
      origin: origin(mode, port).replace(/^ws/, "http"),
      ...(mode === "subprotocol" ? { subprotocols: [Scenario.subprotocolName] } : {})
    }
    for (const { name } of Scenario.of(mode)) {
      yield* client.connect(`${origin(mode, port)}/${name}`, options).pipe(
        Effect.flatMap((connection) => attempt(mode, name, connection, tried)),
        Effect.scoped,
        Effect.catchAll(({ message }) =>
          Effect.sync(() => tried.push({ scenario: name, checks: [{ name: "opening", error: message.slice(0, 200) }] }))
        )
      )
      // A program may serve one connection after the other.
      yield* Effect.sleep("50 millis")
    }
    return child.said()
  })

const attempt = (mode: Mode, name: string, connection: Connection, tried: Array<Tried>): Effect.Effect<void> =>
  Effect.gen(function*() {
    const scenario = Scenario.of(mode).find((scenario) => scenario.name === name)
    if (scenario !== undefined) tried.push({ scenario: name, checks: yield* scenario.run(connection) })
  })
