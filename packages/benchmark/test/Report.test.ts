import { describe, expect, it } from "@effect/vitest"
import * as Contestant from "@effect-ws/benchmark/Contestant"
import * as Load from "@effect-ws/benchmark/Load"
import type { Entry, Run } from "@effect-ws/benchmark/Measurement"
import * as Report from "@effect-ws/benchmark/Report"
import * as Target from "@effect-ws/benchmark/Target"

const entry = (contestant: string, cpu: ReadonlyArray<number>): Entry => ({
  load: "100x1x20B-text",
  contestant,
  semiSpace: null,
  rounds: cpu.map((cpu) => ({ cpu, messages: 1, throughput: 1, p50: 1, p99: 1 }))
})
const weight = (contestant: string, heap: number) => ({
  contestant,
  connections: 10,
  heap,
  heapAfterEcho: heap,
  buffers: 0,
  rss: 0
})

const run: Run = {
  date: "2026-11-21T00:00:00.000Z",
  node: "20.0.0",
  cpus: "2 × some",
  seconds: 1,
  rounds: 3,
  entries: [entry("ws", [10, 20, 10]), entry("run", [9, 18, 30]), entry("sink", [13, 30, 13])],
  weights: [weight("ws", 1000), weight("serve-messages", 1501), weight("run", 9192)],
  contexts: []
}
const contexts = (contestant: string, windowBits: number, rss: number) => ({
  contestant,
  connections: 10,
  windowBits,
  rss
})

describe("targets", () => {
  it("are of loads and contestants that there are", () => {
    const shapes = Load.all.map((load) => `${Load.name(load)}-`)
    for (const target of Target.all) {
      if (target._tag === "Cpu") expect(shapes.filter((shape) => shape.startsWith(`${target.shape}-`))).not.toEqual([])
      expect(Contestant.find(target.contestant)).toBe(target.contestant)
    }
  })

  it("are judged by the median of the ratios, round by round", () => {
    const verdicts = Target.judge(run)
    expect(verdicts.map((verdict) => [verdict.contestant, verdict.measured, Target.isReached(verdict)])).toEqual([
      ["run", 0.9, true],
      ["sink", 1.3, false],
      ["serve-messages", 1501, false],
      ["run", 9192, true]
    ])
  })

  it("of contexts are judged window by window", () => {
    const all = [contexts("ws", 15, 3000), contexts("ws", 9, 1000), contexts("run-effect", 15, 2000)]
    const verdicts = Target.judge({ entries: [], weights: [], contexts: [...all, contexts("run-effect", 9, 1001)] })
    expect(verdicts.map((verdict) => [verdict.load, verdict.most, Target.isReached(verdict)])).toEqual([
      ["contexts of 15 bits", 3000, true],
      ["contexts of 9 bits", 1000, false]
    ])
  })
})

describe("the report", () => {
  it("has a column for each window", () => {
    const all = [contexts("ws", 15, 300 * 1024), contexts("ws", 9, 150 * 1024), contexts("run-effect", 15, 200 * 1024)]
    const [table] = Report.tables({ ...run, entries: [], weights: [], contexts: all })
    expect(table?.columns).toEqual(["server", "15", "9"])
    expect(table?.rows).toEqual([["ws", "300", "150"], ["run-effect", "200", ""]])
  })

  it("has a section of its own for compressed loads, and none for what was not measured", () => {
    const compressed = { ...entry("ws", [1]), load: "100x16x128B-no-takeover" }
    const both = Report.sections({ ...run, entries: [...run.entries, compressed] })
    expect(both.map(([section, { entries, weights }]) => [section, entries.length, weights.length])).toEqual([
      ["bench", 3, 3],
      ["bench-compressed", 1, 0]
    ])
    expect(Report.sections({ ...run, entries: [compressed], weights: [] }).map(([section]) => section)).toEqual([
      "bench-compressed"
    ])
  })

  it("takes the place of the one before, and of nothing else", () => {
    const page = "before\n<!-- bench -->\nold $& tables\n<!-- /bench -->\nafter\n"
    const written = Report.insert(page, "bench", run)
    expect(written).toMatch(
      /^before\n<!-- bench -->[^]*\| run \| 18.0 \| 0.90 \| 0.90 to 3.00 \| 0.90 \|[^]*<!-- \/bench -->\nafter\n$/
    )
    expect(written).not.toContain("old")
    expect(Report.insert(written, "bench", run)).toBe(written)
    expect(Report.insert(page, "bench-compressed", run)).toBe(page)
  })
})
