/**
 * The echo: a message goes back as it came, text as text and binary as binary. For `run` and `serveMessages`.
 *
 * It keeps nothing: while the peer does not read, the next message waits behind this one, and what the peer sends meanwhile is
 * held by the connection's budgets, not here.
 *
 * @since 0.1.0
 */
import type { Connection } from "@effect-ws/connection/Connection"
import type { Message } from "@effect-ws/connection/Message"
import * as Effect from "effect/Effect"

/**
 * Sends a message back: at once, without an Effect, while the outbox has room, and otherwise when it is this message's turn. If the
 * connection is closing, the message is dropped.
 *
 * @example
 * import type { Connection } from "@effect-ws/connection/Connection"
 * import { echo } from "@effect-ws/example-echo/Echo"
 *
 * const handler = (connection: Connection) => connection.run((message) => echo(connection, message))
 *
 * @since 0.1.0
 * @category handlers
 */
export const echo = (connection: Connection, message: Message): Effect.Effect<void> | undefined =>
  connection.trySend(message) === "full" ? Effect.ignore(connection.send(message)) : undefined
