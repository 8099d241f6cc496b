/**
 * Results that a run is held to: those of a file, such as the ones committed in `expected/`, or what strictness allows. In:
 * expectations and results. Out: the differences, case by case.
 *
 * The file is Autobahn's `index.json` or a part of it: only the two verdicts are read. It is brought up to date by
 * {@link update}, and written by whom it belongs to.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Cases from "../Cases.js"
import type { Case } from "../cases/Case.js"
import type { Result, Results } from "./Results.js"
import { compareIds } from "./Results.js"

const Verdicts = Schema.Struct({ behavior: Schema.String, behaviorClose: Schema.String })

const File = Schema.Record({
  key: Schema.String,
  value: Schema.Record({ key: Schema.String, value: Verdicts })
})

/**
 * Verdicts by agent and case.
 *
 * @since 0.1.0
 * @category models
 */
export type Expected = typeof File.Type

/**
 * @since 0.1.0
 * @category models
 */
export interface Difference {
  readonly agent: string
  readonly id: string
  /** `behavior/behaviorClose`, or that the case is not there. */
  readonly expected: string
  readonly actual: string
}

/**
 * @since 0.1.0
 * @category parsing
 */
export const parse: (text: string) => Effect.Effect<Expected, ParseResult.ParseError> = Schema.decode(
  Schema.parseJson(File)
)

/**
 * The same with the verdicts of these results, for these agents. What was not run stays as it is; cases that are no more are
 * dropped. In a file with one agent, which is held against any, they take that place.
 *
 * @since 0.1.0
 * @category updating
 */
export const update = (expected: Expected, results: Results, agents: ReadonlyArray<string>): Expected => {
  const updated: Record<string, Expected[string]> = { ...expected }
  for (const agent of agents) {
    const key = keyOf(expected, agent)
    const found = results.of(agent).map(({ case: { id }, verdict: { behavior, behaviorClose } }) =>
      [id, { behavior, behaviorClose }] as const
    )
    const kept = Object.entries(updated[key] ?? {}).filter(([id]) => Cases.find(id) !== undefined)
    updated[key] = Object.fromEntries([...kept, ...found])
  }
  return updated
}

/** Under which name an agent stands in a file. */
const keyOf = (expected: Expected, agent: string): string => {
  const [only, ...more] = Object.keys(expected)
  return expected[agent] === undefined && only !== undefined && more.length === 0 ? only : agent
}

/**
 * The text of a file, to be committed: a line for each case, in their order.
 *
 * @since 0.1.0
 * @category formatting
 */
export const format = (expected: Expected): string => {
  const agents = Object.entries(expected).map(([agent, of]) => {
    const lines = Object.entries(of).sort(([left], [right]) => compareIds(left, right)).map(
      ([id, { behavior, behaviorClose }]) => `    ${JSON.stringify(id)}: ${JSON.stringify({ behavior, behaviorClose })}`
    )
    return `  ${JSON.stringify(agent)}: {\n${lines.join(",\n")}\n  }`
  })
  return `{\n${agents.join(",\n")}\n}\n`
}

/**
 * What is different for one agent, among these cases. A file with one agent is held against any.
 *
 * @since 0.1.0
 * @category comparing
 */
export const compare = (
  expected: Expected,
  results: Results,
  agent: string,
  cases: ReadonlyArray<Case>
): ReadonlyArray<Difference> => {
  const should = expected[keyOf(expected, agent)] ?? {}
  return cases.map(({ id }) => id).sort(compareIds).flatMap((id) => {
    const found = results.get(agent, id)
    const wanted = should[id]
    const [left, right] = [
      wanted === undefined ? "no such case" : both(wanted),
      found === undefined ? "not run" : both(found.verdict)
    ]
    return left === right ? [] : [{ agent, id, expected: left, actual: right }]
  })
}

const both = ({ behavior, behaviorClose }: typeof Verdicts.Type): string => `${behavior}/${behaviorClose}`

/**
 * Whether a result is all one could wish for: OK or INFORMATIONAL, twice.
 *
 * @since 0.1.0
 * @category comparing
 */
export const isStrictlyFine = ({ verdict: { behavior, behaviorClose } }: Result): boolean =>
  (behavior === "OK" || behavior === "INFORMATIONAL") && (behaviorClose === "OK" || behaviorClose === "INFORMATIONAL")

/**
 * Whether a result passes: a peer may be less than strict, and may do without compression.
 *
 * @since 0.1.0
 * @category comparing
 */
export const passes = ({ verdict: { behavior, behaviorClose } }: Result): boolean =>
  behavior !== "FAILED" && (behaviorClose === "OK" || behaviorClose === "INFORMATIONAL")
