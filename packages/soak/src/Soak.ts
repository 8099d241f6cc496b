/**
 * A soak: peers of every kind at a server, for as long as it is told, with restarts in between. In: the two sides, and how long.
 * Out: what both counted, and what their processes held before, meanwhile and after.
 *
 * What is compared is taken while nothing goes on: behind a warm-up, which compiles and caches, and behind the end. It judges
 * nothing: see `Verdict`.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { PeersSide, ServerSide } from "./Sides.js"
import { Tallied } from "./Tally.js"
import { Usage } from "./Usage.js"

export interface Options {
  /** Without the warm-up. */
  readonly minutes: number
  readonly seed: number
  /** Peers at a time. */
  readonly connections: number
  readonly warmUpSeconds: number
  readonly restartEverySeconds: number
  readonly sampleEverySeconds: number
  /** For what is left when all have gone: a refused socket is given two. */
  readonly settleSeconds: number
  readonly progress: (line: string) => Effect.Effect<void>
}

/** What a process held so many minutes from the beginning. */
const Sample = Schema.Struct({ minute: Schema.Number, usage: Usage })
export type Sample = typeof Sample.Type

const Side = Schema.Struct({
  tallied: Tallied,
  /** While nothing went on; none if it was interrupted before. */
  before: Schema.NullOr(Usage),
  after: Usage,
  samples: Schema.Array(Sample)
})
export type Side = typeof Side.Type

export const Result = Schema.Struct({
  date: Schema.String,
  node: Schema.String,
  seed: Schema.Number,
  connections: Schema.Number,
  /** As long as it took, warm-up and ends included. */
  minutes: Schema.Number,
  restarts: Schema.Number,
  server: Side,
  peers: Side
})
export type Result = typeof Result.Type

/** Interrupted, it comes to an end, and gives the result of what was done. */
export const run = <E>(server: ServerSide<E>, peers: PeersSide<E>, options: Options): Effect.Effect<Result, E> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const begin = performance.now()
      const minutes = () => (performance.now() - begin) / 60_000
      const samples = { server: Array<Sample>(), peers: Array<Sample>() }
      let restarts = 0

      const restart = Effect.gen(function*() {
        restarts++
        yield* peers.restarting
        yield* peers.restarted(yield* server.restart)
      })
      const sample = Effect.gen(function*() {
        const minute = minutes()
        samples.server.push({ minute, usage: yield* server.usage })
        samples.peers.push({ minute, usage: yield* peers.usage })
      })
      /** What is said to the sides is not interrupted: only the waiting is. */
      const phase = (name: string, seed: number, seconds: number) =>
        Effect.gen(function*() {
          yield* peers.begin(yield* server.ports, { seed, connections: options.connections })
          const every = Math.min(options.restartEverySeconds, seconds * 0.6)
          let restartAt = every // once, at the least
          let sampleAt = options.sampleEverySeconds
          const from = performance.now()
          for (;;) {
            const elapsed = (performance.now() - from) / 1000
            if (elapsed >= seconds && restartAt > every) return
            yield* options.progress(`${name}: ${(elapsed / 60).toFixed(1)} of ${(seconds / 60).toFixed(1)} minutes`)
            if (elapsed >= restartAt) {
              yield* restart
              restartAt += every
            }
            if (elapsed >= sampleAt) {
              yield* sample
              sampleAt += options.sampleEverySeconds
            }
            yield* restore(Effect.sleep(Math.max(0, 1000 * Math.min(1, seconds / 8, seconds - elapsed))))
          }
        })
      const quiet = (before?: { readonly server: Usage; readonly peers: Usage }) =>
        Effect.gen(function*() {
          yield* options.progress("waiting until nothing goes on")
          yield* peers.stop
          for (let i = 0; i < quietSeconds && (yield* server.tallied).open > 0; i++) yield* Effect.sleep("1 second")
          yield* Effect.sleep(1000 * options.settleSeconds)
          return {
            server: yield* settled(server.usage, before?.server),
            peers: yield* settled(peers.usage, before?.peers)
          }
        })

      const warm = yield* Effect.exit(phase("warming up", options.seed, options.warmUpSeconds))
      const before = yield* quiet()
      const isWarm = warm._tag === "Success"
      if (isWarm) {
        samples.server.length = 0
        samples.peers.length = 0
        yield* Effect.exit(phase("soaking", options.seed + 1, options.minutes * 60))
      }
      const after = isWarm ? yield* quiet(before) : before
      yield* options.progress("")
      const side = (which: "server" | "peers", tallied: Tallied): Side => ({
        tallied,
        before: isWarm ? before[which] : null,
        after: after[which],
        samples: samples[which]
      })
      return {
        date: new Date().toISOString(),
        node: process.versions.node,
        seed: options.seed,
        connections: options.connections,
        minutes: minutes(),
        restarts,
        server: side("server", yield* server.tallied),
        peers: side("peers", yield* peers.tallied)
      }
    })
  )

/**
 * What is held once it is no more than before: a timer that was canceled sleeps on until it would have been over. Without a
 * before, at once.
 */
const settled = <E>(usage: Effect.Effect<Usage, E>, before: Usage | undefined): Effect.Effect<Usage, E> =>
  Effect.gen(function*() {
    let now = yield* usage
    for (let i = 0; before !== undefined && holdsMore(now, before) && i < quietSeconds; i++) {
      yield* Effect.sleep("1 second")
      now = yield* usage
    }
    return now
  })

const holdsMore = (now: Usage, before: Usage): boolean =>
  now.descriptors > before.descriptors || now.fibers > before.fibers ||
  Object.entries(now.resources).some(([name, count]) => count > (before.resources[name] ?? 0))

/** A connection whose peer is silent is found out within 35 seconds; those that close are given no more. */
const quietSeconds = 45
