/**
 * Logs of topics in memory: the last messages of each, for a time, and a bounded size for all of them. It is also a backplane's log, for
 * nodes in one process.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { Keeping, Log, Page, Unique } from "../Backplane.js"

interface Entry {
  readonly id: string
  readonly bytes: Uint8Array
  readonly at: number
}

interface Topic {
  /** The place before that of the first of `entries`. */
  gone: number
  entries: Array<Entry>
  size: number
}

export class MemoryLog {
  private readonly topics = new Map<string, Topic>()
  private readonly seen = new Map<string, string>()
  private size = 0
  /** No dropped topic had a place beyond this: new topics start after it, so that no id is used twice. */
  private floor = 0
  private readonly epoch: number

  constructor(private readonly clock: Clock.Clock, private readonly keeping: Keeping, private readonly most: number) {
    this.epoch = clock.unsafeCurrentTimeMillis()
  }

  /** Returns the id; `undefined` if the message is there already. */
  append(
    topic: string,
    bytes: Uint8Array,
    { origin, sequence }: Unique
  ): { readonly id: string; readonly isNew: boolean } {
    const unique = `${origin}-${sequence}`
    const before = this.seen.get(unique)
    if (before !== undefined) return { id: before, isNew: false }
    const log = this.topics.get(topic) ?? this.made(topic)
    this.topics.delete(topic) // to the end: what was written last is dropped last
    this.topics.set(topic, log)
    const id = `${this.epoch}-${log.gone + log.entries.length + 1}`
    log.entries.push({ id, bytes, at: this.clock.unsafeCurrentTimeMillis() })
    this.charge(log, bytes.length + overhead)
    this.seen.set(unique, id)
    if (this.seen.size > mostSeen) this.forget()
    this.trim(log)
    while (this.size > this.most && this.topics.size > 0) this.drop()
    return { id, isNew: true }
  }

  last(topic: string): Effect.Effect<Option.Option<string>> {
    return Effect.sync(() => {
      const log = this.topics.get(topic)
      const last = log === undefined ? this.floor : log.gone + log.entries.length
      return last === 0 ? Option.none() : Option.some(`${this.epoch}-${last}`)
    })
  }

  read(topic: string, after: string | undefined, most: number): Effect.Effect<Page> {
    return Effect.sync(() => {
      const log = this.topics.get(topic)
      if (log !== undefined) this.trim(log)
      const entries = log?.entries ?? []
      const first = log?.gone ?? this.floor
      const from = after === undefined ? first : this.placeOf(after)
      const isKnown = from !== undefined && from >= first && from <= first + entries.length
      const start = isKnown ? from - first : 0
      return { entries: entries.slice(start, start + most), gone: !isKnown }
    })
  }

  readonly isAfter = (id: string, than: string): boolean => (this.placeOf(id) ?? 0) > (this.placeOf(than) ?? 0)

  private placeOf(id: string): number | undefined {
    const [epoch, place] = id.split("-").map(Number)
    return epoch === this.epoch && Number.isSafeInteger(place) ? place : undefined
  }

  private trim(log: Topic): void {
    const { last, millis } = this.keeping
    const oldest = millis === undefined ? -Infinity : this.clock.unsafeCurrentTimeMillis() - millis
    let drop = Math.max(0, log.entries.length - last)
    while (drop < log.entries.length && (log.entries[drop]?.at ?? Infinity) < oldest) drop++
    if (drop === 0) return
    for (const { bytes } of log.entries.splice(0, drop)) this.charge(log, -bytes.length - overhead)
    log.gone += drop
  }

  private made(topic: string): Topic {
    const log: Topic = { gone: this.floor, entries: [], size: 0 }
    this.charge(log, 2 * topic.length + overhead)
    return log
  }

  /** Drops the whole topic that nobody has published to for the longest time. */
  private drop(): void {
    const oldest = this.topics.entries().next().value
    if (oldest === undefined) return
    const [topic, { entries, gone, size }] = oldest
    this.topics.delete(topic)
    this.floor = Math.max(this.floor, gone + entries.length)
    this.size -= size
  }

  private charge(log: Topic, bytes: number): void {
    log.size += bytes
    this.size += bytes
  }

  private forget(): void {
    const oldest = this.seen.keys().next().value
    if (oldest !== undefined) this.seen.delete(oldest)
  }
}

/** Bytes that an entry costs besides its content, and a topic besides its entries. */
const overhead = 256
/** How many messages are recognized if they are appended twice. */
const mostSeen = 10_000

/** Bytes of everything kept in memory. */
const mostKept = 64 * 1024 * 1024

/** The log of a node without a backplane. `publish` is told of what is new. */
export const logOf = (
  clock: Clock.Clock,
  keeping: Keeping,
  publish: (topic: string, bytes: Uint8Array, id: string) => void
): Log => {
  const log = new MemoryLog(clock, keeping, mostKept)
  return {
    append: (topic, bytes, unique, done) => {
      const { id, isNew } = log.append(topic, bytes, unique)
      if (isNew) publish(topic, bytes, id)
      done(Either.right(id))
    },
    last: (topic) => log.last(topic),
    read: (topic, after, most) => log.read(topic, after, most),
    isAfter: log.isAfter
  }
}
