import { describe, expect, it } from "@effect/vitest"
import * as ConnectionPage from "../../src/report/ConnectionPage.js"
import * as ConnectionRecord from "../../src/report/ConnectionRecord.js"
import { nothing } from "../../src/report/Markup.js"

/** Of a connection with so many records in its log. */
const page = (records: number, isOver: boolean): string => {
  const record: ConnectionRecord.ConnectionRecord = {
    started: "2026-01-01T00:00:00.000Z",
    duration: 1,
    closing: ConnectionRecord.unclosed(false),
    httpRequest: "",
    httpResponse: "",
    wire: Array.from({ length: records }, () => ({ at: 0, record: ["RO", [1, "00"]] })),
    wirelogOn: true,
    octetsIn: new Map(),
    octetsOut: new Map(),
    framesIn: new Map(),
    framesOut: new Map(),
    traffic: undefined
  }
  return ConnectionPage.sections(record, "this end", nothing, isOver).text
}

describe("the log on a page", () => {
  it("ends with who dropped TCP, once it was dropped", () => {
    expect(page(2, true)).toContain("TCP dropped by the peer")
    expect(page(2, false)).not.toContain("TCP dropped")
  })

  it("says where the records are that it has no room for", () => {
    expect(page(1000, true)).not.toContain("more, which are")
    expect(page(1003, true)).toContain("and 3 more, which are in the JSON of this report")
  })
})
