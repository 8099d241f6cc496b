/**
 * An echo client for a fuzzing server (Autobahn's `wstest -m fuzzingserver`, or our own): asks how many cases there are, opens a
 * connection for each and echoes until it is closed, and finally has the reports written.
 *
 * It does not know what a case is about or how it went: the server judges, and keeps the verdict. Here you see only how each connection
 * ended.
 *
 * @since 0.1.0
 */
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import type { Connection } from "@effect-ws/connection/Connection"
import type { HandshakeError } from "@effect-ws/platform/HandshakeError"
import { connect, type WebSocketClient } from "@effect-ws/platform/WebSocketClient"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { echo } from "./Echo.js"

/**
 * Which case to run: by its place in the server's list, from 1, or by its id, such as `6.4.3`.
 *
 * @since 0.1.0
 * @category models
 */
export type Case = Data.TaggedEnum<{
  Place: { readonly place: number }
  Id: { readonly id: string }
}>

/**
 * @since 0.1.0
 * @category models
 */
export const Case = Data.taggedEnum<Case>()

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The fuzzing server: `ws://host:port`. */
  readonly url: string
  /** The name under which the reports are kept. */
  readonly agent: string
  /** How many cases are run at a time. */
  readonly concurrency: number
  /** The cases to run, or all that the server has. */
  readonly cases: ReadonlyArray<Case> | "all"
}

/**
 * How the connection of a case ended, or why there was none.
 *
 * @since 0.1.0
 * @category models
 */
export type Ran = Either.Either<CloseOutcome, HandshakeError>

/**
 * The server did not answer `/getCaseCount` with a number.
 *
 * @since 0.1.0
 * @category errors
 */
export class NoCaseCount extends Data.TaggedError("NoCaseCount")<{ readonly url: string; readonly answer: string }> {
  override get message(): string {
    return `${this.url} is not a fuzzing server: asked for the number of cases, it answered ${this.answer}`
  }
}

/**
 * Runs the cases and has the reports written. `onCase` is called for each case as it ends, with the number of all.
 *
 * If a case's connection does not open, that is reported, and the others go on. It fails only if it cannot ask the server for the number
 * of cases, or for the reports.
 *
 * @since 0.1.0
 * @category running
 */
export const run = (
  options: Options,
  onCase: (which: Case, ran: Ran, total: number) => Effect.Effect<void>
): Effect.Effect<void, HandshakeError | NoCaseCount, WebSocketClient> =>
  Effect.gen(function*() {
    const cases = options.cases === "all" ? places(yield* caseCount(options)) : options.cases
    yield* Effect.forEach(
      cases,
      (which) => Effect.flatMap(runCase(options, which), (ran) => onCase(which, ran, cases.length)),
      { concurrency: options.concurrency, discard: true }
    )
    yield* updateReports(options)
  })

/**
 * Parses a list of cases such as `1-10,42,6.4.3`: places, ranges of places, and ids. `undefined` if it is malformed.
 *
 * @since 0.1.0
 * @category parsing
 */
export const parseCases = (list: string): ReadonlyArray<Case> | undefined => {
  const cases: Array<Case> = []
  for (const item of list.split(",")) {
    const [, first, last, id] = /^(?:([1-9]\d{0,4})(?:-([1-9]\d{0,4}))?|(\d+(?:\.\d+)+))$/.exec(item.trim()) ?? []
    if (id !== undefined) cases.push(Case.Id({ id }))
    else if (first === undefined || Number(last ?? first) < Number(first)) return undefined
    else cases.push(...places(Number(last ?? first), Number(first)))
  }
  return cases
}

const places = (last: number, first = 1): ReadonlyArray<Case> =>
  Array.from({ length: last - first + 1 }, (_, i) => Case.Place({ place: first + i }))

const caseCount = (options: Options): Effect.Effect<number, HandshakeError | NoCaseCount, WebSocketClient> =>
  Effect.scoped(Effect.gen(function*() {
    const connection = yield* connect(target(options, "getCaseCount", {}))
    const answer = yield* Effect.either(connection.receive)
    const noCount = (answer: string) => new NoCaseCount({ url: options.url, answer })
    if (Either.isLeft(answer)) return yield* noCount(`nothing (${answer.left._tag})`)
    const count = typeof answer.right === "string" ? Number(answer.right) : NaN
    if (!Number.isInteger(count) || count < 0) return yield* noCount(JSON.stringify(String(answer.right).slice(0, 80)))
    return count
  }))

const runCase = (options: Options, which: Case): Effect.Effect<Ran, never, WebSocketClient> => {
  const query = Case.$match(which, {
    Place: ({ place }) => ({ case: String(place) }),
    Id: ({ id }) => ({ casetuple: id })
  })
  return Effect.either(Effect.scoped(Effect.flatMap(
    connect(target(options, "runCase", { ...query, agent: options.agent })),
    (connection) => untilClosed(connection, (message) => echo(connection, message))
  )))
}

const updateReports = (options: Options): Effect.Effect<void, HandshakeError, WebSocketClient> =>
  Effect.scoped(Effect.flatMap(
    connect(target(options, "updateReports", { agent: options.agent })),
    (connection) => untilClosed(connection, () => undefined)
  ))

/** How it ended says the outcome, so the failures of reading are of no interest. */
const untilClosed = (
  connection: Connection,
  handler: Parameters<typeof connection.run<never, never>>[0]
): Effect.Effect<CloseOutcome> => Effect.zipRight(Effect.ignore(connection.run(handler)), connection.outcome)

const target = ({ url }: Options, command: string, query: Readonly<Record<string, string>>): string => {
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return `${url.replace(/\/+$/, "")}/${command}${pairs.length === 0 ? "" : `?${pairs.join("&")}`}`
}
