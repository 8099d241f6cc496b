/**
 * The half of a client that is the same on every host: traces, metrics and logs of connections, and that they close with their scope.
 * In: how a host opens a connection. Out: connections.
 *
 * Hosts call it; applications do not need it. It knows no sockets and no HTTP: see `NodeWebSocketClient`.
 *
 * @since 0.1.0
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import type { Headers } from "@effect-ws/codec/HttpHeaders"
import * as OptionTable from "@effect-ws/codec/Options"
import { AbortReason } from "@effect-ws/connection/CloseOutcome"
import type * as Connection from "@effect-ws/connection/Connection"
import type { Compression } from "@effect-ws/connection/host/Compression"
import type * as Host from "@effect-ws/connection/host/Host"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import type { Meter } from "@effect-ws/connection/host/Meter"
import type { Transport } from "@effect-ws/connection/host/Transport"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import * as Limits from "@effect-ws/connection/Limits"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import type * as Tracer from "effect/Tracer"
import type { Authorization } from "../Authorization.js"
import type { HandshakeError } from "../HandshakeError.js"
import * as log from "../logging/log.js"
import { Telemetry } from "../Telemetry.js"
import { guarded, type Tracing, tracingOf } from "../telemetry/tracing.js"
import * as handshake from "../wireLog/handshake.js"
import type { Recorder, Watching } from "../wireLog/Recorder.js"
import { WireLog } from "../wireLog/service.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How long closing the scope waits for the closing handshake. */
  readonly linger: Duration.DurationInput
  /** Where to connect, as requested. `path` may have a query, which is never reported. */
  readonly target: {
    readonly secure: boolean
    readonly host: string
    readonly port: number
    readonly path: string
  }
  /** Holds what the connection depends on, in its scope, from opening until it has closed. */
  readonly hold: Effect.Effect<unknown, never, Scope.Scope>
  /** The Close that is sent when the scope closes. Default 1001. */
  readonly closeWith?: CloseStatus.CloseStatus
}

/**
 * The options of one connection: as `ConnectOptions`, but without headers and origin, which the opening handshake judges.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConnectSettings {
  readonly incoming: Connection.Incoming
  readonly subprotocols: ReadonlyArray<string>
  readonly withoutSubprotocol: "accept" | "fail"
  readonly authorization: Authorization | undefined
  readonly compression: false | undefined
  readonly openTimeout: Duration.Duration | undefined
  readonly linger: Duration.Duration | undefined
}

/**
 * The rules for the options. The handshake judges the subprotocols.
 *
 * @since 0.1.0
 * @category options
 */
export const options: OptionTable.Table<ConnectSettings> = {
  incoming: OptionTable.oneOf(["whole", "bytes", "streamed"], { default: "whole" }),
  subprotocols: {
    default: [],
    isRequired: false,
    unit: "",
    range: "a list of subprotocols",
    judge: (value) =>
      Array.isArray(value)
        ? { _tag: "Right", value }
        : {
          _tag: "Wrong",
          at: "",
          value,
          advice: "Give a list, even for one: a string would be read letter by letter."
        }
  },
  withoutSubprotocol: OptionTable.oneOf(["accept", "fail"], { default: "accept" }),
  authorization: {
    default: undefined,
    isRequired: false,
    unit: "",
    range: "a Redacted string",
    judge: (value) =>
      isRedactedText(value)
        ? { _tag: "Right", value }
        // of the value nothing is shown: it may well be the secret
        : {
          _tag: "Wrong",
          at: "",
          value: "<redacted>",
          advice: "Make one with Authorization.basic or Authorization.bearer."
        }
  },
  compression: OptionTable.oneOf([false], { default: undefined }),
  openTimeout: InvalidOption.optionalDuration({ least: 1 }),
  linger: InvalidOption.optionalDuration({ infinity: "nothing is cut" })
}

/**
 * The options that all connections of a client inherit, with the defaults for hosts whose users may leave them out.
 *
 * @since 0.1.0
 * @category options
 */
export const clientOptions: OptionTable.Table<{
  readonly openTimeout: Duration.Duration
  readonly linger: Duration.Duration
}> = {
  openTimeout: InvalidOption.duration({ least: 1, default: "10 seconds" }),
  linger: InvalidOption.duration({ infinity: "nothing is cut", default: "1 second" })
}

const isRedactedText = (value: unknown): value is Authorization =>
  Redacted.isRedacted(value) && typeof Redacted.value(value) === "string"

/**
 * Judges the options for future connections before any is opened: {@link ConnectSettings}, and `limits`. Throws an `InvalidOption`.
 *
 * @since 0.1.0
 * @category options
 */
export const check = (given: { readonly limits?: unknown }): void => {
  InvalidOption.read(options, given)
  InvalidOption.read(Limits.options, given.limits, "limits.")
}

/**
 * How a host opens a connection.
 *
 * @since 0.1.0
 * @category models
 */
export type Open<A> = (
  headers: Headers,
  restore: <B, E, R>(effect: Effect.Effect<B, E, R>) => Effect.Effect<B, E, R>
) => Effect.Effect<A, HandshakeError>

/**
 * @since 0.1.0
 * @category models
 */
export interface Connecting {
  /** The meter for its connections. */
  readonly meter: Meter | undefined
  /**
   * Opens a connection with `open`, which is uninterruptible except where it uses `restore`. `open` gets header lines to add to its
   * request, and returns a function that makes the connection, which is called once. When the scope closes, the connection is closed,
   * and cut after `linger`.
   */
  readonly connect: <C extends Connection.Lifecycle>(
    options: Options,
    open: Open<Make<C>>
  ) => Effect.Effect<C, HandshakeError, Scope.Scope>
  /** What records the connections, if anything does. */
  readonly recorder: Recorder | undefined
}

/**
 * Makes the connection, traced below the given span.
 *
 * @since 0.1.0
 * @category models
 */
export type Make<C extends Connection.Lifecycle> = (tracing: Tracing | undefined) => C

/**
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<Connecting> = Effect.gen(function*() {
  const telemetry = Option.getOrUndefined(yield* Effect.serviceOption(Telemetry))?.client
  const recorder = Option.getOrUndefined(yield* Effect.serviceOption(WireLog))
  const connect = <C extends Connection.Lifecycle>(
    options: Options,
    open: Open<Make<C>>
  ): Effect.Effect<C, HandshakeError, Scope.Scope> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(Effect.runtime<never>(), (runtime) => {
        const { closeWith = goingAway, hold, linger, target } = options
        const opened = (span: Tracer.Span | undefined, make: Make<C>) =>
          Effect.zipRight(hold, Effect.suspend(() => connected(span, make)))
        const connected = (span: Tracer.Span | undefined, make: Make<C>) => {
          const tracing = span === undefined ? undefined : guarded(runtime, () => ({ ...tracingOf(runtime), span }))
          const connection = make(tracing)
          telemetry?.connected(connection, tracing)
          Hosting.listen(connection, (outcome) => {
            const line = log.outcome(connection, outcome, `${target.host}:${target.port}`)
            if (line !== undefined) Runtime.runFork(runtime)(line)
          })
          const close = Hosting.shutdown(connection, {
            status: closeWith,
            grace: linger,
            why: AbortReason.ScopeClosed()
          })
          return Effect.as(Effect.addFinalizer(() => close), connection)
        }
        return telemetry === undefined
          ? Effect.flatMap(open([], restore), (found) => opened(undefined, found))
          : telemetry.connecting(target, (headers, span) =>
            Effect.flatMap(open(headers, restore), (found) => opened(span, found)))
      })
    )
  return { meter: telemetry?.meter, connect, recorder }
})

const goingAway = CloseStatus.make(1001)

/**
 * A transport whose opening handshake is done.
 *
 * @since 0.1.0
 * @category models
 */
export interface Opened {
  readonly transport: Transport
  readonly opening: Connection.Opening
  /** Makes the compression contexts, if permessage-deflate was agreed on. */
  readonly compression: (() => Compression) | undefined
  /** The request as written, for records; over HTTP/2, its fields. */
  readonly request?: Uint8Array | Headers | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface TransportOptions<I extends Connection.Incoming> extends Options {
  readonly host: Host.Host
  readonly incoming: I
}

/**
 * {@link Connecting.connect} for hosts whose transports carry bytes. It is a separate function, so that a page, whose transport carries
 * messages, does not load the protocol.
 *
 * @since 0.1.0
 * @category opening
 */
export const overTransport = <I extends Connection.Incoming>(
  { connect, recorder }: Connecting,
  { host, incoming, ...options }: TransportOptions<I>,
  open: Open<Opened>
): Effect.Effect<Connection.ConnectionFor<I>, HandshakeError, Scope.Scope> =>
  connect(options, (headers, restore) =>
    Effect.map(
      open(headers, restore),
      ({ compression, opening, request, transport }) => (tracing) => {
        let watching: Watching | undefined
        let connection: Connection.ConnectionFor<I> | undefined
        try {
          const contexts = compression?.()
          watching = recorder?.watch({
            role: "client",
            peer: `${options.target.host}:${options.target.port}`,
            opening,
            transport,
            host,
            handshake: () => handshakeOf(opening, request)
          })
          connection = Hosting.unsafeMake(watching?.transport ?? transport, watching?.host ?? host, {
            incoming,
            opening,
            compression: contexts
          })
          watching?.opened(connection, tracing)
          return connection
        } finally {
          if (connection === undefined) { // a defect
            watching?.failed()
            transport.destroy() // it is nobody's
          }
        }
      }
    ))

const handshakeOf = ({ headers, target }: Connection.Opening, request: Opened["request"]) => {
  if (request !== undefined && !(request instanceof Uint8Array)) {
    return { request: handshake.ofFields(request), response: { startLine: "HTTP/2 200", headers } }
  }
  return {
    request: request === undefined ? { startLine: `GET ${target} HTTP/1.1`, headers: [] } : handshake.parse(request),
    response: { startLine: "HTTP/1.1 101 Switching Protocols", headers }
  }
}
