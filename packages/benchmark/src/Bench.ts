/**
 * Measures: each server in a process of its own, the load in another, rounds interleaved (A B C A B C) so that what else the
 * machine does hits all alike. In: loads and contestants. Out: rounds, and what connections weigh.
 *
 * A round is counted exactly: the server's CPU is read before the first message and after the last has come back. It knows
 * no targets and prints nothing but its progress.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Child from "./Child.js"
import type * as Contestant from "./Contestant.js"
import * as Load from "./Load.js"
import * as Measurement from "./Measurement.js"
import type { LoadOrder, ServerOrder } from "./Orders.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How long a round lasts. */
  readonly seconds: number
  readonly rounds: number
  /** `--max-semi-space-size` of the servers, in MiB. */
  readonly semiSpace: number | null
  /** Where the servers leave their CPU profiles, if they are to be profiled. */
  readonly profile: string | undefined
  readonly progress: (line: string) => Effect.Effect<void>
}

/**
 * All contestants under one load. Fresh processes for each load: what the engine learnt of another would colour it.
 *
 * @since 0.1.0
 * @category measuring
 */
export const measure = (
  load: Load.Load,
  contestants: ReadonlyArray<Contestant.Contestant>,
  options: Options
): Effect.Effect<ReadonlyArray<Measurement.Entry>, Child.ChildError> =>
  Effect.gen(function*() {
    const generator = yield* startGenerator
    const servers = yield* Effect.forEach(contestants, (contestant) => start(contestant, load, options))
    const entries = servers.map(({ contestant }) => ({
      load: Load.name(load),
      contestant,
      semiSpace: options.semiSpace,
      rounds: Array<Measurement.Round>()
    }))
    for (const server of servers) yield* round(generator, server, load, warmUpSeconds, warmUpSeconds)
    for (let i = 0; i < options.rounds; i++) {
      yield* options.progress(`${Load.name(load)}, round ${i + 1} of ${options.rounds}`)
      for (const [index, server] of servers.entries()) {
        entries[index]?.rounds.push(yield* round(generator, server, load, settlingSeconds, options.seconds))
      }
    }
    return entries
  }).pipe(Effect.scoped)

/** For the engine to compile what is hot. */
const warmUpSeconds = 0.5

/**
 * Before each round. While the others had theirs, the engine shrank the heap that it allows itself, and now collects garbage many
 * times a second until it has grown again. And what compresses makes its contexts first, whose windows are to be full.
 */
const settlingSeconds = 1.5

/**
 * A server in a process of its own.
 *
 * @since 0.1.0
 * @category models
 */
export interface Server {
  readonly contestant: Contestant.Contestant
  readonly child: Child.Child
  readonly port: number
}

const startGenerator = Child.spawn(new URL("./bin/load.js", import.meta.url))

const start = (contestant: Contestant.Contestant, load: Load.Load, { profile, semiSpace }: Options) =>
  launch(contestant, load.compression !== undefined, [
    ...semiSpace === null ? [] : [`--max-semi-space-size=${semiSpace}`],
    ...profile === undefined
      ? []
      : ["--cpu-prof", `--cpu-prof-dir=${profile}`, `--cpu-prof-name=${Load.name(load)}-${contestant}.cpuprofile`]
  ])

const startWeighed = (contestant: Contestant.Contestant, load: Load.Load) =>
  launch(contestant, load.compression !== undefined, ["--expose-gc"])

/**
 * A server that listens, in a process with these options of Node.
 *
 * @since 0.1.0
 * @category measuring
 */
export const launch = (
  contestant: Contestant.Contestant,
  compression: boolean,
  execArgv: ReadonlyArray<string>
): Effect.Effect<Server, Child.ChildError, Scope.Scope> =>
  Effect.gen(function*() {
    const args = [contestant, ...compression ? ["compression"] : []]
    const child = yield* Child.spawn(new URL("./bin/server.js", import.meta.url), args, execArgv)
    const { port } = yield* Child.listen(child, Measurement.Listening)
    return { contestant, child, port }
  })

const tell = (generator: Child.Child, order: LoadOrder) => Child.ask(generator, order, Measurement.Done)

/**
 * What a server has used so far; after a collection if asked for, which takes `--expose-gc`.
 *
 * @since 0.1.0
 * @category measuring
 */
export const usage = (server: Server, collect: boolean): Effect.Effect<Measurement.Usage, Child.ChildError> => {
  const order: ServerOrder = { _tag: "Usage", collect }
  return Child.ask(server.child, order, Measurement.Usage)
}

const drive = (generator: Child.Child, seconds: number) =>
  Child.ask(generator, { _tag: "Drive", seconds } satisfies LoadOrder, Measurement.Driven)

const round = (generator: Child.Child, server: Server, load: Load.Load, settle: number, seconds: number) =>
  Effect.gen(function*() {
    yield* tell(generator, { _tag: "Open", port: server.port, load })
    yield* drive(generator, settle)
    const before = yield* usage(server, false)
    const driven = yield* drive(generator, seconds)
    const after = yield* usage(server, false)
    yield* tell(generator, { _tag: "Close" })
    return {
      cpu: (after.cpu - before.cpu) / driven.messages,
      messages: driven.messages,
      throughput: driven.messages / driven.seconds,
      p50: driven.p50,
      p99: driven.p99
    } satisfies Measurement.Round
  })

/**
 * What one of many idle connections holds.
 *
 * @since 0.1.0
 * @category measuring
 */
export const weigh = (
  contestant: Contestant.Contestant,
  connections: number
): Effect.Effect<Measurement.Weight, Child.ChildError> =>
  Effect.gen(function*() {
    const load: Load.Load = { connections, inFlight: 1, size: 20, kind: "text" }
    const generator = yield* startGenerator
    const server = yield* startWeighed(contestant, load)
    // What is compiled and cached at first use is no connection's.
    yield* round(generator, server, { ...load, connections: 100 }, warmUpSeconds, warmUpSeconds)
    const before = yield* usage(server, true)
    yield* tell(generator, { _tag: "Open", port: server.port, load })
    const opened = yield* usage(server, true)
    yield* tell(generator, { _tag: "Touch" })
    const touched = yield* usage(server, true)
    return {
      contestant,
      connections,
      heap: (opened.heap - before.heap) / connections,
      heapAfterEcho: (touched.heap - before.heap) / connections,
      buffers: (touched.buffers - before.buffers) / connections,
      rss: (touched.rss - before.rss) / connections
    }
  }).pipe(Effect.scoped)

/**
 * What one of many connections holds once it has compressed and inflated as much as its windows remember.
 *
 * @since 0.1.0
 * @category measuring
 */
export const weighContexts = (
  contestant: Contestant.Contestant,
  connections: number,
  windowBits: number
): Effect.Effect<Measurement.Contexts, Child.ChildError> =>
  Effect.gen(function*() {
    const generator = yield* startGenerator
    const load = Load.filling(connections, windowBits)
    const server = yield* startWeighed(contestant, load)
    yield* round(generator, server, { ...load, connections: 10 }, warmUpSeconds, warmUpSeconds)
    const before = yield* usage(server, true)
    yield* tell(generator, { _tag: "Open", port: server.port, load })
    for (let left = connections * fillingMessages; left > 0;) left -= (yield* drive(generator, 1)).messages
    const after = yield* usage(server, true)
    return { contestant, connections, windowBits, rss: (after.rss - before.rss) / connections }
  }).pipe(Effect.scoped)

/** Twice as many messages of a kilobyte, on each connection, as the largest window takes. */
const fillingMessages = 64
