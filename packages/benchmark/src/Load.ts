/**
 * What servers are put through: so many connections, each of which keeps so many messages of one size in flight. Data only.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 * @category models
 */
export interface Load {
  readonly connections: number
  /** Messages on their way in each connection; the next leaves when one comes back. */
  readonly inFlight: number
  /** Octets of payload. */
  readonly size: number
  readonly kind: Kind
  /** permessage-deflate, with context takeover on both sides or without; none if undefined. */
  readonly compression?: Compression | undefined
  /** What both sides are bounded to, 9 to 15; left open if undefined. */
  readonly windowBits?: number | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export type Compression = "takeover" | "no-takeover"

/**
 * @since 0.1.0
 * @category models
 */
export type Kind = "text" | "binary"

const shapes: ReadonlyArray<Omit<Load, "kind">> = [
  { connections: 100, inFlight: 1, size: 20 },
  { connections: 100, inFlight: 16, size: 20 },
  { connections: 10, inFlight: 64, size: 1024 },
  { connections: 10, inFlight: 1, size: 64 * 1024 },
  { connections: 4, inFlight: 4, size: 1024 * 1024 }
]

/** Of JSON, but the largest, which is prose. */
const compressed: ReadonlyArray<Load> = [128, 1024, 64 * 1024].flatMap((size) =>
  [1, 16].flatMap((inFlight) =>
    (["takeover", "no-takeover"] as const).map((compression): Load => ({
      connections: 100,
      inFlight,
      size,
      kind: "text",
      compression
    }))
  )
)

/**
 * Every load, as text and as binary; and compressed.
 *
 * @since 0.1.0
 * @category loads
 */
export const all: ReadonlyArray<Load> = [
  ...shapes.flatMap((shape): ReadonlyArray<Load> => [{ ...shape, kind: "text" }, { ...shape, kind: "binary" }]),
  ...compressed
]

/**
 * What fills both windows of each connection, of so many bits.
 *
 * @since 0.1.0
 * @category loads
 */
export const filling = (connections: number, windowBits: number): Load => ({
  connections,
  inFlight: 4,
  size: 1024,
  kind: "text",
  compression: "takeover",
  windowBits
})

/**
 * Connections × in flight × size, without the kind: `100x16x20B`.
 *
 * @since 0.1.0
 * @category names
 */
export const shape = ({ connections, inFlight, size }: Omit<Load, "kind">): string =>
  `${connections}x${inFlight}x${sizeName(size)}`

/**
 * `100x16x20B-text`, `100x16x128B-takeover`: what `--loads` takes, or the beginning of it.
 *
 * @since 0.1.0
 * @category names
 */
export const name = (load: Load): string => `${shape(load)}-${load.compression ?? load.kind}`

/**
 * @since 0.1.0
 * @category names
 */
export const sizeName = (size: number): string =>
  size < 1024 ? `${size}B` : size < 1024 * 1024 ? `${size / 1024}KiB` : `${size / (1024 * 1024)}MiB`
