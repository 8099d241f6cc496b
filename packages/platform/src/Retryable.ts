/**
 * Is another attempt worthwhile? In: how a connection ended, or why it did not open. Out: yes or no, for each of them; and how long the
 * server asks to wait.
 *
 * Yes where time may heal: the network, a server that restarts or is overloaded. No where the next attempt would end the same way (a
 * certificate, a broken rule, a refusal with status 403), and no after an end that we or the server wanted. `connection.abort` gives up
 * only this connection, so yes. How long to wait otherwise, and how often, is up to a `Schedule`.
 *
 * @since 0.1.0
 */
import type { CloseStatus } from "@effect-ws/codec/CloseStatus"
import * as RetryAfter from "@effect-ws/codec/RetryAfter"
import { describe } from "@effect-ws/connection/CloseDescription"
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { HandshakeError, HandshakeReason } from "./HandshakeError.js"

/**
 * Whether a client should try again, by what can be known in general.
 *
 * @example
 * import { HandshakeError } from "@effect-ws/platform/HandshakeError"
 * import { isRetryable } from "@effect-ws/platform/Retryable"
 *
 * // As the default, but with a fresh token for the next attempt a 401 may be overcome:
 * const worthIt = (end: Parameters<typeof isRetryable>[0]) =>
 *   (end instanceof HandshakeError && end.reason._tag === "Refused" && end.reason.status === 401) || isRetryable(end)
 *
 * @since 0.1.0
 * @category retrying
 */
export const isRetryable = (end: CloseOutcome | HandshakeError): boolean =>
  end instanceof HandshakeError ? ofHandshake(end.reason) : ofOutcome(end)

/**
 * How long the refusing server (or proxy) asks to wait, at most `atMost`: its `Retry-After` (RFC 9110 §10.2.3), in seconds or as a date.
 * Zero if it asks for nothing, and for every other end.
 *
 * @since 0.1.0
 * @category retrying
 */
export const retryAfter = (
  end: unknown,
  atMost: Duration.DurationInput = "30 seconds"
): Effect.Effect<Duration.Duration> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const reason = end instanceof HandshakeError ? end.reason : undefined
    if (reason?._tag !== "Refused" && reason?._tag !== "ProxyFailed") return Duration.zero
    const asked = RetryAfter.parse(reason.headers, now) ?? 0
    return Duration.millis(Math.min(asked, Duration.toMillis(atMost), longest))
  })

/** Timers cannot wait for longer: 2^31 - 1 milliseconds, 24 days. */
const longest = 2 ** 31 - 1

/**
 * A schedule that waits as `schedule` does, but at least as long as {@link retryAfter} says of the failure. For `Effect.retry`;
 * `Reconnecting` does so by itself. Its output is the failure.
 *
 * @example
 * import * as Retryable from "@effect-ws/platform/Retryable"
 * import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
 * import * as Effect from "effect/Effect"
 * import * as Schedule from "effect/Schedule"
 *
 * const patient = Effect.retry(WebSocketClient.connect("wss://a.example/"), {
 *   while: Retryable.isRetryable,
 *   schedule: Retryable.withRetryAfter(Schedule.exponential("500 millis"), "1 minute")
 * })
 *
 * @since 0.1.0
 * @category retrying
 */
export const withRetryAfter = <Out, In, R>(
  schedule: Schedule.Schedule<Out, In, R>,
  atMost?: Duration.DurationInput
): Schedule.Schedule<In, In, R> =>
  Schedule.modifyDelayEffect(
    Schedule.passthrough(schedule),
    (end, delay) => Effect.map(retryAfter(end, atMost), (asked) => Duration.max(delay, asked))
  )

/** What we ended is over; otherwise the peer's Close decides, and where there was none, the way it was lost. */
const ofOutcome = (outcome: CloseOutcome): boolean => {
  switch (describe(outcome).how._tag) {
    case "Clean":
    case "DropTimeout":
    case "Eof":
    case "Reset":
      return outcome.closedFirst !== "us" && (outcome.remote === undefined || ofClose(outcome.remote))
    case "KeepaliveTimeout":
    case "InboxFull":
    case "Suspended":
    // The application gave up this connection, and not what it was for: `close` is how to have done.
    case "Application":
      return true
    // The same peer would break the same rule; and what is wrong on our side stays so.
    case "Violation":
    case "Defect":
    case "CloseTimeout":
    case "ScopeClosed":
    case "GraceOver":
      return false
  }
}

/** A Close without a code says nothing of being done; one of an application (4000 to 4999) is the application's to judge. */
const ofClose = (status: CloseStatus): boolean => status._tag === "Empty" || passing.includes(status.code)

/** Of IANA's registry: those that say that it is about the server, and about now. */
const passing: ReadonlyArray<number> = [
  1001, // going away
  1011, // internal error
  1012, // service restart
  1013, // try again later
  1014, // bad gateway
  3008 // timeout
]

const ofHandshake: (reason: HandshakeReason) => boolean = HandshakeReason.$match({
  InvalidRequest: () => false,
  InvalidOption: () => false,
  Unreachable: () => true,
  TlsFailed: ({ cause }) => isBroken(cause),
  ProxyFailed: ({ status }) => ofStatus(status),
  Timeout: () => true,
  Dropped: () => true,
  Refused: ({ status }) => ofStatus(status),
  Violation: () => false,
  NoHttp2: () => false,
  Undisclosed: () => true
})

/** RFC 9110 §15: a status that we do not know is as the x00 of its class, and one beyond the classes is a server's error. */
const ofStatus = (status: number): boolean =>
  status < 500 ? passingRefusals.includes(status) : !lasting.includes(status)

/** RFC 9110 §15.5, 6585 §4, 8470 §5.2: of a client's errors, those that say that it is about now. */
const passingRefusals: ReadonlyArray<number> = [
  408, // request timeout
  425, // too early
  429 // too many requests
]

/** RFC 9110 §15.6, 2295 §8.1, 5842 §7.2, 2774 §7: of a server's errors, those that the same request would meet again. */
const lasting: ReadonlyArray<number> = [
  501, // not implemented
  505, // HTTP version not supported
  506, // variant also negotiates
  508, // loop detected
  510 // not extended
]

/** The transport broke under TLS, as opposed to a certificate or a version that will not do. */
const isBroken = (cause: unknown): boolean =>
  typeof cause === "object" && cause !== null && "code" in cause && typeof cause.code === "string" &&
  ["ECONNRESET", "ECONNABORTED", "EPIPE", "ETIMEDOUT"].includes(cause.code)
