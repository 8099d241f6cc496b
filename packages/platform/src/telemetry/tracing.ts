/** With what the spans of a connection are made. In: the runtime of whoever connects or accepts. */
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type * as Tracer from "effect/Tracer"
import * as log from "../logging/log.js"

export interface Tracing {
  readonly tracer: Tracer.Tracer
  readonly clock: Clock.Clock
  /** For the log. */
  readonly runtime: Runtime.Runtime<never>
  /** Of the opening handshake: that of closing stands below it. */
  readonly span: Tracer.Span
}

export const tracingOf = <R>(runtime: Runtime.Runtime<R>): Omit<Tracing, "span"> => {
  const [tracer, clock] = Runtime.runSync(runtime)(Effect.zip(Effect.tracer, Effect.clock))
  return { tracer, clock, runtime }
}

/** Tracers and clocks are the user's: what fails in one is logged, and nothing else comes of it. */
export const guarded = <A>(runtime: Runtime.Runtime<never>, trace: () => A): A | undefined => {
  try {
    return trace()
  } catch (defect) {
    Runtime.runFork(runtime)(log.fault("A tracer failed", Cause.die(defect)))
    return undefined
  }
}
