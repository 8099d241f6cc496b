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
  /** All numbers from one on, ten a second. Who has lost the stream asks again, from where it was. */
  Rpc.make("Count", { payload: { from: Schema.NonNegativeInt }, success: Counted, stream: true }),
  /** Takes three seconds. The id is the caller's own, so that work that was asked for again is not done twice. */
  Rpc.make("Work", { payload: { id: Schema.UUID }, success: Done }),
  /** Has the server restart. The answer comes before it does. */
  Rpc.make("Restart")
)
