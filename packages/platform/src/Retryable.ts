/**
 * Is another attempt worth it? In: how a connection ended, or why it did not open. Out: yes or no, for every one of them.
 *
 * Yes where time may heal: the network, a server that restarts or is overloaded. No where the next attempt would end as this one
 * did (a certificate, a broken rule, a refusal by status 403), and no after an end that was wanted, by us or by the server. It
 * decides nothing else: how long to wait, and how often, is a `Schedule`'s.
 *
 * @since 0.1.0
 */
import type { CloseStatus } from "@effect-ws/codec/CloseStatus"
import type { Facts, Failure } from "@effect-ws/connection/CloseOutcome"
import { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import { HandshakeError, HandshakeReason } from "@effect-ws/connection/HandshakeError"

/**
 * Whether a client should try again, unless it knows better.
 *
 * @example
 * import { HandshakeError } from "@effect-ws/connection/HandshakeError"
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

/** What we ended is over; otherwise the peer's Close decides, and where there was none, the way it was lost. */
const ofOutcome: (outcome: CloseOutcome) => boolean = CloseOutcome.$match({
  Clean: (facts) => ofFacts(facts),
  DropTimeout: (facts) => ofFacts(facts),
  Dropped: (facts) => ofFacts(facts),
  Failed: ({ failure }) => ofFailure(failure),
  CloseTimeout: () => false,
  Aborted: ({ why }) => why === "SendDeadline"
})

const ofFacts = ({ closedFirst, remote }: Facts): boolean =>
  closedFirst !== "us" && (remote === undefined || ofClose(remote))

const ofFailure = (failure: Failure): boolean => {
  switch (failure._tag) {
    case "KeepaliveTimeout":
      return true
    // The same peer would break the same rule.
    case "Violation":
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
  Unreachable: () => true,
  TlsFailed: ({ cause }) => isBroken(cause),
  ProxyFailed: ({ status }) => ofStatus(status),
  Timeout: () => true,
  Dropped: () => true,
  Refused: ({ status }) => ofStatus(status),
  Violation: () => false
})

const ofStatus = (status: number): boolean => retryable.includes(status)

/** RFC 9110 §15, 6585 §4, 8470 §5.2. */
const retryable: ReadonlyArray<number> = [
  408, // request timeout
  425, // too early
  429, // too many requests
  500, // internal server error
  502, // bad gateway
  503, // service unavailable
  504 // gateway timeout
]

/** The transport broke under TLS, as opposed to a certificate or a version that will not do. */
const isBroken = (cause: unknown): boolean =>
  typeof cause === "object" && cause !== null && "code" in cause && typeof cause.code === "string" &&
  ["ECONNRESET", "ECONNABORTED", "EPIPE", "ETIMEDOUT"].includes(cause.code)
