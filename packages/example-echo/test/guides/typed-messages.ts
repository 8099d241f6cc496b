/** Questions and answers as values: JSON text one way, msgpack bytes the other. */
import * as MsgPack from "@effect/platform/MsgPack"
import * as TypedConnection from "@effect-ws/platform/TypedConnection"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const Question = Schema.Struct({ id: Schema.Number, values: Schema.Array(Schema.Number) })
const Answer = Schema.Struct({ id: Schema.Number, sum: Schema.Number, at: Schema.Date })

/** The encoded side of a schema is a message: text for `parseJson`, bytes for `MsgPack.schema`. */
const questions = Schema.parseJson(Question)
const answers = MsgPack.schema(Answer)

const server = Effect.gen(function*() {
  const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
  yield* Effect.forkScoped(server.serve((connection) => {
    const typed = TypedConnection.make(connection, {
      incoming: questions,
      outgoing: answers,
      closeOnUnreadable: 1007 // without it, the reader decides
    })
    return typed.run(({ id, values }) =>
      typed.send({ id, sum: values.reduce((sum, value) => sum + value, 0), at: new Date(0) })
    )
  }))
  return server.address._tag === "Tcp" ? server.address.port : 0
})

export const program = Effect.gen(function*() {
  const port = yield* server
  const connection = yield* WebSocketClient.connect(`ws://127.0.0.1:${port}/`)
  const typed = TypedConnection.make(connection, { incoming: answers, outgoing: questions })

  yield* typed.send({ id: 1, values: [1, 2, 3] })
  const answer = yield* typed.receive

  // The connection is still open, but this is not a question.
  yield* connection.send("{}")
  const outcome = yield* connection.outcome
  return { answer, outcome }
}).pipe(Effect.scoped, Effect.provide(NodeWebSocketClient.layer()))
