/** What is common to clients of Redis, of one server or of each of a cluster. */
import type { RedisClientOptions } from "@redis/client"
import * as Effect from "effect/Effect"

export interface Settings {
  readonly url: string
  /** Some servers of a cluster, if it is one. */
  readonly cluster: ReadonlyArray<string> | undefined
  readonly client: RedisClientOptions
  readonly prefix: string
  readonly sharded: boolean
}

/** As much of a client as can be ended, and asked whether Redis is there. */
interface Ending {
  readonly isReady: boolean
  readonly ping: () => Promise<unknown>
  readonly destroy: () => void
  readonly once: (event: "ready", listener: () => void) => unknown
}

/** Milliseconds. A connection on which nothing came for so long is broken: pings see to it that something comes. */
const silence = 10_000

/** What each client is told. */
export const common = ({ pingInterval = silence / 3 }: RedisClientOptions) => ({
  disableOfflineQueue: true,
  pingInterval
})

/** What each socket is told, unless the user says otherwise. */
export const patience = { connectTimeout: 5000, socketTimeout: silence }

/** One that is being connected would be so after its end, too, and stay. */
export const discard = (client: Ending): void => {
  client.once("ready", () => client.destroy())
  client.destroy()
}

/** Waits until what they were told is written, and Redis has answered behind it: a second at most. */
export const flushed = (clients: () => ReadonlyArray<Ending>): Effect.Effect<void> =>
  Effect.suspend(() =>
    Effect.interruptible(Effect.ignore(Effect.timeout(
      Effect.tryPromise(() => Promise.all(clients().map((client) => client.isReady ? client.ping() : undefined))),
      "1 second"
    )))
  )
