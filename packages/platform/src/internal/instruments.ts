/**
 * What `Telemetry` does: spans and metrics of connections. In: what clients and servers do, as they do it. Nothing here fails or
 * throws, and nothing is done for an octet but to add up its count.
 */
import * as HttpHeaders from "@effect/platform/Headers"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import { describe } from "@effect-ws/connection/CloseDescription"
import type { CloseOutcome, Role } from "@effect-ws/connection/CloseOutcome"
import * as Connection from "@effect-ws/connection/Connection"
import type { Meter } from "@effect-ws/connection/host/Meter"
import type { Receiver, Task, Transport } from "@effect-ws/connection/host/Transport"
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as Tracer from "effect/Tracer"
import type { HandshakeError, HandshakeReason } from "../HandshakeError.js"
import type { Upgrade } from "../Serving.js"
import type { metrics } from "../Telemetry.js"
import { excerpt } from "./excerpt.js"
import * as report from "./report.js"
import { pathOf } from "./request.js"

type Metrics = typeof metrics

/** With what to make spans, and under which. */
interface Tracing {
  readonly tracer: Tracer.Tracer
  readonly clock: Clock.Clock
  /** For the log. */
  readonly runtime: Runtime.Runtime<never>
  readonly span: Tracer.Span
}

/** Tracers and clocks are the user's: what fails in one is told, and nothing else comes of it. */
const guarded = <A>(runtime: Runtime.Runtime<never>, trace: () => A): A | undefined => {
  try {
    return trace()
  } catch (defect) {
    Runtime.runFork(runtime)(report.fault("A tracer failed", Cause.die(defect)))
    return undefined
  }
}

/** What is known of an open connection. */
interface Known {
  readonly tracing: Tracing | undefined
  /** In nanoseconds. */
  closingAt: bigint | undefined
}

interface Where {
  readonly secure: boolean
  readonly host: string
  readonly port: number
  readonly path: string
}

export class Instruments {
  readonly client: Side
  readonly server: Side

  constructor(metrics: Metrics | undefined, spans: boolean, propagate: boolean) {
    this.client = new Side("client", metrics, spans, propagate)
    this.server = new Side("server", metrics, spans, propagate)
  }

  sample(): void {
    this.client.sample()
    this.server.sample()
  }
}

export class Side {
  private readonly known = new Map<Connection.Lifecycle, Known>()
  private readonly accepting = new WeakMap<Upgrade, Tracing>()
  private readonly counts: ReturnType<typeof countsOf> | undefined
  readonly meter: Meter

  constructor(
    private readonly role: Role,
    metrics: Metrics | undefined,
    private readonly spans: boolean,
    private readonly propagate: boolean
  ) {
    const counts = metrics === undefined ? undefined : countsOf(metrics, role)
    this.counts = counts
    this.meter = {
      received: (messages) => counts?.messagesIn.unsafeUpdate(messages, []),
      sent: () => counts?.messagesOut.unsafeUpdate(1, []),
      pinged: (roundTrip) => counts?.pings.unsafeUpdate(Duration.toSeconds(roundTrip), []),
      closing: (connection) => {
        const known = this.known.get(connection)
        const { tracing } = known ?? {}
        if (known === undefined || tracing === undefined) return
        known.closingAt ??= guarded(tracing.runtime, () => tracing.clock.unsafeCurrentTimeNanos())
      }
    }
  }

  /** Of all connections together. */
  sample(): void {
    let sum = 0
    for (const connection of this.known.keys()) sum += connection.bufferedAmount
    this.counts?.buffered.unsafeUpdate(sum, [])
  }

  /** As the transport was, with its octets counted. */
  transport(transport: Transport): Transport {
    return this.counts === undefined
      ? transport
      : new CountingTransport(transport, this.counts.octetsIn, this.counts.octetsOut)
  }

  private open(connection: Connection.Lifecycle, tracing: Tracing | undefined): void {
    const { counts } = this
    const known: Known = { tracing, closingAt: undefined }
    this.known.set(connection, known)
    counts?.connections.unsafeUpdate(1, [])
    Connection.listen(connection, (outcome) => {
      this.known.delete(connection)
      counts?.connections.unsafeUpdate(-1, [])
      counts?.closed(outcome)
      const { closingAt, tracing } = known
      if (tracing !== undefined) guarded(tracing.runtime, () => endSpan(tracing, closingAt, this.role, outcome))
    })
  }

  // -- a client's

  /** `connect` with a span around it; it is given the headers to be added to the request. */
  connecting<A, E extends HandshakeError, R>(
    where: Where,
    connect: (
      headers: ReadonlyArray<readonly [string, string]>,
      parent: Tracer.Span | undefined
    ) => Effect.Effect<A, E, R>
  ): Effect.Effect<A, E, R> {
    const counted = <B>(effect: Effect.Effect<B, E, R>): Effect.Effect<B, E, R> =>
      Effect.tapError(effect, ({ reason }) => Effect.sync(() => this.counts?.handshakeFailed(reason._tag)))
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

  connected(
    connection: Connection.Lifecycle,
    span: Tracer.Span | undefined,
    runtime: Runtime.Runtime<never>
  ): void {
    this.open(connection, span === undefined ? undefined : guarded(runtime, () => ({ ...tracingOf(runtime), span })))
  }

  // -- a server's

  /** A request came: the runtime to decide on it with, under a span if there is to be one. */
  began<R>(upgrade: Upgrade, runtime: Runtime.Runtime<R>): Runtime.Runtime<R> {
    return this.spans ? guarded(runtime, () => this.begin(upgrade, runtime)) ?? runtime : runtime
  }

  private begin<R>(upgrade: Upgrade, runtime: Runtime.Runtime<R>): Runtime.Runtime<R> {
    const { clock, tracer } = tracingOf(runtime)
    const parent = this.propagate ? HttpTraceContext.fromHeaders(traceHeaders(upgrade)) : Option.none()
    const span = tracer.span("websocket.accept", parent, Context.empty(), [], clock.unsafeCurrentTimeNanos(), "server")
    span.attribute("network.protocol.name", "websocket")
    span.attribute("http.request.method", "GET")
    span.attribute("url.path", excerpt(pathOf(upgrade.offer.target)))
    span.attribute("url.scheme", upgrade.secure ? "wss" : "ws")
    if (upgrade.remoteAddress !== undefined) span.attribute("client.address", upgrade.remoteAddress)
    this.accepting.set(upgrade, { span, clock, tracer, runtime })
    return Runtime.provideService(runtime, Tracer.ParentSpan, span)
  }

  accepted(upgrade: Upgrade, connection: Connection.Lifecycle): void {
    this.open(connection, this.answered(upgrade, 101))
  }

  /** `undefined`: the client has left. */
  refused(upgrade: Upgrade, status: number | undefined): void {
    this.rejected(status === undefined ? "Left" : String(status))
    this.answered(upgrade, status)
  }

  /** A request that nobody was asked about. */
  rejected(type: string): void {
    this.counts?.handshakeFailed(type)
  }

  private answered(upgrade: Upgrade, status: number | undefined): Tracing | undefined {
    const found = this.accepting.get(upgrade)
    if (found === undefined) return undefined
    this.accepting.delete(upgrade)
    guarded(found.runtime, () => endAccept(found, status))
    return found
  }
}

const endAccept = ({ clock, span }: Tracing, status: number | undefined): void => {
  if (status !== undefined) span.attribute("http.response.status_code", status)
  if (status === undefined || status >= 400) {
    span.attribute("error.type", status === undefined ? "Left" : String(status))
  }
  const isFault = status !== undefined && status >= 500
  span.end(clock.unsafeCurrentTimeNanos(), isFault ? Exit.fail(`refused with ${status}`) : Exit.void)
}

const tracingOf = <R>(runtime: Runtime.Runtime<R>): Omit<Tracing, "span"> => {
  const [tracer, clock] = Runtime.runSync(runtime)(Effect.zip(Effect.tracer, Effect.clock))
  return { tracer, clock, runtime }
}

const annotate = (span: Tracer.Span, reason: HandshakeReason): void => {
  span.attribute("error.type", reason._tag)
  if (reason._tag === "Refused") span.attribute("http.response.status_code", reason.status)
}

const traceparentOf = ({ sampled, spanId, traceId }: Tracer.Span): string =>
  `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`

const traceHeaders = ({ offer }: Upgrade): HttpHeaders.Headers =>
  HttpHeaders.fromInput(
    offer.headers.filter(([name]) => ["traceparent", "b3"].includes(name.toLowerCase()))
  )

/** From the first Close, or the loss of the transport, to the outcome. */
const endSpan = (
  { clock, span: parent, tracer }: Tracing,
  closingAt: bigint | undefined,
  role: Role,
  outcome: CloseOutcome
): void => {
  const now = clock.unsafeCurrentTimeNanos()
  const span = tracer.span("websocket.close", Option.some(parent), Context.empty(), [], closingAt ?? now, role)
  span.attribute("network.protocol.name", "websocket")
  span.attribute("websocket.outcome", outcome._tag)
  span.attribute("websocket.closed_first", outcome.closedFirst)
  span.attribute("websocket.dropped_by", outcome.droppedBy)
  const { errorType, how, received, sent } = describe(outcome)
  if (sent !== undefined) span.attribute("websocket.close.local.code", sent.code)
  if (received !== undefined) span.attribute("websocket.close.remote.code", received.code)
  if (errorType !== undefined) span.attribute("error.type", errorType)
  if (how._tag === "Violation") span.attribute("websocket.violation.rfc", how.rfc)
  span.end(now, errorType === undefined ? Exit.void : Exit.fail(errorType))
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

const countsOf = (metrics: Metrics, role: Role) => {
  const tags = { "websocket.role": role }
  const of = <Type, In, Out>(metric: Metric.Metric<Type, In, Out>, more: Readonly<Record<string, string>> = {}) =>
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

/** Delegates, and adds up. */
class CountingTransport implements Transport, Receiver {
  private receiver: Receiver | undefined = undefined

  constructor(
    private readonly transport: Transport,
    private readonly received: Metric.Metric.Counter<number>,
    private readonly sent: Metric.Metric.Counter<number>
  ) {}

  get pending(): number {
    return this.transport.pending
  }

  attach(receiver: Receiver): void {
    this.receiver = receiver
    this.transport.attach(this)
  }

  write(chunks: ReadonlyArray<Uint8Array>): boolean {
    let size = 0
    for (const { length } of chunks) size += length
    this.sent.unsafeUpdate(size, [])
    return this.transport.write(chunks)
  }

  whenFlushed(task: () => void): void {
    this.transport.whenFlushed(task)
  }

  pause(): void {
    this.transport.pause()
  }

  resume(): void {
    this.transport.resume()
  }

  halfClose(): void {
    this.transport.halfClose()
  }

  destroy(): void {
    this.transport.destroy()
  }

  atEndOfTurn(task: Task): void {
    this.transport.atEndOfTurn(task)
  }

  onOctets(octets: Uint8Array): void {
    this.received.unsafeUpdate(octets.length, [])
    this.receiver?.onOctets(octets)
  }

  onDrained(): void {
    this.receiver?.onDrained()
  }

  onEnd(): void {
    this.receiver?.onEnd()
  }

  onClosed(error: unknown): void {
    this.receiver?.onClosed(error)
  }
}
