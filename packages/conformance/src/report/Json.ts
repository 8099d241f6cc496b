/**
 * Reports as Autobahn writes them, so that its readers read ours: `index.json`, and a file for each agent and case.
 *
 * What was seen of a connection is written by codec's `report/Json`; what was expected of it, here.
 *
 * @since 0.1.0
 */
import type { Json } from "@effect-ws/codec/report/Json"
import { report } from "@effect-ws/codec/report/Json"
import type { Case, Event, ExpectedClose } from "../cases/Case.js"
import * as C from "../cases/Case.js"
import * as Payload from "../cases/Payload.js"
import { connection } from "../verdict/Record.js"
import type { Result, Results } from "../verdict/Results.js"

/**
 * `<agent>_case_<id>`, without a suffix: the agent in lower case, with `_` for all but letters and digits.
 *
 * @since 0.1.0
 * @category names
 */
export const fileName = (agent: string, id: string): string =>
  `${agent.trim().toLowerCase().replace(/[^a-z0-9]/gu, " ").trim().replaceAll(" ", "_")}_case_${
    id.replaceAll(".", "_")
  }`

/**
 * `index.json`: agent, case id, verdicts.
 *
 * @since 0.1.0
 * @category reports
 */
export const index = (results: Results): Json =>
  Object.fromEntries(
    results.agents().map((agent) => [
      agent,
      Object.fromEntries(
        results.of(agent).map((result) => [result.case.id, {
          behavior: result.verdict.behavior,
          behaviorClose: result.verdict.behaviorClose,
          duration: result.record.duration,
          remoteCloseCode: result.record.closing.remoteCloseCode,
          reportfile: `${fileName(agent, result.case.id)}.json`
        }])
      )
    ])
  )

/**
 * The detail file of one case, with Autobahn's 39 keys.
 *
 * @since 0.1.0
 * @category reports
 */
export const detail = ({ agent, case: theCase, number, record, verdict }: Result): Json =>
  report({
    agent,
    ...verdict,
    case: number,
    id: theCase.id,
    description: theCase.description,
    expectation: theCase.expectation,
    reportTime: C.isMeasured(theCase.script),
    reportCompressionRatio: theCase.script._tag === "Compressed",
    expected: record.opened ? expected(theCase) : {},
    expectedClose: record.opened || theCase.script._tag === "Compressed" ? expectedClose(theCase.close) : {},
    received: record.received.map(event)
  }, connection(record))

/**
 * The lists of events that a case expects, by verdict.
 *
 * @since 0.1.0
 * @category reports
 */
export const expected = ({ script }: Case): { readonly [verdict: string]: ReadonlyArray<Json> } => {
  if (script._tag !== "Events") return {}
  const { nonStrict, ok } = script.expected
  return { OK: ok.map(event), ...(nonStrict === undefined ? {} : { "NON-STRICT": nonStrict.map(event) }) }
}

const expectedClose = ({ closedByMe, codes, requireClean, wrongInitiatorIsFatal }: ExpectedClose): Json => ({
  closeCode: codes,
  closedByMe,
  requireClean,
  ...(wrongInitiatorIsFatal ? { closedByWrongEndpointIsFatal: true } : {})
})

/**
 * @since 0.1.0
 * @category reports
 */
export const event = (one: Event): Json => {
  switch (one._tag) {
    case "Message":
      return ["message", Payload.show(one.payload), one.binary]
    case "Pong":
      return ["pong", Payload.show(one.payload)]
    case "Timeout":
      return ["timeout", one.tag]
  }
}
