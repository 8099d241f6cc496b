import { describe, expect, it } from "@effect/vitest"
import * as Contestant from "@effect-ws/benchmark/Contestant"
import * as FanOut from "@effect-ws/benchmark/FanOut"
import * as Load from "@effect-ws/benchmark/Load"
import type { Entry, Run } from "@effect-ws/benchmark/Measurement"
import * as Opens from "@effect-ws/benchmark/Opens"
import * as Report from "@effect-ws/benchmark/Report"
import * as Target from "@effect-ws/benchmark/Target"

const entry = (contestant: string, cpu: ReadonlyArray<number>, load = "100x1x20B-text"): Entry => ({
  load,
  contestant,
  semiSpace: null,
  rounds: cpu.map((cpu) => ({
    cpu,
    user: cpu / 2,
    system: cpu / 2,
    faults: 3,
    messages: 1,
    throughput: 1,
    p50: 1,
    p99: 1
  }))
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
  entries: [entry("ws", [10, 20, 10]), entry("run", [9, 18, 30]), entry("sink", [10, 30, 8])],
  weights: [weight("ws", 1000), weight("serve-messages", 1501), weight("run", 9192)],
  contexts: []
}
const contexts = (contestant: string, windowBits: number, rss: number) => ({
  contestant,
  connections: 10,
  windowBits,
  rss
})

it("the conditions of a run: sets of processes, if there was more than one", () => {
  expect(Report.conditions(run)).toBe("2026-11-21, Node 20.0.0, 2 × some; 3 rounds of 1 s, medians.")
  expect(Report.conditions({ ...run, starts: 3 })).toContain("3 rounds of 1 s in 3 sets of processes, medians.")
})

describe("targets", () => {
  it("are of loads and contestants that there are", () => {
    const shapes = [...Load.all.map(Load.name), ...Opens.all.map(Opens.name)].map((name) => `${name}-`)
    for (const target of Target.all) {
      if (target._tag === "Cpu") expect(shapes.filter((shape) => shape.startsWith(`${target.shape}-`))).not.toEqual([])
      const find = target._tag === "Idiom" || target._tag === "Compressed" ? FanOut.find : Contestant.find
      expect(find(target.contestant)).toBe(target.contestant)
    }
  })

  it("are judged by the median of the ratios, round by round", () => {
    const verdicts = Target.judge(run)
    expect(verdicts.map((verdict) => [verdict.contestant, verdict.measured, Target.isReached(verdict)])).toEqual([
      ["run", 0.9, false],
      ["sink", 1, true],
      ["serve-messages", 1501, false],
      ["run", 9192, true]
    ])
  })

  it("of every round are judged by the worst one, and besides", () => {
    const load = "10x1x64KiB-binary"
    const entries = [entry("ws", [100, 100, 100], load), entry("run", [80, 111, 85], load)]
    const verdicts = Target.judge({ entries, weights: [], contexts: [] })
    expect(verdicts.map((verdict) => [verdict.what, verdict.most, verdict.measured, Target.isReached(verdict)]))
      .toEqual(
        [["CPU to ws", 0.9, 0.85, true], ["CPU to ws, worst round", 1.1, 1.11, false]]
      )
  })

  it("of opens are for loads without TLS", () => {
    const loads = ["opens-tcp-silent", "opens-tcp-compressed-message", "opens-tls-silent"]
    const entries = loads.flatMap((load) => [entry("ws", [1], load), entry("serve-messages", [0.8], load)])
    expect(Target.judge({ entries, weights: [], contexts: [] }).map(({ load }) => load)).toEqual(loads.slice(0, 2))
  })

  it("of fan-out are judged by the other ways, and by what is not compressed", () => {
    const [plain, , compressed] = FanOut.all(10).map(FanOut.name)
    const entries = [
      entry("try-send", [10, 20], plain),
      entry("pub-sub", [20, 41], plain),
      entry("try-send", [13, 24], compressed)
    ]
    const verdicts = Target.judge({ entries, weights: [], contexts: [] })
    expect(verdicts.map((verdict) => [verdict.load, verdict.what, verdict.measured])).toEqual([
      [plain, "CPU to try-send", 2.025],
      [compressed, "CPU to not compressed", 18.5 / 15]
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
  it("says what is counted under each load", () => {
    const columns = ["100x1x20B-text", "opens-tcp-silent", "fanout-10x128B-text"].map((load) => {
      const [table] = Report.tables({ ...run, entries: [entry("ws", [1], load)], weights: [] })
      return [table?.columns[1], table?.columns[8]]
    })
    expect(columns).toEqual([
      ["CPU µs a message", "messages/s"],
      ["CPU µs an open", "opens/s"],
      ["CPU µs a delivery", "deliveries/s"]
    ])
  })

  it("has a column for each window", () => {
    const all = [contexts("ws", 15, 300 * 1024), contexts("ws", 9, 150 * 1024), contexts("run-effect", 15, 200 * 1024)]
    const [table] = Report.tables({ ...run, entries: [], weights: [], contexts: all })
    expect(table?.columns).toEqual(["server", "15", "9"])
    expect(table?.rows).toEqual([["ws", "300", "150"], ["run-effect", "200", ""]])
  })

  it("has a section of its own for each kind of load, and none for what was not measured", () => {
    const compressed = entry("ws", [1], "100x16x128B-no-takeover")
    const others = [
      compressed,
      ...["opens-tcp-silent", "fanout-10x128B-no-takeover"].map((load) => entry("ws", [1], load))
    ]
    const all = Report.sections({ ...run, entries: [...run.entries, ...others] })
    expect(all.map(([section, { entries, weights }]) => [section, entries.length, weights.length])).toEqual([
      ["bench", 3, 3],
      ["bench-compressed", 1, 0],
      ["bench-opens", 1, 0],
      ["bench-fanout", 1, 0]
    ])
    expect(Report.sections({ ...run, entries: [compressed], weights: [] }).map(([section]) => section)).toEqual([
      "bench-compressed"
    ])
  })

  it("takes the place of the one before, and of nothing else", () => {
    const page = "before\n<!-- bench -->\nold $& tables\n<!-- /bench -->\nafter\n"
    const written = Report.insert(page, "bench", run)
    expect(written).toMatch(
      /^before\n<!-- bench -->[^]*\| run \| 18.0 \| 9.00 \+ 9.00 \| 3.00 \| 0.90 \| 0.90 to 1.95 \| 0.90 to 3.00 \| 0.90 \|[^]*<!-- \/bench -->\nafter\n$/
    )
    expect(written).not.toContain("old")
    expect(Report.insert(written, "bench", run)).toBe(written)
    expect(Report.insert(page, "bench-compressed", run)).toBe(page)
  })
})
