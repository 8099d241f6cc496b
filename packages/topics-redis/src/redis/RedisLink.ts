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
  /** Names that are listened to. */
  private readonly heard = new Set<string>()
  /** Names of which Redis has been asked something, and has not answered. */
  private readonly asked = new Set<string>()
  /** Names of which it was refused. */
  private readonly refused = new Set<string>()
  private retrying: NodeJS.Timeout | undefined = undefined
  /** The receiver knows that Redis cannot be reached. */
  private isTold = false

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
      client.on("error", (error: unknown) => this.onBroken(reasonOf(error)))
    }
  }

  get isUp(): boolean {
    return this.publisher.isReady && this.listener.isReady
  }

  subscribe(name: string, ready: () => void): void {
    this.names.set(name, ready)
    this.settle(name)
  }

  unsubscribe(name: string): void {
    if (this.names.delete(name)) this.settle(name)
  }

  publish(topic: string, bytes: Uint8Array, done: (failure: BackplaneUnavailable | undefined) => void): void {
    const channel = this.channels.live(topic)
    const payload = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const published = this.settings.sharded
      ? this.publisher.sPublish(channel, payload)
      : this.publisher.publish(channel, payload)
    published.then(() => done(undefined), (error: unknown) => done(unavailable(error)))
  }

  /**
   * Sees to it that what is wanted is listened to, and nothing else. One command at a time for each name: the client takes its listeners
   * away when an UNSUBSCRIBE is answered, those that came behind it, too.
   */
  private settle(name: string): void {
    if (this.asked.has(name) || !this.listener.isReady) return // again when it is answered, or back
    const isWanted = this.names.has(name)
    if (isWanted === this.heard.has(name)) return this.tell(name)
    this.asked.add(name)
    Promise.all(this.channels.of(name).map((channel) => this.ask(name, channel, isWanted))).then(
      () => {
        this.asked.delete(name)
        this.refused.delete(name)
        if (isWanted) this.heard.add(name)
        else this.heard.delete(name)
        this.settle(name)
      },
      (error: unknown) => {
        this.asked.delete(name)
        if (this.listener.isReady) this.onRefused(name, reasonOf(error)) // and if it is not, it is asked when it is back
      }
    )
  }

  /** Tells of the first, and asks again for all of them now and then. */
  private onRefused(name: string, why: string): void {
    if (this.refused.size === 0) this.receiver.onTrouble(`Redis refused a subscription: ${why}`)
    this.refused.add(name)
    this.retrying ??= setTimeout(() => {
      this.retrying = undefined
      for (const name of this.refused) {
        if (!this.names.has(name)) this.refused.delete(name)
        this.settle(name)
      }
    }, untilAgain).unref()
  }

  private ask(name: string, channel: string, isWanted: boolean): Promise<void> {
    const { listener, onPublished } = this
    if (this.settings.sharded) {
      return isWanted ? listener.sSubscribe(channel, onPublished, true) : listener.sUnsubscribe(channel)
    }
    if (this.channels.isPattern(name)) {
      return isWanted ? listener.pSubscribe(channel, onPublished, true) : listener.pUnsubscribe(channel)
    }
    return isWanted ? listener.subscribe(channel, onPublished, true) : listener.unsubscribe(channel)
  }

  private tell(name: string): void {
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
    this.isTold = false
    for (const name of new Set([...this.names.keys(), ...this.heard])) this.settle(name)
    this.receiver.onUp()
  }

  private onBroken(why: string): void {
    if (this.isTold || this.isUp) return
    this.isTold = true
    this.receiver.onDown(why)
  }
}

/** Milliseconds from a refusal to the next try. */
const untilAgain = 1000

const reasonOf = (error: unknown): string => error instanceof Error ? error.message : String(error)
