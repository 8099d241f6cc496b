/**
 * The sides of a soak as processes: started with a scope, ended with it.
 */
import * as Child from "@effect-ws/benchmark/Child"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { type Fault, type PeersOrder, type PeersSide, Ports, type ServerOrder, type ServerSide } from "./Sides.js"
import { Tallied } from "./Tally.js"
import { Usage } from "./Usage.js"

type Apart<A> = Effect.Effect<A, Child.ChildError, Scope.Scope>

const Done = Schema.Struct({ done: Schema.Literal(true) })

export const server = (fault: Fault): Apart<ServerSide<Child.ChildError>> =>
  Effect.map(start("server", [fault]), (process) => {
    const ask = <A, I>(order: ServerOrder, schema: Schema.Schema<A, I>) => Child.ask(process, order, schema)
    return {
      ports: ask({ _tag: "Ports" }, Ports),
      restart: ask({ _tag: "Restart" }, Ports),
      usage: ask({ _tag: "Usage" }, Usage),
      tallied: ask({ _tag: "Tallied" }, Tallied)
    }
  })

export const peers: Apart<PeersSide<Child.ChildError>> = Effect.suspend(() =>
  Effect.map(start("peers", []), (process) => {
    const ask = <A, I>(order: PeersOrder, schema: Schema.Schema<A, I>) => Child.ask(process, order, schema)
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
const start = (entry: "server" | "peers", args: ReadonlyArray<string>): Apart<Child.Child> =>
  Effect.tap(Child.spawn(new URL(`./bin/${entry}.js`, import.meta.url), args), (process) => Child.listen(process, Done))
