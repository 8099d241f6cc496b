/**
 * The RPC server. In: any `SocketServer`, the number of this run of the server, and the state that survives runs. Out: a layer that
 * answers until its scope closes. Then clients see their connections end, and never an "interrupted" answer.
 */
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as PlatformSocketServer from "@effect-ws/platform/PlatformSocketServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Counted, Done, Requests } from "./Requests.js"

/** The state that survives a run. In your application this is a database. */
export interface Outliving {
  readonly done: Map<string, Done>
  readonly restart: Effect.Effect<void>
}

/** How much work is remembered. */
const kept = 1000

const handlers = (run: number, { done, restart }: Outliving) =>
  Requests.toLayer({
    Count: ({ from }) =>
      Stream.iterate(from, (number) => number + 1).pipe(
        Stream.schedule(Schedule.spaced("100 millis")),
        Stream.map((number) => new Counted({ number, run }))
      ),
    Work: ({ id }) =>
      Effect.gen(function*() {
        const before = done.get(id)
        if (before !== undefined) return before
        yield* Effect.sleep("3 seconds")
        const result = new Done({ id, run })
        done.set(id, result)
        for (const oldest of done.keys()) {
          if (done.size <= kept) break
          done.delete(oldest)
        }
        return result
      }),
    Restart: () => restart
  })

/** `closingFirst`: the connections end before the calls are interrupted, so that callers see a failure that they can retry. */
export const layer = (run: number, outliving: Outliving) =>
  PlatformSocketServer.closingFirst(
    Layer.provide(RpcServer.layer(Requests), [RpcServer.layerProtocolSocketServer, handlers(run, outliving)])
  ).pipe(Layer.provide(RpcSerialization.layerJson))
