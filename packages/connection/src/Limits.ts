/**
 * Every limit of a connection, with its unit, its default and what happens beyond it.
 *
 * It does not enforce them: `Protocol` and `Assembler` bound a message, `Inbox` and `Outbox` their queues, `Deadlines` the waiting.
 *
 * @since 0.1.0
 */
import * as Options from "@effect-ws/codec/Options"
import type * as Duration from "effect/Duration"
import * as durationRule from "./internal/durationRule.js"
import * as InvalidOption from "./InvalidOption.js"

/**
 * The limits of a connection, with defaults filled in. To give some, see {@link Input}.
 *
 * All are finite whole numbers. Only {@link Limits.keepaliveInterval} can be turned off.
 *
 * @since 0.1.0
 * @category models
 */
export interface Limits {
  /**
   * Bytes of a whole message, after inflating: 1 to 536,870,888, the longest string of V8. Beyond it: Close 1009, as early as
   * possible. For messages of any size use `incoming: "streamed"`.
   */
  readonly maxMessageSize: number
  /** Bytes received and not yet taken (each text counts 64 more, each binary message 256): 0 to 2^31 - 1. Beyond it reading pauses. */
  readonly inboxSize: number
  /**
   * Bytes accepted and not yet written: 1 to 2^31 - 1. From there on `send` waits until only {@link outboxResume} are left.
   */
  readonly outboxSize: number
  /** Bytes left in the outbox at which waiting sends go on: 0 to {@link outboxSize}. Default: a quarter of it. */
  readonly outboxResume: number
  /** Bytes of unwritten pongs: 0 to 2^31 - 1. Beyond it only the latest ping is answered (RFC 6455 §5.5.3). */
  readonly pongSize: number
  /**
   * Milliseconds that the answer to our Close may take: 0 to 2^31 - 1. Beyond it: `CloseTimeout`. This and {@link dropTimeout} start
   * again, ten times at most, while the peer still takes what we wrote before.
   */
  readonly closeTimeout: number
  /**
   * Milliseconds that the end of the stream may take after both Closes, or after we failed the connection: 0 to 2^31 - 1.
   */
  readonly dropTimeout: number
  /** Milliseconds that a received Close, or a failure, waits for your answers to the messages before it: 0 to 2^31 - 1. */
  readonly settleTimeout: number
  /**
   * Milliseconds without a received byte before a ping is sent: 1 to 2^31 - 1; 0 turns keepalive off. Every received byte restarts
   * them, also the answer to a ping. A ping may come an eighth of the interval later, never sooner. Behind a proxy, choose less than
   * its idle timeout.
   */
  readonly keepaliveInterval: number
  /**
   * Milliseconds without a sign of life after that ping: 1 to 2^31 - 1. Beyond it: Close 1011, `Failed` by `KeepaliveTimeout`. It
   * does not change how often an idle peer is pinged. `connection.ping` waits as long for its pong.
   */
  readonly keepaliveTimeout: number
}

/**
 * Limits as you give them: times in milliseconds, or as any other Duration: `"30 seconds"`. What is missing has its default.
 *
 * @since 0.1.0
 * @category models
 */
export type Input = Options.Given<
  & Omit<Limits, Times>
  & { readonly [Name in Times]: Duration.DurationInput }
>

type Times = "closeTimeout" | "dropTimeout" | "settleTimeout" | "keepaliveInterval" | "keepaliveTimeout"

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
 * What clients and servers change in {@link defaults}: they ping after 20 seconds of silence.
 *
 * @since 0.1.0
 * @category defaults
 */
export const hostDefaults: Input = { keepaliveInterval: 20_000 }

const size = (fallback: number, least = 0): Options.Rule<number> =>
  Options.integer({ least, unit: "bytes", default: fallback })

const wait = (fallback: number, least = 0): Options.Rule<number> => durationRule.millis({ least }, fallback)

/**
 * What each limit may be.
 *
 * @since 0.1.0
 * @category options
 */
export const options: Options.Table<Limits> = {
  // The longest string of V8, which a message of text becomes, has 2^29 - 24 characters.
  maxMessageSize: Options.integer({ least: 1, most: 2 ** 29 - 24, unit: "bytes", default: defaults.maxMessageSize }),
  inboxSize: size(defaults.inboxSize),
  outboxSize: size(defaults.outboxSize, 1),
  outboxResume: size(defaults.outboxResume),
  pongSize: size(defaults.pongSize),
  closeTimeout: wait(defaults.closeTimeout),
  dropTimeout: wait(defaults.dropTimeout),
  settleTimeout: wait(defaults.settleTimeout),
  keepaliveInterval: wait(defaults.keepaliveInterval),
  keepaliveTimeout: wait(defaults.keepaliveTimeout, 1)
}

/**
 * Reads limits and fills in the defaults. If several sources have a limit, the last one counts.
 *
 * @since 0.1.0
 * @category constructors
 */
export const parse = (...sources: ReadonlyArray<Input | undefined>): Options.Read<Limits> => {
  const given = Options.merge(...sources)
  const read = Options.read(options, given, "limits.")
  if (read._tag === "Problem") return read
  const { outboxResume, outboxSize } = read.options
  if (isGiven(given, "outboxResume")) {
    return outboxResume <= outboxSize ? read : Options.problem(
      "limits.outboxResume",
      outboxResume,
      `at most limits.outboxSize, ${outboxSize}`,
      "Give a smaller one, or leave it out for a quarter of limits.outboxSize."
    )
  }
  return { _tag: "Options", options: { ...read.options, outboxResume: Math.floor(outboxSize / 4) } }
}

const isGiven = (given: unknown, name: string): boolean => typeof given === "object" && given !== null && name in given

/**
 * Reads limits as {@link parse} does. Throws an `InvalidOption` for a limit that is out of range.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (...sources: ReadonlyArray<Input | undefined>): Limits => InvalidOption.orThrow(parse(...sources))

export { fragmentAllowance, fragmentOverhead } from "./protocol/charges.js"
