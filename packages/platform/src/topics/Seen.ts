/**
 * Which messages of other nodes have come already, so that none is given out twice: of each topic and node the highest number. Bounded:
 * what was not heard of for the longest is forgotten.
 */
import type { Envelope } from "./Envelope.js"

const mostTopics = 10_000
const mostOrigins = 1000

export class Seen {
  private readonly topics = new Map<string, Map<number, number>>()

  /** Whether it has not come before, nor one behind it. */
  isNew(topic: string, { origin, sequence }: Pick<Envelope, "origin" | "sequence">): boolean {
    const origins = refreshed(this.topics, topic, mostTopics, () => new Map<number, number>())
    const highest = origins.get(origin) ?? -1
    if (sequence <= highest) return false
    refreshed(origins, origin, mostOrigins, () => sequence)
    origins.set(origin, sequence)
    return true
  }
}

/** The value of this key, which is now the last to be forgotten. */
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
