/**
 * The table of docs/reference/interop.md. In: results, as they are kept in `results.json`. Out: Markdown, and how two runs differ.
 *
 * Versions are told, and not compared: Debian mends its packages.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { type Mode, modes, type Peer, type Role } from "./Peer.js"
import type { Verdict } from "./Verdict.js"

/**
 * A cell as it is kept: "passed", or the known faults that were seen.
 *
 * @since 0.1.0
 * @category models
 */
export const Result = Schema.Union(Schema.Literal("passed"), Schema.Array(Schema.String))

/**
 * Of one peer: its version, and a result for each role and mode (`client deflate`).
 *
 * @since 0.1.0
 * @category models
 */
export const Row = Schema.Struct({
  version: Schema.String,
  cells: Schema.Record({ key: Schema.String, value: Result })
})

/**
 * By names of peers.
 *
 * @since 0.1.0
 * @category models
 */
export const Results = Schema.Record({ key: Schema.String, value: Row })

/**
 * @since 0.1.0
 * @category models
 */
export type Results = typeof Results.Type

/**
 * What is kept of a verdict: of one that failed, nothing.
 *
 * @since 0.1.0
 * @category results
 */
export const resultOf = (verdict: Verdict): typeof Result.Type | undefined => {
  switch (verdict._tag) {
    case "Passed":
      return "passed"
    case "Faulty":
      return verdict.faults
    case "Failed":
      return undefined
  }
}

/**
 * In which cells a run differs from what is committed, of the peers that were run.
 *
 * @since 0.1.0
 * @category results
 */
export const differences = (committed: Results, run: Results): ReadonlyArray<string> =>
  Object.entries(run).flatMap(([peer, row]) => {
    const before = committed[peer]?.cells ?? {}
    const names = [...new Set([...Object.keys(before), ...Object.keys(row.cells)])]
    return names.flatMap((name) => {
      const [was, is] = [told(before[name]), told(row.cells[name])]
      return was === is ? [] : [`${peer} ${name}: ${is}; in the table: ${was}`]
    })
  })

const told = (result: typeof Result.Type | undefined): string => {
  if (result === undefined) return "nothing"
  return result === "passed" ? result : result.join("; ")
}

const heads: Record<Mode, string> = {
  plain: "plain",
  deflate: "deflate",
  nct: "no takeover",
  wb9: "9 bits",
  wb12: "12 bits",
  tls: "TLS",
  subprotocol: "subprotocol",
  http2: "HTTP/2"
}

/**
 * The table, the faults below it, and what is not in it.
 *
 * @since 0.1.0
 * @category Markdown
 */
export const markdown = (
  peers: ReadonlyArray<Peer>,
  results: Results,
  absent: ReadonlyArray<readonly [title: string, why: string]>
): string => {
  const faults = [...new Set(Object.values(results).flatMap(({ cells }) => Object.values(cells).flatMap(faultsOf)))]
  const row = (peer: Peer, role: Role): ReadonlyArray<string> => {
    const known = results[peer.name]
    if (known === undefined || peer[role] === undefined) return []
    const cells = modes.map((mode) => shown(known.cells[`${role} ${mode}`], faults))
    return [`| ${peer.title} ${known.version} | ${role} | ${cells.join(" | ")} |`]
  }
  const missing = [
    ...absent,
    ...peers.filter(({ name }) => results[name] === undefined).map(({ title }) => [title, "not run"] as const)
  ]
  return [
    `| peer | as | ${modes.map((mode) => heads[mode]).join(" | ")} |`,
    `|---|---|${modes.map(() => "---|").join("")}`,
    ...peers.flatMap((peer) => [...row(peer, "client"), ...row(peer, "server")]),
    "",
    ...faults.map((fault, i) => `${i + 1}. ${fault}`),
    "",
    "Not in the table:",
    "",
    ...missing.map(([title, why]) => `- ${title}: ${why}.`)
  ].join("\n")
}

const faultsOf = (result: typeof Result.Type): ReadonlyArray<string> => result === "passed" ? [] : result

const shown = (result: typeof Result.Type | undefined, faults: ReadonlyArray<string>): string => {
  if (result === undefined) return "–"
  return result === "passed" ? "✓" : result.map((fault) => `(${faults.indexOf(fault) + 1})`).join(" ")
}

/**
 * The page with another table between its two marks; `undefined` if it lacks them.
 *
 * @since 0.1.0
 * @category Markdown
 */
export const replaced = (page: string, table: string): string | undefined => {
  const [before, rest, ...more] = page.split(`${begin}\n`)
  const [, after] = rest?.split(`\n${end}`) ?? []
  return before === undefined || after === undefined || more.length > 0
    ? undefined
    : `${before}${begin}\n${table}\n${end}${after}`
}

const begin = "<!-- by npm run interop -->"
const end = "<!-- up to here -->"
