/** A connection to NATS for one node, until its scope closes: opened when it can be, and then kept by the client. */
import type { Keeping, Link, Receiver } from "@effect-ws/platform/Backplane"
import { connect, type NatsConnection, type NodeConnectionOptions } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { reasonOf } from "./failures.js"
import { NatsLink } from "./NatsLink.js"
import { NatsLog } from "./NatsLog.js"

export interface OpenSettings {
  readonly servers: ReadonlyArray<string>
  readonly prefix: string
  readonly replicas: number
  readonly client: NodeConnectionOptions
}

/** Milliseconds from one ping to the next; two that are not answered, and the connection is broken. */
const pingInterval = 3000

export const open = (
  settings: OpenSettings,
  receiver: Receiver,
  keeping: Keeping | undefined
): Effect.Effect<Link, never, Scope.Scope> =>
  Effect.gen(function*() {
    const log = keeping && new NatsLog(settings, keeping)
    const link = new NatsLink(settings.prefix, receiver, log, keeping)
    yield* Effect.forkScoped(Effect.interruptible(
      Effect.scoped(
        Effect.zipRight(
          Effect.flatMap(connected(settings, (why) => link.down(why)), (connection) => link.use(connection)),
          Effect.never
        )
      )
    ))
    return link
  })

const connected = (
  { client, servers }: OpenSettings,
  onFailure: (why: string) => void
): Effect.Effect<NatsConnection, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.orDie(Effect.retry(
      Effect.tapError(
        Effect.tryPromise(() =>
          connect({
            pingInterval,
            maxPingOut: 2,
            reconnectTimeWait: 250,
            reconnectJitter: 250,
            timeout: 5000,
            ignoreAuthErrorAbort: true, // it is refused until its account is mended, not for ever
            ...client,
            servers: [...servers],
            maxReconnectAttempts: -1
          })
        ),
        ({ error }) => Effect.sync(() => onFailure(reasonOf(error)))
      ),
      Schedule.spaced("250 millis")
    )),
    (connection) => Effect.promise(() => connection.close().catch(() => {}))
  )
