/**
 * `effect-ws connect`: what is typed or piped in is sent, and what comes is shown or piped out, until either side is done. In: a URL and
 * options. Out: messages on standard output, what happens on standard error, and an exit code.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import type { Lifecycle } from "@effect-ws/connection/Connection"
import type { Message, Outgoing } from "@effect-ws/connection/Message"
import type { WireLog } from "@effect-ws/platform/WireLog"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { codeOf, Ended, Unusable, wordsOf } from "../internal/Ended.js"
import { note, write } from "../internal/terminal.js"
import * as Console from "./Console.js"
import * as Format from "./Format.js"
import * as Line from "./Line.js"
import { clientOptions, connectOptions, type Reaching, type Talking } from "./options.js"
import * as Wire from "./Wire.js"

export type Given = Reaching & Talking & { readonly url: string }

export const connect = (given: Given) =>
  Effect.gen(function*() {
    const format = yield* formatOf(given)
    const client = NodeWebSocketClient.layer(yield* clientOptions(given))
    const recorder = given.wire || Option.isSome(given.report) ? yield* Layer.build(Wire.layer) : undefined
    const end = yield* talk(given, format, recorder).pipe(
      Effect.provide(recorder === undefined ? client : Layer.provide(client, Layer.succeedContext(recorder)))
    )
    const code = codeOf(end)
    if (code !== 0 || !given.quiet) yield* note(wordsOf(end))
    if (code !== 0) return yield* new Ended({ code })
  }).pipe(Effect.scoped)

const formatOf = ({ binary, hex, json, stream, text }: Given) => {
  const wanted = Object.entries({ text, binary, hex, json }).filter(([, isWanted]) => isWanted)
  if (wanted.length > 1) {
    return new Unusable({ message: `give only one of ${wanted.map(([name]) => `--${name}`).join(", ")}` })
  }
  if (stream && (hex || json)) {
    return new Unusable({ message: "--stream goes with --text only: --binary always streams" })
  }
  return Effect.succeed<Format.Format>(binary ? "binary" : hex ? "hex" : json ? "json" : "text")
}

/** Until the connection is over; answers how it ended. */
const talk = (given: Given, format: Format.Format, recorder: Context.Context<WireLog> | undefined) =>
  Effect.gen(function*() {
    const isStream = given.stream || format === "binary"
    const console = yield* Console.make(!isStream && given.execute.length === 0)
    const says = given.quiet ? () => Effect.void : console.says

    const watchers: Array<Fiber.Fiber<unknown>> = []
    let last: Lifecycle | undefined
    const opened = (connection: Lifecycle, how: string) =>
      Effect.gen(function*() {
        last = connection
        yield* says(how)
        if (given.wire && recorder !== undefined) {
          watchers.push(yield* Effect.forkDaemon(Effect.provide(Wire.follow(connection), recorder)))
        }
        if (Option.isSome(given.ping)) yield* Effect.forkScoped(pings(connection, given.ping.value, says))
      })

    const opening = (given.reconnect ? Line.keep : Line.open)(given.url, yield* connectOptions(given), { opened, says })
    const line = yield* Effect.either(opening)
    if (Either.isLeft(line)) return line.left
    const end = yield* exchange(line.right, given, format, console)

    yield* Effect.forEach(watchers, Fiber.await)
    if (Option.isSome(given.report) && recorder !== undefined && last !== undefined) {
      yield* Effect.provide(report(last, given.report.value), recorder)
    }
    return end
  })

/** Sends and shows at the same time. */
const exchange = (line: Line.Line, given: Given, format: Format.Format, console: Console.Console) =>
  Effect.gen(function*() {
    const show = (message: Message) =>
      given.stream || format === "binary"
        ? write(message)
        : console.show(Format.show(format, message, console.isTerminal))
    const close = Effect.ignore(line.close(1000, ""))
    // Nobody reads any more what we write: that is an end as good as any other, as of `head`.
    const reading = Stream.runForEach(line.messages, show).pipe(
      Effect.catchIf((error) => isOutputClosed(error), () => close),
      Effect.ignore
    )
    const writing = Effect.gen(function*() {
      yield* Effect.ignore(input(line, given, format, console)) // what ends it, the outcome tells
      if (!console.isTerminal && given.wait > 0) {
        yield* given.wait === Infinity ? Effect.never : Effect.sleep(Duration.seconds(given.wait))
      }
      yield* close
    })
    const shown = yield* Effect.fork(reading)
    yield* Effect.raceFirst(Fiber.join(shown), Effect.zipRight(writing, Fiber.join(shown)))
    return yield* line.ended
  })

const isOutputClosed = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "OutputClosed"

const input = (line: Line.Line, given: Given, format: Format.Format, console: Console.Console) => {
  const say = (text: string): Effect.Effect<unknown, Error> =>
    given.slash && text.startsWith("/") ? command(line, text, console) : sendLine(line, format, text, console)
  if (given.execute.length > 0) return Effect.forEach(given.execute, say, { discard: true })
  if (format === "binary") return Stream.runForEach(console.pieces, (piece) => line.send(Uint8Array.from(piece)))
  return given.stream
    ? Stream.runForEach(texts(console.pieces), line.send)
    : Stream.runForEach(console.lines, say)
}

const sendLine = (line: Line.Line, format: Format.Format, text: string, console: Console.Console) =>
  Either.match(Format.parse(format, text), {
    onLeft: console.says,
    onRight: (message: Outgoing): Effect.Effect<void, Error> => line.send(message)
  })

/** Pieces of bytes as pieces of text: a character that lies in two of them comes with the second. */
const texts = <E>(pieces: Stream.Stream<Uint8Array, E>): Stream.Stream<string, E> =>
  Stream.suspend(() => {
    const decoder = new TextDecoder()
    return Stream.filter(Stream.map(pieces, (piece) => decoder.decode(piece, { stream: true })), (text) => text !== "")
  })

const command = (line: Line.Line, text: string, { says }: Console.Console): Effect.Effect<unknown, Error> => {
  const [name, code = "1000", ...reason] = text.split(" ")
  const saying = Effect.catchAll((error: Error) => says(error.message))
  if (name === "/ping") return Effect.forkDaemon(saying(Effect.flatMap(line.ping, (took) => says(pongAfter(took)))))
  if (name === "/close") return saying(line.close(Number(code), reason.join(" ")))
  return says("not sent: the commands are /ping and /close [CODE [REASON]]. Leave --slash out to send such lines")
}

const pongAfter = (took: Duration.Duration): string => `pong after ${Duration.toMillis(took).toFixed(1)} ms`

const pings = (connection: Lifecycle, every: number, says: (text: string) => Effect.Effect<void>) =>
  Effect.flatMap(connection.ping, (took) => says(pongAfter(took))).pipe(
    Effect.catchTag("PingTimeout", ({ message }) => says(message)),
    Effect.repeat(Schedule.spaced(Duration.seconds(every))),
    Effect.ignore
  )

const report = (connection: Lifecycle, path: string) =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    yield* Effect.transposeMapOption(yield* Wire.page(connection), (html) => files.writeFileString(path, html))
  })
