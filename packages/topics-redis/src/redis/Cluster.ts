/**
 * A cluster of Redis, until the scope closes. Each topic is on one shard of it: that of its name. In: where some of its servers are. Out:
 * all of it, or nothing: a cluster of which a shard cannot be reached counts as away.
 *
 * Its client is many connections, each in a state of its own, and a map of the shards, which it mends when a server refuses something. What
 * was subscribed to, and what was published, is then in nobody's order. So the client is used for as long as nothing happens to it: when a
 * connection breaks, or a shard has moved, it is thrown away, and another takes its place as soon as all shards answer.
 */
import { ClientOfflineError, createCluster, DisconnectsClientError } from "@redis/client"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { common, discard, flushed, patience, type Settings } from "./Client.js"
import { asBytes, type Engine, type Hear, type Watcher } from "./Engine.js"
import { isAnswer, reasonOf, refusesAll } from "./failures.js"

type Client = ReturnType<typeof clientOf>
type NodeClient = NonNullable<Client["masters"][number]["client"]>

const clientOf = (roots: ReadonlyArray<string>, { client }: Settings) => {
  const { socket } = client
  const [first = ""] = roots
  const { password, protocol, username } = new URL(first)
  return createCluster({
    RESP: 2,
    rootNodes: roots.map((url) => ({ url })),
    minimizeConnections: true, // or it would wait for a server that is dead until that lives
    defaults: {
      ...client,
      ...common(client),
      // The servers that it finds are not asked as those of the URLs are, unless that is said here.
      ...(username === "" ? {} : { username: decodeURIComponent(username) }),
      ...(password === "" ? {} : { password: decodeURIComponent(password) }),
      socket: {
        ...patience,
        ...(socket === undefined || "path" in socket ? {} : socket),
        ...(protocol === "rediss:" ? { tls: true as const } : {}),
        reconnectStrategy: false as const
      }
    }
  })
}

/** A client that is in use. */
class Use {
  isOver = false
  private readonly ended = Deferred.unsafeMake<void>(FiberId.none)
  private readonly listeners = new Set<NodeClient>()

  constructor(readonly client: Client, private readonly onEnd: (why: string) => void) {
    client.on("node-error", (error: unknown) => {
      // A client that is ended with its last subscription may say so of a ping of its own.
      if (!(error instanceof DisconnectsClientError)) this.end(reasonOf(error))
    })
    client.on("error", () => {}) // of each server of the URLs that does not answer: that none does, `connect` tells
    client.on("node-ready", () => this.heed())
    // Behind the others: the client shares its table of listeners with what it stands for as long as the table is not emptied.
    client.removeAllListeners(resubscribing)
    client.on(resubscribing, () => this.end(moved))
  }

  get over(): Effect.Effect<void> {
    return Deferred.await(this.ended)
  }

  end(why: string): void {
    if (this.isOver) return
    this.isOver = true
    this.onEnd(why)
    Deferred.unsafeDone(this.ended, Effect.void)
  }

  get nodes(): ReadonlyArray<NodeClient> {
    return this.client.masters.flatMap(({ client }) => client ?? [])
  }

  /** Completes when all shards answer, and say that the cluster is whole. */
  async connect(): Promise<void> {
    await this.client.connect()
    if (this.isOver) return
    await Promise.all(this.client.masters.map(async (master) => {
      const node = await this.client.nodeClient(master)
      const state = String(await node.sendCommand(["CLUSTER", "INFO"]))
      if (!state.includes("cluster_state:ok")) return Promise.reject(new Error("the cluster of Redis is not whole"))
    }))
  }

  /** Clients that listen are made by the first subscription at each shard. */
  private heed(): void {
    for (const { pubSub } of this.client.masters) {
      if (pubSub === undefined || this.listeners.has(pubSub.client)) continue
      this.listeners.add(pubSub.client)
      pubSub.client.once("end", () => this.listeners.delete(pubSub.client))
      pubSub.client.on("sharded-channel-moved", () => this.end(moved))
    }
  }

  close(): void {
    this.isOver = true
    const all = new Set([...this.nodes, ...this.listeners])
    for (const { pubSub } of this.client.masters) if (pubSub !== undefined) all.add(pubSub.client)
    this.client.destroy()
    for (const one of all) discard(one)
  }
}

/** Subscriptions that lost their server: the client would subscribe anew, and end the process if that failed. */
const resubscribing = "__resubscribeListeners"

const moved = "a shard of Redis has moved"

class Cluster implements Engine {
  readonly patterns = false
  private current: Use | undefined = undefined
  private watcher: Watcher = { onReady: () => {}, onBroken: () => {} }

  constructor(private readonly roots: ReadonlyArray<string>, private readonly settings: Settings) {}

  get isUp(): boolean {
    return this.current !== undefined
  }

  get canListen(): boolean {
    return this.isUp
  }

  get nodes(): ReadonlyArray<NodeClient> {
    return this.current?.nodes ?? []
  }

  watch(watcher: Watcher): void {
    this.watcher = watcher
  }

  publish(channel: string, payload: Buffer): Promise<unknown> {
    return this.ask(channel, ["SPUBLISH", channel, payload])
  }

  /** At the server of the key's shard, and nowhere else: what is sent on is overtaken by what comes behind it. */
  async ask(key: string, command: ReadonlyArray<string | Buffer>): Promise<unknown> {
    const { current } = this
    if (current === undefined) return Promise.reject(new ClientOfflineError())
    const node = await current.client.getNodeClientForKey(key)
    return node.sendCommand(command, asBytes).catch((error: unknown) => {
      // A key that is just moving is to be asked for elsewhere, once.
      if (reasonOf(error).startsWith("ASK ")) return current.client.sendCommand(key, false, [...command], asBytes)
      if (refusesAll(error)) current.end(reasonOf(error))
      return Promise.reject(error)
    })
  }

  async listen(channel: string, _isPattern: boolean, hear: Hear): Promise<void> {
    const { current } = this
    if (current === undefined) return Promise.reject(new ClientOfflineError())
    const listens = () => current.client.sSubscribe(channel, hear, true)
    // The client that listens at a shard is ended with its last subscription: another is made then.
    return listens().catch((error: unknown) => isAnswer(error) || current.isOver ? Promise.reject(error) : listens())
  }

  async leave(channel: string): Promise<void> {
    await this.current?.client.sUnsubscribe(channel)
  }

  /** One client after the other. */
  get run(): Effect.Effect<void> {
    return Effect.ignore(Effect.repeat(Effect.ignore(Effect.scoped(this.one)), Schedule.spaced("250 millis")))
  }

  private get one() {
    return Effect.gen(this, function*() {
      const use = yield* Effect.acquireRelease(
        Effect.sync(() => new Use(clientOf(this.roots, this.settings), (why) => this.broken(why))),
        (use) =>
          Effect.sync(() => {
            this.current = undefined // what it is still asked for was not refused
            use.close()
          })
      )
      yield* Effect.tapError(
        Effect.timeoutFail(Effect.tryPromise({ try: () => use.connect(), catch: reasonOf }), {
          duration: "5 seconds",
          onTimeout: () => "the cluster of Redis did not answer in time"
        }),
        (why) => Effect.sync(() => this.broken(why))
      )
      if (use.isOver) return
      this.current = use
      this.watcher.onReady(true)
      yield* use.over
    })
  }

  private broken(why: string): void {
    this.current = undefined
    this.watcher.onBroken(why)
  }
}

export const cluster = (roots: ReadonlyArray<string>, settings: Settings): Effect.Effect<Engine, never, Scope.Scope> =>
  Effect.gen(function*() {
    const engine = new Cluster(roots, settings)
    yield* Effect.forkScoped(Effect.interruptible(engine.run))
    yield* Effect.addFinalizer(() => flushed(() => engine.nodes))
    return engine
  })
