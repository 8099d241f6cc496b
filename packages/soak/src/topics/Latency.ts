/**
 * How long messages are on their way: three nodes over an engine, with nothing broken. In: how many follow, and how often is published. Out:
 * lines with the times from publishing on one node to arriving at a client of another, by kinds of topics.
 *
 * Nodes and clients are processes of one machine, which they share with the engine: the times are those of a loaded one, not of a network.
 */
import * as Engines from "@effect-ws/benchmark/Engines"
import { quantile } from "@effect-ws/benchmark/Statistics"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as Effect from "effect/Effect"
import * as Follower from "./Follower.js"
import * as Nodes from "./Nodes.js"
import type { Options } from "./Trial.js"
import { topicsOf, until } from "./Trial.js"

/** Seconds that count, behind one that does not. */
const seconds = 10

export const run = ({ engine, followers, rate, say }: Omit<Options, "partition">) =>
  Effect.gen(function*() {
    const { port } = yield* Engines.start(engine)
    const nodes = yield* Effect.forEach([0, 1, 2], (n) => Nodes.start(engine, port, `node${n}`, () => {}))
    const kinds = [{ name: "kept", times: Array<number>() }, { name: "plain", times: Array<number>() }]
    const topics = kinds.flatMap(({ name }) => topicsOf(name))
    let isCounting = false
    const all = yield* Effect.forEach(
      Array.from({ length: followers }, (_, n) => n),
      (n) => {
        const topic = topics[n % topics.length] ?? ""
        const at = Math.floor(n / topics.length) % nodes.length
        const times = kinds.find(({ name }) => topic.startsWith(name))?.times
        return Follower.make(topic, () => nodes[at]?.port ?? 0, undefined, (message) => {
          const [from = "", , sent] = message.split(" ")
          if (isCounting && from !== `node${at}`) times?.push(Nodes.now() - Number(sent))
        })
      },
      { concurrency: 50 }
    )
    yield* until("all are connected", () => all.every(({ connections }) => connections > 0))
    yield* Effect.sleep("1 second")
    say(`${followers} followers on 3 nodes, of which each publishes ${rate} messages a second to 10 topics in turn`)
    for (const node of nodes) yield* node.tell({ _tag: "Publish", topics, rate })
    yield* Effect.sleep("1 second")
    isCounting = true
    yield* Effect.sleep(`${seconds} seconds`)
    isCounting = false
    for (const node of nodes) yield* node.tell({ _tag: "Stop" })
    return kinds.map(({ name, times }) => `${name} topics: ${times.length} deliveries; ${summary(times)}`)
  }).pipe(Effect.scoped, Effect.provide(NodeWebSocketClient.layer()))

/** Of milliseconds. */
const summary = (times: ReadonlyArray<number>): string =>
  ([["p50", 0.5], ["p99", 0.99], ["most", 1]] as const)
    .map(([name, part]) => `${name} ${quantile(times, part).toFixed(2)} ms`).join(", ")
