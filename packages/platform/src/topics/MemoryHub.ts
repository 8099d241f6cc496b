/** A backplane in memory: nodes of one process hear of each other in the same turn, unless it is down. */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import { BackplaneUnavailable, type Keeping, type Link, type Log, type Receiver } from "../Backplane.js"
import { logOf } from "./MemoryLog.js"
import { isPattern, PatternTree } from "./names.js"

export class MemoryHub {
  private readonly nodes = new Set<MemoryLink>()
  private log: Log | undefined = undefined
  isUp = true

  constructor(private readonly clock: Clock.Clock) {}

  open(receiver: Receiver, keeping: Keeping | undefined): Effect.Effect<Link, never, Scope.Scope> {
    return Effect.acquireRelease(
      Effect.sync(() => {
        if (keeping !== undefined) {
          this.log ??= logOf(this.clock, keeping, (topic, bytes, id) => this.publish(topic, bytes, id))
        }
        const link = new MemoryLink(this, receiver, keeping === undefined ? undefined : this.log)
        this.nodes.add(link)
        if (this.isUp) receiver.onUp()
        else receiver.onDown(off.why)
        return link
      }),
      (link) => Effect.sync(() => this.nodes.delete(link))
    )
  }

  publish(topic: string, bytes: Uint8Array, id: string | undefined): void {
    for (const node of [...this.nodes]) node.hear(topic, bytes, id)
  }

  down(): void {
    if (!this.isUp) return
    this.isUp = false
    for (const { receiver } of [...this.nodes]) receiver.onDown(off.why)
  }

  up(): void {
    if (this.isUp) return
    this.isUp = true
    for (const node of [...this.nodes]) node.wake()
  }
}

class MemoryLink implements Link {
  readonly patterns = true
  readonly log: Log | undefined
  private readonly names = new Map<string, () => void>()
  private readonly tree = new PatternTree<true>()

  constructor(private readonly hub: MemoryHub, readonly receiver: Receiver, log: Log | undefined) {
    this.log = log === undefined ? undefined : {
      append: (topic, bytes, unique, done) =>
        this.isUp ? log.append(topic, bytes, unique, done) : done(Either.left(off)),
      last: (topic) => this.whileUp(log.last(topic)),
      read: (topic, after, most) => this.whileUp(log.read(topic, after, most)),
      isAfter: log.isAfter
    }
  }

  get isUp(): boolean {
    return this.hub.isUp
  }

  subscribe(name: string, ready: () => void): void {
    this.names.set(name, ready)
    if (isPattern(name)) this.tree.set(name, true)
    if (this.isUp) ready()
  }

  unsubscribe(name: string): void {
    this.names.delete(name)
    if (isPattern(name)) this.tree.delete(name)
  }

  publish(topic: string, bytes: Uint8Array, done: (failure: BackplaneUnavailable | undefined) => void): void {
    if (!this.isUp) return done(off)
    this.hub.publish(topic, bytes, undefined)
    done(undefined)
  }

  hear(topic: string, bytes: Uint8Array, id: string | undefined): void {
    if (this.names.has(topic) || this.tree.find(topic).length > 0) this.receiver.onMessage(topic, bytes, id)
  }

  wake(): void {
    for (const ready of this.names.values()) ready()
    this.receiver.onUp()
  }

  private whileUp<A>(effect: Effect.Effect<A, BackplaneUnavailable>): Effect.Effect<A, BackplaneUnavailable> {
    return Effect.suspend(() => this.isUp ? effect : Effect.fail(off))
  }
}

const off = new BackplaneUnavailable({ mayHaveArrived: false, why: "it is switched off" })
