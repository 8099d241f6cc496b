/**
 * `npm run topics`: topics on three processes over Redis and over NATS, while all of them are killed and cut off in turn. Prints what was
 * lost, doubled and in another order, and exits with 1 if that is more than the documentation promises. With `--latency`: how long
 * messages are on their way, with nothing broken.
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Engines from "@effect-ws/benchmark/Engines"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Latency from "../topics/Latency.js"
import * as Trial from "../topics/Trial.js"

const options = {
  followers: Options.integer("followers").pipe(
    Options.withDescription("Connections, each of one topic; half of the topics are kept."),
    Options.withDefault(2000)
  ),
  rate: Options.integer("rate").pipe(
    Options.withDescription("Messages a second of each of three nodes, to ten topics in turn."),
    Options.withDefault(10)
  ),
  partition: Options.integer("partition").pipe(
    Options.withDescription(
      "Seconds in which all between a node and the engine is lost in silence: more than 10, or 0 for none."
    ),
    Options.withDefault(0)
  ),
  latency: Options.boolean("latency").pipe(
    Options.withDescription("Breaks nothing, and measures from publishing on one node to arriving from another.")
  ),
  engine: Options.choice("engine", ["redis", "nats", "both"]).pipe(
    Options.withDescription("Over which. Default both."),
    Options.withDefault("both")
  )
}

const topics = Command.make(
  "topics",
  options,
  ({ engine, followers, latency, partition, rate }) =>
    Effect.forEach(engine === "both" ? ["redis", "nats"] as const : [engine], (name) =>
      Effect.gen(function*() {
        if (Engines.find(name) === undefined) {
          return yield* Console.log(`${name}: skipped, since ${Engines.programs[name]} is not installed`)
        }
        const say = (what: string): void => console.log(`${name}: ${what}`)
        if (latency) {
          for (const line of yield* Latency.run({ engine: name, followers, rate, say })) say(line)
          return
        }
        const found = yield* Trial.run({ engine: name, followers, rate, partition, say })
        const { examples, kept, plain } = found
        yield* Console.log(
          `${name}: ${found.published} published, ${found.failed} failed; ${found.received} received, ` +
            `${found.reconnected} reconnected`
        )
        yield* Console.log(
          `${name}: kept topics: ${kept.lost} lost, ${kept.doubled} doubled, ${kept.reordered} in another ` +
            `order, ${kept.gone} told gone`
        )
        yield* Console.log(
          `${name}: other topics: ${plain.doubled} doubled, ${plain.reordered} in another order; ` +
            `${plain.lost} missed, which is not promised`
        )
        for (const example of examples) yield* Console.log(`${name}: ${example}`)
        if (!Trial.isKept(found)) process.exitCode = 1
      }), { discard: true })
)

const cli = Command.run(topics, { name: "topics", version: "0.1.0" })

cli(process.argv).pipe(Effect.provide(NodeContext.layer), NodeRuntime.runMain)
