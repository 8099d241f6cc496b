/**
 * The connections that a page may ask about, by ids that it chose itself: `/?id=` and 32 hexadecimal digits, which nobody else can guess.
 * A connection without an id is not kept.
 *
 * It only holds connections: `Routes` answers questions about them.
 *
 * @since 0.1.0
 */
import type { Connection } from "@effect-ws/connection/Connection"
import * as Option from "effect/Option"

/**
 * @since 0.1.0
 * @category models
 */
export interface Visits {
  /** Keeps a connection that gives an id, unless the id is taken. */
  readonly opened: (connection: Connection) => void
  /** The connection has closed, and may be forgotten: the latest 256 closed ones are kept. */
  readonly closed: (connection: Connection) => void
  readonly find: (id: string) => Option.Option<Connection>
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (): Visits => {
  const open = new Map<string, Connection>()
  const closed = new Map<string, Connection>()
  const find = (id: string): Connection | undefined => open.get(id) ?? closed.get(id)
  return {
    opened: (connection) => {
      const id = idOf(connection)
      if (id !== undefined && find(id) === undefined) open.set(id, connection)
    },
    closed: (connection) => {
      const id = idOf(connection)
      if (id === undefined || open.get(id) !== connection) return
      open.delete(id)
      closed.set(id, connection)
      const [oldest] = closed.keys()
      if (closed.size > maxClosed && oldest !== undefined) closed.delete(oldest)
    },
    find: (id) => Option.fromNullable(find(id))
  }
}

const maxClosed = 256

const idOf = ({ opening }: Connection): string | undefined => /[?&]id=([0-9a-f]{32})(?:&|$)/.exec(opening.target)?.[1]
