/**
 * What the RPC server can be asked, by Schema: the one module that both sides import.
 */
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"

/** A number of the stream, and which run of the server made it. */
export class Counted extends Schema.Class<Counted>("Counted")({ number: Schema.Number, run: Schema.Number }) {}

/** A piece of work that is done, and which run of the server did it. */
export class Done extends Schema.Class<Done>("Done")({ id: Schema.String, run: Schema.Number }) {}

export const Requests = RpcGroup.make(
  /** All numbers from one on, ten a second. A client that lost the stream asks again, from where it was. */
  Rpc.make("Count", { payload: { from: Schema.NonNegativeInt }, success: Counted, stream: true }),
  /** Takes three seconds. The caller chooses the id, so that repeated work is not done twice. */
  Rpc.make("Work", { payload: { id: Schema.UUID }, success: Done }),
  /** Restarts the server. The answer comes before the restart. */
  Rpc.make("Restart")
)
