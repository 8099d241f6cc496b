/**
 * The fuzzing client: connects to a server, which must echo, once for each case, and judges it.
 *
 * Cases can run in parallel; those that measure how soon the server reacts run first, among themselves. It writes no reports.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Cases from "./Cases.js"
import type { Case } from "./cases/Case.js"
import * as ExamineServer from "./examiner/ExamineServer.js"
import * as ExamineServerHttp2 from "./examiner/ExamineServerHttp2.js"
import { mostHeavy } from "./examiner/mostHeavy.js"
import type { Unreachable } from "./examiner/Unreachable.js"
import type { Target } from "./handshake/Target.js"
import { isStrictlyFine } from "./verdict/Expected.js"
import type { Result } from "./verdict/Results.js"
import * as Results from "./verdict/Results.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly agent: string
  readonly target: Target
  readonly cases: ReadonlyArray<Case>
  /** How many connections to have at a time; Autobahn has 1. */
  readonly parallel: number
  /** Whether to examine cases that are not OK once more, alone: parallel cases may slow each other down. */
  readonly again: boolean
  readonly onResult: (result: Result) => Effect.Effect<void>
}

/**
 * Runs all cases against one server. It fails if it cannot connect; results until then were reported.
 *
 * @since 0.1.0
 * @category running
 */
export const run = (options: Options): Effect.Effect<void, Unreachable> => {
  const faulty: Array<Case> = []
  const { connect } = options.target.http2 ? ExamineServerHttp2 : ExamineServer
  const examine = (theCase: Case): Effect.Effect<Result, Unreachable> =>
    connect(theCase, options.target).pipe(
      Effect.map((record) => Results.result(options.agent, theCase, Cases.position(theCase.id), record)),
      Effect.tap(options.onResult)
    )
  const runAll = ([cases, most]: Turn): Effect.Effect<void, Unreachable> =>
    Effect.forEach(cases, (theCase) =>
      Effect.map(examine(theCase), (result) => {
        if (!passesBest(result)) faulty.push(theCase)
      }), { concurrency: Math.min(options.parallel, most), discard: true })
  return Effect.zipRight(
    Effect.forEach(inTurn(options.cases), runAll, { discard: true }),
    Effect.suspend(() =>
      options.again && faulty.length <= mostAgain ? Effect.forEach(faulty, examine, { discard: true }) : Effect.void
    )
  )
}

/** If more cases than these are not OK, it is not for want of time. */
const mostAgain = 24

const passesBest = (result: Result): boolean => isStrictlyFine(result) || result.verdict.behavior === "UNIMPLEMENTED"

type Turn = readonly [cases: ReadonlyArray<Case>, most: number]

/** The timed ones while the machine is quiet; then what is short; then what keeps both sides busy. */
const inTurn = (cases: ReadonlyArray<Case>): ReadonlyArray<Turn> => [
  [cases.filter(({ timed }) => timed), Infinity],
  [cases.filter((each) => !each.timed && !each.heavy), Infinity],
  [cases.filter((each) => !each.timed && each.heavy), mostHeavy]
]
