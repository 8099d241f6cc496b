/**
 * Where messages come from and go to: a terminal, in which somebody types, with a history of what was typed; or pipes. In: standard input and
 * output. Out: lines or pieces, and a way to show.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Readline from "node:readline"
import { note, type OutputClosed, visible, write } from "../internal/terminal.js"

export interface Console {
  readonly isTerminal: boolean
  readonly lines: Stream.Stream<string>
  /** As they come. Never empty. */
  readonly pieces: Stream.Stream<Uint8Array>
  /** A message in a line of its own. */
  readonly show: (text: string) => Effect.Effect<void, OutputClosed>
  /** What is no message. */
  readonly says: (text: string) => Effect.Effect<void>
}

const { stdin, stdout } = process

const piped: Console = {
  isTerminal: false,
  lines: Stream.suspend(() => linesOf(Readline.createInterface({ input: stdin, crlfDelay: Infinity }))),
  pieces: Stream.suspend(() => iterated<Uint8Array>(stdin)).pipe(
    Stream.filter(({ length }) => length > 0)
  ),
  show: (text) => write(`${text}\n`),
  says: note
}

/** Lines are typed behind a prompt, which stays below what is shown. */
const typed = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => Readline.createInterface({ input: stdin, output: stdout, prompt: "> ", historySize: 1000 })),
    (terminal) =>
      Effect.sync(() => {
        terminal.close()
        clearPrompt()
      })
  ),
  (terminal): Console => {
    terminal.on("SIGINT", () => process.kill(process.pid, "SIGINT")) // the terminal does not send it while it is read by keys
    const above = <E>(shown: Effect.Effect<void, E>): Effect.Effect<void, E> =>
      Effect.zipRight(Effect.sync(clearPrompt), Effect.zipLeft(shown, Effect.sync(() => terminal.prompt(true))))
    return {
      isTerminal: true,
      lines: Stream.suspend(() => {
        terminal.prompt()
        return Stream.tap(linesOf(terminal), () => Effect.sync(() => terminal.prompt()))
      }),
      pieces: piped.pieces,
      show: (text) => above(write(`< ${visible(text)}\n`)),
      says: (text) => above(note(text))
    }
  }
)

export const make = (mayBeTyped: boolean) => mayBeTyped && stdin.isTTY && stdout.isTTY ? typed : Effect.succeed(piped)

const clearPrompt = (): void => {
  Readline.clearLine(stdout, 0)
  Readline.cursorTo(stdout, 0)
}

/** Standard input does not fail in a way that somebody could do something about. */
const iterated = <A>(elements: AsyncIterable<A>): Stream.Stream<A> =>
  Stream.orDie(Stream.fromAsyncIterable(elements, (error) => error))

const linesOf = (terminal: Readline.Interface): Stream.Stream<string> => iterated<string>(terminal)
