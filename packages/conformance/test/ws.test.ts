/**
 * The examiner against a peer whose verdicts are known: those that Autobahn|Testsuite gives `ws` 8.23 with its defaults, in both
 * roles. Of the long chapters a few cases stand for the rest; `npm run test:weekly` takes more.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { casesOf, faults, idOf, judgeClient, judgeServer, settledFaults, wsAsk, wsServer } from "./peers.js"

const many =
  "1.*,2.*,3.*,4.*,5.*,6.*,7.*,10.*,9.1.1,9.2.2,9.3.1,9.3.2,9.3.5,9.4.1,9.4.2,9.5.6,9.7.2,9.8.4,12.1.3,12.2.4," +
  "12.3.1,12.4.5,12.5.4,13.1.2,13.2.4,13.3.11,13.4.5,13.5.5,13.6.4,13.7.5"
const few = "1.*,2.*,3.*,4.*,5.*,6.1.*,6.4.*,6.22.1,7.*,10.*,9.1.1,9.3.2,9.4.2,9.7.1,12.1.3,13.3.11"
const patterns = process.env["LONG"] === undefined ? few : many

const verdicts = [
  "6.4.1 NON-STRICT/OK",
  "6.4.2 NON-STRICT/OK",
  "6.4.3 NON-STRICT/OK",
  "6.4.4 NON-STRICT/OK",
  "7.1.6 INFORMATIONAL/INFORMATIONAL",
  "7.13.1 INFORMATIONAL/INFORMATIONAL",
  "7.13.2 INFORMATIONAL/INFORMATIONAL",
  "9.3.1 FAILED/FAILED",
  "9.3.2 FAILED/FAILED",
  "9.4.1 FAILED/FAILED",
  "9.4.2 FAILED/FAILED"
]
const taken = casesOf(patterns, "server").map(({ id }) => id)
const known = verdicts.filter((line) => taken.includes(idOf(line)))

describe("ws with its defaults", () => {
  it.scopedLive("as a server", () =>
    Effect.gen(function*() {
      const port = yield* wsServer(true)
      expect(yield* settledFaults(patterns, known, (some) => judgeServer(port, some))).toEqual(known)
    }), 60_000)

  it.live("as a client", () =>
    Effect.gen(function*() {
      const judge = (some: string) =>
        judgeClient(some, (port, number) => wsAsk(port, `/runCase?case=${number}&agent=agent`))
      expect(yield* settledFaults(patterns, known, judge)).toEqual(known)
    }), 60_000)

  it.scopedLive("as a server without compression", () =>
    Effect.gen(function*() {
      const results = yield* judgeServer(yield* wsServer(false), "12.1.1,13.7.1")
      expect(faults(results)).toEqual(["12.1.1 UNIMPLEMENTED/OK", "13.7.1 UNIMPLEMENTED/OK"])
    }))
})
