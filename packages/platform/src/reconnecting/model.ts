/** The states of a kept connection, and how it ended. `Reconnecting` exports all of it. */
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import type { Connection } from "@effect-ws/connection/Connection"
import * as Data from "effect/Data"
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import type * as Option from "effect/Option"

/**
 * Why there is no connection. `E` is the error of opening one.
 *
 * - `Ended`: the connection ended with this outcome.
 * - `NotOpened`: the attempt to open one failed.
 * - `Abandoned`: `close` was called, or the scope closed, while there was none.
 *
 * @since 0.1.0
 * @category models
 */
export type Ending<E> = Data.TaggedEnum<{
  Ended: { readonly outcome: CloseOutcome }
  NotOpened: { readonly error: E }
  Abandoned: {}
}>

interface EndingDefinition extends Data.TaggedEnum.WithGenerics<1> {
  readonly taggedEnum: Ending<this["A"]>
}

/**
 * Constructors, `Ending.$match` and `Ending.$is`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const Ending = Data.taggedEnum<EndingDefinition>()

/**
 * What a kept connection is doing.
 *
 * - `Connecting`: it tries to open one; the attempts since the last connection count from 1.
 * - `Open`: it is open. The latency is the last measured round trip, none before the first pong.
 * - `Waiting`: it pauses `until` the next attempt, `after` an attempt or a connection ended so.
 * - `Closed`: it is closed for good.
 *
 * @since 0.1.0
 * @category models
 */
export type State<E, C = Connection> = Data.TaggedEnum<{
  Connecting: { readonly attempt: number }
  Open: { readonly connection: C; readonly latency: Option.Option<Duration.Duration> }
  Waiting: { readonly until: DateTime.Utc; readonly attempt: number; readonly after: Ending<E> }
  Closed: { readonly ending: Ending<E> }
}>

interface StateDefinition extends Data.TaggedEnum.WithGenerics<2> {
  readonly taggedEnum: State<this["A"], this["B"]>
}

/**
 * Constructors, `State.$match` and `State.$is`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const State = Data.taggedEnum<StateDefinition>()

/**
 * What happens to a message sent while there is no connection: it waits for the next one, behind those that wait already; or sending
 * fails with `Down`; or the message is dropped, and sending succeeds.
 *
 * @since 0.1.0
 * @category models
 */
export type WhileDown = "wait" | "fail" | "drop"

/**
 * There is no connection right now. Nothing of the message was written.
 *
 * @since 0.1.0
 * @category errors
 */
export class Down extends Data.TaggedError("Down") {
  override get message(): string {
    return "nothing was sent: there is no connection right now. With whileDown: \"wait\", messages wait for the next one"
  }
}

/**
 * There is no connection, and there will be no more. `ending` says how the last connection, or the last attempt, ended.
 *
 * @since 0.1.0
 * @category errors
 */
export class Stopped extends Data.TaggedError("Stopped")<{ readonly ending: Ending<unknown> }> {
  override get message(): string {
    return `there will be no more connections: ${inWords(this.ending)}`
  }
}

const inWords = (ending: Ending<unknown>): string => {
  switch (ending._tag) {
    case "Ended":
      return `the last one ended with ${ending.outcome._tag}`
    case "NotOpened":
      return ending.error instanceof Error ? ending.error.message : "the last attempt failed"
    case "Abandoned":
      return "it was closed"
  }
}
