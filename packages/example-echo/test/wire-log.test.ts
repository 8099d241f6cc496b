/**
 * Reports of a live service, and of a client, beside the examiner's records of the same conversations: the same keys, counts, log and octets,
 * seen from the other side.
 */
import { describe, expect, it } from "@effect/vitest"
import { Cases, FuzzingClient, FuzzingServer, Json, Results, Target } from "@effect-ws/conformance"
import type { Connection } from "@effect-ws/connection/Connection"
import { echo } from "@effect-ws/example-echo/Echo"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
import * as WireLog from "@effect-ws/platform/WireLog"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"

const situations = {
  "fragments, each in a write of its own": "5.4",
  "fragments, octet by octet": "5.5",
  "a ping without payload": "2.1",
  "a reserved opcode, failed with 1002 and a reason": "4.1.1",
  "Close 4999": "7.7.13",
  "a peer that drops TCP without a Close": "19.1.1"
}

type Record = readonly [kind: string, shown: readonly [size: number, text: string], ...rest: ReadonlyArray<unknown>]

/** What both sides write down in the same form, whichever of them it is. */
interface Seen {
  readonly [key: string]: unknown
  readonly rxFrameStats: object
  readonly txFrameStats: object
  readonly rxOctetStats: object
  readonly txOctetStats: object
  readonly wirelog: ReadonlyArray<Record>
}

const octetsIn = (stats: object): number =>
  Object.entries(stats).reduce((sum, [size, count]) => sum + Number(size) * Number(count), 0)

/** The octets behind the opening handshake. */
const octets = ({ wirelog }: Seen, kind: "RO" | "TO"): string =>
  wirelog.filter(([its]) => its === kind).slice(1).map(([, [, hex]]) => hex).join("")

/** Frames: received [size, text], opcode, FIN, RSV, whether masked, mask; of sent ones the same. */
const frames = ({ wirelog }: Seen, kind: "RF" | "TF"): ReadonlyArray<unknown> =>
  wirelog.filter(([its]) => its === kind).map(([, shown, opcode, fin, rsv, ...rest]) => [
    shown,
    opcode,
    fin,
    rsv,
    kind === "RF" ? rest[1] : rest[0]
  ])

/** A report, and the examiner's record. */
interface Both {
  readonly ours: Seen
  readonly theirs: Seen
}

const bothOf = (report: WireLog.Report, detail: unknown): Both => {
  const parsed = (text: string): Seen => JSON.parse(text)
  return { ours: parsed(WireLog.json(report)), theirs: parsed(JSON.stringify(detail)) }
}

const caseOf = (id: string) =>
  Option.match(Option.fromNullable(Cases.find(id)), {
    onNone: () => Effect.dieMessage(`there is no case ${id}`),
    onSome: (found) => Effect.succeed(found)
  })

const recording = WireLog.layer({ payloadSize: 64 })

const ofService = (id: string) =>
  Effect.scoped(Effect.gen(function*() {
    const server = yield* WebSocketServer.WebSocketServer
    const connections = yield* Queue.unbounded<Connection>()
    yield* Effect.fork(server.serve((connection) =>
      Effect.zipRight(Queue.offer(connections, connection), connection.run((message) => echo(connection, message)))
    ))
    const { address } = server
    const target = Target.parse(`ws://127.0.0.1:${address._tag === "Tcp" ? address.port : 0}/`)
    if (target === undefined) {
      return yield* Effect.dieMessage("it listens nowhere")
    }
    let detail: unknown
    const examining = yield* Effect.fork(FuzzingClient.run({
      agent: "agent",
      target,
      cases: [yield* caseOf(id)],
      parallel: 1,
      again: false,
      onResult: (result) =>
        Effect.sync(() => {
          detail = Json.detail(result)
        })
    }))
    const connection = yield* Queue.take(connections)
    yield* connection.outcome
    yield* Fiber.join(examining)
    return bothOf(Option.getOrThrow(yield* WireLog.reportOf(connection)), detail)
  })).pipe(
    Effect.provide(Layer.provideMerge(NodeWebSocketServer.layer({ port: 0, host: "127.0.0.1" }), recording))
  )

const ofClient = (id: string) =>
  Effect.scoped(Effect.gen(function*() {
    const detail = yield* Deferred.make<unknown>()
    const { port } = yield* FuzzingServer.make({
      host: "127.0.0.1",
      port: 0,
      tls: undefined,
      cases: [yield* caseOf(id)],
      excluded: () => false,
      results: new Results.Results(),
      onResult: (result) => Deferred.succeed(detail, Json.detail(result)),
      onUpdateReports: Effect.void
    })
    const connection = yield* WebSocketClient.connect(`ws://127.0.0.1:${port}/runCase?case=1&agent=agent`)
    yield* Effect.ignore(connection.run((message) => echo(connection, message)))
    yield* connection.outcome
    return bothOf(Option.getOrThrow(yield* WireLog.reportOf(connection)), yield* Deferred.await(detail))
  })).pipe(Effect.provide(Layer.provideMerge(NodeWebSocketClient.layer(), recording)))

/** As a report shows a request: without what its query says. */
const withoutSecrets = (request: unknown): string =>
  String(request).replaceAll(/(?<=^GET \S*[?&]\w+=)[^& ]*/g, "<redacted>")

describe.each([["service", ofService], ["client", ofClient]])(
  "a report of a live %s is the examiner's, seen from the other side",
  (
    _,
    both
  ) => {
    for (const [situation, id] of Object.entries(situations)) {
      it.live(`${situation} (${id})`, () =>
        Effect.gen(function*() {
          const { ours, theirs } = yield* both(id)
          expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort())
          expect(frames(ours, "RF")).toEqual(frames(theirs, "TF"))
          expect(frames(ours, "TF")).toEqual(frames(theirs, "RF"))
          expect(octets(ours, "RO")).toBe(octets(theirs, "TO"))
          expect(octets(ours, "TO")).toBe(octets(theirs, "RO"))
          expect(ours.rxFrameStats).toEqual(theirs.txFrameStats)
          expect(ours.txFrameStats).toEqual(theirs.rxFrameStats)
          expect(octetsIn(ours.rxOctetStats)).toBe(octetsIn(theirs.txOctetStats))
          expect(octetsIn(ours.txOctetStats)).toBe(octetsIn(theirs.rxOctetStats))
          expect(ours["httpRequest"]).toBe(withoutSecrets(theirs["httpRequest"]))
          expect(ours["httpResponse"]).toBe(theirs["httpResponse"])
          expect(ours["isServer"]).toBe(!theirs["isServer"])
          for (const key of ["CloseCode", "CloseReason"]) {
            expect(ours[`local${key}`]).toBe(theirs[`remote${key}`])
            // What answers a Close that fails the connection is in the log, and nobody has read it (RFC 6455 §7.1.7).
            expect(ours[`remote${key}`]).toBe(ours["failedByMe"] === true ? null : theirs[`local${key}`])
          }
        }))
    }
  }
)
