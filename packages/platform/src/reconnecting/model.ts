/** What state a kept connection is in, and how it ended. `Reconnecting` exports all of it. */
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import type { Connection } from "@effect-ws/connection/Connection"
import * as Data from "effect/Data"
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import type * as Option from "effect/Option"

/**
 * Why there is no connection any more, or none yet. `E` is what opening one can fail with.
 *
 * - `Ended`: there was one, and this is its outcome.
 * - `NotOpened`: the attempt failed.
 * - `Abandoned`: `close`, or the end of the scope, came when there was none.
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
 * What it is doing.
 *
 * - `Connecting`: the attempt of this number since there last was a connection, from 1.
 * - `Open`: with the round trip as it was last measured; none until the first pong has come.
 * - `Waiting`: for the next attempt, `until` then, since the last one (or the connection) ended so.
 * - `Closed`: for good.
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
 * What becomes of a message that is sent while there is no connection. It waits for the next, behind those that wait already;
 * or sending it fails with `Down`; or it is dropped, and sending it succeeds.
 *
 * @since 0.1.0
 * @category models
 */
export type WhileDown = "wait" | "fail" | "drop"

/**
 * There is no connection at the moment, and nothing of the message was written.
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
 * There is no connection, and will be none any more. `ending` is what the last connection, or the last attempt, came to.
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
