/** Traces and metrics of what clients do. In: attempts to connect, and what they open. Nothing here fails or throws. */
import type * as Connection from "@effect-ws/connection/Connection"
import type { Meter } from "@effect-ws/connection/host/Meter"
import * as Effect from "effect/Effect"
import type * as Tracer from "effect/Tracer"
import type { HandshakeError, HandshakeReason } from "../HandshakeError.js"
import { pathOf } from "../internal/target.js"
import { excerpt } from "../logging/boundedCause.js"
import type { Counters } from "./counters.js"
import { OpenConnections } from "./OpenConnections.js"
import type { Tracing } from "./tracing.js"

interface Where {
  readonly secure: boolean
  readonly host: string
  readonly port: number
  readonly path: string
}

export class ClientInstruments {
  private readonly connections: OpenConnections

  constructor(
    private readonly counters: Counters | undefined,
    private readonly spans: boolean,
    private readonly propagate: boolean
  ) {
    this.connections = new OpenConnections("client", counters)
  }

  get meter(): Meter {
    return this.connections.meter
  }

  sample(): void {
    this.connections.sample()
  }

  /** `connect` with a span around it; it is given the headers to be added to the request. */
  connecting<A, E extends HandshakeError, R>(
    where: Where,
    connect: (
      headers: ReadonlyArray<readonly [string, string]>,
      parent: Tracer.Span | undefined
    ) => Effect.Effect<A, E, R>
  ): Effect.Effect<A, E, R> {
    const counted = <B>(effect: Effect.Effect<B, E, R>): Effect.Effect<B, E, R> =>
      Effect.tapError(effect, ({ reason }) => Effect.sync(() => this.counters?.handshakeFailed(reason._tag)))
    if (!this.spans) return counted(connect([], undefined))
    const attributes = {
      "network.protocol.name": "websocket",
      "http.request.method": "GET",
      "server.address": where.host,
      "server.port": where.port,
      "url.scheme": where.secure ? "wss" : "ws",
      "url.path": excerpt(pathOf(where.path))
    }
    const spanned = Effect.flatMap(
      Effect.orDie(Effect.currentSpan),
      (span) =>
        connect(this.propagate ? [["traceparent", traceparentOf(span)]] : [], span).pipe(
          Effect.tap(Effect.sync(() => span.attribute("http.response.status_code", 101))),
          Effect.tapError(({ reason }) => Effect.sync(() => annotate(span, reason)))
        )
    )
    return counted(
      Effect.withSpan(spanned, "websocket.connect", { kind: "client", attributes, captureStackTrace: false })
    )
  }

  connected(connection: Connection.Lifecycle, tracing: Tracing | undefined): void {
    this.connections.add(connection, tracing)
  }
}

const annotate = (span: Tracer.Span, reason: HandshakeReason): void => {
  span.attribute("error.type", reason._tag)
  if (reason._tag === "Refused") span.attribute("http.response.status_code", reason.status)
}

const traceparentOf = ({ sampled, spanId, traceId }: Tracer.Span): string =>
  `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`
