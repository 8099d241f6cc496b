/**
 * `npm run defences -- --only TEXT --jobs 2`: switches each defence off in a copy of the sources, one at a time, and sees that its
 * test fails. Exits with 1 if one survives.
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Pool from "effect/Pool"
import { type Defence, nameOf } from "../Defence.js"
import * as Defences from "../Defences.js"
import * as Scratch from "../Scratch.js"
import * as Trial from "../Trial.js"

const options = {
  only: Options.text("only").pipe(
    Options.withDescription("Those whose name contains it; may be given several times."),
    Options.repeated
  ),
  list: Options.boolean("list").pipe(Options.withDescription("Says what there is, and tries nothing.")),
  jobs: Options.integer("jobs").pipe(Options.withDescription("Tried at a time."), Options.withDefault(2))
}

class Failed extends Data.TaggedError("Failed")<{ readonly count: number; readonly of: number }> {
  override get message(): string {
    return `${this.count} of ${this.of} defences can be switched off, and no test fails`
  }
}

class NoneSuch extends Data.TaggedError("NoneSuch") {
  override get message(): string {
    return "no defence is named so: see --list"
  }
}

const command = Command.make("defences", options, ({ jobs, list, only }) =>
  Effect.gen(function*() {
    const defences = Defences.all.filter((defence) =>
      only.length === 0 || only.some((text) => nameOf(defence).toLowerCase().includes(text.toLowerCase()))
    )
    if (defences.length === 0) return yield* new NoneSuch()
    if (list) return yield* Effect.forEach(defences, (defence) => Console.log(shown(defence)), { discard: true })
    const [took, verdicts] = yield* Effect.timed(tryAll(defences, jobs))
    const failed = verdicts.filter(({ _tag }) => _tag !== "Caught").length
    yield* Console.log(
      `${defences.length} defences, ${defences.length - failed} caught, ${Duration.format(took)}`
    )
    if (failed > 0) return yield* new Failed({ count: failed, of: defences.length })
  })).pipe(Command.withDescription("Switches each defence off, and sees that its test fails."))

const tryAll = (defences: ReadonlyArray<Defence>, jobs: number) =>
  Effect.scoped(Effect.gen(function*() {
    const scratches = yield* Pool.make({ acquire: Scratch.make, size: jobs })
    const scratched = <A, E, R>(use: (scratch: Scratch.Scratch) => Effect.Effect<A, E, R>) =>
      Effect.scoped(Effect.flatMap(Pool.get(scratches), use))
    const unedited = yield* scratched((scratch) => Trial.run(scratch, defences, "20 minutes"))
    return yield* Effect.forEach(defences, (defence) =>
      Effect.gen(function*() {
        const [took, verdict] = yield* Effect.timed(scratched((scratch) => tryOne(scratch, defence, unedited)))
        yield* Console.log(line(defence, verdict, took))
        return verdict
      }), { concurrency: jobs })
  }))

/** What does not pass unedited beside all others is run once more, alone. */
const tryOne = (scratch: Scratch.Scratch, defence: Defence, unedited: Trial.Report | undefined) =>
  Effect.gen(function*() {
    const report = Trial.obstacle(defence, unedited) === undefined
      ? unedited
      : yield* Trial.run(scratch, [defence], "3 minutes")
    const obstacle = Trial.obstacle(defence, report)
    if (report !== undefined && obstacle === undefined) return yield* Trial.attempt(scratch, defence, report)
    const unfit: Trial.Verdict = { _tag: "Unfit", says: obstacle ?? "" }
    return unfit
  })

const shown = (defence: Defence): string => {
  const { edit: [text, instead], file, test } = defence
  return `${nameOf(defence)}\n  ${file}\n  - ${text}\n  + ${instead}\n  ${test.join(", ")}`
}

const line = (defence: Defence, verdict: Trial.Verdict, took: Duration.Duration): string => {
  const [first = ""] = verdict.says.split("\n", 1)
  const seconds = `${Duration.toSeconds(took).toFixed(1)} s`.padStart(7)
  const word = verdict._tag === "Caught" ? "caught" : verdict._tag.toUpperCase()
  return `${word.padEnd(9)}${seconds}  ${nameOf(defence)}\n${" ".repeat(18)}${first.slice(0, 160)}`
}

NodeRuntime.runMain(
  Command.run(command, { name: "effect-ws defences", version: "0.1.0" })(process.argv).pipe(
    Effect.provide(NodeContext.layer)
  )
)
