/**
 * Every limit of a connection and its default, each with its unit. What happens beyond a limit stands with it.
 *
 * It does not know how a limit is enforced: `Protocol` and `Assembler` bound a message, `Inbox` and `Outbox` their queues,
 * `Deadlines` the waiting.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 * @category models
 */
export interface Limits {
  /** Octets of a whole message, after inflating. Beyond it: Close 1009, as early as it can be known. */
  readonly maxMessageSize: number
  /** Octets received and not yet taken (a text counts 64 more, octets 256). Beyond it reading pauses. */
  readonly inboxSize: number
  /** Octets accepted and not yet written. From there on `send` waits, until only {@link outboxResume} are left. */
  readonly outboxSize: number
  /** Octets left in the outbox at which waiting sends go on. */
  readonly outboxResume: number
  /** Octets of unwritten pongs. Beyond it only the latest ping is answered (RFC 6455 §5.5.3). */
  readonly pongSize: number
  /**
   * Milliseconds that the answer to our Close may take. Beyond it: `CloseTimeout`. This and {@link dropTimeout} go on, ten times
   * at most, while the peer still takes what we wrote before.
   */
  readonly closeTimeout: number
  /** Milliseconds that the end of the stream may take when both Closes were sent, or when we failed the connection. */
  readonly dropTimeout: number
  /** Milliseconds that a Close waits for what is sent in answer to the messages before it. */
  readonly settleTimeout: number
  /** Milliseconds without a received octet before a ping is sent; 0 turns keepalive off. */
  readonly keepaliveInterval: number
  /** Milliseconds without a sign of life after that ping. Beyond it: Close 1011, `Failed` by `KeepaliveTimeout`. */
  readonly keepaliveTimeout: number
}

const KiB = 1024
const MiB = 1024 * KiB

/**
 * The defaults of a bare connection. Clients and servers turn keepalive on (20 s and 20 s).
 *
 * @since 0.1.0
 * @category defaults
 */
export const defaults: Limits = {
  maxMessageSize: 16 * MiB,
  inboxSize: MiB,
  outboxSize: MiB,
  outboxResume: 256 * KiB,
  pongSize: 64 * KiB,
  closeTimeout: 5_000,
  dropTimeout: 2_000,
  settleTimeout: 50,
  keepaliveInterval: 0,
  keepaliveTimeout: 20_000
}

/**
 * The defaults with some of them replaced.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (limits: Partial<Limits> = {}): Limits => ({ ...defaults, ...limits })

/**
 * What a fragment counts for besides its payload, in octets, against the message limit and {@link fragmentAllowance}:
 * a message cut into very many pieces costs more than its octets. (More would fail Autobahn 9.3.1 and 9.4.1.)
 *
 * @since 0.1.0
 * @category fragments
 */
export const fragmentOverhead = 16

/**
 * How far the charges of fragments may exceed the message limit, in octets.
 *
 * @since 0.1.0
 * @category fragments
 */
export const fragmentAllowance = MiB
