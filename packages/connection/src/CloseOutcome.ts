/**
 * How a connection ended, as one value of a closed union. Every variant says who closed first, what both Closes were, and who
 * dropped TCP, so that you need not guess what "1006" meant.
 *
 * Values only: `Protocol` decides which events lead to which outcome. A connection that never opened has a `HandshakeError` instead.
 *
 * @since 0.1.0
 */
import type { CloseStatus } from "@effect-ws/codec/CloseStatus"
import * as Violation from "@effect-ws/codec/Violation"
import * as Data from "effect/Data"

/**
 * The facts in every outcome.
 *
 * @since 0.1.0
 * @category models
 */
export interface Facts {
  readonly role: Role
  /** Who sent the first Close. If both did at once, each side says "us". */
  readonly closedFirst: "us" | "peer" | "none"
  /** The Close that we sent. */
  readonly local: CloseStatus | undefined
  /** The Close that we received, even if it was illegal. */
  readonly remote: CloseStatus | undefined
  /** Who ended or cut the transport first. */
  readonly droppedBy: "us" | "peer"
}

/**
 * @since 0.1.0
 * @category models
 */
export type Role = "client" | "server"

/**
 * The outcomes.
 *
 * - `Clean`: both Closes were sent, and then the stream ended.
 * - `Failed`: we failed the connection (RFC 6455 §7.1.7).
 * - `CloseTimeout`: our Close was not answered in time.
 * - `DropTimeout`: both Closes were sent, but the server did not drop TCP in time.
 * - `Dropped`: the transport ended or broke before that.
 * - `Aborted`: we cut the transport on purpose; `why` says for whom.
 *
 * @since 0.1.0
 * @category models
 */
export type CloseOutcome = Data.TaggedEnum<{
  Clean: Facts
  Failed: Facts & { readonly failure: Failure }
  CloseTimeout: Facts
  DropTimeout: Facts
  Dropped: Facts & { readonly cause: DropCause }
  Aborted: Facts & { readonly why: AbortReason }
}>

const plain = Data.taggedEnum<CloseOutcome>()

/**
 * Constructors, `CloseOutcome.$match` and `CloseOutcome.$is`. `Equal` compares outcomes by what they hold: the Closes, the failure, the cause, the reason.
 * The `error` of a `Reset` counts as `Equal` has it: the same error, or one of Effect's with the same fields.
 *
 * @example
 * import { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
 *
 * const wasLost = CloseOutcome.$is("Dropped")
 *
 * @since 0.1.0
 * @category constructors
 */
export const CloseOutcome: Data.TaggedEnum.Constructor<CloseOutcome> = {
  $is: plain.$is,
  $match: plain.$match,
  Clean: (facts) => plain.Clean(comparable(facts)),
  Failed: (facts) => plain.Failed({ ...comparable(facts), failure: comparableFailure(facts.failure) }),
  CloseTimeout: (facts) => plain.CloseTimeout(comparable(facts)),
  DropTimeout: (facts) => plain.DropTimeout(comparable(facts)),
  Dropped: (facts) => plain.Dropped({ ...comparable(facts), cause: Data.struct(facts.cause) }),
  Aborted: (facts) => plain.Aborted({ ...comparable(facts), why: Data.struct(facts.why) })
}

/** A Close is a plain object of codec's, which knows no `Equal`. */
const comparable = <A extends Facts>(facts: A): A => ({
  ...facts,
  local: facts.local === undefined ? undefined : Data.struct(facts.local),
  remote: facts.remote === undefined ? undefined : Data.struct(facts.remote)
})

const comparableFailure = (failure: Failure): Failure => {
  switch (failure._tag) {
    case "Violation":
      return Failure.Violation({ ...failure, excess: comparableExcess(failure.excess) })
    case "KeepaliveTimeout":
      return Failure.KeepaliveTimeout()
    case "InboxFull":
      return Failure.InboxFull(failure)
    case "Defect":
      return Failure.Defect(failure)
  }
}

const comparableExcess = (excess: Excess | undefined): Excess | undefined =>
  excess === undefined ? undefined : Data.struct(excess)

/**
 * Why we failed a connection.
 *
 * @since 0.1.0
 * @category causes
 */
export type Failure = Data.TaggedEnum<{
  /** The peer broke a rule, or exceeded a limit, which `excess` then has. */
  Violation: { readonly rule: Violation.RuleName; readonly rfc: string; readonly excess: Excess | undefined }
  /** The peer gave no sign of life. */
  KeepaliveTimeout: {}
  /**
   * Messages came faster than they were read, on a host that cannot pause: `size` bytes were unread (as `inboxSize` counts them), and
   * `limit` is the maximum. What was received before can still be read. A host that can pause does so instead.
   */
  InboxFull: { readonly limit: number; readonly size: number }
  /** Something threw on our side: the library, or a function that a host or a user gave to it. Close 1011. */
  Defect: { readonly defect: unknown }
}>

/**
 * @since 0.1.0
 * @category causes
 */
export const Failure = Data.taggedEnum<Failure>()

/**
 * How a message is too big (`MessageTooBig`). All sizes are in bytes.
 *
 * - `Declared`: the headers of its frames so far declare `length`.
 * - `Inflated`: it is compressed, and inflates to more than the limit. Its full size is unknown.
 * - `Fragmented`: with the charge for each fragment, its frames count `length`. `limit` is the limit of that sum.
 *
 * @since 0.1.0
 * @category causes
 */
export type Excess = Data.TaggedEnum<{
  Declared: { readonly limit: number; readonly length: number }
  Inflated: { readonly limit: number }
  Fragmented: { readonly limit: number; readonly length: number }
}>

/**
 * @since 0.1.0
 * @category causes
 */
export const Excess = Data.taggedEnum<Excess>()

/**
 * The failure for a broken rule.
 *
 * @since 0.1.0
 * @category causes
 */
export const violation = (rule: Violation.RuleName, excess?: Excess): Failure =>
  Failure.Violation({ rule, rfc: Violation.rules[rule].rfc, excess: comparableExcess(excess) })

/**
 * Why a transport ended before the closing handshake did.
 *
 * @since 0.1.0
 * @category causes
 */
export type DropCause = Data.TaggedEnum<{
  /** The peer ended its side of the stream without a Close. */
  Eof: {}
  /** The transport broke. */
  Reset: { readonly error: unknown }
}>

/**
 * @since 0.1.0
 * @category causes
 */
export const DropCause = Data.taggedEnum<DropCause>()

/**
 * Why we cut a transport.
 *
 * @since 0.1.0
 * @category causes
 */
export type AbortReason = Data.TaggedEnum<{
  /** The connection's scope closed, and the closing handshake took longer than `linger`. */
  ScopeClosed: {}
  /** The server shut down, and its `grace` passed. */
  GraceOver: {}
  /** The host suspends the program, which the connection cannot outlive: a page goes into the back/forward cache. */
  Suspended: {}
  /** The application called `connection.abort` with this reason. */
  Application: { readonly reason: string }
}>

/**
 * Constructors, `AbortReason.$match` and `AbortReason.$is`.
 *
 * @since 0.1.0
 * @category causes
 */
export const AbortReason = Data.taggedEnum<AbortReason>()
