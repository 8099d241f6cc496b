/**
 * `npm run soak -- --minutes 10`: peers of every kind at a server of ours. Prints tables, also when it is interrupted, and exits
 * with 1 if a message was lost or altered, or anything leaked or escaped.
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import * as Report from "../Report.js"
import * as Apart from "../soak/Apart.js"
import { faults } from "../soak/Sides.js"
import * as Soak from "../soak/Soak.js"
import * as Verdict from "../soak/Verdict.js"

const options = {
  minutes: Options.float("minutes").pipe(
    Options.withDescription("How long, behind a warm-up."),
    Options.withDefault(10)
  ),
  connections: Options.integer("connections").pipe(
    Options.withDescription("Peers at a time."),
    Options.withDefault(60)
  ),
  seed: Options.integer("seed").pipe(
    Options.withDescription("What the peers do, though not when. Default: another each time."),
    Options.optional
  ),
  restartEvery: Options.float("restart-every").pipe(
    Options.withDescription("Seconds from one restart of the server to the next."),
    Options.withDefault(60)
  ),
  fault: Options.choice("fault", faults).pipe(
    Options.withDescription("Has the server go wrong now and then, to see that it is noticed."),
    Options.withDefault("none" as const)
  ),
  json: Options.file("json").pipe(Options.withDescription("Where to write all that was measured."), Options.optional)
}

class Failed extends Data.TaggedError("Failed")<{ readonly complaints: ReadonlyArray<string> }> {
  override get message(): string {
    return this.complaints.join("\n")
  }
}

const command = Command.make("soak", options, (config) =>
  Effect.gen(function*() {
    const seed = Option.getOrElse(config.seed, () => undefined) ?? (yield* Random.nextIntBetween(1, 2 ** 31))
    yield* Console.log(`seed ${seed}`)
    const result = yield* Soak.run(yield* Apart.server(config.fault), yield* Apart.peers, {
      minutes: config.minutes,
      connections: config.connections,
      seed,
      warmUpSeconds: Math.min(60, Math.max(10, config.minutes * 12)),
      restartEverySeconds: config.restartEvery,
      sampleEverySeconds: Math.max(5, config.minutes * 60 / 200),
      settleSeconds: 3,
      progress: (line) => Effect.sync(() => void (process.stderr.isTTY && process.stderr.write(`\r\x1b[K${line}`)))
    })
    // Also of one that was interrupted.
    yield* Effect.uninterruptible(Effect.gen(function*() {
      for (const table of Verdict.tables(result)) yield* Console.log(`${Report.toText(table)}\n`)
      for (const surprise of [...result.server.tallied.surprises, ...result.peers.tallied.surprises]) {
        yield* Console.log(`unexpected: ${surprise}`)
      }
      if (Option.isSome(config.json)) yield* write(config.json.value, result)
    }))
    const complaints = Verdict.complaints(result)
    if (complaints.length > 0) return yield* new Failed({ complaints })
  }).pipe(Effect.scoped)).pipe(Command.withDescription("Peers of every kind at a server of ours, for long."))

const write = (file: string, result: Soak.Result) =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    yield* files.writeFileString(
      file,
      `${JSON.stringify(yield* Effect.orDie(Schema.encode(Soak.Result)(result)), null, 1)}\n`
    )
  })

NodeRuntime.runMain(
  Command.run(command, { name: "effect-ws soak", version: "0.1.0" })(process.argv).pipe(
    Effect.provide(NodeContext.layer)
  )
)
