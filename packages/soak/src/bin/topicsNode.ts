/**
 * A node of a trial of topics: whoever connects says in the query which topic it wants, and behind which message.
 */
import { type Connection } from "@effect-ws/connection/Connection"
import type { Backplane } from "@effect-ws/platform/Backplane"
import * as Topics from "@effect-ws/platform/Topics"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as NatsBackplane from "@effect-ws/topics-nats/NatsBackplane"
import * as RedisBackplane from "@effect-ws/topics-redis/RedisBackplane"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Layer from "effect/Layer"
import { now, type Order, type Told } from "../topics/Nodes.js"

const [, , engine = "", port = "", name = ""] = process.argv
const tell = (told: Told): void => void process.send?.(told)

const backplane: Layer.Layer<Backplane> = engine === "redis"
  ? RedisBackplane.layer({ url: `redis://127.0.0.1:${port}` })
  : NatsBackplane.layer({ servers: [`nats://127.0.0.1:${port}`] })

const program = Effect.gen(function*() {
  const topics = yield* Topics.Topics
  const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
  const open = new Set<Connection>()
  let publishing: NodeJS.Timeout | undefined = undefined
  let next = 0

  const publish = (topic: string): void => {
    const message = `${name} ${next++} ${now()}`
    void Effect.runPromise(Effect.either(topics.publish(topic, message))).then((result) =>
      tell({ _tag: Either.isRight(result) ? "Taken" : "Failed", topic, message })
    )
  }
  const carryOut = (order: Order): void => {
    switch (order._tag) {
      case "Publish":
        publishing = setInterval(() => publish(order.topics[next % order.topics.length] ?? ""), 1000 / order.rate)
        return
      case "Stop":
        clearInterval(publishing)
        return tell({ _tag: "Stopped" })
      case "Cut":
        for (const [i, connection] of [...open].entries()) {
          if (i % 2 === 0) Effect.runFork(connection.abort("half of all are cut"))
        }
    }
  }
  process.on("message", carryOut)
  process.on("disconnect", () => process.exit(0))
  tell({ _tag: "Listening", port: server.address._tag === "Tcp" ? server.address.port : 0 })

  yield* server.serveMessages(() => {}, {
    accept: ({ query }) => Effect.succeed({ value: { topic: query.get("topic") ?? "", after: query.get("after") } }),
    onOpen: (connection, { after, topic }) => {
      open.add(connection)
      const from = after === null ? "now" : after === "" ? "oldest" : { after }
      Either.getOrThrow(topics.subscribeNow(connection, topic, { from }))
    },
    onClose: (connection) => void open.delete(connection)
  })
})

Effect.runFork(
  Effect.scoped(program).pipe(
    Effect.provide(Topics.layer({
      keep: { topics: ["kept.>"], last: 1_000_000 },
      waitFor: "1 minute"
    })),
    Effect.provide(backplane)
  )
)
