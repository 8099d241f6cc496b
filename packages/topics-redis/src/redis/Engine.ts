/** Redis as a node's link and log have it: one server, or a cluster of them. */
import { RESP_TYPES } from "@redis/client"

export type Hear = (payload: Buffer, channel: Buffer) => void

export interface Watcher {
  /** It may be that Redis can be reached, again. `isAnew`: nothing is listened to any more. */
  readonly onReady: (isAnew: boolean) => void
  /** It may be that it cannot. */
  readonly onBroken: (why: string) => void
}

export interface Engine {
  /** All of it can be reached, as far as is known. */
  readonly isUp: boolean
  /** It can be asked to listen to something. */
  readonly canListen: boolean
  /** Whether it knows patterns: sharded publish/subscribe does not. */
  readonly patterns: boolean
  /** What is published on one channel arrives in the order of calls. */
  readonly publish: (channel: string, payload: Buffer) => Promise<unknown>
  readonly listen: (channel: string, isPattern: boolean, hear: Hear) => Promise<void>
  readonly leave: (channel: string, isPattern: boolean) => Promise<void>
  /** A command about one key, answered in bytes: no text of Redis is believed to be UTF-8. */
  readonly ask: (key: string, command: ReadonlyArray<string | Buffer>) => Promise<unknown>
  readonly watch: (watcher: Watcher) => void
}

/** Replies are bytes, not text. */
export const asBytes = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } }
