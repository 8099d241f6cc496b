/**
 * A soak's result -> what is wrong with it, and tables. Pure.
 */
import type { Table } from "@effect-ws/benchmark/Report"
import * as Statistics from "@effect-ws/benchmark/Statistics"
import type { Result, Side } from "./Soak.js"
import type { Usage } from "./Usage.js"

const MiB = 1024 * 1024

/** What may remain of one run, with nothing going on, beyond what there was behind the warm-up. */
export const tolerance = {
  /**
   * Of heap and memory beside it, in octets: code that is compiled late, and caches; and 4 MiB that each of the server's three layers keeps
   * for its next large frames (`SpareMemory`), once it had many.
   */
  memory: 4 * MiB + 3 * 4 * MiB,
  /** Of heap and memory beside it, in octets a minute, of runs that are long enough to tell. */
  memorySlope: 256 * 1024,
  /** Minutes. */
  longEnough: 5
} as const

const memory = ({ external, heap }: Usage): number => heap + external

const slope = ({ samples }: Side, of: (usage: Usage) => number): number =>
  Statistics.slope(samples.map(({ minute, usage }) => [minute, of(usage)]))

/** What is wrong; nothing if all is well. */
export const complaints = (result: Result): ReadonlyArray<string> => [
  ...(["server", "peers"] as const).flatMap((name) => {
    const { tallied } = result[name]
    const counts = {
      lost: tallied.lost,
      altered: tallied.altered,
      unexpected: tallied.unexpected,
      uncaught: tallied.uncaught
    }
    return [
      ...Object.entries(counts).filter(([, count]) => count > 0).map(([what, count]) => `${name}: ${count} ${what}`),
      ...leaks(result[name]).map((leak) => `${name}: ${leak}`)
    ]
  }),
  ...(result.server.tallied.open === 0 ? [] : [`server: ${result.server.tallied.open} connections are still open`]),
  ...grown(result.server)
]

const leaks = ({ after, before }: Side): ReadonlyArray<string> => {
  if (before === null) return []
  const counts: ReadonlyArray<readonly [string, number, number]> = [
    ["descriptors", before.descriptors, after.descriptors],
    ["fibers", before.fibers, after.fibers],
    ...Object.keys(after.resources).map((name) =>
      [name, before.resources[name] ?? 0, after.resources[name] ?? 0] as const
    )
  ]
  return counts.filter(([, before, after]) => after > before).map(([what, before, after]) =>
    `${before} ${what} before, ${after} after`
  )
}

const grown = (server: Side): ReadonlyArray<string> => {
  const { after, before, samples } = server
  const grown = before === null ? 0 : memory(after) - memory(before)
  const minutes = (samples.at(-1)?.minute ?? 0) - (samples[0]?.minute ?? 0)
  const each = slope(server, memory)
  return [
    ...(grown > tolerance.memory ? [`server: ${mebi(grown)} more memory is held than before`] : []),
    ...(minutes >= tolerance.longEnough && each > tolerance.memorySlope
      ? [`server: memory grows by ${kibi(each)} a minute`]
      : [])
  ]
}

// -- tables

export const tables = (result: Result): ReadonlyArray<Table> =>
  [
    kinds(result),
    outcomes("As the server saw them end", result.server),
    outcomes("As the peers saw it", result.peers),
    held(result)
  ]
    .filter(({ rows }) => rows.length > 0)

const kinds = ({ minutes, peers, restarts, server }: Result): Table => {
  const all = Object.entries(peers.tallied.kinds).sort(([a], [b]) => a < b ? -1 : 1)
  const sum = (of: "connections" | "messages" | "octets") => all.reduce((total, [, kind]) => total + kind[of], 0)
  const row = (name: string, connections: number, messages: number, octets: number) => [
    name,
    String(connections),
    String(messages),
    mebi(octets)
  ]
  return {
    title:
      `${
        minutes.toFixed(1)
      } minutes, ${restarts} restarts; lost ${peers.tallied.lost}, altered ${peers.tallied.altered}, ` +
      `unexpected ${peers.tallied.unexpected + server.tallied.unexpected}, ` +
      `uncaught ${peers.tallied.uncaught + server.tallied.uncaught}; ` +
      `${peers.tallied.cut} messages were on their way at a restart`,
    columns: ["peers", "connections", "messages", "there and back"],
    rows: [
      ...all.map(([name, { connections, messages, octets }]) => row(name, connections, messages, octets)),
      row("all", sum("connections"), sum("messages"), sum("octets"))
    ]
  }
}

const outcomes = (title: string, { tallied }: Side): Table => ({
  title,
  columns: ["outcome", "times"],
  rows: Object.entries(tallied.outcomes).sort(([a], [b]) => a < b ? -1 : 1).map((
    [name, count]
  ) => [name, String(count)])
})

const held = ({ peers, server }: Result): Table => {
  const cells = (of: (usage: Usage) => string) =>
    [server, peers].flatMap(({ after, before }) => [before === null ? "" : of(before), of(after)])
  const resources = [...new Set([server, peers].flatMap(({ after }) => Object.keys(after.resources)))].sort()
  const slopes = (of: (usage: Usage) => number) =>
    [server, peers].flatMap((side) => ["", side.samples.length < 2 ? "–" : kibi(slope(side, of))])
  return {
    title: "What the processes hold with nothing going on; slopes are of the time between",
    columns: ["", "server before", "after", "peers before", "after"],
    rows: [
      ["heap", ...cells(({ heap }) => mebi(heap))],
      ["memory beside the heap", ...cells(({ external }) => mebi(external))],
      ["resident", ...cells(({ rss }) => mebi(rss))],
      ["descriptors", ...cells(({ descriptors }) => String(descriptors))],
      ["fibers", ...cells(({ fibers }) => String(fibers))],
      ...resources.map((name) => [name, ...cells((usage) => String(usage.resources[name] ?? 0))]),
      ["longest stall, seconds", ...cells(({ stall }) => (stall / 1000).toFixed(1))],
      ["CPU seconds", ...cells(({ cpu }) => (cpu / 1e6).toFixed(1))],
      ["slope of the heap, a minute", ...slopes(({ heap }) => heap)],
      ["slope of heap and beside, a minute", ...slopes(memory)],
      ["slope of resident, a minute", ...slopes(({ rss }) => rss)]
    ]
  }
}

const mebi = (octets: number): string => `${(octets / MiB).toFixed(1)} MiB`

const kibi = (octets: number): string => `${(octets / 1024).toFixed(1)} KiB`
