/** The table of keepalive, cell by cell; what a connection does by it, in time, stands in `Connection.life.test.ts`. */
import { describe, expect, it } from "@effect/vitest"
import * as Limits from "@effect-ws/connection/Limits"
import * as keepalive from "../src/protocol/keepalive.js"

const listens = "listens for the interval"
const words = (next: ReturnType<typeof keepalive.next>): string => {
  if (typeof next === "string") return next
  const { phase, sendsPing, wait } = next
  return phase === "Listening" && wait === "Interval" && !sendsPing
    ? listens
    : `${phase}, ${wait}${sendsPing ? ", ping" : ""}`
}

const table: { readonly [P in keepalive.Phase]: { readonly [N in keepalive.Notice]: string } } = {
  Listening: { Heard: "Stay", Alive: listens, Recent: "Listening, Rest", Silent: "Asked, Timeout, ping" },
  Asked: { Heard: listens, Alive: listens, Recent: "LastLook, Moment", Silent: "LastLook, Moment" },
  LastLook: { Heard: listens, Alive: listens, Recent: "GiveUp", Silent: "GiveUp" }
}

describe("keepalive", () => {
  for (const [phase, row] of Object.entries(table) as Array<[keepalive.Phase, Record<keepalive.Notice, string>]>) {
    it(phase, () => {
      for (const [notice, cell] of Object.entries(row) as Array<[keepalive.Notice, string]>) {
        expect([notice, words(keepalive.next(phase, notice))]).toEqual([notice, cell])
      }
    })
  }

  it("takes progress of writing for life, and no silence while we do not read", () => {
    expect(keepalive.noticeOf(true, true, -1)).toBe("Alive")
    expect(keepalive.noticeOf(false, false, -1)).toBe("Alive")
    expect([1, 0, -1].map((left) => keepalive.noticeOf(false, true, left))).toEqual(["Recent", "Silent", "Silent"])
  })

  it("waits for the rest of an interval in eighths of it", () => {
    const limits = Limits.make({ keepaliveInterval: 800, keepaliveTimeout: 300 })
    const lengths = [1, 100, 101, 800].map((left) => keepalive.lengthOf(limits, "Rest", left))
    expect(lengths).toEqual([100, 100, 200, 800])
    expect((["Interval", "Timeout", "Moment"] as const).map((wait) => keepalive.lengthOf(limits, wait, 0))).toEqual([
      800,
      300,
      1
    ])
  })
})
