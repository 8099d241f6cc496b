/**
 * Proves the examiner: a peer without faults passes everything; one that breaks a rule is caught by the cases that exist for it,
 * and by no others. Of families of like cases one or two stand for all; and of the others some, but in `npm run test:weekly`.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Case, Event, PeerRole } from "../src/cases/Case.js"
import { casesOf, idOf, judgeClient, judgeServer, settledFaults } from "./peers.js"
import * as Testee from "./testee.js"

const common =
  "1.1.1,1.1.2,1.2.2,2.1,2.2,2.5,2.7,2.9,2.10,3.1,3.2,3.5,3.7,4.1.1,4.1.3,4.2.2,4.2.4,5.1,5.2,5.3,5.6,5.9,5.12,5.15," +
  "5.17,5.18,6.1.2,6.2.2,6.2.3,6.3.1,6.3.2,6.5.2,6.6.1,6.6.2,6.9.4,6.11.5,6.14.6,6.20.1,7.1.1,7.1.2,7.1.3,7.1.4,7.1.5,7.3.1," +
  "7.3.2,7.3.4,7.3.6,7.5.1,7.7.1,7.7.4,7.9.1,7.9.6,9.1.2,10.1.1"

/** Whoever breaks one rule must pass the cases of the others. */
const others = process.env["LONG"] === undefined ? "1.1.1,1.2.2,2.2,3.1,5.3,5.18,6.3.1,7.1.1,7.3.2,7.9.1" : common

/** Of the cases that exist for a fault, so many are run. */
const most = process.env["LONG"] === undefined ? 4 : Infinity

interface Expectation {
  /** Which cases catch it. */
  readonly caught: (theCase: Case, peer: PeerRole) => boolean
  /** What is run besides the common ones. */
  readonly also?: string
  /** Where it can be seen: both, if not named. */
  readonly peer?: PeerRole
}

const ids = (list: string) => ({ id }: Case): boolean => list.split(",").includes(id)

const okEvents = ({ script }: Case): ReadonlyArray<Event> => script._tag === "Events" ? script.expected.ok : []

const echoes = (theCase: Case): boolean => okEvents(theCase).some(({ _tag }) => _tag === "Message")

const pongs = (least: number) => (theCase: Case): boolean =>
  okEvents(theCase).some((event) => event._tag === "Pong" && event.payload.length >= least)

const measured = ({ script }: Case): boolean => script._tag === "FirstEcho" || script._tag === "Compressed"

const closedCleanly = ({ close }: Case): boolean => close.closedByMe && close.requireClean

/** What the peer has to end: by itself, or in answer to a Close that is none. */
const ends = ({ close, id }: Case): boolean => !close.closedByMe || (id.startsWith("7.") && !close.requireClean)

const expectations: Record<Testee.Fault, Expectation> = {
  // 3.7 is a Close, and any peer that answers it in earnest passes.
  RsvIgnored: { caught: ids("3.1,3.2,3.5") },
  ReservedOpcodesIgnored: { caught: ids("4.1.1,4.1.3,4.2.2,4.2.4") },
  FragmentedControlTaken: { caught: ids("5.1,5.2") },
  LongControlTaken: { caught: ids("2.5,7.3.6") },
  // In 5.12 and 5.15 a message inside another follows.
  StrayContinuationTaken: { caught: ids("5.9,5.17") },
  InterleavedMessageTaken: { caught: ids("5.18") },
  LongLengthsTaken: { caught: ids("16.1.1,16.1.6"), also: "16.1.1,16.1.6" },
  MaskingIgnored: { caught: ids("16.3.1,16.3.2,16.3.4,16.3.5"), also: "16.3.1,16.3.2,16.3.4,16.3.5" },
  CloseOfOneOctetTaken: { caught: ids("7.3.2") },
  CloseCodesIgnored: { caught: ids("7.9.1,7.9.6") },
  CloseReasonIgnored: { caught: ids("7.5.1") },
  Utf8Ignored: { caught: ids("6.3.1,6.3.2,6.4.2,6.4.3,6.6.1,6.11.5,6.14.6,6.20.1"), also: "6.4.2,6.4.3" },
  Utf8Late: { caught: ids("6.4.2,6.4.3"), also: "6.4.2,6.4.3" },
  Utf8PerFrame: { caught: ids("6.2.3,6.4.2,6.4.3"), also: "6.4.2,6.4.3" },
  FailsWith1000: { caught: ends },
  // After a Close that is none, all that is missed is that a server drops TCP.
  FailsLate: { caught: (theCase, peer) => peer === "server" ? ends(theCase) : !theCase.close.closedByMe },
  FailsWithoutEnd: { caught: ends, peer: "server" },
  NoCloseReply: { caught: closedCleanly },
  NoTcpDrop: { caught: closedCleanly, peer: "server" },
  ReplyWith1001: { caught: closedCleanly },
  // A fuzzing server drops TCP on the answer to its Close, and hears nothing more.
  EchoAfterClose: { caught: ids("7.1.4,7.1.5"), peer: "server" },
  PongAfterClose: { caught: ids("7.1.3"), peer: "server" },
  NoPong: { caught: pongs(0) },
  PongEmpty: { caught: pongs(1) },
  PongsCombined: { caught: ids("2.10") },
  EchoAsBinary: { caught: (theCase) => (echoes(theCase) || measured(theCase)) && theCase.id !== "1.2.2" },
  // The first echo is all that a measurement waits for.
  EchoTwice: { caught: (theCase) => echoes(theCase) || theCase.script._tag === "Compressed", also: "12.1.1" },
  EchoCut: { caught: (theCase) => (echoes(theCase) || measured(theCase)) && !ids("1.1.1,6.1.2")(theCase) },
  LargeRefused: { caught: ids("9.1.2") },
  FewFragments: { caught: ids("9.3.5"), also: "9.3.5" },
  CompressionGarbled: { caught: ids("12.2.3,13.5.4"), also: "12.2.3,13.5.4" },
  WindowIgnored: { caught: ids("13.3.7,13.5.7"), also: "13.2.4,13.3.7,13.5.7" },
  NoCompression: { caught: ids("12.1.1,13.7.1"), also: "12.1.1,13.7.1" },
  Rsv1Always: { caught: (theCase) => echoes(theCase) || theCase.script._tag === "FirstEcho" },
  MaskWrong: { caught: (theCase, peer) => peer === "server" || !ends(theCase) || !theCase.close.closedByMe },
  // An event too many, wherever events are compared; a single echo that comes behind it is one all the same.
  UnsolicitedPong: { caught: ({ script }) => script._tag !== "FirstEcho" }
}

/** In the other role the same code is at work: a few stand for all. */
const both: ReadonlyArray<Testee.Fault> = [
  "MaskingIgnored",
  "CloseCodesIgnored",
  "Utf8Late",
  "FailsWith1000",
  "FailsLate",
  "NoCloseReply",
  "NoTcpDrop",
  "EchoAfterClose",
  "EchoTwice",
  "CompressionGarbled",
  "WindowIgnored",
  "NoCompression",
  "MaskWrong"
]

const prove = (peer: PeerRole, broken: ReadonlyArray<Testee.Fault>, patterns: string, should: ReadonlyArray<string>) =>
  Effect.scoped(Effect.gen(function*() {
    if (peer === "client") {
      return yield* settledFaults(patterns, should, (some) => judgeClient(some, Testee.client(...broken)))
    }
    const port = yield* Testee.server(...broken)
    return yield* settledFaults(patterns, should, (some) => judgeServer(port, some))
  }))

describe.each(["server", "client"] as const)("the examiner and a %s", (peer) => {
  it.live("that is flawless", () =>
    Effect.gen(function*() {
      expect(yield* prove(peer, [], `${common},6.4.2,6.4.3,12.1.1,13.3.7,13.5.4`, [])).toEqual([])
    }), 60_000)

  it.live("that has one fault", () =>
    Effect.gen(function*() {
      const all = peer === "server" ? (Object.keys(expectations) as Array<Testee.Fault>) : both
      const found = yield* Effect.forEach(all, (fault) => {
        const { also, caught, peer: only } = expectations[fault]
        const seen = only === undefined || only === peer
        const catches = casesOf(also === undefined ? common : `${common},${also}`, peer)
          .filter((each) => seen && caught(each, peer))
          .map(({ id }) => id)
        const patterns = [others, ...also === undefined ? [] : [also], ...catches.slice(0, most)].join(",")
        const should = casesOf(patterns, peer).map(({ id }) => id).filter((id) => catches.includes(id))
        return Effect.map(prove(peer, [fault], patterns, should), (lines) => ({ fault, lines, should }))
      }, { concurrency: 6 })
      for (const { fault, lines, should } of found) {
        expect.soft(lines.map(idOf), `${fault}: ${Testee.faults[fault]}`).toEqual(should)
      }
    }), 180_000)
})
