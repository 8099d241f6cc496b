/**
 * A connection as the command uses it: one that is opened once, or one that is opened again and again. In: a URL and settings. Out: what both
 * have in common.
 */
import type { Lifecycle } from "@effect-ws/connection/Connection"
import type { Message, Outgoing } from "@effect-ws/connection/Message"
import type { HandshakeError } from "@effect-ws/platform/HandshakeError"
import * as Reconnecting from "@effect-ws/platform/Reconnecting"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type End, wordsOf } from "../internal/Ended.js"
import { visible } from "../internal/terminal.js"

export interface Line {
  readonly messages: Stream.Stream<Message, unknown>
  readonly send: (message: Outgoing) => Effect.Effect<void, Error>
  readonly ping: Effect.Effect<Duration.Duration, Error>
  readonly close: (code: number, reason: string) => Effect.Effect<unknown, Error>
  /** How it ended, for good. */
  readonly ended: Effect.Effect<End>
}

export const open = <R>(url: string, options: WebSocketClient.ConnectOptions<"whole">, { opened }: Told<R>) =>
  Effect.gen(function*() {
    const connection = yield* WebSocketClient.connect(url, options)
    yield* opened(connection, openedAs(connection))
    const { close, messages, outcome, ping, send } = connection
    const line: Line = { close, messages, ping, send, ended: outcome }
    return line
  })

/** Comes back after each end that is worth it. */
export const keep = <R>(url: string, options: WebSocketClient.ConnectOptions<"whole">, { opened, says }: Told<R>) =>
  Effect.gen(function*() {
    const connect = Effect.tap(
      WebSocketClient.connect(url, options),
      (connection) => opened(connection, openedAs(connection))
    )
    const kept = yield* Reconnecting.make(connect)
    yield* Effect.forkScoped(
      Stream.runForEach(
        kept.states,
        (state) => state._tag === "Waiting" ? says(`${wordsOf(endOf(state.after))}; trying again`) : Effect.void
      )
    )
    const { close, messages, send } = kept
    const line: Line = {
      close,
      messages,
      send,
      ping: Effect.flatMap(kept.connection, ({ ping }) => ping),
      ended: Effect.map(kept.ending, endOf)
    }
    return line
  })

/** Who is told of each connection that opens, and of what happens between two. */
export interface Told<R> {
  readonly opened: (connection: Lifecycle, how: string) => Effect.Effect<void, never, R>
  readonly says: (text: string) => Effect.Effect<void>
}

const openedAs = ({ extensions, subprotocol }: Lifecycle): string => {
  const parts = [...Option.toArray(subprotocol), ...(extensions === "" ? [] : [extensions])]
  return `connected${parts.length === 0 ? "" : visible(`: ${parts.join("; ")}`)}`
}

const endOf = (ending: Reconnecting.Ending<HandshakeError>): End => {
  switch (ending._tag) {
    case "Ended":
      return ending.outcome
    case "NotOpened":
      return ending.error
    case "Abandoned":
      return "given up"
  }
}
