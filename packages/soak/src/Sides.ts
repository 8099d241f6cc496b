/**
 * The two sides of a soak, as it is told to them: each in a process of its own (`Apart`), or both in this one, as a short test has
 * it. Types and schemas only.
 */
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Tallied } from "./Tally.js"
import type { Usage } from "./Usage.js"

/** Where the server listens. */
export const Ports = Schema.Struct({ messages: Schema.Number, handlers: Schema.Number, streams: Schema.Number })
export type Ports = typeof Ports.Type

export interface ServerSide<E> {
  readonly ports: Effect.Effect<Ports, E>
  /** Shuts down gracefully and listens anew: on the same ports, unless somebody else has taken one. */
  readonly restart: Effect.Effect<Ports, E>
  readonly usage: Effect.Effect<Usage, E>
  readonly tallied: Effect.Effect<Tallied, E>
}

export interface PeersSide<E> {
  readonly begin: (ports: Ports, options: PeersOptions) => Effect.Effect<void, E>
  readonly restarting: Effect.Effect<void, E>
  readonly restarted: (ports: Ports) => Effect.Effect<void, E>
  /** Tells all peers to come to an end, and waits until they have. */
  readonly stop: Effect.Effect<void, E>
  readonly usage: Effect.Effect<Usage, E>
  readonly tallied: Effect.Effect<Tallied, E>
}

export interface PeersOptions {
  readonly seed: number
  /** Peers at a time. */
  readonly connections: number
}

export const host = "127.0.0.1"

/** The query by which honest peers make themselves known: the server has no cause to fail one of them. */
export const honest = "honest"

/** What the server does wrong on purpose, once in a while, to see that it is noticed. */
export const faults = ["none", "alters", "loses", "leaks", "throws"] as const
export type Fault = typeof faults[number]

/** What a process is told to do. */
export type ServerOrder = { readonly _tag: "Ports" | "Restart" | "Usage" | "Tallied" }
export type PeersOrder =
  | { readonly _tag: "Begin"; readonly ports: Ports; readonly options: PeersOptions }
  | { readonly _tag: "Restarting" | "Stop" | "Usage" | "Tallied" }
  | { readonly _tag: "Restarted"; readonly ports: Ports }
