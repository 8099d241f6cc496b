/**
 * Measures: each server in a process of its own, the load in another, rounds interleaved (A B C A B C) so that what else the
 * machine does hits all alike. In: loads and contestants. Out: rounds, and what connections weigh.
 *
 * A round is counted exactly: the server's CPU is read before the first message and after the last has come back. It knows
 * no targets and prints nothing but its progress.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { existsSync } from "node:fs"
import { resolve } from "node:path"
import * as Child from "./Child.js"
import * as Contestant from "./Contestant.js"
import * as FanOut from "./FanOut.js"
import * as Load from "./Load.js"
import * as Measurement from "./Measurement.js"
import * as Opens from "./Opens.js"
import type { Flag, LoadOrder, ServerOrder } from "./Orders.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How long a round lasts. */
  readonly seconds: number
  readonly rounds: number
  /** Ours in one process, each on a port of its own: then no difference is that of two processes. */
  readonly together: boolean
  /** How often the servers are started anew, the rounds shared out among all: processes of the same code differ by a few percent. */
  readonly starts: number
  /** `--max-semi-space-size` of the servers, in MiB. */
  readonly semiSpace: number | null
  /** Where the servers leave their CPU profiles, if they are to be profiled. */
  readonly profile: string | undefined
  readonly progress: (line: string) => Effect.Effect<void>
}

/**
 * What servers are put through, and what starts it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Work {
  readonly name: string
  /** What a server is told of it. */
  readonly flags: ReadonlyArray<Flag>
  readonly begin: (port: number) => LoadOrder
  /** How long it takes the engine to compile what is hot, in seconds. */
  readonly warmUp: number
  /** How long it takes a server that was not idle for long until it is as it stays, in seconds. */
  readonly settling: number
}

/**
 * Messages that come back.
 *
 * @since 0.1.0
 * @category work
 */
export const echo = (load: Load.Load): Work => ({
  name: Load.name(load),
  flags: load.compression === undefined ? [] : ["compression"],
  begin: (port) => ({ _tag: "Open", port, load }),
  warmUp: warmUpSeconds,
  settling: load.compression === undefined ? briefly : settlingSeconds
})

/**
 * Connections that open and close.
 *
 * @since 0.1.0
 * @category work
 */
export const opens = (opens: Opens.Opens): Work => ({
  name: Opens.name(opens),
  flags: [...opens.tls ? ["tls" as const] : [], ...opens.compression ? ["compression" as const] : []],
  begin: (port) => ({ _tag: "Storm", port, opens }),
  warmUp: warmUpOpens,
  settling: settlingSeconds
})

/**
 * Texts that go to all.
 *
 * @since 0.1.0
 * @category work
 */
export const fanOut = (fanOut: FanOut.FanOut): Work => ({
  name: FanOut.name(fanOut),
  flags: ["fan-out", ...fanOut.compression === undefined ? [] : ["compression" as const]],
  begin: (port) => ({ _tag: "Gather", port, fanOut }),
  warmUp: warmUpSeconds,
  settling: settlingSeconds
})

/**
 * All contestants under one load. Fresh processes for each load: what the engine learnt of another would color it.
 *
 * @since 0.1.0
 * @category measuring
 */
export const measure = (
  work: Work,
  contestants: ReadonlyArray<Entrant>,
  options: Options
): Effect.Effect<ReadonlyArray<Measurement.Entry>, Child.ChildError> =>
  Effect.gen(function*() {
    const entries = contestants.map((contestant) => ({
      load: work.name,
      contestant,
      semiSpace: options.semiSpace,
      rounds: Array<Measurement.Round>()
    }))
    const until = (starts: number): number => Math.round(options.rounds * starts / options.starts)
    for (let i = 0; i < options.starts; i++) {
      yield* measureSet(work, entries, [until(i), until(i + 1)], options)
    }
    return entries
  })

interface Measured {
  readonly contestant: Entrant
  readonly rounds: Array<Measurement.Round>
}

/** One set of processes, for these of the rounds. */
const measureSet = (
  work: Work,
  entries: ReadonlyArray<Measured>,
  [from, to]: readonly [number, number],
  options: Options
): Effect.Effect<void, Child.ChildError> =>
  Effect.gen(function*() {
    const generator = yield* startGenerator
    // At once: one that waits for the start of all others counts as idle.
    const groups = grouped(entries.map(({ contestant }) => contestant), options.together)
    const started = yield* Effect.forEach(groups, (group) => start(group, work, options), { concurrency: "unbounded" })
    const servers = entries.flatMap(({ contestant }) =>
      started.flat().filter((server) => server.contestant === contestant)
    )
    const pace = paceOf(work, servers.length, options.seconds)
    for (const server of servers) {
      yield* round(generator, server, work, pace.warmUp, Math.min(pace.warmUp, warmUpSeconds))
    }
    if (options.profile !== undefined) { for (const server of servers) yield* order(server, { _tag: "Profile" }) }
    for (let i = from; i < to; i++) {
      yield* options.progress(`${work.name}, round ${i + 1} of ${options.rounds}`)
      for (const [index, server] of servers.entries()) {
        entries[index]?.rounds.push(yield* round(generator, server, work, pace.settling, options.seconds))
      }
    }
    if (options.profile !== undefined) {
      for (const server of servers) {
        const file = resolve(options.profile, profileOf(work.name, server.contestant))
        yield* order(server, { _tag: "WriteProfile", file })
      }
    }
  }).pipe(Effect.scoped)

/**
 * Who is measured: an echo, or a way of fan-out.
 *
 * @since 0.1.0
 * @category models
 */
export type Name = Contestant.Contestant | FanOut.Way

/**
 * A name alone is of Effect 3, or of no Effect; the others are the same servers of the edition for Effect 4.
 *
 * @since 0.1.0
 * @category models
 */
export type Entrant = Name | `${Name}${typeof ofEffect4}`

/**
 * How what is measured of the edition for Effect 4 is named: `run-4`.
 *
 * @since 0.1.0
 * @category models
 */
export const ofEffect4 = "-4"

/**
 * Whether the edition for Effect 4 has been compiled.
 *
 * @since 0.1.0
 * @category models
 */
export const hasEffect4 = (): boolean => existsSync(server4)

const server3 = new URL("./bin/server.js", import.meta.url)
const server4 = new URL("../../effect4/out/packages/benchmark/dist/bin/server.js", import.meta.url)

/** For the engine to compile what each message goes through, and what each connection does. */
const warmUpSeconds = 0.5
const warmUpOpens = 4

/**
 * Before each round, of servers that were idle meanwhile: the engine shrank the heap that it allows itself, and now collects garbage many
 * times a second. And what compresses makes its contexts first, whose windows are to be full.
 */
const settlingSeconds = 1.5

/** Before each round, where nobody was idle for as long as that takes. */
const briefly = 0.25

/** V8 shrinks a heap after eight seconds without much garbage. */
const idleSeconds = 7

/** Each server has its turn again before it counts as idle, if that can be; else it is given time to settle. */
const paceOf = (work: Work, servers: number, seconds: number): { readonly warmUp: number; readonly settling: number } =>
  work.settling === briefly && servers * (briefly + seconds) < idleSeconds
    ? { warmUp: briefly, settling: briefly }
    : { warmUp: work.warmUp, settling: settlingSeconds }

/**
 * A server in a process of its own.
 *
 * @since 0.1.0
 * @category models
 */
export interface Server {
  readonly contestant: Entrant
  readonly child: Child.Child
  readonly port: number
}

/**
 * The name of the file that a server's profile is in.
 *
 * @since 0.1.0
 * @category measuring
 */
export const profileOf = (load: string, contestant: string): string => `${load}-${contestant}.cpuprofile`

const startGenerator = Child.spawn(new URL("./bin/load.js", import.meta.url))

const start = (contestants: ReadonlyArray<Entrant>, work: Work, { semiSpace }: Options) =>
  launchAll(contestants, work.flags, semiSpace === null ? [] : [`--max-semi-space-size=${semiSpace}`])

const startWeighed = (contestant: Entrant, { flags }: Work) => launchFor(contestant, flags, ["--expose-gc"])

const isOf4 = (contestant: Entrant): boolean => contestant.endsWith(ofEffect4)

const nameOf = (contestant: Entrant): string => isOf4(contestant) ? contestant.slice(0, -ofEffect4.length) : contestant

/** Which contestants share a process: none, or those of each edition. */
const grouped = (contestants: ReadonlyArray<Entrant>, together: boolean): ReadonlyArray<ReadonlyArray<Entrant>> =>
  Object.values(
    Arr.groupBy(contestants, (contestant) =>
      together && Contestant.hasEditions(nameOf(contestant))
        ? `effect${isOf4(contestant) ? ofEffect4 : ""}`
        : contestant)
  )

/** All of one edition. */
const launchAll = (
  contestants: ReadonlyArray<Entrant>,
  flags: ReadonlyArray<Flag>,
  execArgv: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Server>, Child.ChildError, Scope.Scope> =>
  Effect.gen(function*() {
    const module = contestants.some(isOf4) ? server4 : server3
    const child = yield* Child.spawn(module, [contestants.map(nameOf).join(","), ...flags], execArgv)
    const { ports } = yield* Child.listen(child, Measurement.Listening)
    return contestants.map((contestant, i) => ({ contestant, child, port: ports[i]! }))
  })

const launchFor = (
  contestant: Entrant,
  flags: ReadonlyArray<Flag>,
  execArgv: ReadonlyArray<string>
): Effect.Effect<Server, Child.ChildError, Scope.Scope> =>
  Effect.map(launchAll([contestant], flags, execArgv), ([server]) => server!)

/**
 * An echo server that listens, in a process with these options of Node.
 *
 * @since 0.1.0
 * @category measuring
 */
export const launch = (
  contestant: Contestant.Contestant,
  compression: boolean,
  execArgv: ReadonlyArray<string>
): Effect.Effect<Server, Child.ChildError, Scope.Scope> =>
  launchFor(contestant, compression ? ["compression"] : [], execArgv)

const order = (server: Server, order: ServerOrder) => Child.ask(server.child, order, Measurement.Done)

const tell = (generator: Child.Child, order: LoadOrder) => Child.ask(generator, order, Measurement.Done)

/**
 * What a server has used so far; after a collection if asked for, which takes `--expose-gc`.
 *
 * @since 0.1.0
 * @category measuring
 */
export const usage = (server: Server, collect: boolean): Effect.Effect<Measurement.Usage, Child.ChildError> => {
  const usage: ServerOrder = { _tag: "Usage", collect }
  return Child.ask(server.child, usage, Measurement.Usage)
}

const drive = (generator: Child.Child, seconds: number) =>
  Child.ask(generator, { _tag: "Drive", seconds } satisfies LoadOrder, Measurement.Driven)

const round = (generator: Child.Child, server: Server, work: Work, settle: number, seconds: number) =>
  Effect.gen(function*() {
    yield* tell(generator, work.begin(server.port))
    yield* drive(generator, settle)
    const before = yield* usage(server, false)
    const driven = yield* drive(generator, seconds)
    const after = yield* usage(server, false)
    yield* tell(generator, { _tag: "Close" })
    const each = (key: "cpu" | "user" | "system" | "faults"): number => (after[key] - before[key]) / driven.messages
    return {
      cpu: each("cpu"),
      user: each("user"),
      system: each("system"),
      faults: each("faults"),
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
  contestant: Entrant,
  connections: number
): Effect.Effect<Measurement.Weight, Child.ChildError> =>
  Effect.gen(function*() {
    const load: Load.Load = { connections, inFlight: 1, size: 20, kind: "text" }
    const generator = yield* startGenerator
    const server = yield* startWeighed(contestant, echo(load))
    // What is compiled and cached at first use is no connection's.
    yield* round(generator, server, echo({ ...load, connections: 100 }), warmUpSeconds, warmUpSeconds)
    const before = yield* usage(server, true)
    yield* tell(generator, echo(load).begin(server.port))
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
  contestant: Entrant,
  connections: number,
  windowBits: number
): Effect.Effect<Measurement.Contexts, Child.ChildError> =>
  Effect.gen(function*() {
    const generator = yield* startGenerator
    const load = Load.filling(connections, windowBits)
    const server = yield* startWeighed(contestant, echo(load))
    yield* round(generator, server, echo({ ...load, connections: 10 }), warmUpSeconds, warmUpSeconds)
    const before = yield* usage(server, true)
    yield* tell(generator, echo(load).begin(server.port))
    for (let left = connections * fillingMessages; left > 0;) left -= (yield* drive(generator, 1)).messages
    const after = yield* usage(server, true)
    return { contestant, connections, windowBits, rss: (after.rss - before.rss) / connections }
  }).pipe(Effect.scoped)

/** Twice as many messages of a kilobyte, on each connection, as the largest window takes. */
const fillingMessages = 64
