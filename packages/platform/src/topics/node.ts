/** Makes a node from its options, and the `Backplane` of the context, if there is one. */
import { problem } from "@effect-ws/codec/Options"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import type * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import { Backplane, type Keeping, type Link, type Log } from "../Backplane.js"
import { fault, warning } from "../logging/log.js"
import { Exchange } from "./Exchange.js"
import { Hub } from "./Hub.js"
import { Kept, type Showing } from "./Kept.js"
import { logOf } from "./MemoryLog.js"
import { PatternTree } from "./names.js"
import { origin } from "./origin.js"
import type { Bounds } from "./Outlet.js"

export interface Settings extends Bounds {
  readonly maxSubscriptions: number
  readonly keep: Keep | undefined
}

interface Keep extends Showing {
  readonly topics: ReadonlyArray<string>
  readonly last: number
  readonly for: Duration.Duration | undefined
}

export interface Node {
  readonly hub: Hub
  readonly exchange: Exchange
}

export const node = (settings: Settings): Effect.Effect<Node, never, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const clock = yield* Effect.clock
    const run = Runtime.runFork(yield* Effect.runtime())
    const fork = (effect: Effect.Effect<void>): void => void run(Effect.forkIn(effect, scope))
    const hub = new Hub(settings.maxSubscriptions, {
      fork,
      log: (message: string, cause: Cause.Cause<unknown>) => void run(fault(message, cause))
    })
    yield* Effect.addFinalizer(() => Effect.sync(() => hub.close()))
    const exchange = new Exchange(
      yield* origin,
      hub,
      settings,
      clock,
      fork,
      (why) => void run(warning(trouble, { why }))
    )
    // Before the backplane is opened: it closes first, and may still get answers for what was handed over.
    yield* Effect.addFinalizer(() => Effect.sync(() => exchange.close()))
    const { keep } = settings
    const keeping = keep && keepingOf(keep)
    const backplane = yield* Effect.serviceOption(Backplane)
    const link = Option.isSome(backplane) ? yield* backplane.value.open(exchange, keeping) : undefined
    if (keep !== undefined && keeping !== undefined) {
      const log = link === undefined
        ? logOf(clock, keeping, (topic, bytes, id) => exchange.onMessage(topic, bytes, id))
        : logOfLink(link)
      exchange.kept = new Kept(keeping.isKept, keep, log, hub, hub)
    }
    exchange.link = link
    hub.source = exchange
    return { hub, exchange }
  })

const trouble = "The backplane of the topics has trouble"

const keepingOf = ({ for: time, last, topics }: Keep): Keeping => {
  const tree = new PatternTree<true>()
  for (const topic of topics) tree.set(topic, true)
  return {
    isKept: (topic) => tree.find(topic).length > 0,
    last,
    millis: time && Duration.toMillis(time)
  }
}

const logOfLink = ({ log }: Link): Log =>
  InvalidOption.orThrow(log === undefined ? keepsNothing : { _tag: "Options", options: log })

const keepsNothing = problem(
  "keep",
  "given",
  "left out: this backplane keeps nothing",
  "Leave it out, or give the backplane what it needs for a log."
)
