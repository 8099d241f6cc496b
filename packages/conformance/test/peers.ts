/** Echo servers and clients to be examined: `ws`, as a user would write it. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { AddressInfo } from "node:net"
import { WebSocket, WebSocketServer } from "ws"
import type { PeerRole } from "../src/cases/Case.js"
import * as Selection from "../src/cases/Selection.js"
import * as FuzzingClient from "../src/FuzzingClient.js"
import * as FuzzingServer from "../src/FuzzingServer.js"
import * as Target from "../src/handshake/Target.js"
import { compareIds, Results } from "../src/verdict/Results.js"

/** The port of an echo server made with `ws`. */
export const wsServer = (perMessageDeflate: boolean): Effect.Effect<number, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<WebSocketServer>((resume) => {
        const server: WebSocketServer = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate }, () =>
          resume(Effect.succeed(server)))
        server.on("connection", (socket) => {
          socket.on("error", () =>
            undefined)
          socket.on("message", (payload: Buffer, binary: boolean) => socket.send(payload, { binary }))
        })
      }),
      (server) =>
        Effect.async<void>((resume) => {
          for (const socket of server.clients) socket.terminate()
          server.close(() => resume(Effect.void))
        })
    ),
    (server) => (server.address() as AddressInfo).port
  )

/** Asks a fuzzing server for something and echoes; the answer is the last message. */
export const wsAsk = (port: number, target: string): Effect.Effect<string> =>
  Effect.async((resume) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${target}`)
    let last = ""
    socket.on("error", (error) => {
      last = error.message
    })
    socket.on("message", (payload: Buffer, binary: boolean) => {
      last = payload.toString("utf8")
      if (target.startsWith("/runCase")) socket.send(payload, { binary })
    })
    socket.on("close", () => resume(Effect.succeed(last)))
  })

export const casesOf = (patterns: string, peer: PeerRole) => {
  const selected = Selection.select({ ...Selection.everything, include: patterns.split(",") }, peer)
  return selected._tag === "Selected" ? selected.cases : []
}

/** Judges the server at a port. */
export const judgeServer = (port: number, patterns: string, path = ""): Effect.Effect<Results> =>
  judgeTarget(Target.parse(`ws://127.0.0.1:${port}/${path}`)!, patterns)

/** Judges a server. */
export const judgeTarget = (target: Target.Target, patterns: string): Effect.Effect<Results> =>
  Effect.gen(function*() {
    const results = new Results()
    yield* FuzzingClient.run({
      agent: "agent",
      target,
      cases: casesOf(patterns, "server"),
      parallel: 24,
      again: false,
      onResult: (result) => Effect.sync(() => results.add(result))
    })
    return results
  }).pipe(Effect.orDie)

/** A fuzzing server, which writes no reports. */
export const fuzzingServer = (
  patterns: string,
  results: Results,
  { excluded, http2, tls }: Partial<Pick<FuzzingServer.Options, "excluded" | "http2" | "tls">> = {}
) =>
  Effect.gen(function*() {
    const reported = yield* Deferred.make<void>()
    const server = yield* FuzzingServer.make({
      host: "127.0.0.1",
      port: 0,
      tls,
      http2,
      cases: casesOf(patterns, "client"),
      excluded: excluded ?? (() => false),
      results,
      onResult: () => Effect.void,
      onUpdateReports: Deferred.succeed(reported, undefined)
    })
    return { ...server, reported: Deferred.isDone(reported) }
  }).pipe(Effect.orDie)

/** Judges a client, which is told the port and the number of the case. */
export const judgeClient = (
  patterns: string,
  runCase: (port: number, number: number) => Effect.Effect<unknown>,
  options?: Parameters<typeof fuzzingServer>[2]
): Effect.Effect<Results> =>
  Effect.scoped(Effect.gen(function*() {
    const results = new Results()
    const { port } = yield* fuzzingServer(patterns, results, options)
    const count = casesOf(patterns, "client").length
    const numbers = Array.from({ length: count }, (_, i) => i + 1)
    yield* Effect.forEach(numbers, (number) => runCase(port, number), { concurrency: 24, discard: true })
    return results
  }))

/** What is not OK, as `id behavior/behaviorClose`. */
export const faults = (results: Results): ReadonlyArray<string> =>
  results.all()
    .filter(({ verdict }) => verdict.behavior !== "OK" || verdict.behaviorClose !== "OK")
    .map(({ case: { id }, verdict }) => `${id} ${verdict.behavior}/${verdict.behaviorClose}`)

/**
 * The faults that `judge` finds in these cases. What is not among the `known` is judged once more, without the others: on a
 * busy machine half a second may be too short for any peer.
 */
export const settledFaults = (
  patterns: string,
  known: ReadonlyArray<string>,
  judge: (patterns: string) => Effect.Effect<Results>
): Effect.Effect<ReadonlyArray<string>> =>
  Effect.gen(function*() {
    const first = faults(yield* judge(patterns))
    const surprising = first.filter((line) => !known.includes(line) && !known.includes(idOf(line)))
    if (surprising.length === 0) return first
    const again = faults(yield* judge(surprising.map(idOf).join(",")))
    const settled = [...first.filter((line) => !surprising.includes(line)), ...again]
    return settled.sort((left, right) => compareIds(idOf(left), idOf(right)))
  })

/** Of a line of {@link faults}. */
export const idOf = (line: string): string => line.split(" ")[0] ?? ""
