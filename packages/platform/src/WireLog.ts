/**
 * Records what connections do: opening handshake, wire statistics, wire log, pings, waits, and closing behavior, as the conformance
 * suite's reports have it, for every client and server that its layer is provided to. Without the layer nothing is recorded, at no cost.
 *
 * In: connections as they open. Out: a {@link Report} for each recorded one, as a value, as JSON in the layout of Autobahn's reports, as
 * a page, and as a capture for Wireshark. Payloads and credentials are left out unless you ask for them. Memory is bounded, for each
 * connection and for all together.
 *
 * It records connections whose bytes go through us. Where the host speaks the protocol (a page's WebSocket), there are no bytes to see.
 *
 * @since 0.1.0
 */
import type * as Connection from "@effect-ws/connection/Connection"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import * as capture from "./wireLog/capture.js"
import type { OpenConnection, OutcomeCounts, Report, Summary } from "./wireLog/model.js"
import { type Options, options, settingsOf } from "./wireLog/options.js"
import { Recorder } from "./wireLog/Recorder.js"
import * as render from "./wireLog/render.js"
import { WireLog } from "./wireLog/service.js"

export type {
  Candidate,
  Entry,
  Identity,
  Kept,
  OpenConnection,
  OutcomeCounts,
  Ping,
  Report,
  Summary,
  Wait
} from "./wireLog/model.js"
export { type Options, options, unclean } from "./wireLog/options.js"

export {
  /**
   * Clients and servers look for it when they are made.
   *
   * @since 0.1.0
   * @category services
   */
  WireLog
}

/**
 * Records the connections of the clients and servers that it is provided to. Dies of an `InvalidOption`.
 *
 * @example
 * import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
 * import * as WireLog from "@effect-ws/platform/WireLog"
 * import * as Layer from "effect/Layer"
 *
 * declare const server: Layer.Layer<WebSocketServer.WebSocketServer> // NodeWebSocketServer.layer({ port: 8080 })
 *
 * // of one connection in a hundred, and kept if it did not end Clean
 * const recorded = Layer.provideMerge(server, WireLog.layer({ sample: 0.01, keep: WireLog.unclean }))
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (given: Options = {}): Layer.Layer<WireLog> =>
  Layer.effect(
    WireLog,
    Effect.flatMap(Effect.clock, (clock) =>
      Effect.flatMap(Effect.runtime<never>(), (runtime) =>
        Effect.sync(() =>
          new Recorder(settingsOf(InvalidOption.read(options, given), runtime), clock)
        )))
  )

/**
 * The open connections, recorded or not, oldest first.
 *
 * @since 0.1.0
 * @category reading
 */
export const connections: Effect.Effect<ReadonlyArray<OpenConnection>, never, WireLog> = Effect.map(
  WireLog,
  (recorder) => recorder.connections()
)

/**
 * The recorded connections: those that have ended, latest first, and those that are open.
 *
 * @since 0.1.0
 * @category reading
 */
export const reports: Effect.Effect<ReadonlyArray<Summary>, never, WireLog> = Effect.map(
  WireLog,
  (recorder) => recorder.summaries()
)

/**
 * The report of a connection; if it is open, as of now. None if it was not recorded, or is no longer kept.
 *
 * @since 0.1.0
 * @category reading
 */
export const report = (id: string): Effect.Effect<Option.Option<Report>, never, WireLog> =>
  Effect.map(WireLog, (recorder) => recorder.report(id))

/**
 * The {@link report} of a connection that you have.
 *
 * @since 0.1.0
 * @category reading
 */
export const reportOf = (connection: Connection.Lifecycle): Effect.Effect<Option.Option<Report>, never, WireLog> =>
  Effect.map(WireLog, (recorder) => recorder.reportOfConnection(connection))

/**
 * How many connections ended in which way, minute by minute: the last 60 minutes in which one ended, oldest first.
 *
 * @since 0.1.0
 * @category reading
 */
export const outcomes: Effect.Effect<ReadonlyArray<OutcomeCounts>, never, WireLog> = Effect.map(
  WireLog,
  (recorder) => recorder.outcomes()
)

/**
 * A report as JSON, with the 39 keys and the format of Autobahn's case reports, for programs that read those. Nothing is judged: both
 * verdicts are "INFORMATIONAL", and `result` says how the connection ended.
 *
 * @since 0.1.0
 * @category rendering
 */
export const json: (report: Report) => string = render.json

/**
 * A report as an HTML page that needs no other file. What the peer sent is escaped.
 *
 * @since 0.1.0
 * @category rendering
 */
export const html: (report: Report) => string = render.whole

/**
 * A report as a capture that Wireshark and tshark open: the bytes before TLS, as TCP packets on port 80, whatever the port was. Payload
 * that was not kept is zeros, and what was left out of the log is missing.
 *
 * @since 0.1.0
 * @category rendering
 */
export const pcapng: (report: Report) => Uint8Array = capture.of
