#!/usr/bin/env node
/**
 * `npm run testee -- ws://127.0.0.1:9001 --agent effect-ws`: has a fuzzing server judge our client.
 *
 * Exit codes: 0 when every case was run and the reports were asked for (the verdicts are the server's), 1 when a connection did
 * not open, the server is none, or the command line is wrong; 130 when interrupted.
 */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { main } from "../internal/main.js"
import * as Testee from "../Testee.js"

const url = Args.text({ name: "url" }).pipe(
  Args.withDescription("The fuzzing server."),
  Args.withDefault("ws://127.0.0.1:9001")
)

const agent = Options.text("agent").pipe(
  Options.withDescription("The name under which the reports are kept."),
  Options.withDefault("effect-ws")
)

const concurrency = Options.integer("concurrency").pipe(
  Options.withDescription("How many cases to run at a time."),
  Options.filterMap((n) => n >= 1 ? Option.some(n) : Option.none(), "--concurrency must be at least 1"),
  Options.withDefault(1)
)

const cases = Options.text("cases").pipe(
  Options.withDescription("Which cases to run: numbers from 1, ranges, and ids, such as 1-10,42,6.4.3. Default: all."),
  Options.filterMap(
    (list) => Option.fromNullable(Testee.parseCases(list)),
    "--cases must be a list such as 1-10,42,6.4.3"
  ),
  Options.optional
)

const http2 = Options.boolean("http2").pipe(
  Options.withDescription("Use HTTP/2 only.")
)

const command = Command.make("testee", { url, agent, concurrency, cases, http2 }, (config) =>
  Effect.gen(function*() {
    const tally = new Map<string, number>()
    let done = 0
    let unopened = 0
    yield* Testee.run(
      { ...config, cases: Option.getOrElse(config.cases, () => "all" as const) },
      (which, ran, total) => {
        done++
        const ended = Either.match(ran, { onLeft: () => "not opened", onRight: ({ _tag }) => _tag })
        tally.set(ended, (tally.get(ended) ?? 0) + 1)
        if (Either.isRight(ran)) return progress(done, total)
        unopened++
        return Console.error(`case ${nameOf(which)}: ${ran.left.message}`)
      }
    )
    const counts = [...tally].map(([ended, count]) => `${count} ${ended}`).join(", ")
    yield* Console.log(
      `${done} cases run${counts === "" ? "" : `: ${counts}`}. The reports of ${config.agent} are written.`
    )
    if (unopened > 0) return yield* new CasesUnopened({ count: unopened })
  }).pipe(Effect.provide(NodeWebSocketClient.layer({ http2: config.http2 ? "require" : "never" })))).pipe(
    Command.withDescription("Echoes whatever a fuzzing server sends, case by case.")
  )

class CasesUnopened extends Data.TaggedError("CasesUnopened")<{ readonly count: number }> {
  override get message(): string {
    return `${this.count} cases did not open`
  }
}

const nameOf = Testee.Case.$match({ Place: ({ place }) => String(place), Id: ({ id }) => id })

/** A line that is written over, where somebody watches. */
const progress = (done: number, total: number): Effect.Effect<void> =>
  Effect.sync(() => {
    if (process.stderr.isTTY) process.stderr.write(`\r${done}/${total}${done === total ? "\n" : ""}`)
  })

main(command, { name: "effect-ws testee", interrupted: 130 })
