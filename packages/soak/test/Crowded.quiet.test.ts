import { describe, expect, it } from "@effect/vitest"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Crowd, type Order } from "../src/crowd/Crowd.js"
import * as Crowded from "../src/crowd/Crowded.js"

const usage = { cpu: 0, heap: 0, buffers: 0, rss: 0 }

/** As it is, or silent. */
const serve = (answers: boolean) => (_way: Crowded.Way, compression: boolean) =>
  Effect.gen(function*() {
    const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1", compression: compression && {} })
    yield* Effect.forkScoped(
      server.serveMessages((connection, message) => answers ? connection.send(message) : connection.close())
    )
    return { port: server.address._tag === "Tcp" ? server.address.port : 0, usage: Effect.succeed(usage) }
  })

const run = (answers: boolean, connections: number) => {
  const crowd = new Crowd()
  const tell = <A, I>(order: Order, schema: Schema.Schema<A, I>) =>
    Effect.flatMap(
      Effect.promise(() => crowd.carryOut(order)),
      (answer) => Effect.orDie(Schema.decodeUnknown(schema)(answer))
    )
  return Crowded.run({ serve: serve(answers), tell, progress: () => Effect.void }, {
    ways: ["serve-messages"],
    connections,
    rate: 100,
    slow: 50,
    seconds: 0.5
  })
}

describe("load", () => {
  it.live("500 that stay, some that come and go, and slow handshakes beside honest ones", () =>
    Effect.gen(function*() {
      const result = yield* run(true, 500)
      expect(Crowded.complaints(result)).toEqual([])
      expect([result.stayed, result.churned.clean, result.beside.clean]).toEqual([500, 50, 25])
      expect(Crowded.tables(result).map(({ rows }) => rows.length)).toEqual([4, 3])
    }), 180_000)

  it.live("complains of a server that does not answer", () =>
    Effect.gen(function*() {
      const result = yield* run(false, 10)
      expect(Crowded.complaints(result)).toEqual([
        "10 of those that stayed did not answer",
        "13 of 25 did not open, answer and close as they should",
        "13 of 25 did not open, answer and close as they should",
        "25 of 50 did not open, answer and close as they should"
      ])
    }), 180_000)
})
