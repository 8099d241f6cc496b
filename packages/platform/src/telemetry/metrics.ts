/** What `Telemetry` counts and measures, by its names and units. Data only. */
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"

/**
 * The metrics, to be read by whatever exports Effect's. Each has the attribute `websocket.role` ("client", "server"), and those
 * that have a direction `network.io.direction` ("receive", "transmit").
 *
 * @since 0.1.0
 * @category metrics
 */
export const metrics = {
  /** Open connections. */
  connections: Metric.counter("websocket.connections.open", { description: "Open connections" }),
  /** Whole messages, by direction. */
  messages: Metric.counter("websocket.messages", { description: "Messages", incremental: true }),
  /** Octets on the wire, frames and compression included, by direction; without those of the opening handshake and of TLS. */
  octets: Metric.counter("websocket.io", { description: "Octets on the wire (By)", incremental: true }),
  /**
   * Ends, by `websocket.outcome`, and by `websocket.close.code`: the one received, or else the one sent ("none" without). Unregistered
   * codes that were received are `3xxx` and `4xxx`, since a peer may send any.
   */
  closes: Metric.counter("websocket.closes", { description: "Connections that ended", incremental: true }),
  /** Openings that failed, by `error.type`: the reason, or the status with which a server refused. */
  handshakeFailures: Metric.counter("websocket.handshake.failures", {
    description: "Opening handshakes that failed",
    incremental: true
  }),
  /** Round trips of pings, in seconds: of those that a user asks for, and of keepalive's. */
  pings: Metric.histogram(
    "websocket.ping.duration",
    MetricBoundaries.fromIterable([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]),
    "Round trips of pings (s)"
  ),
  /** Octets accepted to be sent that have not left, of all connections together. */
  buffered: Metric.gauge("websocket.buffered", { description: "Octets that have not left (By)" })
} as const
