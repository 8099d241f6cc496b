/**
 * The fuzzing client: connects to a server once for each case, which has to echo, and finds out how it does.
 *
 * Cases run several at a time, if wanted; those that measure how soon the server reacts run first, among themselves. It
 * writes no reports.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { availableParallelism } from "node:os"
import type { Case } from "./Case.js"
import * as C from "./Case.js"
import * as Cases from "./Cases.js"
import * as Examiner from "./Examiner.js"
import type { Target } from "./Opening.js"
import type { Result } from "./Results.js"
import * as Results from "./Results.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly agent: string
  readonly target: Target
  readonly cases: ReadonlyArray<Case>
  /** How many connections at a time; Autobahn has 1. */
  readonly parallel: number
  readonly onResult: (result: Result) => Effect.Effect<void>
}

/**
 * Runs all cases against one server. It fails when there is no TCP connection to be had; what was found until then was told.
 *
 * @since 0.1.0
 * @category running
 */
export const run = (options: Options): Effect.Effect<void, Examiner.Unreachable> => {
  const runAll = ([cases, most]: Turn): Effect.Effect<void, Examiner.Unreachable> =>
    Effect.forEach(
      cases,
      (theCase) =>
        Effect.flatMap(Examiner.connect(theCase, options.target), (record) =>
          options.onResult(Results.result(options.agent, theCase, Cases.position(theCase.id), record))),
      {
        concurrency: Math.min(options.parallel, most),
        discard: true
      }
    )
  return Effect.forEach(inTurn(options.cases), runAll, { discard: true })
}

type Turn = readonly [cases: ReadonlyArray<Case>, most: number]

/** The timed ones while the machine is quiet; then what is short; then what keeps both sides busy. */
const inTurn = (cases: ReadonlyArray<Case>): ReadonlyArray<Turn> => [
  [cases.filter(({ timed }) => timed), Infinity],
  [cases.filter((each) => !each.timed && !C.isHeavy(each)), Infinity],
  [cases.filter((each) => !each.timed && C.isHeavy(each)), mostHeavy]
]

/**
 * More heavy cases at a time would only have each wait for the others, and overrun the second that a peer has to answer a Close.
 *
 * @since 0.1.0
 * @category constants
 */
export const mostHeavy: number = 2 * availableParallelism()
