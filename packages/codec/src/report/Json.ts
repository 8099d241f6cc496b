/**
 * The record of a connection as JSON, with the layout and names of Autobahn's reports, so that programs for those can read it. In: a
 * record. Out: JSON as values, and as text.
 *
 * For a connection that never opened, the duration is 0; Autobahn writes the time of day there.
 *
 * @since 0.1.0
 */
import type { ConnectionRecord, Counts, Traffic } from "./ConnectionRecord.js"

/**
 * JSON values: objects without `undefined`.
 *
 * @since 0.1.0
 * @category models
 */
export type Json = string | number | boolean | null | ReadonlyArray<Json> | { readonly [key: string]: Json }

/**
 * Formats JSON as Autobahn does: 3 spaces, keys in order, ASCII only.
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
 * What a report has besides the record.
 *
 * @since 0.1.0
 * @category models
 */
export interface Heading {
  /** The agent that the report is about. */
  readonly agent: string
  /** The number of the case, and its name. */
  readonly case: number
  readonly id: string
  readonly description: string
  readonly expectation: string
  readonly behavior: string
  readonly behaviorClose: string
  readonly result: string
  readonly resultClose: string
  readonly reportTime: boolean
  readonly reportCompressionRatio: boolean
  readonly expected: Json
  readonly expectedClose: Json
  readonly received: Json
}

/**
 * A report of one connection, with Autobahn's 39 keys.
 *
 * @since 0.1.0
 * @category reports
 */
export const report = (heading: Heading, record: ConnectionRecord): { readonly [key: string]: Json } => ({
  ...heading,
  started: record.started,
  duration: record.duration,
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
    preopenIncomingOctetsWireLevel: record.traffic.preopen.incoming,
    preopenOutgoingOctetsWireLevel: record.traffic.preopen.outgoing
  },
  wirelog: record.wire.map((timed) => timed.record)
})

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
 * The share of a message that is left on the wire; `undefined` if there was none.
 *
 * @since 0.1.0
 * @category reports
 */
export const ratio = ({ app, webSocket }: Pick<Traffic, "app" | "webSocket">): number | undefined =>
  app === 0 ? undefined : webSocket / app

/**
 * What frame headers and the like add to the payload, as a share; `undefined` if there was none.
 *
 * @since 0.1.0
 * @category reports
 */
export const overhead = ({ webSocket, wire }: Pick<Traffic, "webSocket" | "wire">): number | undefined =>
  webSocket === 0 ? undefined : (wire - webSocket) / webSocket
