/**
 * What processes tell each other, and what is written down in the end. Schemas only.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * A server listens.
 *
 * @since 0.1.0
 * @category messages
 */
export const Listening = Schema.Struct({ ports: Schema.Array(Schema.Number) })

/**
 * What a server process has used so far.
 *
 * @since 0.1.0
 * @category messages
 */
export const Usage = Schema.Struct({
  /** User and system time of all its threads, in microseconds. */
  cpu: Schema.Number,
  user: Schema.Number,
  system: Schema.Number,
  /**
   * Minor page faults: pages that it touched and that the system had to give it, anew or again. Field 10 of `/proc/PID/stat`; 0 where
   * the system does not count them.
   */
  faults: Schema.Number,
  /** In octets; after a collection if one was asked for. */
  heap: Schema.Number,
  /** Memory of array buffers, which is not on the heap. */
  buffers: Schema.Number,
  rss: Schema.Number
})

/**
 * @since 0.1.0
 * @category messages
 */
export type Usage = typeof Usage.Type

/**
 * What a load generator has done: it counts only messages that came back whole and as they were.
 *
 * @since 0.1.0
 * @category messages
 */
export const Driven = Schema.Struct({
  messages: Schema.Number,
  seconds: Schema.Number,
  /** Round trips, in milliseconds. */
  p50: Schema.Number,
  p99: Schema.Number
})

/**
 * @since 0.1.0
 * @category messages
 */
export type Driven = typeof Driven.Type

/**
 * @since 0.1.0
 * @category messages
 */
export const Done = Schema.Struct({ done: Schema.Literal(true) })

/**
 * One round of one server under one load.
 *
 * @since 0.1.0
 * @category results
 */
export const Round = Schema.Struct({
  /** Server CPU, user and system, in microseconds a message. */
  cpu: Schema.Number,
  user: Schema.Number,
  system: Schema.Number,
  /** The server's minor page faults a message. */
  faults: Schema.Number,
  messages: Schema.Number,
  /** Messages a second. */
  throughput: Schema.Number,
  p50: Schema.Number,
  p99: Schema.Number
})

/**
 * @since 0.1.0
 * @category results
 */
export type Round = typeof Round.Type

/**
 * All rounds of one server under one load.
 *
 * @since 0.1.0
 * @category results
 */
export const Entry = Schema.Struct({
  load: Schema.String,
  contestant: Schema.String,
  /** `--max-semi-space-size`, in MiB, if it was given. */
  semiSpace: Schema.NullOr(Schema.Number),
  rounds: Schema.Array(Round)
})

/**
 * @since 0.1.0
 * @category results
 */
export type Entry = typeof Entry.Type

/**
 * What one idle connection holds, in octets: right after opening, and after it has echoed one message.
 *
 * @since 0.1.0
 * @category results
 */
export const Weight = Schema.Struct({
  contestant: Schema.String,
  connections: Schema.Number,
  heap: Schema.Number,
  heapAfterEcho: Schema.Number,
  buffers: Schema.Number,
  rss: Schema.Number
})

/**
 * @since 0.1.0
 * @category results
 */
export type Weight = typeof Weight.Type

/**
 * What one of many connections holds that has compressed and inflated until the windows of both its contexts are full: resident
 * octets, of which zlib's are the most.
 *
 * @since 0.1.0
 * @category results
 */
export const Contexts = Schema.Struct({
  contestant: Schema.String,
  connections: Schema.Number,
  windowBits: Schema.Number,
  rss: Schema.Number
})

/**
 * @since 0.1.0
 * @category results
 */
export type Contexts = typeof Contexts.Type

/**
 * A whole run.
 *
 * @since 0.1.0
 * @category results
 */
export const Run = Schema.Struct({
  date: Schema.String,
  node: Schema.String,
  cpus: Schema.String,
  seconds: Schema.Number,
  rounds: Schema.Number,
  /** Sets of processes that the rounds are of, if more than one. */
  starts: Schema.optional(Schema.Number),
  entries: Schema.Array(Entry),
  weights: Schema.Array(Weight),
  contexts: Schema.Array(Contexts)
})

/**
 * @since 0.1.0
 * @category results
 */
export type Run = typeof Run.Type
