/** Two clients of Redis for one node, until its scope closes. */
import type { Keeping, Link, Receiver } from "@effect-ws/platform/Backplane"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Settings, started } from "./Client.js"
import { RedisLink } from "./RedisLink.js"
import { RedisLog } from "./RedisLog.js"

export const open = (
  settings: Settings,
  receiver: Receiver,
  keeping: Keeping | undefined
): Effect.Effect<Link, never, Scope.Scope> =>
  Effect.map(
    Effect.all([started(settings), started(settings)]),
    ([publisher, listener]) =>
      new RedisLink(
        publisher,
        listener,
        settings,
        receiver,
        keeping && new RedisLog(publisher, settings, keeping),
        keeping
      )
  )
