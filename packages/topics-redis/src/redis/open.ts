/** A node's way to Redis, until its scope closes. */
import type { Keeping, Link, Receiver } from "@effect-ws/platform/Backplane"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Settings } from "./Client.js"
import { cluster } from "./Cluster.js"
import { RedisLink } from "./RedisLink.js"
import { RedisLog } from "./RedisLog.js"
import { server } from "./Server.js"

export const open = (
  settings: Settings,
  receiver: Receiver,
  keeping: Keeping | undefined
): Effect.Effect<Link, never, Scope.Scope> =>
  Effect.map(
    settings.cluster === undefined ? server(settings) : cluster(settings.cluster, settings),
    (engine) => {
      const log = keeping && new RedisLog(engine, settings.prefix, keeping)
      return new RedisLink(engine, settings.prefix, receiver, log, keeping)
    }
  )
