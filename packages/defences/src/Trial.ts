/**
 * Tests, run by Vitest in a scratch copy, and what they say of a defence that was switched off there. In: defences. Out: a report
 * of their tests; then a verdict on one of them.
 *
 * A test that times out is killed with the rest of its run, and counts only for a defence that says so.
 */
import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type Defence, projectOf } from "./Defence.js"
import * as Edit from "./Edit.js"
import * as Scratch from "./Scratch.js"

type Host = FileSystem.FileSystem | Path.Path | CommandExecutor.CommandExecutor

/** Of Vitest's reporter "json". */
const Results = Schema.parseJson(Schema.Struct({
  testResults: Schema.Array(Schema.Struct({
    name: Schema.String,
    message: Schema.String,
    assertionResults: Schema.Array(Schema.Struct({
      fullName: Schema.String,
      status: Schema.String,
      duration: Schema.optional(Schema.NullOr(Schema.Number)),
      failureMessages: Schema.Array(Schema.String)
    }))
  }))
}))

interface Test {
  /** From `packages/` on. */
  readonly file: string
  readonly name: string
  /** What the failure says, of one that failed. */
  readonly failure: string | undefined
  /** In milliseconds. */
  readonly took: number
}

/** What Vitest found. */
export interface Report {
  readonly tests: ReadonlyArray<Test>
  /** Files that could not be loaded, and why. */
  readonly unloaded: ReadonlyArray<string>
  /** An error outside of any test. */
  readonly stray: boolean
}

export class VitestFailed extends Data.TaggedError("VitestFailed")<{ readonly says: string }> {
  override get message(): string {
    return `Vitest has left no report: ${this.says}`
  }
}

/** `undefined` when they took longer than `most`. */
export const run = (
  { root }: Scratch.Scratch,
  defences: ReadonlyArray<Defence>,
  most: Duration.DurationInput
): Effect.Effect<Report | undefined, PlatformError | VitestFailed, Host> =>
  Effect.scoped(Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const output = path.join(root, "report.json")
    yield* files.remove(output, { force: true })
    const vitest = Command.make(
      process.execPath,
      "node_modules/vitest/vitest.mjs",
      "run",
      ...argumentsOf(defences),
      output
    )
    const running = yield* Command.start(Command.workingDirectory(vitest, root))
    const finished = yield* Effect.all([
      running.exitCode,
      Stream.runDrain(running.stdout),
      Stream.runFold(Stream.decodeText(running.stderr), "", (said, more) => said + more)
    ], { concurrency: "unbounded" }).pipe(Effect.timeoutOption(most))
    if (Option.isNone(finished)) {
      yield* running.kill("SIGKILL")
      return undefined
    }
    const [exitCode, , said] = finished.value
    const results = yield* files.readFileString(output).pipe(
      Effect.flatMap(Schema.decode(Results)),
      Effect.mapError(() => new VitestFailed({ says: said }))
    )
    return reportOf(path.join(root, "packages", "/"), results, exitCode)
  }))

const argumentsOf = (defences: ReadonlyArray<Defence>): ReadonlyArray<string> => {
  const tests = defences.map(({ test }) => test)
  return [
    "--config",
    "vitest.workspace.ts",
    ...unique(tests.map(([file]) => `--project=${projectOf(file)}`)),
    ...unique(tests.map(([file]) => `packages/${file}`)),
    "--testNamePattern",
    unique(tests.map(([, name]) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))).join("|"),
    // One run is one job; and what measures is not to be disturbed by its neighbor.
    "--maxWorkers=1",
    "--minWorkers=1",
    "--poolOptions.forks.isolate",
    "--reporter=json",
    "--outputFile"
  ]
}

const unique = (texts: ReadonlyArray<string>): ReadonlyArray<string> => [...new Set(texts)]

const reportOf = (packages: string, { testResults }: typeof Results.Type, exitCode: number): Report => {
  const tests = testResults.flatMap(({ assertionResults, name }) =>
    assertionResults
      .filter(({ status }) => status === "passed" || status === "failed")
      .map(({ duration, failureMessages, fullName, status }) => ({
        file: name.replace(packages, ""),
        name: fullName,
        failure: status === "failed" ? failureMessages.join("\n") : undefined,
        took: duration ?? 0
      }))
  )
  const unloaded = testResults.filter(({ message }) => message !== "").map(({ message, name }) => `${name}: ${message}`)
  const failed = unloaded.length > 0 || tests.some(({ failure }) => failure !== undefined)
  return { tests, unloaded, stray: exitCode !== 0 && !failed }
}

/** What is known of a defence. "Unfit": the trial says nothing, for its tests are none, or fail without it. */
export interface Verdict {
  readonly _tag: "Caught" | "Survived" | "Unfit"
  readonly says: string
}

/** What keeps a defence from being tried: its tests must pass as they stand. */
export const obstacle = (defence: Defence, unedited: Report | undefined): string | undefined => {
  if (unedited === undefined) return "the tests do not end as they stand"
  const tests = testsOf(defence, unedited)
  if (unedited.unloaded.length > 0) return unedited.unloaded[0]
  if (tests.length === 0) return `no test of ${defence.test.join(" is named ")}`
  return tests.find(({ failure }) => failure !== undefined)?.failure
}

/** Switches a defence off, and runs its tests. */
export const attempt = (
  scratch: Scratch.Scratch,
  sources: Edit.Sources,
  defence: Defence,
  unedited: Report
): Effect.Effect<Verdict, PlatformError | VitestFailed, Host> =>
  Effect.scoped(Effect.gen(function*() {
    const edited = Edit.apply(sources, defence.edit)
    if (edited._tag === "Lost") return { _tag: "Unfit", says: edited.says }
    yield* Scratch.put(scratch, edited)
    return judge(defence, yield* run(scratch, [defence], patience(defence, unedited)))
  }))

/** What does not end is to be told from what a busy machine takes its time for. */
const patience = (defence: Defence, unedited: Report): Duration.DurationInput =>
  defence.shows === "a hang"
    ? 15_000 + 4 * testsOf(defence, unedited).reduce((sum, { took }) => sum + took, 0)
    : "3 minutes"

/** `undefined` stands for tests that did not end. */
export const judge = (defence: Defence, report: Report | undefined): Verdict => {
  if (report === undefined) {
    return defence.shows === "a hang"
      ? { _tag: "Caught", says: "it does not end" }
      : { _tag: "Survived", says: "the tests do not end, which does not count here" }
  }
  const [unloaded] = report.unloaded
  if (unloaded !== undefined) return { _tag: "Unfit", says: unloaded }
  if (report.stray && defence.shows === "a stray error") {
    return { _tag: "Caught", says: "an error outside of the test" }
  }
  const failures = testsOf(defence, report).flatMap(({ failure }) => failure === undefined ? [] : [failure])
  const caught = failures.find((failure) => defence.shows === "a hang" || !timedOut.test(failure))
  if (caught !== undefined) return { _tag: "Caught", says: caught }
  return {
    _tag: "Survived",
    says: failures.length > 0 ? "the test times out, which does not count here" : "no test fails"
  }
}

/** As Vitest says it: in the message, or in a stack trace that has lost it. */
const timedOut = /Test timed out in|^Error: STACK_TRACE_ERROR/

const testsOf = ({ test: [file, name] }: Defence, { tests }: Report): ReadonlyArray<Test> =>
  tests.filter((test) => test.file === file && test.name.includes(name))
