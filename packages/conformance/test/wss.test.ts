/** Both roles over TLS, with `ws` as the peer: the verdicts are those without TLS. `npm run test:long` takes more cases. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { createServer } from "node:https"
import type { AddressInfo } from "node:net"
import { WebSocket, WebSocketServer } from "ws"
import { selfSigned } from "../../platform-node/test/certificate.js"
import * as FuzzingClient from "../src/FuzzingClient.js"
import * as FuzzingServer from "../src/FuzzingServer.js"
import * as Target from "../src/handshake/Target.js"
import { Results } from "../src/verdict/Results.js"
import { casesOf, faults, settledFaults } from "./peers.js"

const patterns = process.env["LONG"] === undefined
  ? "1.1.1,2.1,5.3,7.1.6,9.1.2"
  : "1.1.1,2.*,5.*,6.1.*,7.1.*,7.3.*,9.1.2,12.1.5"
const known = ["7.1.6 INFORMATIONAL/INFORMATIONAL"]
const secret = selfSigned()

const secureServer = Effect.acquireRelease(
  Effect.async<ReturnType<typeof createServer>>((resume) => {
    const server = createServer(secret)
    new WebSocketServer({ server, perMessageDeflate: true }).on("connection", (socket) => {
      socket.on("error", () => undefined)
      socket.on("message", (payload: Buffer, binary: boolean) => socket.send(payload, { binary }))
    })
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  }),
  (server) =>
    Effect.sync(() => {
      server.close()
      server.closeAllConnections()
    })
)

it.scopedLive("a server", () =>
  Effect.gen(function*() {
    const { port } = (yield* secureServer).address() as AddressInfo
    const judge = (some: string) =>
      Effect.gen(function*() {
        const results = new Results()
        yield* FuzzingClient.run({
          agent: "agent",
          target: Target.parse(`wss://localhost:${port}/`)!,
          cases: casesOf(some, "server"),
          parallel: 8,
          again: false,
          onResult: (result) => Effect.sync(() => results.add(result))
        })
        return results
      }).pipe(Effect.orDie)
    expect(yield* settledFaults(patterns, known, judge)).toEqual(known)
  }), 60_000)

const runCase = (port: number, number: number): Effect.Effect<void> =>
  Effect.async((resume) => {
    const socket = new WebSocket(`wss://localhost:${port}/runCase?case=${number}&agent=agent`, { ca: secret.cert })
    socket.on("error", () => undefined)
    socket.on("message", (payload: Buffer, binary: boolean) => socket.send(payload, { binary }))
    socket.on("close", () => resume(Effect.void))
  })

it.live("a client", () =>
  Effect.gen(function*() {
    const judge = (some: string) =>
      Effect.scoped(Effect.gen(function*() {
        const results = new Results()
        const cases = casesOf(some, "client")
        const { port } = yield* FuzzingServer.make({
          host: "localhost",
          port: 0,
          tls: secret,
          cases,
          excluded: () => false,
          results,
          onResult: () => Effect.void,
          onUpdateReports: Effect.void
        })
        yield* Effect.forEach(cases, (_, i) => runCase(port, i + 1), { concurrency: 8, discard: true })
        return results
      })).pipe(Effect.orDie)
    expect(faults(yield* judge("1.1.1"))).toEqual([])
    expect(yield* settledFaults(patterns, known, judge)).toEqual(known)
  }), 60_000)
