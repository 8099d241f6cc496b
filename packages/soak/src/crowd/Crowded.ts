/**
 * A server under very many clients: what an idle connection weighs, how it bears a thousand a second that come and go beside ten
 * thousand that stay, and whether thousands of slow handshakes are in the way of honest ones. In: how to start a server, and a
 * crowd. Out: figures; and what is wrong with them.
 */
import type * as Measurement from "@effect-ws/benchmark/Measurement"
import type { Table } from "@effect-ws/benchmark/Report"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { Order } from "./Crowd.js"

/** How the server holds its connections. */
export const ways = ["serve-messages", "run", "pull"] as const
export type Way = typeof ways[number]

type Usage = Pick<Measurement.Usage, "buffers" | "cpu" | "heap" | "rss">

export interface Server<E> {
  readonly port: number
  /** After a collection. */
  readonly usage: Effect.Effect<Usage, E>
}

export interface Means<E> {
  /** Echoes, for as long as the scope is open. */
  readonly serve: (way: Way, compression: boolean) => Effect.Effect<Server<E>, E, Scope.Scope>
  readonly tell: <A, I>(order: Order, schema: Schema.Schema<A, I>) => Effect.Effect<A, E>
  readonly progress: (line: string) => Effect.Effect<void>
}

export interface Options {
  /** Whose connections are weighed. */
  readonly ways: ReadonlyArray<Way>
  /** That stay. */
  readonly connections: number
  /** That come and go, a second. */
  readonly rate: number
  /** Opening handshakes that are never finished. */
  readonly slow: number
  /** Of each part that takes as long as one likes. */
  readonly seconds: number
}

export const Done = Schema.Struct({ done: Schema.Number })

const Churned = Schema.Struct({
  connections: Schema.Number,
  /** Opened, answered and closed as they should. */
  clean: Schema.Number,
  /** Begun, a second. */
  rate: Schema.Number,
  /** From dialling to the 101, in milliseconds. */
  p50: Schema.Number,
  p99: Schema.Number,
  most: Schema.Number
})
export type Churned = typeof Churned.Type

/** Octets a connection, of one that has said nothing yet, and of one that has echoed a message. */
export interface Weight {
  readonly way: Way
  readonly compression: boolean
  readonly opened: Held
  readonly touched: Held
}

interface Held {
  readonly heap: number
  readonly external: number
  readonly resident: number
}

export interface Result {
  readonly connections: number
  readonly weights: ReadonlyArray<Weight>
  /** With those that stay beside them. */
  readonly churned: Churned
  /** Processor time of the server a connection that came and went, in microseconds. */
  readonly cpu: number
  /** Of those that stay, how many still answered behind it. */
  readonly stayed: number
  /** Honest handshakes alone, and beside slow ones. */
  readonly alone: Churned
  readonly beside: Churned
  readonly slow: number
  /** Slow ones that were told so, with 408. */
  readonly refused: number
  /** Octets of memory for each of the slow ones. */
  readonly slowWeight: number
}

/** Opening handshakes a second, where latency is what is asked for. */
const honestRate = 50

export const run = <E>(means: Means<E>, options: Options): Effect.Effect<Result, E> =>
  Effect.gen(function*() {
    const weights: Array<Weight> = []
    for (const way of options.ways) {
      for (const compression of [false, true]) {
        yield* means.progress(
          `the weight of ${options.connections} idle connections: ${way}${compression ? ", compressed" : ""}`
        )
        weights.push(yield* Effect.scoped(weigh(means, options.connections, way, compression)))
      }
    }
    return { connections: options.connections, weights, ...yield* Effect.scoped(bear(means, options)) }
  })

const held = (after: Usage, before: Usage, count: number): Held => ({
  heap: (after.heap - before.heap) / count,
  external: (after.buffers - before.buffers) / count,
  resident: (after.rss - before.rss) / count
})

const weigh = <E>({ serve, tell }: Means<E>, count: number, way: Way, compressed: boolean) =>
  Effect.gen(function*() {
    const { port, usage } = yield* serve(way, compressed)
    // What is compiled and cached at first use is no connection's.
    yield* tell({ _tag: "Open", port, count: Math.min(count, 500), compressed }, Done)
    yield* tell({ _tag: "Touch" }, Done)
    yield* tell({ _tag: "Close" }, Done)
    const before = yield* usage
    yield* tell({ _tag: "Open", port, count, compressed }, Done)
    const opened = yield* usage
    yield* tell({ _tag: "Touch" }, Done)
    const touched = yield* usage
    yield* tell({ _tag: "Close" }, Done)
    return { way, compression: compressed, opened: held(opened, before, count), touched: held(touched, before, count) }
  })

const bear = <E>({ progress, serve, tell }: Means<E>, { connections, rate, seconds, slow }: Options) =>
  Effect.gen(function*() {
    const { port, usage } = yield* serve("serve-messages", true)
    yield* progress(`${connections} that stay`)
    yield* tell({ _tag: "Open", port, count: connections, compressed: true }, Done)
    yield* tell({ _tag: "Churn", port, rate, seconds: 1 }, Churned)
    yield* progress(`${rate} a second that come and go`)
    const before = yield* usage
    const churned = yield* tell({ _tag: "Churn", port, rate, seconds }, Churned)
    const cpu = ((yield* usage).cpu - before.cpu) / churned.connections
    const { done: stayed } = yield* tell({ _tag: "Touch" }, Done)
    yield* tell({ _tag: "Close" }, Done)

    yield* progress("honest handshakes alone")
    const alone = yield* tell({ _tag: "Churn", port, rate: honestRate, seconds }, Churned)
    const quiet = yield* usage
    yield* progress(`and beside ${slow} slow ones`)
    yield* tell({ _tag: "Drip", port, count: slow }, Done)
    yield* tell({ _tag: "Churn", port, rate: honestRate, seconds: 2 }, Churned)
    const dripping = yield* usage
    const beside = yield* tell({ _tag: "Churn", port, rate: honestRate, seconds }, Churned)
    const { done: refused } = yield* tell({ _tag: "StopDripping" }, Done)
    const memory = (usage: Usage): number => usage.heap + usage.buffers
    return { churned, cpu, stayed, alone, beside, slow, refused, slowWeight: (memory(dripping) - memory(quiet)) / slow }
  })

// -- what to think of it

export const complaints = ({ alone, beside, churned, connections, stayed }: Result): ReadonlyArray<string> => [
  ...(stayed === connections ? [] : [`${connections - stayed} of those that stayed did not answer`]),
  ...[alone, beside, churned].filter(({ clean, connections }) => clean < connections).map(
    ({ clean, connections }) => `${connections - clean} of ${connections} did not open, answer and close as they should`
  )
]

export const tables = (result: Result): ReadonlyArray<Table> => [
  {
    title: `One of ${result.connections} idle connections, in octets`,
    columns: ["held by", "permessage-deflate", "", "heap", "array buffers", "resident"],
    rows: result.weights.flatMap(({ compression, opened, touched, way }) => {
      const row = (when: string, { external, heap, resident }: Held) => [
        way,
        compression ? "negotiated" : "none",
        when,
        heap.toFixed(0),
        external.toFixed(0),
        resident.toFixed(0)
      ]
      return [row("opened", opened), row("after an echo", touched)]
    })
  },
  {
    title: "Opening handshakes, milliseconds from dialling to the 101",
    columns: ["", "connections", "a second", "as they should", "p50", "p99", "most"],
    rows: [
      handshakes(`coming and going beside ${result.connections} that stay`, result.churned),
      handshakes("honest, alone", result.alone),
      handshakes(`honest, beside ${result.slow} slow ones`, result.beside)
    ]
  }
]

const handshakes = (name: string, { clean, connections, most, p50, p99, rate }: Churned): ReadonlyArray<string> => [
  name,
  String(connections),
  rate.toFixed(0),
  String(clean),
  p50.toFixed(1),
  p99.toFixed(1),
  most.toFixed(1)
]

/** What no table says. */
export const remarks = ({ connections, cpu, refused, slow, slowWeight, stayed }: Result): ReadonlyArray<string> => [
  `${stayed} of the ${connections} that stayed answered behind it.`,
  `A connection that comes and goes takes ${cpu.toFixed(0)} µs of the server's processor time.`,
  `${refused} times one of ${slow} slow handshakes was refused with 408; one weighs ${slowWeight.toFixed(0)} octets.`
]
