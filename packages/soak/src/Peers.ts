/**
 * The peers: so many at a time, each of one kind, who come and go until they are told to stop. What they do follows from the seed;
 * when they do it, does not.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import * as Evil from "./Evil.js"
import * as Hostile from "./Hostile.js"
import * as Ours from "./Ours.js"
import type { PeersOptions, PeersSide } from "./Sides.js"
import type { Tally } from "./Tally.js"
import * as Usage from "./Usage.js"
import { type Path, pick, World } from "./World.js"
import * as Ws from "./Ws.js"

/** Of twenty peers. */
const mix = [
  ...Array<"ours">(5).fill("ours"),
  ...Array<"ws">(3).fill("ws"),
  "ours, slow",
  "ws, slow",
  "huge",
  "at evil",
  ...Array<"stay">(2).fill("stay"),
  ...Array<"hostile">(2).fill("hostile"),
  ...Array<"slow">(2).fill("slow"),
  ...Array<"abrupt">(2).fill("abrupt")
] as const

const paths: ReadonlyArray<Path> = ["/messages", "/messages", "/run", "/pull", "/receive", "/sink", "/streams"]
/** One that is at it for longer than this behind the end does not end. */
const drainTimeout = "90 seconds"

export const make = (tally: Tally): Effect.Effect<PeersSide<never>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const outer = yield* Effect.scope
    let current: { readonly world: World; readonly stop: Effect.Effect<void> } | undefined = undefined
    return {
      begin: (ports, options) =>
        Effect.gen(function*() {
          const scope = yield* Scope.fork(outer, ExecutionStrategy.sequential)
          const world = new World(ports, tally)
          const stop = yield* Scope.extend(Effect.interruptible(begin(world, options)), scope)
          current = { world, stop: Effect.zipRight(stop, Scope.close(scope, Exit.void)) }
        }),
      restarting: Effect.sync(() => current?.world.restarting()),
      restarted: (ports) => Effect.sync(() => current?.world.restarted(ports)),
      stop: Effect.suspend(() => current?.stop ?? Effect.void),
      usage: Usage.take,
      tallied: Effect.sync(() => tally.tallied)
    }
  })

/** Gives how to stop them. */
const begin = (
  world: World,
  { connections, seed }: PeersOptions
): Effect.Effect<Effect.Effect<void>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const clients = yield* Ours.clients
    const evil = yield* Evil.listen
    const fibers = yield* Effect.forEach(
      Array.from({ length: connections }, (_, index) => index),
      (index) =>
        Effect.forkScoped(Effect.withRandom(
          peer(world, { clients, evil }, mix[index % mix.length] ?? "ours"),
          Random.make(`${seed}/${index}`)
        ))
    )
    return Effect.gen(function*() {
      yield* world.stop
      const ended = yield* Effect.timeoutOption(Fiber.awaitAll(fibers), drainTimeout)
      if (Option.isNone(ended)) world.tally.surprise("peers do not end")
    })
  })

interface Means {
  readonly clients: Ours.Clients
  /** The port of a server that breaks rules. */
  readonly evil: number
}

const peer = (world: World, means: Means, kind: typeof mix[number]): Effect.Effect<void> =>
  Effect.gen(function*() {
    yield* world.pause(0, 1_000)
    while (world.goesOn) {
      const exit = yield* Effect.exit(act(world, means, kind))
      if (Exit.isFailure(exit)) {
        if (Cause.isInterruptedOnly(exit.cause)) return
        world.tally.escaped(Cause.squash(exit.cause))
      }
      yield* world.pause(500, 3_000)
    }
  })

const act = (world: World, means: Means, kind: typeof mix[number]): Effect.Effect<void> => {
  const { clients, evil } = means
  switch (kind) {
    case "ours":
    case "ours, slow":
      return Effect.flatMap(pick(paths), (path) => Ours.visit(world, clients, path, kind === "ours, slow"))
    case "ws":
    case "ws, slow":
      return Effect.flatMap(pick(paths), (path) => Ws.visit(world, path, kind === "ws, slow"))
    case "huge":
      return Effect.zipRight(world.pause(2_000, 10_000), Ours.huge(world, clients))
    case "stay":
      return Effect.flatMap(pick(paths), (path) => Ours.stay(world, clients, path))
    case "at evil":
      return Evil.visit(world, clients, evil)
    case "hostile":
      return Hostile.hostile(world)
    case "slow":
      return Hostile.slow(world)
    case "abrupt":
      return Hostile.abrupt(world)
  }
}
