/**
 * Results as JUnit XML, for the dashboards of continuous integration: a suite for each agent and section, a test for each case.
 *
 * A case that passes may still be non-strict; one without compression is skipped.
 *
 * @since 0.1.0
 */
import type { Markup } from "@effect-ws/codec/report/Markup"
import { markup, nothing } from "@effect-ws/codec/report/Markup"
import * as Sections from "../cases/Sections.js"
import { passes } from "../verdict/Expected.js"
import type { Result, Results } from "../verdict/Results.js"

/**
 * @since 0.1.0
 * @category reports
 */
export const format = (results: Results): string => {
  const suites = results.agents().flatMap((agent) => {
    const bySection = new Map<string, Array<Result>>()
    for (const result of results.of(agent)) {
      const { id } = Sections.sectionOf(result.case.id)
      bySection.set(id, [...bySection.get(id) ?? [], result])
    }
    return [...bySection].map(([id, of]) => suite(agent, id, of))
  })
  const all = results.all()
  return markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="WebSocket conformance" ${counts(all)}>
${suites}</testsuites>
`.text
}

const suite = (agent: string, id: string, results: ReadonlyArray<Result>): Markup => {
  const { title } = Sections.sectionOf(results[0]?.case.id ?? id)
  return markup`  <testsuite name="${`${agent}: ${id} ${title}`}" ${counts(results)}>
${results.map(test)}  </testsuite>
`
}

const counts = (results: ReadonlyArray<Result>): Markup => {
  const failures = results.filter((result) => !isSkipped(result) && !passes(result)).length
  const time = results.reduce((sum, { record }) => sum + record.duration, 0)
  return markup`tests="${results.length}" failures="${failures}" skipped="${results.filter(isSkipped).length}" time="${
    seconds(time)
  }"`
}

const test = (result: Result): Markup => {
  const { agent, case: { description, id }, record } = result
  const [name, group, time] = [
    `${id} ${description}`,
    `${agent}.${Sections.sectionOf(id).id}`,
    seconds(record.duration)
  ]
  return markup`    <testcase name="${name}" classname="${group}" time="${time}">${outcome(result)}</testcase>
`
}

const outcome = (result: Result): Markup => {
  const { behavior, behaviorClose, result: why, resultClose } = result.verdict
  if (isSkipped(result)) return markup`<skipped message="${why}"/>`
  if (passes(result)) return nothing
  return markup`<failure message="${`${behavior} / ${behaviorClose}`}">${`${why}\n${resultClose}`}</failure>`
}

const isSkipped = ({ verdict }: Result): boolean => verdict.behavior === "UNIMPLEMENTED"

const seconds = (ms: number): string => (ms / 1000).toFixed(3)
