import { describe, expect, it } from "@effect/vitest"
import * as Profile from "@effect-ws/benchmark/Profile"
import * as Report from "@effect-ws/benchmark/Report"

const node = (id: number, functionName: string, url: string) => ({ id, callFrame: { functionName, url } })

const profile: Profile.CpuProfile = {
  nodes: [
    node(1, "(root)", ""),
    node(2, "(idle)", ""),
    node(3, "(garbage collector)", ""),
    node(4, "(program)", ""),
    node(5, "writev", ""),
    node(6, "onStreamRead", "node:internal/stream_base_commons"),
    node(7, "run", "file:///app/node_modules/effect/dist/esm/internal/fiberRuntime.js"),
    node(8, "step", "file:///app/packages/connection/dist/protocol/transitions.js"),
    node(9, "echo", "file:///app/packages/benchmark/dist/servers/effectWs.js"),
    node(10, "send", "file:///app/node_modules/ws/lib/sender.js"),
    node(11, "serve", "file:///app/node_modules/@effect/platform-node/dist/esm/NodeHttpServer.js"),
    node(12, "unmask", "")
  ],
  samples: [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 2],
  // Each says how long after the one before it was taken.
  timeDeltas: [100, 900, 10, 20, 40, 10, 10, 40, 5, 7, 10, 28]
}

describe("Profile", () => {
  it("says what has the time of a server that works, by what wrote it", () => {
    // A sample's time is until the next one: the idle one's 900 is left out, and the last's is not known.
    expect(Profile.parts(profile)).toEqual({
      "garbage collection": 10,
      "native, reads among it": 20,
      "writes": 40,
      "other native calls": 28,
      "Node": 10,
      "Effect": 10 + 10,
      "this library": 40,
      "the server's own": 5,
      "ws": 7
    })
  })

  it("says nothing of a profile without samples", () => {
    expect(Object.values(Profile.parts({ nodes: [], samples: [], timeDeltas: [] })).every((time) => time === 0)).toBe(
      true
    )
  })

  it("an unknown node, or one without a sample, has no part", () => {
    expect(Profile.parts({ nodes: [], samples: [7, 7], timeDeltas: [1, 1] })["other native calls"]).toBe(0)
  })

  it("its table has shares of the CPU that the rounds measured, and what `ws` takes beside it", () => {
    const entry = (contestant: string, cpu: number) => ({
      load: "100x1x20B-text",
      contestant,
      semiSpace: null,
      rounds: [{ cpu, user: 0, system: 0, faults: 0, messages: 1, throughput: 1, p50: 1, p99: 1 }]
    })
    const table = Report.parts("100x1x20B-text", [
      { ...entry("ws", 18), parts: Profile.parts(profile) },
      { ...entry("run", 36), parts: Profile.parts(profile) }
    ])
    expect(table.title).toBe("100x1x20B-text: what takes the CPU, µs a message")
    expect(table.columns).toEqual(["part", "ws", "run"])
    expect(table.rows).toContainEqual(["this library", "4.00 (22 %)", "8.00 (22 %)"])
    expect(table.rows).toContainEqual(["all", "18.0", "36.0"])
  })
})
