/** Connections in memory, for what is published on them: both ends of each, and what the client received. */
import type { Connection } from "@effect-ws/connection/Connection"
import type { Message } from "@effect-ws/connection/Message"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as Effect from "effect/Effect"

export interface Pair {
  readonly client: Connection
  readonly server: Connection
  readonly received: Array<Message>
}

export const pairs = (count: number) =>
  Effect.gen(function*() {
    const accept = yield* WebSocketTest.acceptor()
    const made: Array<Pair> = []
    for (let i = 0; i < count; i++) {
      const client = yield* WebSocketClient.connect("ws://test/")
      const server = yield* accept
      const received: Array<Message> = []
      yield* Effect.forkScoped(Effect.ignore(client.run((message) => void received.push(message))))
      made.push({ client, server, received })
    }
    return made
  })

/** Lets everything happen that waits for nothing but its turn. */
export const turns: Effect.Effect<void> = Effect.promise(async () => {
  for (let i = 0; i < 10; i++) await new Promise<void>((resolve) => void setImmediate(resolve))
})
