/**
 * One node's knowledge of who is in which topic. In: members of its own, and what other nodes say. Out: what it says to them, and the
 * members of a topic.
 *
 * Each node numbers the changes of its members of a topic, and sends the number with each change and at an interval. A node that finds it
 * has missed one asks that node for all.
 */
import * as Effect from "effect/Effect"
import type { Link, Receiver } from "../Backplane.js"
import * as Saying from "./Saying.js"

/** Members of one node in one topic: their states, as text, by their numbers. */
interface Group {
  version: number
  readonly members: Map<number, string>
  heardAt: number
  /** All are being told, and so many are not yet. */
  isPartial: boolean
}

interface Topic {
  readonly own: Group
  readonly others: Map<number, Group>
  watchers: number
  changes: number
  waiting: Array<() => void>
}

/** Members that are told of at once. */
const pageSize = 100

export class Party implements Receiver {
  private readonly topics = new Map<string, Topic>()
  private next = 0
  link: Link | undefined = undefined

  constructor(
    private readonly node: number,
    private readonly name: string,
    private readonly now: () => number,
    private readonly timeout: number,
    readonly onTrouble: (why: string) => void
  ) {}

  // -- members of this node

  add(topic: string, state: string): string {
    const id = this.next++
    const { own } = this.wanted(topic)
    own.members.set(id, state)
    this.say(topic, { _tag: "Put", version: ++own.version, id, state })
    this.onChange(topic)
    return this.idOf(this.node, id)
  }

  update(topic: string, id: string, state: string): void {
    const own = this.topics.get(topic)?.own
    const number = this.numberOf(id)
    if (own === undefined || !own.members.has(number)) return // it has ended
    own.members.set(number, state)
    this.say(topic, { _tag: "Put", version: ++own.version, id: number, state })
    this.onChange(topic)
  }

  remove(topic: string, id: string): void {
    const own = this.topics.get(topic)?.own
    const number = this.numberOf(id)
    if (own === undefined || !own.members.delete(number)) return
    this.say(topic, { _tag: "Remove", version: ++own.version, id: number })
    this.onChange(topic)
    this.unwanted(topic)
  }

  /** This node goes. */
  leave(): void {
    for (const [topic, { own }] of this.topics) if (own.members.size > 0) this.say(topic, { _tag: "Bye" })
  }

  /** Says that this node is alive, and finds nodes that are not. */
  beat(): void {
    const since = this.now() - this.timeout
    for (const [topic, { others, own }] of this.topics) {
      if (own.members.size > 0) this.say(topic, { _tag: "Here", version: own.version })
      for (const [node, { heardAt }] of others) {
        if (heardAt < since && others.delete(node)) this.onChange(topic)
      }
    }
  }

  // -- who is there

  members(topic: string): ReadonlyArray<readonly [id: string, state: string]> {
    const known = this.topics.get(topic)
    if (known === undefined) return []
    const groups = [[this.node, known.own] as const, ...known.others].sort(([a], [b]) => a - b)
    return groups.flatMap(([node, { members }]) =>
      [...members].map(([id, state]) => [this.idOf(node, id), state] as const)
    )
  }

  watch(topic: string): void {
    this.wanted(topic).watchers++
  }

  unwatch(topic: string): void {
    const known = this.topics.get(topic)
    if (known !== undefined) known.watchers--
    this.unwanted(topic)
  }

  /** Waits until there is another number of changes. */
  changed(topic: string, seen: number): Effect.Effect<number> {
    return Effect.async((resume) => {
      const known = this.wanted(topic)
      if (known.changes !== seen) return resume(Effect.succeed(known.changes))
      known.waiting.push(() => resume(Effect.succeed(known.changes)))
    })
  }

  private wanted(topic: string): Topic {
    const known = this.topics.get(topic)
    if (known !== undefined) return known
    const made: Topic = { own: group(this.now()), others: new Map(), watchers: 0, changes: 0, waiting: [] }
    this.topics.set(topic, made)
    this.link?.subscribe(this.channel(topic), () => this.say(topic, { _tag: "Who" }))
    return made
  }

  private unwanted(topic: string): void {
    const known = this.topics.get(topic)
    if (known === undefined || known.watchers > 0 || known.own.members.size > 0) return
    this.topics.delete(topic)
    this.link?.unsubscribe(this.channel(topic))
  }

  private onChange(topic: string): void {
    const known = this.topics.get(topic)
    if (known === undefined) return
    known.changes++
    const { waiting } = known
    known.waiting = []
    for (const resume of waiting) resume()
  }

  // -- what nodes tell each other

  onMessage(channel: string, bytes: Uint8Array): void {
    const topic = channel.slice(this.channel("").length)
    const known = this.topics.get(topic)
    const said = Saying.read(bytes)
    if (known === undefined || said === undefined || said.from === this.node) return
    const { from, what } = said
    switch (what._tag) {
      case "Who":
        if (what.node === undefined || what.node === this.node) this.tellAll(topic, known.own)
        return
      case "Bye":
        if (known.others.delete(from)) this.onChange(topic)
        return
      case "All":
        return this.hearAll(topic, known, from, what)
      case "Here":
      case "Put":
      case "Remove":
        return this.hear(topic, known, from, what)
    }
  }

  onUp(): void {
    for (const [topic, { own }] of this.topics) {
      this.say(topic, { _tag: "Who" })
      this.tellAll(topic, own)
    }
  }

  onDown(why: string): void {
    this.onTrouble(why)
  }

  private hear(topic: string, { others }: Topic, from: number, what: Saying.Change): void {
    const of = others.get(from)
    const isNext = of !== undefined && !of.isPartial && what.version === of.version + (what._tag === "Here" ? 0 : 1)
    if (!isNext) return this.say(topic, { _tag: "Who", node: from })
    of.heardAt = this.now()
    of.version = what.version
    if (what._tag === "Here") return
    if (what._tag === "Put") of.members.set(what.id, what.state)
    else of.members.delete(what.id)
    this.onChange(topic)
  }

  private hearAll(topic: string, { others }: Topic, from: number, what: Saying.All): void {
    const before = what.isFirst ? undefined : others.get(from)
    if (!what.isFirst && (before === undefined || before.version !== what.version)) return
    const of = before ?? group(this.now())
    of.version = what.version
    of.heardAt = this.now()
    of.isPartial = !what.isLast
    for (const [id, state] of what.members) of.members.set(id, state)
    others.set(from, of)
    this.onChange(topic)
  }

  private tellAll(topic: string, { members, version }: Group): void {
    if (members.size === 0) return
    const all = [...members]
    for (let from = 0; from < all.length; from += pageSize) {
      this.say(topic, {
        _tag: "All",
        version,
        isFirst: from === 0,
        isLast: from + pageSize >= all.length,
        members: all.slice(from, from + pageSize)
      })
    }
  }

  /** If it is lost, others notice by its number, or at the next interval. */
  private say(topic: string, what: Saying.What): void {
    this.link?.publish(this.channel(topic), Saying.write({ from: this.node, what }), () => {})
  }

  private channel(topic: string): string {
    return `$${this.name}.${topic}`
  }

  private idOf(node: number, id: number): string {
    return `${node.toString(36)}-${id.toString(36)}`
  }

  private numberOf(id: string): number {
    return parseInt(id.slice(id.indexOf("-") + 1), 36)
  }
}

const group = (now: number): Group => ({ version: 0, members: new Map(), heardAt: now, isPartial: false })
