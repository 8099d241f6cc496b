/** Two connections on one loopback, under the test's clock. */
import * as Primitives from "@effect-ws/codec/Primitives"
import type * as Connection from "@effect-ws/connection/Connection"
import type { Compression } from "@effect-ws/connection/host/Compression"
import * as Deadlines from "@effect-ws/connection/host/Deadlines"
import * as Host from "@effect-ws/connection/host/Host"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import type { Transport } from "@effect-ws/connection/host/Transport"
import * as Limits from "@effect-ws/connection/Limits"
import * as Loopback from "@effect-ws/connection/testing/Loopback"
import * as Effect from "effect/Effect"
import { ManualTransport } from "./ManualTransport.js"

export const opening: Connection.Opening = { subprotocol: undefined, extensions: "", headers: [], target: "/" }

/** A fixed sequence: what is drawn does not matter here, only that it differs. */
export const randomNumbers = (): () => number => {
  let state = 0x9e3779b9
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0)
}

export interface PairOptions extends Loopback.Options {
  readonly client?: Partial<Limits.Limits>
  readonly server?: Partial<Limits.Limits>
}

export const host = (role: "client" | "server", limits: Partial<Limits.Limits> = {}) =>
  Effect.map(Deadlines.make, (deadlines) =>
    Host.make({
      role,
      deadlines,
      limits: Limits.make(limits),
      primitives: Primitives.plain,
      random: randomNumbers()
    }))

export const connectionOn = (
  transport: Transport,
  role: "client" | "server",
  limits: Partial<Limits.Limits> = {}
) =>
  Effect.map(
    host(role, limits),
    (made) => Hosting.unsafeMake(transport, made, { incoming: "whole", opening, compression: undefined })
  )

export const pair = (options: PairOptions = {}) =>
  Effect.gen(function*() {
    const [near, far] = Loopback.make(options)
    return {
      client: yield* connectionOn(near, "client", options.client),
      server: yield* connectionOn(far, "server", options.server),
      clientEnd: near,
      serverEnd: far
    }
  })

const scriptedAs = <I extends Connection.Incoming>(incoming: I) =>
(
  role: "client" | "server",
  limits: Partial<Limits.Limits> = {},
  compression: Compression | undefined = undefined
) =>
  Effect.map(host(role, limits), (made) => {
    const transport = new ManualTransport()
    return { transport, connection: Hosting.unsafeMake(transport, made, { incoming, opening, compression }) }
  })

/** One connection, whose peer the test plays. */
export const scripted = scriptedAs("whole")

/** As {@link scripted}, with text as bytes. */
export const scriptedBytes = scriptedAs("bytes")

/** As {@link scripted}, with messages as streams. */
export const scriptedStreams = scriptedAs("streamed")

/** A turn of the event loop: all that is under way in memory has arrived, and every fiber has done what it can. */
export const turn: Effect.Effect<void> = Effect.promise(() =>
  new Promise((resolve) => {
    setImmediate(() => setImmediate(resolve))
  })
)
