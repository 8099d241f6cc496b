/**
 * Traces and metrics for all clients and servers that are made where its layer is provided. Without it nothing is measured, at no
 * cost.
 *
 * Spans: `websocket.connect` (client) and `websocket.accept` (server), from the request to its answer, and `websocket.close`, from
 * the first Close (or the loss of the transport) to the outcome. Trace context is passed on, and taken over, as `traceparent`.
 * Names and units are OpenTelemetry's where it has them. Attributes contain neither queries nor header values, which hold secrets.
 *
 * @since 0.1.0
 */
import * as OptionTable from "@effect-ws/codec/Options"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { Instruments } from "./telemetry/Instruments.js"
import { metrics } from "./telemetry/metrics.js"

export {
  /**
   * The metrics, for any exporter of Effect's metrics.
   *
   * @since 0.1.0
   * @category metrics
   */
  metrics
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Whether to make spans. Default `true`. */
  readonly spans?: boolean | undefined
  /** Whether to update the metrics. Default `true`. */
  readonly metrics?: boolean | undefined
  /** Whether clients send `traceparent`, and a server's spans continue the client's. Default `true`. */
  readonly propagate?: boolean | undefined
  /** How often to sum up the bytes that connections have buffered: 1 ms to 24.8 days. Default 10 seconds. */
  readonly sampleEvery?: Duration.DurationInput | undefined
}

/**
 * The rules for the options.
 *
 * @since 0.1.0
 * @category options
 */
export const options: OptionTable.Table<{
  readonly spans: boolean
  readonly metrics: boolean
  readonly propagate: boolean
  readonly sampleEvery: Duration.Duration
}> = {
  spans: OptionTable.flag(true),
  metrics: OptionTable.flag(true),
  propagate: OptionTable.flag(true),
  sampleEvery: InvalidOption.duration({ least: 1, default: "10 seconds" })
}

/**
 * Clients and servers look for it when they are made.
 *
 * @since 0.1.0
 * @category services
 */
export class Telemetry extends Context.Tag("@effect-ws/platform/Telemetry")<Telemetry, Instruments>() {}

/**
 * Turns telemetry on for the clients and servers that it is provided to. Dies of an `InvalidOption`.
 *
 * @example
 * import * as Telemetry from "@effect-ws/platform/Telemetry"
 * import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
 * import * as Layer from "effect/Layer"
 *
 * declare const server: Layer.Layer<WebSocketServer.WebSocketServer> // NodeWebSocketServer.layer({ port: 8080 })
 *
 * const observed = Layer.provide(server, Telemetry.layer())
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (given: Options = {}): Layer.Layer<Telemetry> =>
  Layer.scoped(
    Telemetry,
    Effect.gen(function*() {
      const { metrics: counts, propagate, sampleEvery, spans } = InvalidOption.read(options, given)
      const instruments = new Instruments(counts ? metrics : undefined, spans, propagate)
      if (counts) {
        const sample = Effect.sync(() => instruments.sample())
        yield* Effect.forkScoped(Effect.interruptible(Effect.repeat(sample, Schedule.spaced(sampleEvery))))
      }
      return instruments
    })
  )
