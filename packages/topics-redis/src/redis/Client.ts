/** A client of Redis, until its scope closes: it connects when it can, and again when it has to. */
import { createClient, type RedisClientOptions } from "@redis/client"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export interface Settings {
  readonly url: string
  readonly client: RedisClientOptions
  readonly prefix: string
  readonly sharded: boolean
}

export type Client = ReturnType<typeof clientOf>

/** Milliseconds. A connection on which nothing came for so long is broken: pings see to it that something comes. */
const silence = 10_000

const clientOf = ({ client, url }: Settings) =>
  createClient({
    ...client,
    url,
    RESP: 2,
    disableOfflineQueue: true,
    pingInterval: client.pingInterval ?? silence / 3,
    socket: {
      connectTimeout: 5000,
      socketTimeout: silence,
      reconnectStrategy: (retries: number) =>
        Math.min(50 * 2 ** Math.min(retries, 6), 1000) * (0.5 + Math.random() / 2),
      ...client.socket
    }
  })

export const started = (settings: Settings): Effect.Effect<Client, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const client = clientOf(settings)
      client.on("error", () => {}) // each is told of where it matters; unheard, it would end the process
      void client.connect().catch(() => {})
      return client
    }),
    (client) => Effect.sync(() => client.destroy())
  )

/** Waits until what it was told is written, and Redis has answered behind it: a second at most. */
export const flushed = (client: Client): Effect.Effect<void> =>
  Effect.suspend(() =>
    client.isReady
      ? Effect.interruptible(Effect.ignore(Effect.timeout(Effect.tryPromise(() => client.ping()), "1 second")))
      : Effect.void
  )
