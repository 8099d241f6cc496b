import { describe, expect, it } from "@effect/vitest"
import * as Cases from "../src/Cases.js"
import type { Case } from "../src/cases/Case.js"
import * as C from "../src/cases/Case.js"
import * as Payload from "../src/cases/Payload.js"
import type { CaseRecord, ClosingFacts } from "../src/verdict/Record.js"
import { closingFacts } from "../src/verdict/Record.js"
import * as Verdict from "../src/verdict/Verdict.js"

const record = (facts: Partial<ClosingFacts>, fields: Partial<CaseRecord> = {}): CaseRecord => ({
  started: new Date(0),
  duration: 1,
  opened: true,
  closing: { ...closingFacts("server"), ...facts },
  received: [],
  finding: undefined,
  httpRequest: "?",
  httpResponse: "?",
  wire: [],
  wirelogOn: true,
  octetsIn: new Map(),
  octetsOut: new Map(),
  framesIn: new Map(),
  framesOut: new Map(),
  traffic: undefined,
  preopen: { incoming: 0, outgoing: 0 },
  ...fields
})

const judge = (theCase: Case, facts: Partial<ClosingFacts>, fields?: Partial<CaseRecord>): string => {
  const { behavior, behaviorClose } = Verdict.judge(theCase, record(facts, fields))
  return `${behavior}/${behaviorClose}`
}

const find = (id: string): Case => Cases.find(id)!
const clean = { closedByMe: true, wasClean: true, remoteCloseCode: 1000 }
const echo = { received: [C.received(false, Payload.text("Hello World!"))] }

describe("behavior", () => {
  it("is what the events fit", () => {
    const failed = { remoteCloseCode: 1002, wasClean: true }
    const hello = { received: [C.received(false, Payload.text("Hello, world!"))] }
    expect(judge(find("3.2"), failed, hello)).toBe("OK/OK")
    expect(judge(find("3.2"), failed)).toBe("NON-STRICT/OK")
    expect(judge(find("3.2"), failed, echo)).toBe("FAILED/OK")
  })

  it("is FAILED where the connection never opened, even if nothing was expected", () => {
    expect(judge(find("2.5"), {}, { opened: false })).toBe("FAILED/FAILED")
  })

  it("is what a script has found", () => {
    expect(judge(find("9.1.1"), clean, { finding: { behavior: "OK", result: "" } })).toBe("OK/OK")
    expect(judge(find("12.1.1"), clean, { finding: { behavior: "UNIMPLEMENTED", result: "" } })).toBe(
      "UNIMPLEMENTED/OK"
    )
  })
})

describe("behaviorClose: the first rule that fits", () => {
  it.each([
    ["the wrong side closed", { ...clean, closedByMe: false }, "OK/FAILED"],
    ["not clean", { ...clean, wasClean: false }, "OK/UNCLEAN"],
    ["a code that is not allowed", { ...clean, remoteCloseCode: 1001 }, "FAILED/WRONG CODE"],
    ["no code", { ...clean, remoteCloseCode: null }, "OK/OK"],
    ["the client had to drop TCP", { ...clean, droppedByMe: true }, "OK/FAILED BY CLIENT"],
    ["a server drops it as a matter of course", { ...clean, droppedByMe: true, isServer: true }, "OK/OK"]
  ])("%s", (_, facts, verdict) => {
    expect(judge(find("7.1.1"), facts, echo)).toBe(verdict)
  })
})

describe("what is done at the very end", () => {
  it("a wrong initiator is fatal in 6.3, 6.4 and invalid texts", () => {
    expect(judge(find("6.3.1"), { closedByMe: true })).toBe("FAILED/FAILED")
    expect(judge(find("2.5"), { closedByMe: true })).toBe("OK/FAILED")
  })

  it("a wrong code is fatal in chapter 7", () => {
    expect(judge(find("7.9.1"), { ...clean, remoteCloseCode: 0 })).toBe("FAILED/WRONG CODE")
    expect(judge(find("2.7"), { ...clean, remoteCloseCode: 1002 })).toBe("OK/WRONG CODE")
  })

  it("7.1.6 and 7.13 are informational, whatever happened", () => {
    expect(judge(find("7.13.1"), {}, { opened: false })).toBe("INFORMATIONAL/INFORMATIONAL")
    expect(judge(find("7.1.6"), { closedByMe: false })).toBe("INFORMATIONAL/INFORMATIONAL")
  })

  it("10.1.1 wants 1 text frame and 50 continuations of the examiner", () => {
    const received = [C.received(false, Payload.repeat(Payload.text("*"), 65536))]
    const framesOut = new Map([[0, 50], [1, 1], [8, 1]])
    expect(judge(find("10.1.1"), clean, { received, framesOut })).toBe("OK/OK")
    expect(judge(find("10.1.1"), clean, { received, framesOut: new Map([[1, 1]]) })).toBe("FAILED/OK")
  })

  it("where a handshake must fail, there is no closing to be judged", () => {
    expect(judge(find("14.2.1"), {}, { opened: false, finding: { behavior: "OK", result: "" } })).toBe("OK/OK")
    expect(judge(find("14.2.1"), {}, { opened: true, finding: { behavior: "FAILED", result: "" } })).toBe(
      "FAILED/FAILED"
    )
  })
})
