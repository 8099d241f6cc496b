/**
 * `npm run interop`: runs our client and server against foreign peers, and compares what comes out with docs/reference/interop.md. Exits with
 * 1 if a cell fails or differs.
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Cell from "../Cell.js"
import * as Faults from "../Faults.js"
import * as Peer from "../Peer.js"
import * as Peers from "../Peers.js"
import * as Published from "../Published.js"
import * as Setup from "../Setup.js"
import * as Table from "../Table.js"
import * as Verdict from "../Verdict.js"

const options = {
  only: Options.text("only").pipe(
    Options.withDescription(
      "A peer, or some of its cells (tornado, \"bun server\", \"ws client tls\"); may be given several times."
    ),
    Options.repeated
  ),
  list: Options.boolean("list").pipe(Options.withDescription("Says which cells there are, and runs nothing.")),
  update: Options.boolean("update").pipe(
    Options.withDescription("Writes what comes out into packages/interop/results.json and docs/reference/interop.md.")
  ),
  timeout: Options.integer("timeout").pipe(
    Options.withDescription("Seconds for one cell."),
    Options.withDefault(180)
  )
}

class NoneSuch extends Data.TaggedError("NoneSuch") {
  override get message(): string {
    return "no cell is named so: see --list"
  }
}

class Differs extends Data.TaggedError("Differs")<{ readonly message: string }> {}

const command = Command.make("interop", options, ({ list, only, timeout, update }) =>
  Effect.gen(function*() {
    const isWanted = (cell: Peer.Cell) =>
      only.length === 0 || only.some((text) => `${Peer.nameOf(cell)} `.startsWith(`${text} `))
    const wanted = Peers.all.map((peer) => ({ peer, cells: Peer.cells(peer).filter(isWanted) })).filter(({ cells }) =>
      cells.length > 0
    )
    if (wanted.length === 0) return yield* new NoneSuch()
    if (list) return yield* Console.log(wanted.flatMap(({ cells }) => cells.map(Peer.nameOf)).join("\n"))
    const committed = yield* Published.read
    const setup = yield* Setup.make
    const results: Record<string, Table.Results[string]> = {}
    const failed: Array<string> = []
    for (const { cells, peer } of wanted) {
      const version = yield* Effect.either(setup.ready(peer))
      if (Either.isLeft(version)) {
        yield* Console.log(`skipped  ${peer.name}: ${version.left.message}`)
        continue
      }
      // Cells that are not run now stay as they are.
      const row: Record<string, typeof Table.Result.Type> = cells.length === Peer.cells(peer).length
        ? {}
        : { ...committed[peer.name]?.cells }
      for (const cell of cells) {
        const name = `${cell.role} ${cell.mode}`
        const [took, tried] = yield* Effect.timed(Cell.run(cell, setup.paths, Duration.seconds(timeout)))
        const verdict = Verdict.judge(cell, tried, Faults.all)
        yield* Console.log(line(cell, verdict, took))
        const result = Table.resultOf(verdict)
        if (result === undefined) failed.push(Peer.nameOf(cell))
        else row[name] = result
      }
      const done = { [peer.name]: { version: version.right, cells: row } }
      Object.assign(results, done)
      // At once: an hour of cells is not lost to the last of them.
      if (update) yield* Published.write({ ...yield* Published.read, ...done })
    }
    const differences = update ? [] : Table.differences(committed, results)
    yield* Effect.forEach(differences, (difference) => Console.log(`differs  ${difference}`))
    const count = wanted.reduce((sum, { cells }) => sum + cells.length, 0)
    yield* Console.log(`${count} cells, ${failed.length} failed, ${differences.length} other than in the table`)
    if (failed.length + differences.length > 0) {
      return yield* new Differs({
        message: "what came out is not what docs/reference/interop.md says (--update writes it)"
      })
    }
  })).pipe(Command.withDescription("Runs our client and server against foreign peers."))

const line = (cell: Peer.Cell, verdict: Verdict.Verdict, took: Duration.Duration): string => {
  const [word, says] = told(verdict)
  const seconds = `${Duration.toSeconds(took).toFixed(1)} s`.padStart(8)
  return [`${word.padEnd(7)}${seconds}  ${Peer.nameOf(cell)}`, ...says.map((text) => `${" ".repeat(17)}${text}`)].join(
    "\n"
  )
}

const told = (verdict: Verdict.Verdict): readonly [word: string, says: ReadonlyArray<string>] => {
  switch (verdict._tag) {
    case "Passed":
      return ["passed", []]
    case "Faulty":
      return ["faulty", verdict.faults]
    case "Failed":
      return ["FAILED", shortened(verdict.errors)]
  }
}

/** The first is what went wrong; what comes behind it, mostly, that the connection is closed. */
const shortened = (errors: ReadonlyArray<string>): ReadonlyArray<string> =>
  errors.length <= 4 ? errors : [...errors.slice(0, 3), `and ${errors.length - 3} more`]

NodeRuntime.runMain(
  Command.run(command, { name: "effect-ws interop", version: "0.1.0" })(process.argv).pipe(
    Effect.provide(NodeContext.layer)
  )
)
