/**
 * Who is in a topic, on all nodes, each with a state. In: the members of this node, each with a state by a Schema. Out: the members of
 * all nodes, as this node knows them; and a Stream of that.
 *
 * Nodes tell each other over the `Backplane` of the context what changes, and at an interval that they are alive. A node that was not
 * heard of for `timeout`, dead or cut off, is gone with its members; it is back once it is heard of again. Without a backplane there is
 * one node.
 *
 * A member stays until you end it, its scope closes or its connection ends. It need not have a connection.
 *
 * @since 0.1.0
 */
import * as OptionTable from "@effect-ws/codec/Options"
import type { Connection } from "@effect-ws/connection/Connection"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Backplane } from "./Backplane.js"
import { warning } from "./logging/log.js"
import { Leaving } from "./presence/Leaving.js"
import { Party } from "./presence/Party.js"
import type { InvalidTopic } from "./topics/model.js"
import { problemOfTopic } from "./topics/names.js"
import { origin } from "./topics/origin.js"
import { UnwritableMessage } from "./TypedConnection.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Member<out A> {
  /** Unique over all nodes. */
  readonly id: string
  readonly state: A
}

/**
 * A state is too large: as text, it has more UTF-16 units than `maxStateSize`. Nothing was changed.
 *
 * @since 0.1.0
 * @category errors
 */
export class StateTooLarge extends Data.TaggedError("StateTooLarge")<{
  readonly size: number
  readonly limit: number
}> {
  override get message(): string {
    return `a member's state has ${this.size} characters, and may have ${this.limit}: make it shorter, or raise maxStateSize`
  }
}

/**
 * A member of this node.
 *
 * @since 0.1.0
 * @category models
 */
export interface Tracked<in A> {
  readonly id: string
  readonly update: (state: A) => Effect.Effect<void, UnwritableMessage | StateTooLarge>
  /** Removes the member. */
  readonly end: Effect.Effect<void>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Presence<A> {
  /** Adds a member until the scope closes. You need not watch the topic for that. */
  readonly track: (
    topic: string,
    state: A
  ) => Effect.Effect<Tracked<A>, InvalidTopic | UnwritableMessage | StateTooLarge, Scope.Scope>
  /** Adds a member until the connection ends or you end it: for hooks, and handlers without a scope. */
  readonly trackConnection: (
    connection: Connection,
    topic: string,
    state: A
  ) => Effect.Effect<Tracked<A>, InvalidTopic | UnwritableMessage | StateTooLarge>
  /** The members that this node knows now: those of all nodes if it has a member there or watches, otherwise only its own. */
  readonly members: (topic: string) => Effect.Effect<ReadonlyArray<Member<A>>>
  /** The members, now and after each change; several changes at once count as one. It watches the topic while it runs. */
  readonly changes: (topic: string) => Stream.Stream<ReadonlyArray<Member<A>>, InvalidTopic>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options<A, I extends string> {
  /** The schema of a state, which encodes it as text: `Schema.parseJson(…)`. */
  readonly state: Schema.Schema<A, I>
  /** What tells several presences on one backplane apart. Default "presence". */
  readonly name?: string | undefined
  /** How often a node says that it is alive, for each topic in which it has members. Default 10 seconds. */
  readonly interval?: Duration.DurationInput | undefined
  /** How long a node may be silent before it counts as gone: more than two intervals. Default 30 seconds. */
  readonly timeout?: Duration.DurationInput | undefined
  /** UTF-16 units that a state may have as text; beyond it: {@link StateTooLarge}. Default 4,096. */
  readonly maxStateSize?: number | undefined
}

/**
 * The rules for the options.
 *
 * @since 0.1.0
 * @category options
 */
export const options: OptionTable.Table<{
  readonly name: string
  readonly interval: Duration.Duration
  readonly timeout: Duration.Duration
  readonly maxStateSize: number
}> = {
  name: OptionTable.text({
    range: "letters, digits, - and _",
    judge: (name) => /^[\w-]{1,32}$/.test(name) ? undefined : "Use 1 to 32 of these characters.",
    default: "presence"
  }),
  interval: InvalidOption.duration({ least: 1, default: "10 seconds" }),
  timeout: InvalidOption.duration({ least: 1, default: "30 seconds" }),
  maxStateSize: OptionTable.integer({ least: 1, most: 65_536, unit: "characters", default: 4096 })
}

/**
 * Presence until the scope closes: then its members are gone, and the other nodes are told. Dies of an `InvalidOption`.
 *
 * @example
 * import * as Presence from "@effect-ws/platform/Presence"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import * as Stream from "effect/Stream"
 *
 * const Visitor = Schema.parseJson(Schema.Struct({ name: Schema.String, typing: Schema.Boolean }))
 *
 * const program = Effect.scoped(Effect.gen(function*() {
 *   const presence = yield* Presence.make({ state: Visitor })
 *   const ann = yield* presence.track("room.blue", { name: "ann", typing: false })
 *   yield* ann.update({ name: "ann", typing: true })
 *   yield* Stream.runForEach(presence.changes("room.blue"), (members) =>
 *     Effect.log(members.map(({ state }) => state.name).join(", ")))
 * }))
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <A, I extends string>(
  given: Options<A, I>
): Effect.Effect<Presence<A>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { interval, maxStateSize, name, timeout } = checked(InvalidOption.read(options, given))
    const clock = yield* Effect.clock
    const run = Runtime.runFork(yield* Effect.runtime())
    const party = new Party(
      yield* origin,
      name,
      () => clock.unsafeCurrentTimeMillis(),
      Duration.toMillis(timeout),
      (why) => void run(warning("The backplane of presence has trouble", { why }))
    )
    const backplane = yield* Effect.serviceOption(Backplane)
    if (Option.isSome(backplane)) party.link = yield* backplane.value.open(party, undefined)
    yield* Effect.addFinalizer(() => Effect.sync(() => party.leave()))
    yield* Effect.forkScoped(Effect.interruptible(
      Effect.forever(Effect.zipRight(clock.sleep(interval), Effect.sync(() => party.beat())))
    ))
    const leaving = new Leaving()
    const encode = Schema.encode(given.state)
    const read = Schema.decodeUnknownOption(given.state)
    const written = (state: A): Effect.Effect<string, UnwritableMessage | StateTooLarge> =>
      Effect.flatMap(
        Effect.mapError(encode(state), (error) => new UnwritableMessage({ error })),
        (text) =>
          text.length <= maxStateSize
            ? Effect.succeed(text)
            : Effect.fail(new StateTooLarge({ size: text.length, limit: maxStateSize }))
      )
    const known = (topic: string): ReadonlyArray<Member<A>> =>
      party.members(topic).flatMap(([id, text]) =>
        Option.match(read(text), { onNone: () => [], onSome: (state) => [{ id, state }] })
      )
    const add = (topic: string, state: A) =>
      Effect.map(Effect.zipRight(valid(topic), written(state)), (text): Tracked<A> => {
        const id = party.add(topic, text)
        return {
          id,
          update: (state) => Effect.map(written(state), (text) => party.update(topic, id, text)),
          end: Effect.sync(() => party.remove(topic, id))
        }
      })
    const following = (topic: string): Stream.Stream<ReadonlyArray<Member<A>>> =>
      Stream.suspend(() => {
        party.watch(topic)
        return Stream.ensuring(
          Stream.unfoldEffect<number, ReadonlyArray<Member<A>>, never, never>(
            -1,
            (seen) => Effect.map(party.changed(topic, seen), (version) => Option.some([known(topic), version]))
          ),
          Effect.sync(() => party.unwatch(topic))
        )
      })
    return {
      track: (topic, state) => Effect.acquireRelease(add(topic, state), ({ end }) => end),
      trackConnection: (connection, topic, state) =>
        Effect.map(add(topic, state), (tracked) => {
          const forget = leaving.when(connection, () => party.remove(topic, tracked.id))
          return { ...tracked, end: Effect.zipRight(tracked.end, Effect.sync(forget)) }
        }),
      members: (topic) => Effect.sync(() => known(topic)),
      changes: (topic) => Stream.flatMap(Stream.fromIterableEffect(Effect.as(valid(topic), [topic])), following)
    }
  })

const valid = (topic: string): Effect.Effect<void, InvalidTopic> =>
  Effect.suspend(() => {
    const problem = problemOfTopic(topic)
    return problem === undefined ? Effect.void : Effect.fail(problem)
  })

/** A node that is heard of once in an interval must not be gone in between. */
const checked = <A extends { readonly interval: Duration.Duration; readonly timeout: Duration.Duration }>(read: A): A =>
  InvalidOption.orThrow(
    Duration.toMillis(read.timeout) > 2 * Duration.toMillis(read.interval)
      ? { _tag: "Options", options: read }
      : OptionTable.problem(
        "timeout",
        Duration.format(read.timeout),
        "more than two intervals",
        "Give a longer timeout, or a shorter interval."
      )
  )
