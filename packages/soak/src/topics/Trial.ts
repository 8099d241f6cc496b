/**
 * Topics on three processes, with followers by the thousand, while the engine between them is killed, a node is cut off from it, half of
 * the connections are cut, and a node is killed. Out: what was lost, doubled and in another order, of what is promised and what is not.
 */
import * as Engines from "@effect-ws/benchmark/Engines"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as Effect from "effect/Effect"
import * as Follower from "./Follower.js"
import * as Nodes from "./Nodes.js"
import * as Proxy from "./Proxy.js"

export interface Options {
  readonly engine: Engines.Name
  /** Followers; half of them of kept topics. */
  readonly followers: number
  /** Messages a second of each node. */
  readonly rate: number
  /** Seconds of a partition in which all is lost in silence; 0 for none. Longer than the timeouts of 10 seconds. */
  readonly partition: number
  readonly say: (what: string) => void
}

export interface Found {
  readonly published: number
  readonly failed: number
  readonly received: number
  readonly reconnected: number
  /** Of kept topics. All must be 0. */
  readonly kept: { readonly lost: number; readonly doubled: number; readonly reordered: number; readonly gone: number }
  /** Of what was lost, if anything was. */
  readonly examples: ReadonlyArray<string>
  /** Of others. What is lost is not promised. */
  readonly plain: { readonly lost: number; readonly doubled: number; readonly reordered: number }
}

export const topicsOf = (kind: string) => Array.from({ length: 5 }, (_, n) => `${kind}.${n}`)

export const run = ({ engine, followers, partition, rate, say }: Options) =>
  Effect.gen(function*() {
    const server = yield* Engines.start(engine)
    const taken = new Map<string, Array<string>>()
    let failed = 0
    let stopped = 0
    const heard = (told: Nodes.Told): void => {
      if (told._tag === "Taken") taken.set(told.topic, [...(taken.get(told.topic) ?? []), told.message])
      else if (told._tag === "Failed") failed++
      else if (told._tag === "Stopped") stopped++
    }
    const proxies = yield* Effect.all([Proxy.make(server.port), Proxy.make(server.port), Proxy.make(server.port)])
    const nodes = yield* Effect.forEach(proxies, ({ port }, n) => Nodes.start(engine, port, `node${n}`, heard))
    let turn = 0
    const port = (): number => nodes[turn++ % nodes.length]?.port ?? 0
    const topics = [...topicsOf("kept"), ...topicsOf("plain")]
    const all = yield* Effect.forEach(
      Array.from({ length: followers }, (_, n) => topics[n % topics.length] ?? ""),
      (topic) => Follower.make(topic, port, undefined),
      { concurrency: 50 }
    )
    yield* until("all are connected", () => all.every(({ connections }) => connections > 0))
    yield* Effect.sleep("1 second")
    say(`${followers} followers on 3 nodes`)
    for (const node of nodes) yield* node.tell({ _tag: "Publish", topics, rate })
    yield* Effect.sleep("2 seconds")

    say("the engine is killed, and started again after a second")
    yield* server.kill
    yield* Effect.sleep("1 second")
    yield* server.start
    yield* Effect.sleep("3 seconds")

    say("a node is cut off from the engine for three seconds, and then its connections to it break")
    const [first] = proxies
    yield* first.stall
    yield* Effect.sleep("3 seconds")
    yield* first.cut
    yield* first.resume
    yield* Effect.sleep("2 seconds")

    if (partition > 0) {
      say(`a partition: for ${partition} seconds all between a node and the engine is lost, and nobody is told`)
      const [, second] = proxies
      yield* second.part
      yield* Effect.sleep(`${partition} seconds`)
      yield* second.heal
      yield* Effect.sleep("12 seconds") // until both ends have noticed
    }

    say("half of the connections are cut")
    for (const node of nodes) yield* node.tell({ _tag: "Cut" })
    yield* Effect.sleep("2 seconds")

    say("a node is killed, and another started in its place after a second")
    const [, , third] = proxies
    yield* nodes[2]?.kill ?? Effect.void
    yield* Effect.sleep("1 second")
    nodes[2] = yield* Nodes.start(engine, third.port, "node3", heard)
    yield* nodes[2].tell({ _tag: "Publish", topics, rate })
    yield* Effect.sleep("4 seconds")

    for (const node of nodes) yield* node.tell({ _tag: "Stop" })
    yield* until("all have stopped", () => stopped === 3)
    yield* Effect.sleep("2 seconds")
    say("what was published is read from the log, and compared")
    const logs = yield* Effect.forEach(topicsOf("kept"), (topic) => Follower.make(topic, port, ""))
    yield* Effect.sleep("3 seconds")
    yield* quiet([...all, ...logs])
    return judge(all, logs, taken, failed)
  }).pipe(Effect.scoped, Effect.provide(NodeWebSocketClient.layer()))

export const until = (what: string, isSo: () => boolean) =>
  Effect.gen(function*() {
    for (let i = 0; i < 600 && !isSo(); i++) yield* Effect.sleep("100 millis")
    if (!isSo()) yield* Effect.dieMessage(`it did not come to it that ${what}`)
  })

/** Waits until nobody has got anything for two seconds. */
const quiet = (all: ReadonlyArray<Follower.Follower>) =>
  Effect.gen(function*() {
    const count = () => all.reduce((sum, { got }) => sum + got.length, 0)
    for (let before = -1; before !== count();) {
      before = count()
      yield* Effect.sleep("2 seconds")
    }
  })

/** Pure: what each got, beside what the log holds and what was taken. */
export const judge = (
  all: ReadonlyArray<Follower.Follower>,
  logs: ReadonlyArray<Follower.Follower>,
  taken: ReadonlyMap<string, ReadonlyArray<string>>,
  failed: number
): Found => {
  const kept = { lost: 0, doubled: 0, reordered: 0, gone: 0 }
  const plain = { lost: 0, doubled: 0, reordered: 0 }
  const examples: Array<string> = []
  for (const { got, topic } of logs) {
    const held = new Set(got)
    kept.doubled += got.length - held.size
    kept.lost += (taken.get(topic) ?? []).filter((message) => !held.has(message)).length
  }
  for (const { gone, got, topic } of all) {
    const log = logs.find((one) => one.topic === topic)?.got
    const doubled = got.length - new Set(got).size
    if (log === undefined) {
      plain.doubled += doubled
      plain.reordered += disorder(got)
      plain.lost += Math.max(0, (taken.get(topic) ?? []).length - new Set(got).size)
      continue
    }
    const place = new Map(log.map((message, n) => [message, n]))
    const places = got.map((message) => place.get(message) ?? -1)
    kept.gone += gone
    kept.doubled += doubled
    kept.reordered += places.filter((at, n) => n > 0 && at < (places[n - 1] ?? 0)).length
    const lost = log.slice(got.length === 0 ? 0 : Math.max(0, Math.min(...places))).filter((message) =>
      !got.includes(message)
    )
    kept.lost += lost.length
    if (lost.length > 0) {
      examples.push(`${topic}: ${got.length} came, of ${log.length}; not ${lost.slice(0, 5).join(", ")}`)
    }
  }
  return {
    published: [...taken.values()].reduce((sum, { length }) => sum + length, 0),
    failed,
    received: all.reduce((sum, { got }) => sum + got.length, 0),
    reconnected: all.reduce((sum, { connections }) => sum + connections - 1, 0),
    kept,
    plain,
    examples: examples.slice(0, 5)
  }
}

/** How often a message comes behind a later one of its publisher. */
const disorder = (got: ReadonlyArray<string>): number => {
  const last = new Map<string, number>()
  return got.filter((message) => {
    const [from = "", n = ""] = message.split(" ")
    const isLate = Number(n) < (last.get(from) ?? -1)
    last.set(from, Number(n))
    return isLate
  }).length
}

/** Whether all is as promised. */
export const isKept = ({ kept, plain }: Found): boolean =>
  kept.lost + kept.doubled + kept.reordered + kept.gone + plain.doubled + plain.reordered === 0
