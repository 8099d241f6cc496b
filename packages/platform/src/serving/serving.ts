/** `Serving` of a host: a `Server`, the `Dispatcher` before it, and the calls that it dispatches to. */
import type * as Connection from "@effect-ws/connection/Connection"
import * as Host from "@effect-ws/connection/host/Host"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as log from "../logging/log.js"
import { Telemetry } from "../Telemetry.js"
import type { MessageHooks, ServeOptions, WebSocketServer } from "../WebSocketServer.js"
import { WireLog } from "../wireLog/service.js"
import { Dispatcher } from "./Dispatcher.js"
import { HandlerCall } from "./HandlerCall.js"
import { MessageCall, type MessageHandler } from "./MessageCall.js"
import { type Options, read } from "./options.js"
import { Server } from "./Server.js"
import type { Refused, Upgrade } from "./upgrade.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Serving {
  readonly serve: WebSocketServer["Type"]["serve"]
  readonly serveMessages: WebSocketServer["Type"]["serveMessages"]
  /** Takes a request. Never throws. */
  readonly onUpgrade: (upgrade: Upgrade) => void
  /** Logs a request that was refused before `accept` could be asked. */
  readonly onRefused: (refused: Refused) => void
  /** Whether somebody takes requests: not before the first `serve`, nor once the server shuts down. */
  readonly isServing: () => boolean
}

export const make = (given: Options): Effect.Effect<Serving, never, Scope.Scope> =>
  Effect.gen(function*() {
    const runtime = yield* Effect.runtime<never>()
    const settings = yield* Effect.sync(() => read(given))
    const telemetry = Option.getOrUndefined(yield* Effect.serviceOption(Telemetry))?.server
    const { deadlines, limits, primitives, random, receiving } = settings
    const recorder = Option.getOrUndefined(yield* Effect.serviceOption(WireLog))
    const meter = telemetry?.meter
    const host = Host.make({ role: "server", limits, primitives, receiving, random, deadlines, meter })
    const server = new Server(settings, host, telemetry, recorder, runtime)
    const dispatcher = new Dispatcher(server)
    yield* Effect.addFinalizer(() => dispatcher.shutdown)
    return {
      onUpgrade: (upgrade) => dispatcher.onUpgrade(upgrade),
      isServing: () => dispatcher.isServing,
      onRefused: (refused) => {
        telemetry?.rejected(String(refused.status))
        server.log(log.refused(refused))
      },
      serve: <A, E, R, R2, I extends Connection.Incoming>(
        handlerOrOptions:
          | ((connection: Connection.Connection) => Effect.Effect<unknown, E, R>)
          | ServeOptions<A, E, R, R2, I>
      ) =>
        dispatcher.serve<Exclude<R | R2, Scope.Scope>>((runtime) =>
          typeof handlerOrOptions === "function"
            ? new HandlerCall<undefined, E, R, R2, "whole">(server, runtime, { handler: handlerOrOptions })
            : new HandlerCall(server, runtime, handlerOrOptions)
        ),
      serveMessages: <E, R, A, R2, I extends Connection.IncomingWhole>(
        handler: MessageHandler<E, R, Connection.MessageFor<I>>,
        hooks: MessageHooks<A, E, R2, I> = {}
      ) => dispatcher.serve<R | R2>((runtime) => new MessageCall(server, runtime, handler, hooks))
    }
  })
