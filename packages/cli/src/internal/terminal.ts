/** Standard output and standard error. What others wrote is shown, and not obeyed. */
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { stripVTControlCharacters } from "node:util"

/** Whoever read our output has gone. */
export class OutputClosed extends Data.TaggedError("OutputClosed")<{}> {}

/** Control characters, and what turns the direction of writing, as dots: nothing that a terminal would obey. */
export const visible = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, (char) => char === "\t" ? char : "·")

/** Waits until it is taken: a slow reader slows the connection. */
export const write = (content: string | Uint8Array): Effect.Effect<void, OutputClosed> =>
  Effect.async((resume) => {
    process.stdout.write(content, (error) =>
      resume(error === undefined || error === null ? Effect.void : Effect.fail(new OutputClosed())))
  })

/** For people: in a line of its own, on standard error. */
export const note = (text: string): Effect.Effect<void> =>
  Effect.sync(() => void process.stderr.write(`${visible(text)}\n`))

/** Closed ends of pipes are told to whoever writes, and end nothing by themselves. */
export const guardOutput = Effect.sync(() => {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {})
})

/** Help and what is wrong with a command line are colored: for terminals, and for those alone who want that (no-color.org). */
export const withoutColors = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.consoleWith((console) => {
    const wantsNone = (process.env["NO_COLOR"] ?? "") !== ""
    const plain = (args: ReadonlyArray<unknown>, { isTTY }: { readonly isTTY?: boolean }): ReadonlyArray<unknown> =>
      isTTY === true && !wantsNone
        ? args
        : args.map((arg) => typeof arg === "string" ? stripVTControlCharacters(arg) : arg)
    return Console.withConsole(effect, {
      ...console,
      log: (...args) => console.log(...plain(args, process.stdout)),
      error: (...args) => console.error(...plain(args, process.stderr))
    })
  })
