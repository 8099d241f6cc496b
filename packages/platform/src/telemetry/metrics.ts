/** What `Telemetry` counts and measures, by its names and units. Data only. */
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"

/**
 * The metrics, for any exporter of Effect's metrics. Each has the attribute `websocket.role` ("client", "server"); those with a
 * direction also have `network.io.direction` ("receive", "transmit").
 *
 * @since 0.1.0
 * @category metrics
 */
export const metrics = {
  /** Open connections. */
  connections: Metric.counter("websocket.connections.open", { description: "Open connections" }),
  /** Whole messages, by direction. */
  messages: Metric.counter("websocket.messages", { description: "Messages", incremental: true }),
  /** Bytes on the wire, with frame headers and after compression, by direction; without the opening handshake and TLS. */
  octets: Metric.counter("websocket.io", { description: "Bytes on the wire (By)", incremental: true }),
  /**
   * Ended connections, by `websocket.outcome` and `websocket.close.code`: the code received, else the one sent, else "none".
   * Unregistered codes that were received count as `3xxx` and `4xxx`, since a peer may send any.
   */
  closes: Metric.counter("websocket.closes", { description: "Connections that ended", incremental: true }),
  /** Opening handshakes that failed, by `error.type`: the reason, or the status with which a server refused. */
  handshakeFailures: Metric.counter("websocket.handshake.failures", {
    description: "Opening handshakes that failed",
    incremental: true
  }),
  /** Round trips of pings, in seconds: yours and those of keepalive. */
  pings: Metric.histogram(
    "websocket.ping.duration",
    MetricBoundaries.fromIterable([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]),
    "Round trips of pings (s)"
  ),
  /** Bytes accepted and not yet sent, of all connections together. */
  buffered: Metric.gauge("websocket.buffered", { description: "Bytes accepted and not yet sent (By)" })
} as const
