/**
 * What is done on a connection with a foreign peer that echoes: the same whichever side we are. In: our connection, opened. Out: a
 * list of checks, each passed or with what went wrong.
 *
 * It knows no peer. What a peer's API cannot do (ping, fragment), it says itself: `!noping`, `!nofrag`.
 *
 * @since 0.1.0
 */
import type { CloseStatus } from "@effect-ws/codec/CloseStatus"
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import type { Connection } from "@effect-ws/connection/Connection"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Content from "./Content.js"
import type { Mode } from "./Peer.js"

/**
 * One thing that was tried.
 *
 * @since 0.1.0
 * @category models
 */
export interface Check {
  readonly name: string
  /** What went wrong; `undefined` if nothing did. */
  readonly error: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Scenario {
  readonly name: string
  readonly run: (connection: Connection) => Effect.Effect<ReadonlyArray<Check>>
}

/**
 * The scenarios of a mode. A client visits `/` and the name of each, in this order.
 *
 * @since 0.1.0
 * @category scenarios
 */
export const of = (mode: Mode): ReadonlyArray<Scenario> => {
  switch (mode) {
    case "plain":
    case "deflate":
    case "tls":
      return [content, empty, ...closes]
    case "http2":
      // What is large comes last: it has ended a peer's process.
      return [empty, ...closes, content]
    case "nct":
      return [content, empty]
    case "wb9":
    case "wb12":
      return [few]
    case "subprotocol":
      return [subprotocol]
  }
}

class Wrong extends Data.TaggedError("Wrong")<{ readonly message: string }> {}

const check = <E>(name: string, effect: Effect.Effect<unknown, E>, within: Duration.DurationInput = "20 seconds") =>
  effect.pipe(
    Effect.timeoutFail({
      duration: within,
      onTimeout: () => new Wrong({ message: `nothing within ${Duration.format(within)}` })
    }),
    Effect.matchCause({
      onSuccess: (): Check => ({ name, error: undefined }),
      onFailure: (cause): Check => ({ name, error: (Cause.pretty(cause).split("\n", 1)[0] ?? "").slice(0, 200) })
    })
  )

const trip = (connection: Connection, message: string | Uint8Array) =>
  Effect.zipRight(connection.send(message), expectNext(connection, message))

const expectNext = (connection: Connection, message: string | Uint8Array) =>
  Effect.flatMap(connection.receive, (back) =>
    Content.isSame(message, back)
      ? Effect.void
      : new Wrong({ message: `sent ${Content.show(message)}, got ${Content.show(back)}` }))

/** All sent while all is read. */
const pipelined = (connection: Connection, messages: ReadonlyArray<string | Uint8Array>) =>
  Effect.all([
    connection.sendAll(messages),
    Effect.forEach(messages, (message) => expectNext(connection, message), { discard: true })
  ], { concurrency: 2, discard: true })

/** The peer is told to do something, and answers with one of these. */
const obeys = (connection: Connection, command: string, answers: ReadonlyArray<string>) =>
  Effect.zipRight(
    connection.send(command),
    Effect.flatMap(connection.receive, (back) =>
      typeof back === "string" && answers.includes(back)
        ? Effect.void
        : new Wrong({ message: `to ${command} it answers ${Content.show(back)}` }))
  )

const isClean = <E>(connection: Connection, close: Effect.Effect<CloseOutcome, E>) =>
  check("close", Effect.flatMap(close, ended), "15 seconds").pipe(
    // What has not closed by then is cut: the peer is to go on to the next.
    Effect.tap(({ error }) => error === undefined ? Effect.void : cut(connection))
  )

const cut = (connection: Connection) => Effect.ignore(Effect.timeout(connection.close(), "6 seconds"))

const ended = (outcome: CloseOutcome): Effect.Effect<CloseOutcome, Wrong> =>
  outcome._tag === "Clean"
    ? Effect.succeed(outcome)
    : new Wrong({
      message: `it ends as ${outcome._tag}${outcome._tag === "Dropped" ? ` (${outcome.cause._tag})` : ""}`
    })

const compressible = "abcdefg".repeat(10)

const content: Scenario = {
  name: "content",
  run: (connection) =>
    Effect.all([
      check("text", trip(connection, "héllo €😀")),
      ...[1, 125, 126, 127, 65535, 65536].map((size) =>
        check(`binary ${size}`, trip(connection, Content.octets(size)))
      ),
      check("text that compresses", trip(connection, compressible)),
      check("the same again", trip(connection, compressible)),
      check("text of 64 KiB that compresses", trip(connection, "0123456789abcdef".repeat(4096))),
      check("500 mixed", pipelined(connection, Content.mixed(500)), "1 minute"),
      check("binary 1 MiB", trip(connection, Content.octets(1 << 20)), "1 minute"),
      check("text 5 MiB", trip(connection, Content.text(5 << 20)), "1 minute"),
      check("fragments of ours", fragments(connection)),
      check("ping of ours", connection.ping, "5 seconds"),
      check("ping of theirs", obeys(connection, "!ping", ["!pong", "!pinged", "!noping"]), "5 seconds"),
      check("fragments of theirs", obeys(connection, "!frag", ["frag-é€😀-end", "!nofrag"]), "5 seconds"),
      check("text at last", trip(connection, "still here"), "5 seconds"),
      isClean(connection, connection.close())
    ])
}

/** On a connection of its own: some peers fail at it. */
const empty: Scenario = {
  name: "empty",
  run: (connection) =>
    Effect.all([
      check("text", trip(connection, ""), "5 seconds"),
      check("binary", trip(connection, new Uint8Array(0)), "5 seconds"),
      isClean(connection, connection.close())
    ])
}

const fragments = (connection: Connection) => {
  const parts = ["hé", "", "llo €", "😀", Content.text(70_000)]
  return Effect.zipRight(
    connection.sendStream("text", Stream.fromIterable(parts)),
    expectNext(connection, parts.join(""))
  )
}

const few: Scenario = {
  name: "few",
  run: (connection) =>
    Effect.all([
      check("text", trip(connection, "héllo €😀")),
      check("text that compresses", trip(connection, compressible)),
      check("the same again", trip(connection, compressible)),
      check("text 100 KB", trip(connection, Content.text(100_000))),
      check("100 mixed", pipelined(connection, Content.mixed(100)), "1 minute"),
      check("binary 1 MiB", trip(connection, Content.octets(1 << 20)), "1 minute"),
      isClean(connection, connection.close())
    ])
}

/**
 * The subprotocol of the mode that has one.
 *
 * @since 0.1.0
 * @category scenarios
 */
export const subprotocolName = "iop"

const subprotocol: Scenario = {
  name: "subprotocol",
  run: (connection) =>
    Effect.all([
      check(
        "subprotocol",
        Option.getOrUndefined(connection.subprotocol) === subprotocolName
          ? Effect.void
          : new Wrong({ message: `it is ${Option.getOrElse(connection.subprotocol, () => "none")}` })
      ),
      check("text", trip(connection, "héllo €😀")),
      isClean(connection, connection.close())
    ])
}

const weClose = (code: number, reason: string): Scenario => ({
  name: `our-${code}`,
  run: (connection) =>
    Effect.all([check("text", trip(connection, "hello")), isClean(connection, connection.close(code, reason))])
})

const theyClose = (name: string, command: string, expected: RegExp): Scenario => ({
  name,
  run: (connection) =>
    Effect.gen(function*() {
      const echo = yield* check("text", trip(connection, "hello"))
      yield* Effect.ignore(connection.send(`!close ${command}`))
      const close = yield* isClean(connection, connection.outcome)
      if (close.error !== undefined) return [echo, close]
      const outcome = yield* connection.outcome
      const said = saying(outcome.remote)
      const status = check("status", expected.test(said) ? Effect.void : new Wrong({ message: `it says ${said}` }))
      return [echo, close, yield* status]
    })
})

const saying = (status: CloseStatus | undefined): string => {
  if (status === undefined) return "nothing"
  return status._tag === "Status" ? `${status.code} ${status.reason}`.trim() : status._tag
}

const closes: ReadonlyArray<Scenario> = [
  weClose(1000, ""),
  weClose(1001, "going"),
  weClose(4000, "raison €"),
  theyClose("their-1000", "1000 bye", /^1000 bye$/),
  theyClose("their-4999", "4999 née 😀", /^4999 née 😀$/),
  // Some APIs give a code, and a reason, where none is given.
  theyClose("their-empty", "0", /^(?:Empty$|1000)/),
  {
    name: "burst",
    run: (connection) =>
      Effect.gen(function*() {
        const messages = Array.from({ length: 50 }, (_, i) => `burst ${i}`)
        const sent = yield* check("50 texts and a Close", connection.sendAll(messages))
        return [sent, yield* isClean(connection, connection.close(1000, "burst"))]
      })
  }
]
