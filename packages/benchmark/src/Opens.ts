/**
 * Opening and closing as a load, as when very many clients reconnect: so many at a time dial, shake hands, may say something, close
 * properly and see the server drop the connection; then the next one dials. Data only.
 *
 * @since 0.1.0
 */
import type { Contestant } from "./Contestant.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Opens {
  /** How many are on their way. */
  readonly atOnce: number
  readonly tls: boolean
  /** permessage-deflate is negotiated; a message is compressed then. */
  readonly compression: boolean
  /** One message, and back, before the Close. */
  readonly message: boolean
}

/**
 * With TLS and without, with compression and without, with a message and without.
 *
 * @since 0.1.0
 * @category loads
 */
export const all: ReadonlyArray<Opens> = [false, true].flatMap((tls) =>
  [false, true].flatMap((compression) => [false, true].map((message) => ({ atOnce: 64, tls, compression, message })))
)

/**
 * Who is put through it: the floor, the peer, and ours with a handler for each connection and without.
 *
 * @since 0.1.0
 * @category contestants
 */
export const contestants: ReadonlyArray<Contestant> = ["raw", "ws", "run", "serve-messages"]

/**
 * `opens-tcp-silent`, `opens-tls-compressed-message`.
 *
 * @since 0.1.0
 * @category names
 */
export const name = ({ compression, message, tls }: Opens): string =>
  [`${prefix}${tls ? "tls" : "tcp"}`, ...compression ? ["compressed"] : [], message ? "message" : "silent"].join("-")

/**
 * What the names of all of these begin with.
 *
 * @since 0.1.0
 * @category names
 */
export const prefix = "opens-"
