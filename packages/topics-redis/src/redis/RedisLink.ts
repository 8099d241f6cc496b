/**
 * A node's way to Redis. In: names to listen to, and what to publish. Out: messages, and whether Redis can be reached: that is so when
 * both clients are connected and all names are subscribed to.
 */
import type { BackplaneUnavailable, Keeping, Link, Log, Receiver } from "@effect-ws/platform/Backplane"
import { Channels } from "./Channels.js"
import type { Client, Settings } from "./Client.js"
import { unavailable } from "./failures.js"

export class RedisLink implements Link {
  readonly patterns: boolean
  private readonly channels: Channels
  /** Names that are wanted, and who is told when they come; nobody any more once it was told. */
  private readonly names = new Map<string, (() => void) | undefined>()
  private wasUp = false

  constructor(
    private readonly publisher: Client,
    private readonly listener: Client,
    private readonly settings: Settings,
    private readonly receiver: Receiver,
    readonly log: Log | undefined,
    keeping: Keeping | undefined
  ) {
    this.patterns = !settings.sharded
    this.channels = new Channels(settings.prefix, keeping)
    for (const client of [publisher, listener]) {
      client.on("ready", () => this.onReady())
      client.on("reconnecting", () => this.onBroken("the connection to Redis broke"))
      client.on("error", (error: unknown) => this.onBroken(error instanceof Error ? error.message : String(error)))
    }
  }

  get isUp(): boolean {
    return this.publisher.isReady && this.listener.isReady
  }

  subscribe(name: string, ready: () => void): void {
    this.names.set(name, ready)
    if (this.listener.isReady) this.listen(name)
  }

  unsubscribe(name: string): void {
    if (!this.names.delete(name)) return
    const { listener } = this
    for (const channel of this.channels.of(name)) {
      const done = this.settings.sharded
        ? listener.sUnsubscribe(channel)
        : this.channels.isPattern(name)
        ? listener.pUnsubscribe(channel)
        : listener.unsubscribe(channel)
      done.catch(() => {})
    }
  }

  publish(topic: string, bytes: Uint8Array, done: (failure: BackplaneUnavailable | undefined) => void): void {
    const channel = this.channels.live(topic)
    const payload = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const published = this.settings.sharded
      ? this.publisher.sPublish(channel, payload)
      : this.publisher.publish(channel, payload)
    published.then(() => done(undefined), (error: unknown) => done(unavailable(error)))
  }

  private listen(name: string): void {
    const { listener } = this
    const asked = this.channels.of(name).map((channel) =>
      this.settings.sharded
        ? listener.sSubscribe(channel, this.onPublished, true)
        : this.channels.isPattern(name)
        ? listener.pSubscribe(channel, this.onPublished, true)
        : listener.subscribe(channel, this.onPublished, true)
    )
    Promise.all(asked).then(() => this.onListening(name), () => {}) // again when it is back
  }

  private onListening(name: string): void {
    const ready = this.names.get(name)
    if (ready === undefined) return
    this.names.set(name, undefined)
    ready()
  }

  private readonly onPublished = (payload: Buffer, channel: Buffer): void => {
    const message = this.channels.read(channel.toString(), payload)
    if (message !== undefined) this.receiver.onMessage(message.topic, message.bytes, message.id)
  }

  /** By then the client has subscribed again to what it was subscribed to. */
  private onReady(): void {
    if (!this.isUp) return
    this.wasUp = true
    for (const [name, ready] of this.names) if (ready !== undefined) this.listen(name)
    this.receiver.onUp()
  }

  private onBroken(why: string): void {
    if (!this.wasUp || this.isUp) return
    this.wasUp = false
    this.receiver.onDown(why)
  }
}
