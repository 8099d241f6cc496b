/**
 * Keepalive (RFC 6455 §5.5.2): a ping after a silence, and the end if no sign of life follows. In: the phase, and what was noticed. Out:
 * the next phase, how long to wait, and what to do.
 *
 * A received byte is a sign of life, and so is progress of writing; while we do not read, silence says nothing. It has a table of its
 * own, beside that of `transitions.ts`, which only knows its end, as the input "Silence": docs/internals/decisions/keepalive.md. It knows
 * no clock.
 */
import type { Limits } from "../Limits.js"

/** What we know of the peer. */
export type Phase =
  /** It was heard recently. */
  | "Listening"
  /** It was silent, and was sent a ping. */
  | "Asked"
  /**
   * It did not answer. A process that stood still (starved, suspended, collecting garbage) finds its timers due before it has read what
   * arrived meanwhile: so that is read first.
   */
  | "LastLook"

/** What was noticed: at any time, or at the end of a wait. */
export type Notice =
  /** A byte has arrived. */
  | "Heard"
  /** At the end: the peer took what had to wait, or its silence says nothing. */
  | "Alive"
  /** At the end: it was heard within the interval. */
  | "Recent"
  /** At the end: it was not. */
  | "Silent"

export interface Next {
  readonly phase: Phase
  readonly wait: Wait
  readonly sendsPing: boolean
}

/**
 * How long to wait: the interval; the rest of it since something was heard; the timeout; or a moment. Only the first byte after a ping
 * restarts the interval: the rest of the timeout, which may be far longer or shorter, says nothing about the next silence.
 */
export type Wait = "Interval" | "Rest" | "Timeout" | "Moment"

type Transitions = { readonly [P in Phase]: { readonly [N in Notice]: Next | "Stay" | "GiveUp" } }

const listen: Next = { phase: "Listening", wait: "Interval", sendsPing: false }
const listenOn: Next = { phase: "Listening", wait: "Rest", sendsPing: false }
const ask: Next = { phase: "Asked", wait: "Timeout", sendsPing: true }
const look: Next = { phase: "LastLook", wait: "Moment", sendsPing: false }

const transitions: Transitions = {
  // A deadline is not moved with each byte.
  Listening: { Heard: "Stay", Alive: listen, Recent: listenOn, Silent: ask },
  Asked: { Heard: listen, Alive: listen, Recent: look, Silent: look },
  LastLook: { Heard: listen, Alive: listen, Recent: "GiveUp", Silent: "GiveUp" }
}

export const begin: Next = listen

/** What follows from what was noticed. */
export const next = (phase: Phase, notice: Notice): Next | "Stay" | "GiveUp" => transitions[phase][notice]

/** What the end of a wait notices. `left`: milliseconds of the interval since something was heard. */
export const noticeOf = (progress: boolean, isHearing: boolean, left: number): Exclude<Notice, "Heard"> =>
  progress || !isHearing ? "Alive" : left > 0 ? "Recent" : "Silent"

/** In milliseconds. The rest comes in eighths of the interval, so that all connections of a layer share a few lengths. */
export const lengthOf = ({ keepaliveInterval, keepaliveTimeout }: Limits, wait: Wait, left: number): number => {
  switch (wait) {
    case "Interval":
      return keepaliveInterval
    case "Rest": {
      const eighth = keepaliveInterval / 8
      return Math.ceil(left / eighth) * eighth
    }
    case "Timeout":
      return keepaliveTimeout
    case "Moment":
      return 1
  }
}
