import { describe, expect, it } from "@effect/vitest"
import type * as Soak from "../src/Soak.js"
import { Tally } from "../src/Tally.js"
import type * as Usage from "../src/Usage.js"
import * as Verdict from "../src/Verdict.js"

const usage: Usage.Usage = {
  cpu: 0,
  heap: 0,
  external: 0,
  rss: 0,
  stall: 0,
  descriptors: 20,
  fibers: 7,
  resources: { Timeout: 1 }
}

const side = (after: Partial<Usage.Usage>, tallied: Partial<Soak.Side["tallied"]> = {}): Soak.Side => ({
  tallied: { ...new Tally().tallied, ...tallied },
  before: usage,
  after: { ...usage, ...after },
  samples: Array.from(
    { length: 10 },
    (_, minute) => ({ minute, usage: { ...usage, heap: (after.heap ?? 0) * minute } })
  )
})

const result = (server: Soak.Side, peers = side({})): Soak.Result => ({
  date: "2026-11-21",
  node: "20",
  seed: 1,
  connections: 1,
  minutes: 10,
  restarts: 1,
  server,
  peers
})

describe("the verdict on a soak", () => {
  it("complains of all that must not be, and of nothing else", () => {
    expect(Verdict.complaints(result(side({})))).toEqual([])
    expect(Verdict.complaints(result(side({ descriptors: 21, fibers: 8, resources: { Timeout: 2 } }, { open: 1 }))))
      .toEqual([
        "server: 20 descriptors before, 21 after",
        "server: 7 fibers before, 8 after",
        "server: 1 Timeout before, 2 after",
        "server: 1 connections are still open"
      ])
    const counts = { lost: 1, altered: 2, unexpected: 3, uncaught: 4 }
    expect(Verdict.complaints(result(side({}), side({}, counts)))).toEqual([
      "peers: 1 lost",
      "peers: 2 altered",
      "peers: 3 unexpected",
      "peers: 4 uncaught"
    ])
    const grown = Verdict.tolerance.memory + 1
    expect(Verdict.complaints(result(side({ heap: grown })))).toEqual([
      "server: 16.0 MiB more memory is held than before",
      "server: memory grows by 16384.0 KiB a minute"
    ])
  })
})
