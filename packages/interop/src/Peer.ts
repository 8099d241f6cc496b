/**
 * The vocabulary of the matrix: a foreign peer, in which roles and modes it can be tried, and how its program is started. Values
 * only; which peers there are is told by `Peers`.
 *
 * @since 0.1.0
 */

/**
 * What the peer is. Ours is the other.
 *
 * @since 0.1.0
 * @category models
 */
export type Role = "client" | "server"

/**
 * In which ways a connection is opened: without compression; with permessage-deflate as both have it by default; without context
 * takeover; with windows of 9 and 12 bits; over TLS; with a subprotocol; and over HTTP/2 (RFC 8441), which is over TLS.
 *
 * @since 0.1.0
 * @category models
 */
export type Mode = "plain" | "deflate" | "nct" | "wb9" | "wb12" | "tls" | "subprotocol" | "http2"

/**
 * @since 0.1.0
 * @category constants
 */
export const modes: ReadonlyArray<Mode> = ["plain", "deflate", "nct", "wb9", "wb12", "tls", "subprotocol", "http2"]

/**
 * A program and its arguments.
 *
 * @since 0.1.0
 * @category models
 */
export type Command = readonly [program: string, ...args: ReadonlyArray<string>]

/**
 * Where things are.
 *
 * @since 0.1.0
 * @category models
 */
export interface Paths {
  /** The folder in which programs run: the certificate is in `tls`, what was built beside it. */
  readonly work: string
  /** The sources of the foreign programs. */
  readonly foreign: string
  /** Where the peers of npm are installed. */
  readonly npm: string
}

/**
 * One role of a peer. A client visits URLs, one after the other, and exits; a server listens on a port of 127.0.0.1. Both echo,
 * and obey messages that begin with an exclamation mark: `!close 4000 why`, `!ping`, `!frag`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Side<Where> {
  readonly modes: ReadonlyArray<Mode>
  readonly command: (where: Where, paths: Paths, mode: Mode) => Command
}

/**
 * A foreign peer.
 *
 * @since 0.1.0
 * @category models
 */
export interface Peer {
  /** For `--only`. */
  readonly name: string
  readonly title: string
  /** Packages of Debian that it needs; the first tells the version, unless `npm` does. */
  readonly debian: ReadonlyArray<string>
  /** The package of npm that it is. */
  readonly npm?: string
  /** Compiles what it needs, into the folder `work`. */
  readonly build?: (paths: Paths) => ReadonlyArray<Command>
  readonly client?: Side<ReadonlyArray<string>>
  readonly server?: Side<number>
  readonly environment?: Readonly<Record<string, string>>
}

/**
 * A peer in one role and mode.
 *
 * @since 0.1.0
 * @category models
 */
export interface Cell {
  readonly peer: Peer
  readonly role: Role
  readonly mode: Mode
}

/**
 * All cells of a peer.
 *
 * @since 0.1.0
 * @category cells
 */
export const cells = (peer: Peer): ReadonlyArray<Cell> => [
  ...(peer.client?.modes ?? []).map((mode): Cell => ({ peer, role: "client", mode })),
  ...(peer.server?.modes ?? []).map((mode): Cell => ({ peer, role: "server", mode }))
]

/**
 * The name of a cell: `tornado client deflate`.
 *
 * @since 0.1.0
 * @category cells
 */
export const nameOf = ({ mode, peer, role }: Cell): string => `${peer.name} ${role} ${mode}`
