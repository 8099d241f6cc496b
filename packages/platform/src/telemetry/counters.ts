/** The metrics of `Telemetry`, with the attributes of one role. In: what happened. It knows neither connections nor spans. */
import { describe } from "@effect-ws/connection/CloseDescription"
import type { CloseOutcome, Role } from "@effect-ws/connection/CloseOutcome"
import * as Metric from "effect/Metric"
import type { metrics } from "./metrics.js"

export type Metrics = typeof metrics

export type Counters = ReturnType<typeof countersOf>

export const countersOf = (metrics: Metrics, role: Role) => {
  const tags = { "websocket.role": role }
  // The kind of a metric is of no matter here, and `unknown` is no other than the one it has.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  const of = <In, Out>(metric: Metric.Metric<any, In, Out>, more: Readonly<Record<string, string>> = {}) =>
    Object.entries({ ...tags, ...more }).reduce((tagged, [key, value]) => Metric.tagged(tagged, key, value), metric)
  const closes = of(metrics.closes)
  const handshakeFailures = of(metrics.handshakeFailures)
  const receive = { "network.io.direction": "receive" }
  const transmit = { "network.io.direction": "transmit" }
  return {
    connections: of(metrics.connections),
    messagesIn: of(metrics.messages, receive),
    messagesOut: of(metrics.messages, transmit),
    octetsIn: of(metrics.octets, receive),
    octetsOut: of(metrics.octets, transmit),
    pings: of(metrics.pings),
    buffered: of(metrics.buffered),
    closed: (outcome: CloseOutcome): void =>
      of(closes, { "websocket.outcome": outcome._tag, "websocket.close.code": codeOf(outcome) }).unsafeUpdate(1, []),
    handshakeFailed: (type: string): void => of(handshakeFailures, { "error.type": type }).unsafeUpdate(1, [])
  }
}

const codeOf = (outcome: CloseOutcome): string => {
  const { received, sent } = describe(outcome)
  if (received !== undefined) return classOf(received.code)
  return sent === undefined ? "none" : String(sent.code)
}

/** A peer may send any of 2,000 codes of no meaning to us, and each would be a series of its own. */
const classOf = (code: number): string =>
  code < 3000 || registered.includes(code) ? String(code) : `${Math.floor(code / 1000)}xxx`

/** IANA's registry of close codes, from 3000 on. */
const registered: ReadonlyArray<number> = [3000, 3003, 3008]
