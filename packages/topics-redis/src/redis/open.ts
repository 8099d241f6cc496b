/** Two clients of Redis for one node, until its scope closes. */
import type { Keeping, Link, Receiver } from "@effect-ws/platform/Backplane"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { flushed, type Settings, started } from "./Client.js"
import { RedisLink } from "./RedisLink.js"
import { RedisLog } from "./RedisLog.js"

export const open = (
  settings: Settings,
  receiver: Receiver,
  keeping: Keeping | undefined
): Effect.Effect<Link, never, Scope.Scope> =>
  Effect.gen(function*() {
    const publisher = yield* started(settings)
    const listener = yield* started(settings)
    yield* Effect.addFinalizer(() => flushed(publisher)) // to be destroyed is to forget what is not written
    const log = keeping && new RedisLog(publisher, settings, keeping)
    return new RedisLink(publisher, listener, settings, receiver, log, keeping)
  })
