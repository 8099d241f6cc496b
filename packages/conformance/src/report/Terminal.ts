/**
 * A run as it is seen in a terminal: how far it has come, and in the end what was not as it should be. In: results. Out: text.
 *
 * It prints nothing itself.
 *
 * @since 0.1.0
 */
import type { Difference } from "../verdict/Expected.js"
import { isStrictlyFine } from "../verdict/Expected.js"
import type { Result, Results } from "../verdict/Results.js"
import type { Behavior } from "../verdict/Verdict.js"

const behaviors: ReadonlyArray<Behavior> = ["OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED", "FAILED"]

/**
 * Counts by verdict, and a line for each case that is not simply OK, or was not when it was examined first.
 *
 * @since 0.1.0
 * @category summaries
 */
export const summary = (results: Results): string =>
  results.agents().map((agent) => {
    const of = results.of(agent)
    const counts = behaviors.map((behavior) => [
      behavior,
      of.filter(({ verdict }) => verdict.behavior === behavior).length
    ])
    const remarkable = of.filter((result) => !isStrictlyFine(result) || result.verdict.behavior === "INFORMATIONAL")
    const replaced = results.replaced(agent)
    return [
      `${printable(agent)}: ${of.length} cases`,
      `  ${counts.filter(([, count]) => count !== 0).map(([behavior, count]) => `${behavior} ${count}`).join("   ")}`,
      ...remarkable.map(line),
      ...replaced.length === 0 ? [] : ["  examined again, alone, and found otherwise; at first:", ...replaced.map(line)]
    ].join("\n")
  }).join("\n\n")

const line = ({ case: { id }, verdict: { behavior, behaviorClose, result, resultClose } }: Result): string => {
  const why = behavior === "OK" ? resultClose : result
  return `  ${id.padEnd(8)} ${`${behavior} / ${behaviorClose}`.padEnd(31)} ${printable(why)}`
}

/**
 * A line for each difference.
 *
 * @since 0.1.0
 * @category summaries
 */
export const differences = (all: ReadonlyArray<Difference>): string =>
  all.map(({ actual, agent, expected, id }) =>
    `  ${id.padEnd(8)} ${expected} expected, ${actual} found (${printable(agent)})`
  )
    .join("\n")

const width = 30

/**
 * A bar, counts, and the case that was finished last.
 *
 * @since 0.1.0
 * @category progress
 */
export const progress = (done: number, total: number, faults: number, last: string): string => {
  const filled = total === 0 ? width : Math.round((done / total) * width)
  return `${"█".repeat(filled)}${"░".repeat(width - filled)} ${done}/${total}${
    faults === 0 ? "" : `, ${faults} not OK`
  }  ${last}`
}

/** Names and texts come from outside: no control characters reach the terminal. */
const printable = (text: string): string => text.replace(/\p{Cc}/gu, "\ufffd")
