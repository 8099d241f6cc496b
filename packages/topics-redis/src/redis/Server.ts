/**
 * One server of Redis, or what stands for one, until the scope closes: a client to publish, and one to listen, which connect when they
 * can, and again when they have to. What was listened to is listened to again.
 */
import { createClient } from "@redis/client"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { common, discard, flushed, patience, type Settings } from "./Client.js"
import { asBytes, type Engine, type Hear, type Watcher } from "./Engine.js"
import { reasonOf } from "./failures.js"

type Client = ReturnType<typeof clientOf>

const clientOf = ({ client, url }: Settings) =>
  createClient({
    ...client,
    ...common(client),
    url,
    RESP: 2,
    socket: {
      ...patience,
      reconnectStrategy: (retries: number) =>
        Math.min(50 * 2 ** Math.min(retries, 6), 1000) * (0.5 + Math.random() / 2),
      ...client.socket
    }
  })

const started = (settings: Settings): Effect.Effect<Client, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const client = clientOf(settings)
      client.on("error", () => {}) // each is told of where it matters; unheard, it would end the process
      void client.connect().catch(() => {})
      return client
    }),
    (client) => Effect.sync(() => discard(client))
  )

class Server implements Engine {
  constructor(
    private readonly publisher: Client,
    private readonly listener: Client,
    private readonly sharded: boolean
  ) {}

  get isUp(): boolean {
    return this.publisher.isReady && this.listener.isReady
  }

  get canListen(): boolean {
    return this.listener.isReady
  }

  get patterns(): boolean {
    return !this.sharded
  }

  publish(channel: string, payload: Buffer): Promise<unknown> {
    return this.sharded ? this.publisher.sPublish(channel, payload) : this.publisher.publish(channel, payload)
  }

  listen(channel: string, isPattern: boolean, hear: Hear): Promise<void> {
    if (this.sharded) return this.listener.sSubscribe(channel, hear, true)
    return isPattern ? this.listener.pSubscribe(channel, hear, true) : this.listener.subscribe(channel, hear, true)
  }

  leave(channel: string, isPattern: boolean): Promise<void> {
    if (this.sharded) return this.listener.sUnsubscribe(channel)
    return isPattern ? this.listener.pUnsubscribe(channel) : this.listener.unsubscribe(channel)
  }

  ask(_key: string, command: ReadonlyArray<string | Buffer>): Promise<unknown> {
    return this.publisher.sendCommand(command, asBytes)
  }

  watch(watcher: Watcher): void {
    for (const client of [this.publisher, this.listener]) {
      client.on("ready", () => watcher.onReady(false)) // it has subscribed again by then
      client.on("reconnecting", () => watcher.onBroken("the connection to Redis broke"))
      client.on("error", (error: unknown) => watcher.onBroken(reasonOf(error)))
    }
  }
}

export const server = (settings: Settings): Effect.Effect<Engine, never, Scope.Scope> =>
  Effect.gen(function*() {
    const publisher = yield* started(settings)
    const listener = yield* started(settings)
    yield* Effect.addFinalizer(() => flushed(() => [publisher])) // to be destroyed is to forget what is not written
    return new Server(publisher, listener, settings.sharded)
  })
