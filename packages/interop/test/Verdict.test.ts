import { describe, expect, it } from "@effect/vitest"
import type { Cell } from "@effect-ws/interop/Peer"
import * as Verdict from "@effect-ws/interop/Verdict"

const cell: Cell = { peer: { name: "a", title: "A", debian: [] }, role: "client", mode: "deflate" }

const tried = (...checks: ReadonlyArray<readonly [name: string, error?: string]>): ReadonlyArray<Verdict.Tried> => [
  { scenario: "content", checks: checks.map(([name, error]) => ({ name, error })) }
]

const fault: Verdict.Fault = { peer: "a", says: "A drops pings", checks: ["content/ping of ours"] }

describe("a verdict", () => {
  it("passed, when no check failed; none is none", () => {
    expect(Verdict.judge(cell, tried(["text"]), [])).toEqual({ _tag: "Passed" })
    expect(Verdict.judge(cell, [], [])).toEqual({ _tag: "Failed", errors: ["nothing was tried"] })
    expect(Verdict.judge(cell, tried(), [])).toEqual({ _tag: "Failed", errors: ["nothing was tried"] })
  })

  it("faulty, when all that failed is known of the peer", () => {
    const checks = tried(["text"], ["ping of ours", "late"])
    expect(Verdict.judge(cell, checks, [fault])).toEqual({ _tag: "Faulty", faults: ["A drops pings"] })
    const { checks: _, ...any } = fault
    expect(Verdict.judge(cell, checks, [any])).toMatchObject({ _tag: "Faulty" })
    expect(Verdict.judge(cell, checks, [{ ...fault, checks: ["content"], role: "client", modes: ["deflate"] }]))
      .toMatchObject({ _tag: "Faulty" })
  })

  it("faulty, too, when a fault does not show that is rare", () => {
    const rare: Verdict.Fault = { ...fault, isRare: true }
    expect(Verdict.judge(cell, tried(["text"]), [rare])).toEqual({ _tag: "Faulty", faults: ["A drops pings"] })
    expect(Verdict.judge(cell, tried(["text"]), [{ ...rare, role: "server" }])).toEqual({ _tag: "Passed" })
    expect(Verdict.judge(cell, tried(["text"]), [fault])).toEqual({ _tag: "Passed" })
  })

  it("failed, when something else failed", () => {
    const checks = tried(["text", "other"], ["ping of ours", "late"])
    expect(Verdict.judge(cell, checks, [fault])).toEqual({ _tag: "Failed", errors: ["content/text: other"] })
    const ping = tried(["ping of ours", "late"])
    for (const other of [{ peer: "b" }, { role: "server" as const }, { modes: ["plain" as const] }, { checks: [] }]) {
      expect(Verdict.judge(cell, ping, [{ ...fault, ...other }])).toEqual({
        _tag: "Failed",
        errors: ["content/ping of ours: late"]
      })
    }
  })
})
