/**
 * `npm run fuzz -- --seconds 60 --target decoder --seed 1`: tries random and damaged octets on all that reads octets. An input that
 * fails is shrunk, shown and kept. Exits with 1 if there was one. `--missed` lists the code that no input came to.
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Fuzz from "../Fuzz.js"
import * as Missed from "../Missed.js"
import * as Target from "../Target.js"

const names = Target.all.map(({ name }) => name)

const options = {
  seconds: Options.float("seconds").pipe(
    Options.withDescription("How long, all targets together."),
    Options.withDefault(60)
  ),
  target: Options.choice("target", names).pipe(Options.withDescription("One of them only."), Options.optional),
  seed: Options.integer("seed").pipe(
    Options.withDescription("Tries the same again. Default: another each time."),
    Options.optional
  ),
  missed: Options.boolean("missed").pipe(
    Options.withDescription("Lists the code of what is examined that no input has reached.")
  )
}

class Failed extends Data.TaggedError("Failed")<{ readonly count: number }> {
  override get message(): string {
    return `${this.count} of the targets failed`
  }
}

const command = Command.make("fuzz", options, ({ missed, seconds, seed, target }) =>
  Effect.gen(function*() {
    const from = Option.getOrElse(seed, () => undefined) ?? (yield* Random.nextIntBetween(1, 2 ** 31))
    const targets = Target.all.filter(({ name }) => Option.isNone(target) || target.value === name)
    let failed = 0
    yield* Console.log(`seed ${from}`)
    const milliseconds = seconds * 1000 / targets.length
    if (missed) {
      const all = Missed.missedBy(() => targets.forEach((one) => Fuzz.fuzz(one, { seed: from, milliseconds })))
      for (const { file, line, text } of all) yield* Console.log(`${file}:${line}  ${text}`)
      return
    }
    for (const one of targets) {
      const { found, runs } = Fuzz.fuzz(one, { seed: from, milliseconds })
      yield* Console.log(
        `${one.name.padEnd(26)}${String(runs).padStart(9)} inputs  ${found === undefined ? "held" : "FAILED"}`
      )
      if (found !== undefined) {
        failed++
        yield* Console.log(`${found.error}\nkept as ${Fuzz.keep(one, found.input)}`)
      }
    }
    if (failed > 0) return yield* new Failed({ count: failed })
  })).pipe(Command.withDescription("Tries random and damaged octets on all that reads octets."))

NodeRuntime.runMain(
  Command.run(command, { name: "effect-ws fuzz", version: "0.1.0" })(process.argv).pipe(
    Effect.provide(NodeContext.layer)
  )
)
