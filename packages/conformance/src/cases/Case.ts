/**
 * What a case is: data. What the examiner does (its script), which events satisfy it, and how the connection has to end.
 *
 * Types and constructors only. How a script is carried out is known to `Script`, how the outcome is judged to `Verdict`,
 * and the cases themselves are beside this file. It is long as a vocabulary is: more is said of each word than it takes to define it.
 *
 * @since 0.1.0
 */
import * as Payload from "./Payload.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Case {
  /** Such as `6.4.3`. */
  readonly id: string
  readonly description: string
  readonly expectation: string
  readonly script: Script
  readonly close: ExpectedClose
  /** Whether the examiner closes by itself once it has seen all that it expects. */
  readonly autoClose: boolean
  /** What is done to the verdicts at the very end. */
  readonly hook: Hook
  /** Which roles of the peer it can be run against. */
  readonly peers: ReadonlyArray<PeerRole>
  /** Set for cases that measure how long the peer takes to react: they are run while the machine is quiet. */
  readonly timed: boolean
  /** Set for cases that keep both sides busy: few of them are run at a time. */
  readonly heavy: boolean
}

/**
 * @since 0.1.0
 * @category models
 */
export type PeerRole = "client" | "server"

/**
 * - `Events`: the actions are carried out, and what comes back is compared with what is expected.
 * - `FirstEcho`: the first message that comes back has to have the right type and length.
 * - `RoundTrips`: a message is sent again and again, each when the one before it has come back.
 * - `Compressed`: likewise, with permessage-deflate and windows of a corpus.
 * - `Handshake`: an opening handshake written octet by octet, and what the peer makes of it.
 *
 * @since 0.1.0
 * @category models
 */
export type Script = Events | FirstEcho | RoundTrips | Compressed | Handshake

/**
 * @since 0.1.0
 * @category models
 */
export interface Events {
  readonly _tag: "Events"
  readonly actions: ReadonlyArray<Action>
  readonly expected: Expected
  /** What the examiner asks for in its opening handshake. */
  readonly extension: Extension | undefined
}

/**
 * Which events make which verdict.
 *
 * @since 0.1.0
 * @category models
 */
export interface Expected {
  readonly ok: ReadonlyArray<Event>
  readonly nonStrict: ReadonlyArray<Event> | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface FirstEcho {
  readonly _tag: "FirstEcho"
  readonly actions: ReadonlyArray<Action>
  readonly binary: boolean
  readonly length: number
  readonly seconds: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface RoundTrips {
  readonly _tag: "RoundTrips"
  readonly count: number
  readonly binary: boolean
  readonly payload: Payload.Payload
  readonly seconds: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Compressed {
  readonly _tag: "Compressed"
  readonly count: number
  readonly corpus: CorpusName
  /** In octets, or in characters where the corpus is text. */
  readonly length: number
  /** The size of the frames that a message is cut into; 0 for whole messages. */
  readonly fragment: number
  readonly seconds: number
  readonly extension: Extension
}

/**
 * @since 0.1.0
 * @category models
 */
export type CorpusName = "json" | "bitmap" | "prose" | "html" | "document"

/**
 * How permessage-deflate is negotiated: what the examiner offers as a client, and what it answers as a server.
 *
 * @since 0.1.0
 * @category models
 */
export interface Extension {
  readonly offers: ReadonlyArray<string>
  readonly answer: AnswerPolicy
}

/**
 * What the examiner, as a server, asks of a client that offers permessage-deflate.
 *
 * @since 0.1.0
 * @category models
 */
export interface AnswerPolicy {
  readonly noContextTakeover: boolean
  readonly windowBits: 9 | 15 | undefined
  /** Whether it does without `windowBits` when they were not offered, rather than decline. */
  readonly fallback: boolean
}

/**
 * An opening handshake that is not an ordinary one. As a client the examiner sends a request, as a server it answers with a
 * response, written octet by octet.
 *
 * @since 0.1.0
 * @category models
 */
export interface Handshake {
  readonly _tag: "Handshake"
  /** The pieces that are written, as latin1, each `gap` milliseconds after the one before. */
  readonly write: (facts: HandshakeFacts) => ReadonlyArray<string>
  readonly gap: number
  readonly expected: HandshakeExpectation
}

/**
 * What the writer of a handshake has to know.
 *
 * @since 0.1.0
 * @category models
 */
export interface HandshakeFacts {
  readonly host: string
  readonly target: string
  /** The key of the request: ours, or the one that the peer sent. */
  readonly key: string
  /** The right answer to it. */
  readonly accept: string
}

/**
 * - `Opens`: the connection opens, and messages come back: as many as were sent behind the head, and one more. A server may
 *   choose one of the `protocols`; what it answers to an offer of extensions (nothing: an empty string) has to fit `extensions`.
 * - `Refused`: the server answers with one of these statuses and these headers, by name and pattern, and ends the stream.
 * - `Fails`: the client ends the stream, at most with a Close before.
 *
 * @since 0.1.0
 * @category models
 */
export type HandshakeExpectation =
  | {
    readonly _tag: "Opens"
    readonly echoes: number
    readonly protocols: ReadonlyArray<string>
    readonly extensions: RegExp
  }
  | {
    readonly _tag: "Refused"
    readonly statuses: ReadonlyArray<number>
    readonly headers: Readonly<Record<string, RegExp>>
  }
  | { readonly _tag: "Fails" }

/**
 * What is seen of the peer, in order.
 *
 * @since 0.1.0
 * @category models
 */
export type Event =
  | { readonly _tag: "Message"; readonly binary: boolean; readonly payload: Payload.Payload }
  | { readonly _tag: "Pong"; readonly payload: Payload.Payload }
  | { readonly _tag: "Timeout"; readonly tag: WaitTag }

/**
 * @since 0.1.0
 * @category models
 */
export type WaitTag = "A" | "B"

/**
 * How a frame reaches the socket: with others of the same turn, in a turn of its own, or cut into pieces of so many octets
 * with a turn for each.
 *
 * @since 0.1.0
 * @category models
 */
export type Pace = "joined" | "apart" | number

/**
 * A step of a script.
 *
 * @since 0.1.0
 * @category models
 */
export type Action =
  | {
    readonly _tag: "Frame"
    readonly opcode: number
    readonly fin: boolean
    readonly rsv: number
    readonly payload: Payload.Payload
    readonly pace: Pace
  }
  /** A message as a sender would send it: compressed if that was negotiated, cut into frames of `fragment` octets if not 0. */
  | { readonly _tag: "Message"; readonly binary: boolean; readonly payload: Payload.Payload; readonly fragment: number }
  /** The first step of the closing handshake: `code` then `reason`, or a body that is `reason` alone. */
  | { readonly _tag: "Close"; readonly code: number | undefined; readonly reason: Payload.Payload }
  /** The header of a text frame that is not final; its payload follows by `FrameData`. */
  | { readonly _tag: "BeginFrame"; readonly length: number }
  | { readonly _tag: "FrameData"; readonly payload: Payload.Payload }
  /** Octets as they stand. */
  | { readonly _tag: "Octets"; readonly octets: (peer: PeerRole) => Uint8Array }
  /** The rest is carried out later. With a tag: only if the connection is still open, and the end of the wait is an event. */
  | { readonly _tag: "Wait"; readonly seconds: number; readonly tag: WaitTag | undefined }
  /** The end of our half of the stream. */
  | { readonly _tag: "HalfClose" }
  /** The connection is broken off with a reset. */
  | { readonly _tag: "Reset" }
  /** If the connection is not closed by then, it is failed: Close 1001, or the end of the stream if a Close was sent. */
  | { readonly _tag: "KillAfter"; readonly seconds: number }
  /** If it is still open by then, an empty Close is sent. */
  | { readonly _tag: "CloseAfter"; readonly seconds: number }

/**
 * How the connection has to end.
 *
 * @since 0.1.0
 * @category models
 */
export interface ExpectedClose {
  /** Whether the examiner is to send the first Close frame. */
  readonly closedByMe: boolean
  /** The codes that a peer's Close may carry; an empty one is always right. */
  readonly codes: ReadonlyArray<number>
  readonly requireClean: boolean
  /** Whether the wrong initiator is not only a fault of closing but of behavior. */
  readonly wrongInitiatorIsFatal: boolean
}

/**
 * - `WrongCodeIsFatal`: a wrong Close code fails the behavior too.
 * - `WrongCodeIsFatalHexReason`: likewise, and reports show the reason that was sent as digits.
 * - `Informational`: whatever happened, it is neither right nor wrong.
 * - `FrameCounts`: the examiner must have sent 1 text frame and 50 continuations.
 * - `Survives`: the peer must take a new connection afterwards.
 *
 * @since 0.1.0
 * @category models
 */
export type Hook =
  | "None"
  | "WrongCodeIsFatal"
  | "WrongCodeIsFatalHexReason"
  | "Informational"
  | "FrameCounts"
  | "Survives"

/**
 * The examiner closes with 1000, cleanly.
 *
 * @since 0.1.0
 * @category closes
 */
export const closedByMe: ExpectedClose = closeRule(true, [1000], true)

/**
 * The peer has to fail the connection with one of these codes, or none.
 *
 * @since 0.1.0
 * @category closes
 */
export const failedByPeer = (...codes: ReadonlyArray<number>): ExpectedClose => closeRule(false, codes, false)

function closeRule(byMe: boolean, codes: ReadonlyArray<number>, requireClean: boolean): ExpectedClose {
  return { closedByMe: byMe, codes, requireClean, wrongInitiatorIsFatal: false }
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  id: string,
  description: string,
  expectation: string,
  script: Script,
  close: ExpectedClose,
  fields: Partial<Pick<Case, "autoClose" | "hook" | "peers" | "timed" | "heavy">> = {}
): Case => ({
  id,
  description,
  expectation,
  script,
  close,
  autoClose: true,
  hook: "None",
  peers: ["client", "server"],
  timed: false,
  heavy: isMeasured(script),
  ...fields
})

/**
 * @since 0.1.0
 * @category constructors
 */
export const events = (
  actions: ReadonlyArray<Action>,
  ok: ReadonlyArray<Event>,
  nonStrict?: ReadonlyArray<Event>,
  extension?: Extension
): Events => ({ _tag: "Events", actions, expected: { ok, nonStrict }, extension })

/**
 * Whether a script measures something, so that its duration is worth showing.
 *
 * @since 0.1.0
 * @category queries
 */
export const isMeasured = ({ _tag }: Script): boolean =>
  _tag === "FirstEcho" || _tag === "RoundTrips" || _tag === "Compressed"

/**
 * @since 0.1.0
 * @category actions
 */
export const frame = (
  opcode: number,
  payload: Payload.Payload = Payload.empty,
  fields: { readonly fin?: boolean; readonly rsv?: number; readonly pace?: Pace } = {}
): Action => ({ _tag: "Frame", opcode, payload, fin: true, rsv: 0, pace: "joined", ...fields })

/**
 * @since 0.1.0
 * @category actions
 */
export const message = (binary: boolean, payload: Payload.Payload, fragment = 0): Action => ({
  _tag: "Message",
  binary,
  payload,
  fragment
})

/**
 * @since 0.1.0
 * @category actions
 */
export const close = (code?: number, reason: Payload.Payload = Payload.empty): Action => ({
  _tag: "Close",
  code,
  reason
})

/**
 * @since 0.1.0
 * @category actions
 */
export const wait = (seconds: number, tag?: WaitTag): Action => ({ _tag: "Wait", seconds, tag })

/**
 * @since 0.1.0
 * @category actions
 */
export const killAfter = (seconds: number): Action => ({ _tag: "KillAfter", seconds })

/**
 * @since 0.1.0
 * @category actions
 */
export const closeAfter = (seconds: number): Action => ({ _tag: "CloseAfter", seconds })

/**
 * @since 0.1.0
 * @category events
 */
export const received = (binary: boolean, payload: Payload.Payload): Event => ({ _tag: "Message", binary, payload })

/**
 * @since 0.1.0
 * @category events
 */
export const pong = (payload: Payload.Payload): Event => ({ _tag: "Pong", payload })

/**
 * @since 0.1.0
 * @category events
 */
export const timeout = (tag: WaitTag): Event => ({ _tag: "Timeout", tag })

/**
 * Whether two lists of events are the same to the octet.
 *
 * @since 0.1.0
 * @category events
 */
export const sameEvents = (left: ReadonlyArray<Event>, right: ReadonlyArray<Event>): boolean =>
  left.length === right.length && left.every((event, i) => sameEvent(event, right[i]))

const sameEvent = (left: Event, right: Event | undefined): boolean => {
  switch (left._tag) {
    case "Message":
      return right?._tag === "Message" && left.binary === right.binary && Payload.equals(left.payload, right.payload)
    case "Pong":
      return right?._tag === "Pong" && Payload.equals(left.payload, right.payload)
    case "Timeout":
      return right?._tag === "Timeout" && left.tag === right.tag
  }
}
