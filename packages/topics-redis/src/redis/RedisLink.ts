/**
 * A node's way to Redis. In: names to listen to, and what to publish. Out: messages, and whether Redis can be reached: that is so when
 * all names are subscribed to, too.
 */
import type { BackplaneUnavailable, Keeping, Link, Log, Receiver } from "@effect-ws/platform/Backplane"
import { Channels } from "./Channels.js"
import type { Engine, Watcher } from "./Engine.js"
import { reasonOf, unavailable } from "./failures.js"

export class RedisLink implements Link, Watcher {
  readonly patterns: boolean
  private readonly channels: Channels
  /** Names that are wanted, and who is told when they come; nobody any more once it was told. */
  private readonly names = new Map<string, (() => void) | undefined>()
  /** Names that are listened to. */
  private readonly heard = new Set<string>()
  /** Names of which Redis has been asked something, and has not answered. */
  private readonly asked = new Set<string>()
  /** Of those, the ones without which it does not count as back. */
  private awaited = new Set<string>()
  /** Names of which it was refused. */
  private readonly refused = new Set<string>()
  private retrying: NodeJS.Timeout | undefined = undefined
  /** What the receiver knows: that Redis can be reached, or that it cannot. */
  private told: "up" | "down" | undefined = undefined
  /** Of beginning anew: what was asked before has nothing to say. */
  private round = 0

  constructor(
    private readonly engine: Engine,
    prefix: string,
    private readonly receiver: Receiver,
    readonly log: Log | undefined,
    keeping: Keeping | undefined
  ) {
    this.patterns = engine.patterns
    this.channels = new Channels(prefix, keeping)
    engine.watch(this)
  }

  get isUp(): boolean {
    return this.engine.isUp
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
    this.engine.publish(channel, payload).then(() => done(undefined), (error: unknown) => done(unavailable(error)))
  }

  /**
   * Sees to it that what is wanted is listened to, and nothing else. One command at a time for each name: the client takes its listeners
   * away when an UNSUBSCRIBE is answered, those that came behind it, too.
   */
  private settle(name: string): void {
    if (this.asked.has(name) || !this.engine.canListen) return // again when it is answered, or back
    const isWanted = this.names.has(name)
    if (isWanted === this.heard.has(name)) return this.tell(name)
    this.asked.add(name)
    const { round } = this
    Promise.all(this.channels.of(name).map((channel) => this.ask(name, channel, isWanted))).then(
      () => {
        if (round !== this.round) return
        this.asked.delete(name)
        this.refused.delete(name)
        if (isWanted) this.heard.add(name)
        else this.heard.delete(name)
        this.settle(name)
        this.answered(name)
      },
      (error: unknown) => {
        if (round !== this.round) return
        this.asked.delete(name)
        if (this.engine.canListen) this.onRefused(name, reasonOf(error)) // and if not, it is asked when it is back
        this.answered(name)
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
    const isPattern = this.channels.isPattern(name)
    return isWanted
      ? this.engine.listen(channel, isPattern, this.onPublished)
      : this.engine.leave(channel, isPattern)
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

  onReady(isAnew: boolean): void {
    if (isAnew) {
      this.round++
      this.heard.clear()
      this.asked.clear()
    }
    if (!this.isUp) return
    for (const name of new Set([...this.names.keys(), ...this.heard])) this.settle(name)
    this.awaited = new Set(this.asked)
    this.announce()
  }

  private answered(name: string): void {
    if (this.awaited.delete(name)) this.announce()
  }

  /** Once all that is wanted is listened to: who reads what was missed before that misses more. */
  private announce(): void {
    if (this.told === "up" || !this.isUp || this.awaited.size > 0) return
    this.told = "up"
    this.receiver.onUp()
  }

  onBroken(why: string): void {
    if (this.told === "down" || this.isUp) return
    this.told = "down"
    this.receiver.onDown(why)
  }
}

/** Milliseconds from a refusal to the next try. */
const untilAgain = 1000
