/**
 * The byte stream under a connection, as a host provides it: a socket, a TLS session, an HTTP/2 stream, or a pair in memory.
 *
 * A transport moves octets in order and knows nothing of frames. It never throws into a connection, and no connection
 * throws into it.
 *
 * @since 0.1.0
 */

/**
 * What a connection asks of a host.
 *
 * @since 0.1.0
 * @category models
 */
export interface Transport {
  /** Octets written that the host has not yet passed on. */
  readonly pending: number
  /**
   * Whether memory that was written is nobody's any more once it is flushed, so that it may be used again: that of a socket is, and that
   * of a stream which hands on what it is given is not. Default: no.
   */
  readonly releases?: boolean
  /** Names the one that is told. Nothing is read before. */
  readonly attach: (receiver: Receiver) => void
  /**
   * Writes all chunks, in order, if it can in one go. Their memory belongs to the transport until they are flushed. `false`
   * says that it is over its mark, and that {@link Receiver.onDrained} will follow.
   */
  readonly write: (chunks: ReadonlyArray<Uint8Array>) => boolean
  /** Calls `task` once all that was written so far is flushed (passed on to the system); at once if it is. Never, once closed. */
  readonly whenFlushed: (task: () => void) => void
  /** Stops reading. Octets under way may still arrive. */
  readonly pause: () => void
  readonly resume: () => void
  /** Ends our side, behind what was written. A second call does nothing. */
  readonly halfClose: () => void
  /** Drops everything. {@link Receiver.onClosed} still follows. */
  readonly destroy: () => void
  /** Runs a task after what is being read in this turn of the event loop, for all connections of the host together. */
  readonly atEndOfTurn: (task: Task) => void
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Task {
  /** Must not throw. */
  runTask(): void
}

/**
 * What a transport tells.
 *
 * @since 0.1.0
 * @category models
 */
export interface Receiver {
  /**
   * Octets from the peer: never empty, and a plain `Uint8Array`, no subclass (`Buffer.slice` is no copy). They are lent for the
   * call: the receiver may change them meanwhile, and copies what it keeps.
   */
  onOctets(octets: Uint8Array): void
  /** The transport is under its mark again. */
  onDrained(): void
  /** The peer has ended its side. */
  onEnd(): void
  /** Last of all, exactly once: nothing can be read or written any more. With the error if it broke. */
  onClosed(error: unknown): void
}
