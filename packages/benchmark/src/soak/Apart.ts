/**
 * The sides of a soak as processes: started with a scope, ended with it.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as child from "../internal/child.js"
import { type Fault, type PeersOrder, type PeersSide, Ports, type ServerOrder, type ServerSide } from "./Sides.js"
import { Tallied } from "./Tally.js"
import { Usage } from "./Usage.js"

type Apart<A> = Effect.Effect<A, child.ChildError, Scope.Scope>

const Done = Schema.Struct({ done: Schema.Literal(true) })

export const server = (fault: Fault): Apart<ServerSide<child.ChildError>> =>
  Effect.map(start("soak-server", [fault]), (process) => {
    const ask = <A, I>(order: ServerOrder, schema: Schema.Schema<A, I>) => child.ask(process, order, schema)
    return {
      ports: ask({ _tag: "Ports" }, Ports),
      restart: ask({ _tag: "Restart" }, Ports),
      usage: ask({ _tag: "Usage" }, Usage),
      tallied: ask({ _tag: "Tallied" }, Tallied)
    }
  })

export const peers: Apart<PeersSide<child.ChildError>> = Effect.suspend(() =>
  Effect.map(start("soak-peers", []), (process) => {
    const ask = <A, I>(order: PeersOrder, schema: Schema.Schema<A, I>) => child.ask(process, order, schema)
    return {
      begin: (ports, options) => ask({ _tag: "Begin", ports, options }, Done),
      restarting: ask({ _tag: "Restarting" }, Done),
      restarted: (ports) => ask({ _tag: "Restarted", ports }, Done),
      stop: ask({ _tag: "Stop" }, Done),
      usage: ask({ _tag: "Usage" }, Usage),
      tallied: ask({ _tag: "Tallied" }, Tallied)
    }
  })
)

/** A process says when it is ready. */
const start = (entry: "soak-server" | "soak-peers", args: ReadonlyArray<string>): Apart<child.Child> =>
  Effect.tap(child.spawn(entry, args), (process) => child.listen(process, Done))
