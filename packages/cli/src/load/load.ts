/**
 * `effect-ws load`: many connections to a server that echoes, and how long the answers took. In: how many, how large, how fast. Out: a table,
 * or JSON. It measures as its own process is able to: one core.
 */
import * as Options from "@effect/cli/Options"
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import type { Connection } from "@effect-ws/connection/Connection"
import type { HandshakeError } from "@effect-ws/platform/HandshakeError"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { clientOptions, connectOptions, type Given as GivenOf, type Reaching } from "../connect/options.js"
import { codeOf, Ended, Unusable, wordsOf } from "../internal/Ended.js"
import { note, write } from "../internal/terminal.js"
import { Histogram } from "./Histogram.js"
import * as Result from "./Result.js"

const number = (name: string, least: number, most: number, description: string) =>
  Options.integer(name).pipe(
    Options.withDescription(description),
    Options.filterMap(
      (value) => value >= least && value <= most ? Option.some(value) : Option.none(),
      `--${name} must be ${least} to ${most}`
    )
  )

export const loading = {
  connections: number("connections", 1, 100_000, "How many connections to open.").pipe(
    Options.withAlias("c"),
    Options.withDefault(10)
  ),
  duration: Options.float("duration").pipe(
    Options.withAlias("d"),
    Options.withDescription("Seconds to measure, once all connections are open."),
    Options.filterMap(
      (value) => value > 0 ? Option.some(value) : Option.none(),
      "--duration must be more than 0 seconds"
    ),
    Options.withDefault(10)
  ),
  size: number("size", 0, 16 * 1024 * 1024, "Bytes in each message.").pipe(Options.withDefault(64)),
  inFlight: number("in-flight", 1, 100_000, "Messages that each connection may have in flight, unanswered.").pipe(
    Options.withDefault(1)
  ),
  rate: Options.float("rate").pipe(
    Options.withDescription(
      "Messages a second, over all connections; latency counts from when a message was due. Default: as fast as possible."
    ),
    Options.filterMap(
      (value) => value > 0 ? Option.some(value) : Option.none(),
      "--rate must be more than 0 messages a second"
    ),
    Options.optional
  ),
  opening: number("opening", 1, 10_000, "Connections to open at a time.").pipe(Options.withDefault(50)),
  binary: Options.boolean("binary").pipe(Options.withDescription("Sends binary messages instead of text.")),
  json: Options.boolean("json").pipe(Options.withDescription("Writes the result as JSON."))
}

export type Given = Reaching & GivenOf<typeof loading> & { readonly url: string }

export const load = (given: Given) =>
  Effect.gen(function*() {
    const client = yield* clientOptions(given)
    const options = yield* connectOptions(given)
    const result = yield* Effect.provide(measure(given, options), NodeWebSocketClient.layer(client))
    yield* write(given.json ? `${JSON.stringify(Result.toJson(result))}\n` : Result.show(result))
    for (const [words, count] of result.failures) yield* note(`${count} × ${words}`)
    if (result.opened < given.connections) return yield* new Ended({ code: 3 })
    if (result.failures.size > 0) return yield* new Ended({ code: 4 })
  }).pipe(Effect.scoped)

/** What a load is, however the server is reached. */
export type Work = Pick<
  Given,
  "url" | "connections" | "opening" | "duration" | "size" | "inFlight" | "rate" | "binary"
>

export const measure = (given: Work, options: WebSocketClient.ConnectOptions<"whole">) =>
  Effect.gen(function*() {
    const failures = new Map<string, number>()
    const failed = (end: CloseOutcome | HandshakeError): void => {
      const words = wordsOf(end)
      failures.set(words, (failures.get(words) ?? 0) + 1)
    }
    const now = yield* milliseconds
    const began = now()
    const tries = yield* Effect.forEach(
      Array.from({ length: given.connections }),
      () =>
        WebSocketClient.connect(given.url, options).pipe(
          Effect.asSome,
          // What cannot be tried at all is the same for each of them.
          Effect.catchAll((error) =>
            codeOf(error) === 2
              ? new Unusable({ message: wordsOf(error) })
              : Effect.as(Effect.sync(() => failed(error)), Option.none())
          )
        ),
      { concurrency: given.opening }
    )
    const connections = tries.flatMap(Option.toArray)
    const openedAfter = now() - began
    const times = new Histogram()
    const start = now()
    const leaving = yield* Effect.forEach(connections, (connection, i) => drive(connection, i, given, times, failed), {
      concurrency: "unbounded"
    })
    const seconds = (now() - start) / 1000
    yield* Effect.all(leaving, { concurrency: "unbounded", discard: true }) // a peer may let us wait for its Close
    const result: Result.Result = {
      opened: connections.length,
      openedAfter,
      seconds,
      size: given.size,
      times,
      failures
    }
    return result
  })

/** A function that tells the time in milliseconds, from no particular moment. */
const milliseconds = Effect.map(Effect.clock, (clock) => {
  const start = clock.unsafeCurrentTimeNanos()
  return (): number => Number(clock.unsafeCurrentTimeNanos() - start) / 1_000_000
})

/**
 * Sends and counts answers on one connection until the time is over. What is not answered by then is not waited for. The result says how to
 * leave it: that takes time, but is not what is measured.
 */
const drive = (
  connection: Connection,
  index: number,
  { binary, connections, duration, inFlight, rate, size }: Work,
  times: Histogram,
  failed: (end: CloseOutcome) => void
) =>
  Effect.gen(function*() {
    const message = binary ? new Uint8Array(size).fill(0x78) : "x".repeat(size)
    const room = yield* Effect.makeSemaphore(inFlight)
    const due: Array<number> = []
    const pause = Option.map(rate, (all) => 1000 * connections / all)
    const now = yield* milliseconds
    let next = Option.getOrElse(pause, () => 0) * index / connections // not all at the same moment
    const sendNext = Effect.gen(function*() {
      if (Option.isSome(pause)) {
        const early = next - now()
        if (early > 0) yield* Effect.sleep(early)
      }
      yield* room.take(1)
      due.push(Option.isSome(pause) ? next : now())
      next += Option.getOrElse(pause, () => 0)
      yield* connection.send(message)
    })
    const answered = connection.run(() => {
      const since = due.shift()
      if (since === undefined) return // the server says more than it was asked
      times.record((now() - since) * 1000)
      return room.release(1)
    })
    return yield* Effect.raceFirst(Effect.forever(sendNext), answered).pipe(
      Effect.ignore,
      Effect.timeoutOption(Duration.seconds(duration)),
      Effect.map(Option.match({
        onNone: () => Effect.asVoid(connection.close()),
        onSome: () => Effect.map(connection.outcome, failed) // it ended before its time
      }))
    )
  })
