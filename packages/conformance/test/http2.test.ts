/** The examiner over HTTP/2, in both roles, with TLS and without: the verdicts are those without it. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { selfSigned } from "../../platform-node/test/certificate.js"
import * as Target from "../src/handshake/Target.js"
import { Results } from "../src/verdict/Results.js"
import { fuzzingServer, idOf, judgeClient, judgeTarget, settledFaults } from "./peers.js"
import type { Fault } from "./testee.js"
import * as Testee from "./testeeHttp2.js"

const secret = selfSigned()

/** Octets one by one, breaches, closing, large and compressed messages, and streams that end or break; `npm run test:long` takes more. */
const patterns = process.env["LONG"] === undefined
  ? "1.1.6,2.6,5.18,7.3.2,9.1.2,12.1.3,19.1.2,19.2.2"
  : "1.1.*,2.*,3.*,4.*,5.*,6.1.*,6.4.*,7.*,9.1.*,9.2.5,12.1.3,19.*"
const known = patterns.includes("7.*")
  ? ["7.1.6", "7.13.1", "7.13.2"].map((id) => `${id} INFORMATIONAL/INFORMATIONAL`)
  : []

const targetOf = (port: number, isSecure: boolean, protocols: ReadonlyArray<string> = []): Target.Target =>
  Target.parse(`${isSecure ? "wss" : "ws"}://127.0.0.1:${port}/`, { http2: true, protocols })!

describe.each([["h2c", undefined], ["TLS", secret]] as const)("over %s", (_, tls) => {
  const isSecure = tls !== undefined

  it.scopedLive("a server that is flawless", () =>
    Effect.gen(function*() {
      const target = targetOf(yield* Testee.server(tls), isSecure)
      expect(yield* settledFaults(patterns, known, (some) => judgeTarget(target, some))).toEqual(known)
    }), 60_000)

  it.live("a client that is flawless", () =>
    Effect.gen(function*() {
      const judge = (some: string) => judgeClient(some, Testee.client(isSecure), { http2: true, tls })
      expect(yield* settledFaults(patterns, known, judge)).toEqual(known)
    }), 60_000)
})

/** What ends a stream rather than a connection of TCP, and one for each stage before that; by whom it is seen of a server, and of a client. */
const faults: ReadonlyArray<readonly [Fault, ReadonlyArray<string>, ReadonlyArray<string>]> = [
  ["FailsWithoutEnd", ["5.9"], []],
  ["FailsLate", ["5.9"], ["5.9"]],
  ["NoTcpDrop", ["1.1.6", "12.1.3"], []],
  ["NoCloseReply", ["1.1.6", "12.1.3"], ["1.1.6", "12.1.3"]],
  ["EchoTwice", ["1.1.6", "12.1.3"], ["1.1.6", "12.1.3"]],
  ["MaskWrong", ["1.1.6", "5.9", "12.1.3"], ["1.1.6", "5.9", "12.1.3"]],
  ["NoCompression", ["12.1.3"], ["12.1.3"]]
]
const some = "1.1.6,5.9,12.1.3"

describe("a peer that has one fault", () => {
  const judged = (judge: (fault: Fault) => (some: string) => Effect.Effect<Results>, which: 1 | 2) =>
    Effect.gen(function*() {
      const found = yield* Effect.forEach(
        faults,
        (row) => Effect.map(settledFaults(some, row[which], judge(row[0])), (lines) => [row[0], lines.map(idOf)]),
        { concurrency: "unbounded" }
      )
      expect(found).toEqual(faults.map((row) => [row[0], row[which]]))
    })

  it.live("as a server", () =>
    judged((fault) => (some) =>
      Effect.scoped(
        Effect.flatMap(Testee.server(undefined, fault), (port) => judgeTarget(targetOf(port, false), some))
      ), 1), 60_000)

  it.live(
    "as a client",
    () => judged((fault) => (some) => judgeClient(some, Testee.client(false, fault), { http2: true }), 2),
    60_000
  )
})

describe("an opening that is not one", () => {
  const judged = (target: Target.Target) =>
    Effect.map(judgeTarget(target, "1.1.1"), (results) => {
      const [{ record, verdict }] = results.all() as [ReturnType<Results["all"]>[number]]
      return `${verdict.behavior}/${verdict.behaviorClose}: ${record.closing.wasNotCleanReason}`
    })

  it.scopedLive.each(
    [
      ["a refusal", { ":status": 403 }, true, "the status is 403"],
      ["no stream behind it", { ":status": 200 }, true, "the server ended the stream with its response"],
      [
        "a subprotocol of its own",
        { ":status": 200, "sec-websocket-protocol": "a" },
        false,
        "the subprotocol a was not offered"
      ],
      [
        "an extension of its own",
        { ":status": 200, "sec-websocket-extensions": "b" },
        false,
        "the server uses the extension b, which was not offered"
      ]
    ] as const
  )("of a server: %s", ([, answer, endStream, why]) =>
    Effect.gen(function*() {
      const port = yield* Testee.listening(undefined, (stream) => stream.respond(answer, { endStream }))
      expect(yield* judged(targetOf(port, false))).toBe(`FAILED/FAILED: ${why}`)
    }))

  it.scopedLive("of a server: it has not said that it takes one, or resets the stream", () =>
    Effect.gen(function*() {
      const silent = yield* Testee.listening(undefined, () => undefined, {})
      expect(yield* judged(targetOf(silent, false))).toBe(
        "FAILED/FAILED: the server's SETTINGS do not say that it takes an extended CONNECT"
      )
      const resetting = yield* Testee.listening(undefined, (stream) => stream.close(7))
      expect(yield* judged(targetOf(resetting, false))).toBe("FAILED/FAILED: the server reset the stream with 7")
    }))

  it.scopedLive.each(
    [
      ["another protocol", { ":protocol": "connect-udp" }, 400],
      ["another version", { "sec-websocket-version": "12" }, 400],
      ["no version", { "sec-websocket-version": undefined }, 400],
      ["offers that make no sense", { "sec-websocket-extensions": "permessage-deflate; x" }, 400],
      ["no case", { ":path": "/" }, 404],
      ["as it should be", {}, 200]
    ] as const
  )("of a client: %s", ([, changes, status]) =>
    Effect.gen(function*() {
      const { port } = yield* fuzzingServer("1.1.1", new Results(), { http2: true })
      const session = yield* Testee.session(port, false)
      const answered = yield* Effect.promise(() =>
        new Promise((resolve) => {
          const stream = session.request(Testee.fields("/getCaseCount", changes), { endStream: false })
          stream.on("error", () => undefined)
          stream.on("response", (headers) => resolve(headers[":status"]))
        })
      )
      expect(answered).toBe(status)
    }))
})
