/**
 * Which messages of other nodes have arrived already, so that none is handed out twice: the highest number of each topic and node. It is
 * bounded: what was not heard of for the longest time is forgotten.
 */
import type { Envelope } from "./Envelope.js"

const mostTopics = 10_000
const mostOrigins = 1000

export class Seen {
  private readonly topics = new Map<string, Map<number, number>>()

  /** Whether neither this message nor a later one has arrived before. */
  isNew(topic: string, { origin, sequence }: Pick<Envelope, "origin" | "sequence">): boolean {
    const origins = refreshed(this.topics, topic, mostTopics, () => new Map<number, number>())
    const highest = origins.get(origin) ?? -1
    if (sequence <= highest) return false
    refreshed(origins, origin, mostOrigins, () => sequence)
    origins.set(origin, sequence)
    return true
  }
}

/** The value of this key, which will now be forgotten last. */
const refreshed = <K, V>(map: Map<K, V>, key: K, most: number, make: () => V): V => {
  const value = map.get(key) ?? make()
  map.delete(key)
  map.set(key, value)
  if (map.size > most) {
    const oldest = map.keys().next().value
    if (oldest !== undefined) map.delete(oldest)
  }
  return value
}
