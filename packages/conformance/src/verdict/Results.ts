/**
 * The results of a run so far: for each agent and case the record and the verdict. A later result of a case replaces an earlier one, but
 * a first result that differs is not forgotten: it may be a rare fault.
 *
 * It writes nothing: see `report/`.
 *
 * @since 0.1.0
 */
import type { Case } from "../cases/Case.js"
import type { CaseRecord } from "./Record.js"
import type { Verdict } from "./Verdict.js"
import * as Verdicts from "./Verdict.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Result {
  readonly agent: string
  readonly case: Case
  /** The case's number: in the whole list for a fuzzing client, among the selected for a fuzzing server. */
  readonly number: number
  readonly record: CaseRecord
  readonly verdict: Verdict
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const result = (agent: string, theCase: Case, number: number, record: CaseRecord): Result => ({
  agent,
  case: theCase,
  number,
  record,
  verdict: Verdicts.judge(theCase, record)
})

/**
 * Results by agent, then by case id.
 *
 * @since 0.1.0
 * @category results
 */
export class Results {
  private readonly byAgent = new Map<string, Map<string, Result>>()
  private readonly outdated: Array<Result> = []

  add(one: Result): void {
    const of = this.byAgent.get(one.agent) ?? new Map<string, Result>()
    const before = of.get(one.case.id)
    if (before !== undefined && !isAlike(before.verdict, one.verdict)) this.outdated.push(before)
    this.byAgent.set(one.agent, of)
    of.set(one.case.id, one)
  }

  /** First results of one agent that a second examination did not confirm. */
  replaced(agent: string): ReadonlyArray<Result> {
    return this.outdated.filter((one) => one.agent === agent)
  }

  get(agent: string, id: string): Result | undefined {
    return this.byAgent.get(agent)?.get(id)
  }

  /** By name. */
  agents(): ReadonlyArray<string> {
    return [...this.byAgent.keys()].sort()
  }

  /** Of one agent, in the order of the cases. */
  of(agent: string): ReadonlyArray<Result> {
    return [...this.byAgent.get(agent)?.values() ?? []].sort((left, right) => compareIds(left.case.id, right.case.id))
  }

  all(): ReadonlyArray<Result> {
    return this.agents().flatMap((agent) => this.of(agent))
  }
}

const isAlike = (left: Verdict, right: Verdict): boolean =>
  left.behavior === right.behavior && left.behaviorClose === right.behaviorClose

/**
 * The order of case ids: number by number.
 *
 * @since 0.1.0
 * @category ordering
 */
export const compareIds = (left: string, right: string): number => {
  const [ours, theirs] = [left.split(".").map(Number), right.split(".").map(Number)]
  for (let i = 0; i < Math.max(ours.length, theirs.length); i++) {
    const difference = (ours[i] ?? -1) - (theirs[i] ?? -1)
    if (difference !== 0) return difference
  }
  return 0
}
