/**
 * Fan-out as a load: one text to each of very many connections, one text at a time. And in how many ways a server sends it. Data
 * only.
 *
 * @since 0.1.0
 */
import * as Load from "./Load.js"

/**
 * The first message of a connection is sent back to it, which says that it is ready; every message after that to all.
 *
 * @since 0.1.0
 * @category models
 */
export interface FanOut {
  readonly connections: number
  /** Octets of the text. */
  readonly size: number
  readonly compression?: Load.Compression | undefined
}

/**
 * How the text is sent to all.
 *
 * @since 0.1.0
 * @category models
 */
export type Way = typeof ways[number]["name"]

/**
 * @since 0.1.0
 * @category ways
 */
export const ways = [
  { name: "ws", says: "ws: send for each client" },
  { name: "try-send", says: "trySend of one PreparedMessage, for each connection" },
  { name: "topics", says: "Topics: publish to one that all have subscribed to" },
  { name: "topics-10", says: "the same with ten topics, each of a tenth of them: the text is published to each" },
  { name: "try-then-send", says: "the same, and then Effect.forEach(those that were full, send), unbounded" },
  { name: "for-each", says: "Effect.forEach(connections, send), one after the other" },
  { name: "for-each-unbounded", says: "the same with unbounded concurrency: nobody waits for one that is slow" },
  { name: "pub-sub", says: "a PubSub, and a Stream of it for each connection, each with send" }
] as const

/**
 * @since 0.1.0
 * @category ways
 */
export const find = (name: string): Way | undefined => ways.find((one) => one.name === name)?.name

/**
 * To so many: not compressed, and compressed with context takeover and without.
 *
 * @since 0.1.0
 * @category loads
 */
export const all = (connections: number, size: number = defaultSize): ReadonlyArray<FanOut> =>
  ([undefined, "takeover", "no-takeover"] as const).map((compression) => ({ connections, size, compression }))

/**
 * Bytes of the text unless told otherwise.
 *
 * @since 0.1.0
 * @category loads
 */
export const defaultSize = 128

/**
 * How many there are unless told otherwise.
 *
 * @since 0.1.0
 * @category loads
 */
export const defaultConnections = 2000

/**
 * The load of each of its connections.
 *
 * @since 0.1.0
 * @category loads
 */
export const loadOf = ({ compression, connections, size }: FanOut): Load.Load => ({
  connections,
  inFlight: 1,
  size,
  kind: "text",
  compression
})

/**
 * `fanout-2000x128B-text`, `fanout-2000x128B-takeover`.
 *
 * @since 0.1.0
 * @category names
 */
export const name = ({ compression, connections, size }: FanOut): string =>
  `${prefix}${connections}x${Load.sizeName(size)}-${compression ?? "text"}`

/**
 * What the names of all of these begin with.
 *
 * @since 0.1.0
 * @category names
 */
export const prefix = "fanout-"
