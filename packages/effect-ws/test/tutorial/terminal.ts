import { Effect, Stream } from "effect"
import * as NodeWebSocketClient from "effect-ws/NodeWebSocketClient"
import { createInterface } from "node:readline"
import { join } from "./client.js"

const name = process.argv[2] ?? "somebody"

// The lines that you type. Ctrl+D ends them.
const typed = Stream.fromAsyncIterable(createInterface({ input: process.stdin }), String)

const program = Effect.gen(function*() {
  const { ending, send } = yield* join(
    (line) => console.log(`${line.name}: ${line.text}`),
    (state) => console.log(`(${state})`)
  )
  const talk = Stream.runForEach(typed, (text) => send({ name, text }))
  yield* Effect.raceFirst(talk, ending)
})

program.pipe(Effect.scoped, Effect.provide(NodeWebSocketClient.layer()), Effect.runPromise)
