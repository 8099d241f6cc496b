/**
 * Reports as Autobahn writes them, so that its readers read ours: `index.json`, and a file for each agent and case.
 *
 * The layout and the names of all keys are Autobahn's. Where it writes the time of day as the duration of a connection that
 * never opened, 0 stands here.
 *
 * @since 0.1.0
 */
import type { Case, Event, ExpectedClose } from "../cases/Case.js"
import * as C from "../cases/Case.js"
import * as Payload from "../cases/Payload.js"
import type { Counts, Traffic } from "../verdict/Record.js"
import type { Result, Results } from "../verdict/Results.js"

/**
 * What is written: objects without `undefined`.
 *
 * @since 0.1.0
 * @category models
 */
export type Json = string | number | boolean | null | ReadonlyArray<Json> | { readonly [key: string]: Json }

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
 * As Autobahn formats it: 3 spaces, keys in order, ASCII only.
 *
 * @since 0.1.0
 * @category formatting
 */
export const format = (json: Json): string =>
  JSON.stringify(sorted(json), undefined, 3)
    .replace(/[^\x20-\x7e\n]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)

const isList = (json: Json): json is ReadonlyArray<Json> => Array.isArray(json)

const sorted = (json: Json): Json => {
  if (json === null || typeof json !== "object") return json
  if (isList(json)) return json.map(sorted)
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [key, sorted(value)] as const).sort(([left], [right]) =>
      left < right ? -1 : 1
    )
  )
}

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
export const detail = ({ agent, case: theCase, number, record, verdict }: Result): Json => ({
  agent,
  ...verdict,
  case: number,
  id: theCase.id,
  description: theCase.description,
  expectation: theCase.expectation,
  started: record.started.toISOString(),
  duration: record.duration,
  reportTime: C.isMeasured(theCase.script),
  reportCompressionRatio: theCase.script._tag === "Compressed",
  expected: record.opened ? expected(theCase) : {},
  expectedClose: record.opened || theCase.script._tag === "Compressed" ? expectedClose(theCase.close) : {},
  received: record.received.map(event),
  ...record.closing,
  httpRequest: record.httpRequest,
  httpResponse: record.httpResponse,
  createStats: true,
  createWirelog: record.wirelogOn,
  rxOctetStats: counts(record.octetsIn),
  txOctetStats: counts(record.octetsOut),
  rxFrameStats: counts(record.framesIn),
  txFrameStats: counts(record.framesOut),
  trafficStats: record.traffic === undefined ? null : {
    incoming: traffic(record.traffic.incoming),
    outgoing: traffic(record.traffic.outgoing),
    preopenIncomingOctetsWireLevel: record.preopen.incoming,
    preopenOutgoingOctetsWireLevel: record.preopen.outgoing
  },
  wirelog: record.wire.map((timed) => timed.record)
})

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

const counts = (of: Counts): Json => Object.fromEntries([...of].map(([key, count]) => [String(key), count]))

const traffic = ({ app, frames, messages, webSocket, wire }: Traffic): Json => ({
  OctetsWireLevel: wire,
  OctetsWebSocketLevel: webSocket,
  OctetsAppLevel: app,
  WebSocketFrames: frames,
  WebSocketMessages: messages,
  CompressionRatio: ratio({ app, webSocket }) ?? null,
  WebSocketOverhead: overhead({ webSocket, wire }) ?? null
})

/**
 * How much of a message is left on the wire; `undefined` when there was none.
 *
 * @since 0.1.0
 * @category reports
 */
export const ratio = ({ app, webSocket }: Pick<Traffic, "app" | "webSocket">): number | undefined =>
  app === 0 ? undefined : webSocket / app

/**
 * What frame headers and the like add to the payload, in proportion; `undefined` when there was none.
 *
 * @since 0.1.0
 * @category reports
 */
export const overhead = ({ webSocket, wire }: Pick<Traffic, "webSocket" | "wire">): number | undefined =>
  webSocket === 0 ? undefined : (wire - webSocket) / webSocket
