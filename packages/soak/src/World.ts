/**
 * What all peers share: where the server is, whether it restarts, how long to go on, the tally, and chance.
 */
import type { Kind } from "@effect-ws/connection/Message"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Random from "effect/Random"
import * as Payload from "./Payload.js"
import { honest, host, type Ports } from "./Sides.js"
import type { Tally } from "./Tally.js"

/** Which port answers which path. */
const paths = {
  "/messages": "messages",
  "/run": "handlers",
  "/pull": "handlers",
  "/receive": "handlers",
  "/sink": "handlers",
  "/streams": "streams"
} as const satisfies Record<string, keyof Ports>

export type Path = keyof typeof paths

export class World {
  private restarts = 0
  private isDown = false
  private isOver = false
  private readonly over = Deferred.unsafeMake<void>(FiberId.none)

  constructor(private ports: Ports, readonly tally: Tally) {}

  // -- time

  get goesOn(): boolean {
    return !this.isOver
  }

  readonly stop: Effect.Effect<void> = Effect.suspend(() => {
    this.isOver = true
    return Effect.asVoid(Deferred.succeed(this.over, undefined))
  })

  /** Waits for something, but not beyond the end: then it is `undefined`. */
  unlessOver<A>(effect: Effect.Effect<A>): Effect.Effect<A | undefined> {
    return Effect.raceFirst(effect, Effect.as(Deferred.await(this.over), undefined))
  }

  /** Between these milliseconds, but not beyond the end. */
  pause(from: number, to: number): Effect.Effect<void> {
    return Effect.flatMap(
      Random.nextIntBetween(from, to),
      (milliseconds) => this.unlessOver(Effect.sleep(milliseconds))
    )
  }

  // -- the server

  restarting(): void {
    this.restarts++
    this.isDown = true
  }

  restarted(ports: Ports): void {
    this.ports = ports
    this.isDown = false
  }

  /** Tells whether the server was down at any time since. */
  watch(): () => boolean {
    const { isDown, restarts } = this
    return () => isDown || this.restarts !== restarts
  }

  /** For those who keep to the rules. */
  url(path: Path): string {
    return `ws://${host}:${this.port(path)}${path}?${honest}`
  }

  port(path: Path): number {
    return this.ports[paths[path]]
  }
}

// -- chance

export const pick = <A>(all: ReadonlyArray<A>): Effect.Effect<A> =>
  Effect.map(Random.nextIntBetween(0, all.length), (index) => all[index] as A)

/** Shares of a hundred, and up to how many octets. */
const sizes: ReadonlyArray<readonly [share: number, from: number, to: number]> = [
  [55, 0, 200],
  [25, 200, 4 * 1024],
  [14, 4 * 1024, 64 * 1024],
  [5, 64 * 1024, 512 * 1024],
  [1, 512 * 1024, Payload.largest]
]

const size: Effect.Effect<number> = Effect.gen(function*() {
  let rest = yield* Random.nextIntBetween(0, 100)
  for (const [share, from, to] of sizes) {
    if (rest < share) return yield* Random.nextIntBetween(from, to)
    rest -= share
  }
  return 0
})

/** Mostly small, and up to several MiB. */
export const sample: Effect.Effect<Payload.Sample> = Effect.gen(function*() {
  const kind = yield* pick<Kind>(["text", "binary"])
  return Payload.make(kind, yield* Random.nextIntBetween(0, 2 ** 30), yield* size)
})
