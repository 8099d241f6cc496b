/** Traces and metrics of what servers do. In: requests, how each is answered, and what it opens. Nothing here fails or throws. */
import * as HttpHeaders from "@effect/platform/Headers"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import type * as Connection from "@effect-ws/connection/Connection"
import type { Meter } from "@effect-ws/connection/host/Meter"
import * as Context from "effect/Context"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as Tracer from "effect/Tracer"
import { pathOf } from "../internal/target.js"
import { excerpt } from "../logging/boundedCause.js"
import type { Upgrade } from "../serving/upgrade.js"
import type { Counters } from "./counters.js"
import { OpenConnections } from "./OpenConnections.js"
import { guarded, type Tracing, tracingOf } from "./tracing.js"

export class ServerInstruments {
  private readonly connections: OpenConnections
  /** Requests that were not answered yet. */
  private readonly accepting = new WeakMap<Upgrade, Tracing>()

  constructor(
    private readonly counters: Counters | undefined,
    private readonly spans: boolean,
    private readonly propagate: boolean
  ) {
    this.connections = new OpenConnections("server", counters)
  }

  get meter(): Meter {
    return this.connections.meter
  }

  sample(): void {
    this.connections.sample()
  }

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

  /** Answers under which span what follows is traced. */
  accepted(upgrade: Upgrade, connection: Connection.Lifecycle): Tracing | undefined {
    const tracing = this.answered(upgrade, 101)
    this.connections.add(connection, tracing)
    return tracing
  }

  /** `undefined`: the client has left. */
  refused(upgrade: Upgrade, status: number | undefined): void {
    this.rejected(status === undefined ? "Left" : String(status))
    this.answered(upgrade, status)
  }

  /** A request that nobody was asked about. */
  rejected(type: string): void {
    this.counters?.handshakeFailed(type)
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

const traceHeaders = ({ offer }: Upgrade): HttpHeaders.Headers =>
  HttpHeaders.fromInput(
    offer.headers.filter(([name]) => ["traceparent", "b3"].includes(name.toLowerCase()))
  )
