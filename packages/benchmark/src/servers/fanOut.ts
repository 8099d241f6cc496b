/**
 * Ours as one text goes to all connections, in each way that a user would write it. The first message of a connection is sent back
 * to it; by then it hears what the others say.
 */
import type { Connection } from "@effect-ws/connection/Connection"
import type { ConnectionClosed } from "@effect-ws/connection/ConnectionError"
import { type Message, PreparedMessage } from "@effect-ws/connection/Message"
import * as Topics from "@effect-ws/platform/Topics"
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import type { Way } from "../FanOut.js"
import { type Server, start } from "./effectWs.js"
import type { Settings } from "./settings.js"

type Broadcast = (message: Message) => Effect.Effect<unknown, ConnectionClosed> | undefined

/** A handler of messages for this connection. */
const greeting = (connection: Connection, broadcast: Broadcast): Broadcast => {
  let greeted = false
  return (message) => {
    if (greeted) return broadcast(message)
    greeted = true
    return connection.send(message)
  }
}

/** Keeps a set of all connections, and hands each message to `broadcast`. */
const toSet =
  (broadcast: (message: Message, to: ReadonlySet<Connection>) => ReturnType<Broadcast>) => (server: Server) => {
    const all = new Set<Connection>()
    return server.serve((connection) => {
      all.add(connection)
      return connection.run(greeting(connection, (message) => broadcast(message, all))).pipe(
        Effect.ensuring(Effect.sync(() => all.delete(connection)))
      )
    })
  }

/** Each connection at one of so many topics; what one says goes to all of them. */
const toTopics = (count: number) => (server: Server) =>
  Effect.scoped(Effect.flatMap(Topics.make(), (topics) => {
    const names = Array.from({ length: count }, (_, n) => `topic.${n}`)
    let next = 0
    return server.serve((connection) => {
      topics.subscribeNow(connection, names[next++ % count] ?? "")
      return connection.run(greeting(connection, (message) => {
        for (const name of names) topics.publishNow(name, message)
        return undefined
      }))
    })
  }))

const ways: Record<Exclude<Way, "ws">, (server: Server) => Effect.Effect<never>> = {
  "try-send": toSet((message, all) => {
    const prepared = new PreparedMessage(message)
    for (const connection of all) connection.trySend(prepared)
    return undefined
  }),
  topics: toTopics(1),
  "topics-10": toTopics(10),
  "try-then-send": toSet((message, all) => {
    const prepared = new PreparedMessage(message)
    const full = Array.from(all).filter((connection) => connection.trySend(prepared) === "full")
    return Effect.forEach(full, (each) => each.send(prepared), { concurrency: "unbounded", discard: true })
  }),
  "for-each": toSet((message, all) => Effect.forEach(all, (each) => each.send(message), { discard: true })),
  "for-each-unbounded": toSet((message, all) =>
    Effect.forEach(all, (each) => each.send(message), { concurrency: "unbounded", discard: true })
  ),
  "pub-sub": (server) =>
    Effect.flatMap(PubSub.unbounded<Message>(), (hub) =>
      server.serve((connection) =>
        Effect.gen(function*() {
          const messages = yield* Stream.fromPubSub(hub, { scoped: true })
          yield* Effect.forkScoped(Stream.runForEach(messages, (message) => connection.send(message)))
          yield* connection.run(greeting(connection, (message) => PubSub.publish(hub, message)))
        })
      ))
}

export const listen = (way: keyof typeof ways, settings: Settings): Promise<number> => start(settings, ways[way])
