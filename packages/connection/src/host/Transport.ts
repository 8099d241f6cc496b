/**
 * The byte stream under a connection, as a host provides it: a socket, a TLS session, an HTTP/2 stream, or a pair in memory.
 *
 * A transport moves bytes in order and knows no frames. It never throws into a connection, and no connection throws into it.
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
  /** Bytes written that the host has not passed on yet. */
  readonly pending: number
  /**
   * Whether written memory may be reused once it is flushed: `true` for a socket, but not for a stream that passes it on. Default:
   * `false`.
   */
  readonly releases?: boolean
  /** Sets the receiver. Nothing is read before. */
  readonly attach: (receiver: Receiver) => void
  /**
   * Writes all chunks, in order, at once if it can. Their memory belongs to the transport until they are flushed. `false` means that
   * it is over its mark, and that {@link Receiver.onDrained} will follow.
   */
  readonly write: (chunks: ReadonlyArray<Uint8Array>) => boolean
  /** Calls `task` once everything written so far is flushed (passed on to the system), at once if it is. Never, once closed. */
  readonly whenFlushed: (task: () => void) => void
  /** Stops reading. Bytes in flight may still arrive. */
  readonly pause: () => void
  readonly resume: () => void
  /** Ends our side, behind what was written. A second call does nothing. */
  readonly halfClose: () => void
  /** Drops everything. {@link Receiver.onClosed} still follows. */
  readonly destroy: () => void
  /** Runs a task after all reads in this turn of the event loop, those of the host's other connections included. */
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
 * What a transport reports.
 *
 * @since 0.1.0
 * @category models
 */
export interface Receiver {
  /**
   * Bytes from the peer: never empty, and a plain `Uint8Array`, not a subclass (`Buffer.slice` does not copy). They are lent for the
   * call: the receiver may change them meanwhile, and copies what it keeps.
   */
  onOctets(octets: Uint8Array): void
  /** The transport is under its mark again. */
  onDrained(): void
  /** The peer has ended its side. */
  onEnd(): void
  /** Called last, exactly once: nothing can be read or written any more. With the error if the transport broke. */
  onClosed(error: unknown): void
}
