/**
 * `npm run defences -- --only TEXT --jobs 2`: switches each defence off in a copy of the sources, one at a time, and sees that its
 * test fails. Exits with 1 if one survives. `npm run defences -- --check`: sees only that each is found in the sources.
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
import * as Edit from "../Edit.js"
import * as Scratch from "../Scratch.js"
import * as Trial from "../Trial.js"

const options = {
  only: Options.text("only").pipe(
    Options.withDescription("Those whose name contains it; may be given several times."),
    Options.repeated
  ),
  list: Options.boolean("list").pipe(Options.withDescription("Says what there is, and where, and tries nothing.")),
  check: Options.boolean("check").pipe(Options.withDescription("Sees that each is found, and tries nothing.")),
  jobs: Options.integer("jobs").pipe(Options.withDescription("Tried at a time."), Options.withDefault(2))
}

class Failed extends Data.TaggedError("Failed")<{ readonly count: number; readonly of: number }> {
  override get message(): string {
    return `${this.count} of ${this.of} defences can be switched off, and no test fails`
  }
}

class NotFound extends Data.TaggedError("NotFound")<{ readonly count: number; readonly of: number }> {
  override get message(): string {
    return `${this.count} of ${this.of} defences are not found: say anew what they are, in packages/defences/src`
  }
}

class NoneSuch extends Data.TaggedError("NoneSuch") {
  override get message(): string {
    return "no defence is named so: see --list"
  }
}

const command = Command.make("defences", options, ({ check, jobs, list, only }) =>
  Effect.gen(function*() {
    const defences = Defences.all.filter((defence) =>
      only.length === 0 || only.some((text) => nameOf(defence).toLowerCase().includes(text.toLowerCase()))
    )
    if (defences.length === 0) return yield* new NoneSuch()
    const sources = Edit.parse(yield* Scratch.sources)
    if (list || check) {
      const places = yield* Effect.forEach(defences, (defence) => placeOf(sources, defence))
      const lost = places.filter(({ isFound }) => !isFound)
      yield* Effect.forEach(list ? places : lost, (place) => Console.log(shown(place)), { discard: true })
      if (lost.length > 0) return yield* new NotFound({ count: lost.length, of: defences.length })
      return yield* Console.log(`${defences.length} defences, each found`)
    }
    const [took, verdicts] = yield* Effect.timed(tryAll(defences, sources, jobs))
    const failed = verdicts.filter(({ _tag }) => _tag !== "Caught").length
    yield* Console.log(
      `${defences.length} defences, ${defences.length - failed} caught, ${Duration.format(took)}`
    )
    if (failed > 0) return yield* new Failed({ count: failed, of: defences.length })
  })).pipe(Command.withDescription("Switches each defence off, and sees that its test fails."))

const tryAll = (defences: ReadonlyArray<Defence>, sources: Edit.Sources, jobs: number) =>
  Effect.scoped(Effect.gen(function*() {
    const scratches = yield* Pool.make({ acquire: Scratch.make, size: jobs })
    const scratched = <A, E, R>(use: (scratch: Scratch.Scratch) => Effect.Effect<A, E, R>) =>
      Effect.scoped(Effect.flatMap(Pool.get(scratches), use))
    const unedited = yield* scratched((scratch) => Trial.run(scratch, defences, "20 minutes"))
    return yield* Effect.forEach(defences, (defence) =>
      Effect.gen(function*() {
        const [took, verdict] = yield* Effect.timed(scratched((scratch) => tryOne(scratch, sources, defence, unedited)))
        yield* Console.log(line(defence, verdict, took))
        return verdict
      }), { concurrency: jobs })
  }))

/** What does not pass unedited beside all others is run once more, alone. */
const tryOne = (
  scratch: Scratch.Scratch,
  sources: Edit.Sources,
  defence: Defence,
  unedited: Trial.Report | undefined
) =>
  Effect.gen(function*() {
    const report = Trial.obstacle(defence, unedited) === undefined
      ? unedited
      : yield* Trial.run(scratch, [defence], "3 minutes")
    const obstacle = Trial.obstacle(defence, report)
    if (report !== undefined && obstacle === undefined) return yield* Trial.attempt(scratch, sources, defence, report)
    const unfit: Trial.Verdict = { _tag: "Unfit", says: obstacle ?? "" }
    return unfit
  })

interface Place {
  readonly defence: Defence
  readonly isFound: boolean
  /** Or why it is not found. */
  readonly at: string
}

const placeOf = (sources: Edit.Sources, defence: Defence) =>
  Effect.gen(function*() {
    const [test] = defence.test
    const edited = Edit.apply(sources, defence.edit)
    const hasTest = yield* Scratch.hasTest(test)
    const place: Place = edited._tag === "Edited" && hasTest
      ? { defence, isFound: true, at: `${edited.file}:${edited.line}` }
      : { defence, isFound: false, at: `NOT FOUND: ${edited._tag === "Lost" ? edited.says : test}` }
    return place
  })

const shown = ({ at, defence }: Place): string => {
  const edit = Object.entries(defence.edit).map(([name, code]) => `  ${name}: ${code}\n`).join("")
  return `${nameOf(defence)}\n${edit}  ${at}\n  ${defence.test.join(", ")}`
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
