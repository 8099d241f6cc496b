import { describe, expect, it } from "@effect/vitest"
import { format, ratio } from "@effect-ws/codec/report/Json"
import * as Effect from "effect/Effect"
import * as Cases from "../src/Cases.js"
import * as CasePage from "../src/report/CasePage.js"
import * as IndexPage from "../src/report/IndexPage.js"
import * as Json from "../src/report/Json.js"
import * as JUnit from "../src/report/JUnit.js"
import * as Terminal from "../src/report/Terminal.js"
import * as Expected from "../src/verdict/Expected.js"
import { Results } from "../src/verdict/Results.js"
import { judgeServer } from "./peers.js"
import * as Testee from "./testee.js"

/** The keys of a detail file of Autobahn|Testsuite. */
const keys =
  "agent behavior behaviorClose case closedByMe createStats createWirelog description droppedByMe duration expectation " +
  "expected expectedClose failedByMe httpRequest httpResponse id isServer localCloseCode localCloseReason received " +
  "remoteCloseCode remoteCloseReason reportCompressionRatio reportTime result resultClose rxFrameStats rxOctetStats started " +
  "trafficStats txFrameStats txOctetStats wasClean wasCloseHandshakeTimeout wasNotCleanReason wasOpenHandshakeTimeout " +
  "wasServerConnectionDropTimeout wirelog"

const some = Effect.scoped(
  Effect.flatMap(
    Testee.server("EchoTwice"),
    (port) => judgeServer(port, "1.1.2,3.1,7.5.1,12.1.1", "?<script>alert(1)</script>")
  )
)

describe("JSON", () => {
  it.live("has Autobahn's keys, in order", () =>
    Effect.gen(function*() {
      for (const result of (yield* some).all()) {
        expect(Object.keys(JSON.parse(format(Json.detail(result)))).join(" ")).toBe(keys)
      }
    }))

  it.live("says what Autobahn says", () =>
    Effect.gen(function*() {
      const results = yield* some
      const detail = (id: string) => JSON.parse(format(Json.detail(results.get("agent", id)!)))
      expect(JSON.parse(format(Json.index(results))).agent["3.1"]).toEqual({
        behavior: "OK",
        behaviorClose: "OK",
        duration: expect.any(Number),
        remoteCloseCode: 1002,
        reportfile: "agent_case_3_1.json"
      })
      expect(detail("1.1.2")).toMatchObject({
        case: 2,
        expected: { OK: [["message", `${"*".repeat(64)} ...`, false]] },
        expectedClose: { closeCode: [1000], closedByMe: true, requireClean: true },
        isServer: false,
        rxFrameStats: { 1: 2, 8: 1 },
        txFrameStats: { 1: 1, 8: 1 }
      })
      expect(detail("1.1.2").received.length).toBe(2)
      expect(detail("7.5.1").localCloseReason).toBe("cebae1bdb9cf83cebcceb5eda080656469746564")
      expect(detail("12.1.1")).toMatchObject({ expected: {}, reportTime: true, reportCompressionRatio: true })
    }))

  it("names files as Autobahn does", () => {
    expect(Json.fileName("Foo/1.2 β", "6.4.3")).toBe("foo_1_2_case_6_4_3")
  })
})

describe("pages", () => {
  it.live("show what peers sent as text, never as markup", () =>
    Effect.gen(function*() {
      const results = yield* some
      const hostile = new Results()
      for (const result of results.all()) hostile.add({ ...result, agent: "<img src=x onerror=alert(1)>" })
      const pages = [
        IndexPage.page(hostile, new Date(0)),
        ...hostile.all().map((result) => CasePage.page(result, "1.1.1", undefined))
      ]
      for (const page of pages) {
        expect(page).toContain("&lt;img src=x")
        expect(page).not.toMatch(/<img|<script/)
      }
      expect(pages[1]).toContain("GET /?%3Cscript%3E")
    }))

  it.live("have sums that add up: what behavior and closing count are all cases", () =>
    Effect.gen(function*() {
      const page = IndexPage.page(yield* some, new Date(0))
      const text = page.slice(page.indexOf("<table class=\"sums\">"), page.indexOf("<div class=\"map\">"))
        .replace(/<[^>]*>/g, " ").replace(/\s+/g, " ")
      expect(text).toContain("4 = 2 Pass + 2 Fail")
      const sums = [...text.matchAll(/(\d+) = ((?:\+? ?\d+ [A-Za-z -]+?)+)(?= closing|$)/g)]
      expect(sums.length).toBe(2)
      for (const [, total, parts = ""] of sums) {
        const counts = [...parts.matchAll(/\d+/g)].map(([count]) => Number(count))
        expect(counts.reduce((left, right) => left + right, 0)).toBe(Number(total))
      }
    }))

  it.live("tell of a compressed case what compression made of it", () =>
    Effect.gen(function*() {
      const page = (broken: ReadonlyArray<Testee.Fault>) =>
        Effect.map(
          Effect.scoped(Effect.flatMap(Testee.server(...broken), (port) => judgeServer(port, "12.1.1"))),
          (results) => {
            const result = results.get("agent", "12.1.1")!
            return { text: CasePage.page(result, undefined, undefined).replace(/<[^>]*>/g, " "), result }
          }
        )
      const fine = yield* page([])
      const { incoming, outgoing } = fine.result.record.traffic!
      expect(fine.text).toMatch(/messages +1000 +1000/)
      expect(fine.text).toMatch(/their bytes +16000 +16000/)
      expect(fine.text).toMatch(
        new RegExp(`ratio: [a-z ]+ ${ratio(incoming)?.toFixed(3)} +${ratio(outgoing)?.toFixed(3)}`)
      )
      expect(fine.text).toMatch(new RegExp(`bytes on the wire +${incoming.wire} +${outgoing.wire}`))
      expect((yield* page(["EchoTwice"])).text).toContain("The ratios are known when all messages have come back")
    }))

  it.live("tell of 7.1.6 what it is: recorded, and not judged", () =>
    Effect.gen(function*() {
      const results = yield* Effect.scoped(Effect.flatMap(Testee.server(), (port) => judgeServer(port, "7.1.6")))
      const result = results.get("agent", "7.1.6")!
      expect(result.verdict).toMatchObject({
        behavior: "INFORMATIONAL",
        result: "Recorded, not judged: the peer sent 2 messages before it closed."
      })
      const page = CasePage.page(result, undefined, undefined)
      expect(page).toContain("From a peer that closes first")
      expect(page).not.toContain("not strict")
    }))

  it.live("JUnit counts what does not pass", () =>
    Effect.gen(function*() {
      const xml = JUnit.format(yield* some)
      expect(xml).toContain(`<testsuites name="WebSocket conformance" tests="4" failures="2" skipped="0"`)
      expect(xml.match(/<failure message="FAILED \/ OK">/g)?.length).toBe(2)
    }))

  it.live("the terminal has a line for each fault", () =>
    Effect.gen(function*() {
      const text = Terminal.summary(yield* some)
      expect(text).toContain("agent: 4 cases\n  OK 2   FAILED 2")
      expect(text).toMatch(/ {2}1\.1\.2 +FAILED \/ OK +What was received/)
      expect(text).not.toContain("examined again")
      expect(Terminal.progress(1, 2, 1, "1.1.1")).toBe(`${"█".repeat(15)}${"░".repeat(15)} 1/2, 1 not OK  1.1.1`)
    }))
})

describe("a case that is examined again", () => {
  it.live("is not forgotten when it was found otherwise at first", () =>
    Effect.gen(function*() {
      const results = yield* some
      const [fine, ...rest] = results.of("agent").filter(({ verdict }) => verdict.behavior === "OK")
      expect(fine).toBeDefined()
      expect(rest).not.toEqual([])
      if (fine === undefined) return
      results.add({ ...fine, verdict: { ...fine.verdict, behavior: "FAILED", result: "Too late." } })
      results.add(fine)
      results.add(fine)
      expect(results.get("agent", fine.case.id)).toBe(fine)
      const text = Terminal.summary(results)
      expect(text).toContain("found otherwise; at first:")
      expect(text).toMatch(new RegExp(`${fine.case.id} +FAILED / OK +Too late`))
    }))
})

describe("what is expected", () => {
  it.live("is compared case by case", () =>
    Effect.gen(function*() {
      const results = yield* some
      const cases = Cases.all.filter(({ id }) => ["1.1.1", "1.1.2", "3.1"].includes(id))
      const expected = yield* Expected.parse(
        JSON.stringify({
          somebody: { "1.1.2": { behavior: "OK", behaviorClose: "OK" }, "3.1": { behavior: "OK", behaviorClose: "OK" } }
        })
      )
      expect(Expected.compare(expected, results, "agent", cases)).toEqual([
        { agent: "agent", id: "1.1.1", expected: "no such case", actual: "not run" },
        { agent: "agent", id: "1.1.2", expected: "OK/OK", actual: "FAILED/OK" }
      ])
      const written = Expected.format(Expected.update({}, results, ["agent"]))
      expect(Expected.compare(yield* Expected.parse(written), results, "agent", cases.slice(1))).toEqual([])
    }).pipe(Effect.orDie))

  it.live("is brought up to date: what was run is replaced, the rest stays, and cases that are no more go", () =>
    Effect.gen(function*() {
      const results = yield* some
      const fine = { behavior: "OK", behaviorClose: "OK" }
      const before = { somebody: { "8.1": fine, "1.1.10": fine, "1.1.1": fine, "1.1.2": fine } }
      const after = Expected.update(before, results, ["agent"])
      expect(after["somebody"]).toMatchObject({ "1.1.1": fine, "1.1.2": { behavior: "FAILED", behaviorClose: "OK" } })
      const written = Expected.format(after)
      expect(Object.keys(yield* Expected.parse(written))).toEqual(["somebody"])
      expect([...written.matchAll(/^ {4}"([\d.]+)"/gm)].map(([, id]) => id)).toEqual(
        ["1.1.1", "1.1.2", "3.1", "7.5.1", "12.1.1"]
      )
      expect(Object.keys(Expected.update({ a: {}, b: {} }, results, ["agent"]))).toEqual(["a", "b", "agent"])
    }).pipe(Effect.orDie))
})
