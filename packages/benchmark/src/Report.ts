/**
 * A run -> tables, for the terminal and for `docs/reference/performance.md`. Pure.
 *
 * @since 0.1.0
 */
import * as Contestant from "./Contestant.js"
import * as FanOut from "./FanOut.js"
import type { Contexts, Entry, Run, Weight } from "./Measurement.js"
import * as Opens from "./Opens.js"
import * as Profile from "./Profile.js"
import * as Statistics from "./Statistics.js"
import * as Target from "./Target.js"

/**
 * A heading, the names of the columns, and rows of as many cells.
 *
 * @since 0.1.0
 * @category models
 */
export interface Table {
  readonly title: string
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
}

/**
 * Every table that there is something to say in.
 *
 * @since 0.1.0
 * @category tables
 */
export const tables = (run: Run): ReadonlyArray<Table> => {
  const plain = run.entries.filter(({ semiSpace }) => semiSpace === null)
  const semiSpace = run.entries.filter(({ semiSpace }) => semiSpace !== null)
  return [
    ...loads(plain).map((load) => speed(load, load, plain)),
    ...loads(semiSpace).map((load) =>
      speed(`${load}, --max-semi-space-size=${semiSpace[0]?.semiSpace}`, load, semiSpace)
    ),
    weights(run.weights),
    contexts(run.contexts),
    targets(run)
  ].filter(({ rows }) => rows.length > 0)
}

const loads = (entries: ReadonlyArray<Entry>): ReadonlyArray<string> => [...new Set(entries.map(({ load }) => load))]

const speed = (title: string, load: string, entries: ReadonlyArray<Entry>): Table => ({
  title,
  columns: [
    "server",
    `CPU µs a${load.startsWith(Opens.prefix) ? "n" : ""} ${unitOf(load).one}`,
    "user + system",
    "faults",
    "ratio to ws",
    "middle half",
    "least to most",
    "of best rounds",
    `${unitOf(load).many}/s`,
    "p50 ms",
    "p99 ms"
  ],
  rows: entries.filter((entry) => entry.load === load).map((entry) => {
    const of = (key: "cpu" | "user" | "system" | "faults" | "throughput" | "p50" | "p99"): number =>
      Statistics.median(entry.rounds.map((round) => round[key]))
    const ratios = Target.ratios(entry, entries)
    const peer = Target.peerOf(entry, entries)
    const between = (low: number, high: number): string =>
      `${digits(Statistics.quantile(ratios, low))} to ${digits(Statistics.quantile(ratios, high))}`
    return [
      entry.contestant,
      digits(of("cpu")),
      `${digits(of("user"))} + ${digits(of("system"))}`,
      digits(of("faults")),
      digits(Statistics.median(ratios)),
      between(0.25, 0.75),
      between(0, 1),
      digits(best(entry) / (peer === undefined ? NaN : best(peer))),
      of("throughput").toFixed(0),
      digits(of("p50")),
      digits(of("p99"))
    ]
  })
})

/**
 * An entry, and how long each part of its server ran.
 *
 * @since 0.1.0
 * @category models
 */
export interface Profiled extends Entry {
  readonly parts: Record<Profile.Part, number>
}

/**
 * What takes the CPU, for each load.
 *
 * @since 0.1.0
 * @category tables
 */
export const profiles = (entries: ReadonlyArray<Profiled>): ReadonlyArray<Table> =>
  loads(entries).map((load) => parts(load, entries))

/**
 * What takes the CPU under a load, beside one another: shares of the profile, of the CPU that the rounds have measured.
 *
 * @since 0.1.0
 * @category tables
 */
export const parts = (load: string, entries: ReadonlyArray<Profiled>): Table => {
  const those = entries.filter((entry) => entry.load === load).map(({ contestant, parts, rounds }) => ({
    contestant,
    parts,
    cpu: Statistics.median(rounds.map(({ cpu }) => cpu)),
    sum: Profile.all.reduce((sum, part) => sum + parts[part], 0)
  }))
  return {
    title: `${load}: what takes the CPU, µs a${load.startsWith(Opens.prefix) ? "n" : ""} ${unitOf(load).one}`,
    columns: ["part", ...those.map(({ contestant }) => contestant)],
    rows: [
      ...Profile.all.map((part) => [
        part,
        ...those.map(({ cpu, parts, sum }) =>
          `${digits(cpu * parts[part] / sum)} (${(100 * parts[part] / sum).toFixed(0)} %)`
        )
      ]),
      ["all", ...those.map(({ cpu }) => digits(cpu))]
    ]
  }
}

/** What is counted under a load. */
const unitOf = (load: string): { readonly one: string; readonly many: string } =>
  load.startsWith(Opens.prefix)
    ? { one: "open", many: "opens" }
    : load.startsWith(FanOut.prefix)
    ? { one: "delivery", many: "deliveries" }
    : { one: "message", many: "messages" }

/** The round that was disturbed least: what else a machine does only adds. */
const best = (entry: Entry): number => Statistics.quantile(entry.rounds.map(({ cpu }) => cpu), 0)

const weights = (weights: ReadonlyArray<Weight>): Table => {
  const peer = weights.find(({ contestant }) => contestant === Contestant.peer)
  return {
    title: `Memory of one of ${weights[0]?.connections} idle connections, kB`,
    columns: ["server", "heap", "ratio to ws", "more than ws", "heap after an echo", "array buffers", "rss"],
    rows: weights.map((weight) => [
      weight.contestant,
      kilo(weight.heap),
      peer === undefined ? "" : digits(weight.heap / peer.heap),
      peer === undefined ? "" : kilo(weight.heap - peer.heap),
      kilo(weight.heapAfterEcho),
      kilo(weight.buffers),
      kilo(weight.rss)
    ])
  }
}

/** A row for each contestant, a column for each window. */
const contexts = (all: ReadonlyArray<Contexts>): Table => {
  const windows = [...new Set(all.map(({ windowBits }) => windowBits))]
  return {
    title: `Memory of one of ${all[0]?.connections} connections that compress, kB, by window bits`,
    columns: ["server", ...windows.map(String)],
    rows: [...new Set(all.map(({ contestant }) => contestant))].map((contestant) => [
      contestant,
      ...windows.map((bits) => {
        const found = all.find((one) => one.contestant === contestant && one.windowBits === bits)
        return found === undefined ? "" : (found.rss / 1024).toFixed(0)
      })
    ])
  }
}

const targets = (run: Run): Table => ({
  title: "Targets",
  columns: ["load", "server", "of what", "at most", "measured", "reached"],
  rows: Target.judge(run).map((verdict) => {
    const write = verdict.unit === "octets" ? (value: number) => `${kilo(value)} kB` : digits
    return [
      verdict.load,
      verdict.contestant,
      verdict.what,
      write(verdict.most),
      write(verdict.measured),
      Target.isReached(verdict) ? "yes" : `no: ${((verdict.measured / verdict.most - 1) * 100).toFixed(0)} % over`
    ]
  })
})

const digits = (value: number): string =>
  Number.isNaN(value) ? "–" : value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)

const kilo = (octets: number): string => (octets / 1024).toFixed(1)

/**
 * @since 0.1.0
 * @category writing
 */
export const toText = ({ columns, rows, title }: Table): string => {
  const widths = columns.map((column, i) => Math.max(column.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (cells: ReadonlyArray<string>): string =>
    cells.map((cell, i) => i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)).join("  ")
  return [title, line(columns), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n")
}

/**
 * @since 0.1.0
 * @category writing
 */
export const toMarkdown = ({ columns, rows, title }: Table): string => {
  const line = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`
  return [
    `### ${title}`,
    "",
    line(columns),
    `|${columns.map((_, i) => i === 0 ? "---|" : "--:|").join("")}`,
    ...rows.map(line)
  ]
    .join("\n")
}

/**
 * The conditions of a run, in a sentence.
 *
 * @since 0.1.0
 * @category writing
 */
export const conditions = ({ cpus, date, node, rounds, seconds, starts = 1 }: Run): string =>
  `${date.slice(0, 10)}, Node ${node}, ${cpus}; ${rounds} rounds of ${seconds} s${
    starts > 1 ? ` in ${starts} sets of processes` : ""
  }, medians.`

/**
 * Where the tables of a run go: each can be measured without the others.
 *
 * @since 0.1.0
 * @category models
 */
export type Section = typeof allSections[number]

const allSections = ["bench", "bench-compressed", "bench-opens", "bench-fanout"] as const

/**
 * Where the tables of what takes the CPU go.
 *
 * @since 0.1.0
 * @category models
 */
export const profileSection = "bench-profile"

const sectionOf = ({ load }: Entry): Section =>
  load.startsWith(Opens.prefix)
    ? "bench-opens"
    : load.startsWith(FanOut.prefix)
    ? "bench-fanout"
    : load.endsWith("takeover")
    ? "bench-compressed"
    : "bench"

/**
 * What a run has to say in each section; none of it where it measured nothing. Contexts go with compressed loads.
 *
 * @since 0.1.0
 * @category writing
 */
export const sections = (run: Run): ReadonlyArray<readonly [Section, Run]> =>
  allSections.flatMap((section) => {
    const entries = run.entries.filter((entry) => sectionOf(entry) === section)
    const weights = section === "bench" ? run.weights : []
    const contexts = section === "bench-compressed" ? run.contexts : []
    return entries.length + weights.length > 0
      ? [[section, { ...run, entries, weights, contexts }] as const]
      : []
  })

/**
 * A page with what is between the markers of a section, `<!-- bench -->` and `<!-- /bench -->`, replaced by these tables of a run.
 *
 * @since 0.1.0
 * @category writing
 */
export const insert = (
  page: string,
  section: Section | typeof profileSection,
  run: Run,
  these: ReadonlyArray<Table> = tables(run)
): string =>
  page.replace(
    new RegExp(`<!-- ${section} -->[^]*<!-- /${section} -->`),
    () => [`<!-- ${section} -->`, conditions(run), ...these.map(toMarkdown), `<!-- /${section} -->`].join("\n\n")
  )
