/**
 * `npm run soak -- --minutes 10`: peers of every kind at a server of ours. Prints tables, also when it is interrupted, and exits
 * with 1 if a message was lost or altered, or anything leaked or escaped. `npm run soak -- --load`: very many connections.
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Bench from "@effect-ws/benchmark/Bench"
import * as Child from "@effect-ws/benchmark/Child"
import * as Report from "@effect-ws/benchmark/Report"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import * as Apart from "../Apart.js"
import * as Crowded from "../crowd/Crowded.js"
import * as Limit from "../crowd/Limit.js"
import { type Fault, faults } from "../Sides.js"
import * as Soak from "../Soak.js"
import * as Verdict from "../Verdict.js"

const options = {
  minutes: Options.float("minutes").pipe(
    Options.withDescription("How long, behind a warm-up."),
    Options.withDefault(10)
  ),
  connections: Options.integer("connections").pipe(
    Options.withDescription("Peers at a time, 40 by default; with --load, those that stay, 10000 by default."),
    Options.optional
  ),
  load: Options.boolean("load").pipe(
    Options.withDescription("Instead: very many connections that stay, come and go, and never finish their handshake.")
  ),
  rate: Options.integer("rate").pipe(
    Options.withDescription("With --load: connections a second that come and go."),
    Options.withDefault(1000)
  ),
  slow: Options.integer("slow").pipe(
    Options.withDescription("With --load: opening handshakes that are never finished."),
    Options.withDefault(3000)
  ),
  seconds: Options.integer("seconds").pipe(
    Options.withDescription("With --load: of coming and going, and of each of the others."),
    Options.withDefault(20)
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

const progress = (line: string): Effect.Effect<void> =>
  Effect.sync(() => void (process.stderr.isTTY && process.stderr.write(`\r\x1b[K${line}`)))

const command = Command.make("soak", options, (config) => Effect.scoped(config.load ? load(config) : soak(config)))
  .pipe(
    Command.withDescription("Peers of every kind at a server of ours, for long; or very many of them.")
  )

interface Config {
  readonly minutes: number
  readonly connections: Option.Option<number>
  readonly rate: number
  readonly slow: number
  readonly seconds: number
  readonly seed: Option.Option<number>
  readonly restartEvery: number
  readonly fault: Fault
  readonly json: Option.Option<string>
}

const soak = (config: Config) =>
  Effect.gen(function*() {
    const seed = Option.getOrUndefined(config.seed) ?? (yield* Random.nextIntBetween(1, 2 ** 31))
    yield* Console.log(`seed ${seed}`)
    const result = yield* Soak.run(yield* Apart.server(config.fault), yield* Apart.peers, {
      minutes: config.minutes,
      connections: Option.getOrElse(config.connections, () => 40),
      seed,
      warmUpSeconds: Math.min(60, Math.max(10, config.minutes * 12)),
      restartEverySeconds: config.restartEvery,
      sampleEverySeconds: Math.max(5, config.minutes * 60 / 200),
      settleSeconds: 3,
      progress
    })
    // Also of one that was interrupted.
    yield* Effect.uninterruptible(Effect.gen(function*() {
      yield* print(Verdict.tables(result))
      for (const surprise of [...result.server.tallied.surprises, ...result.peers.tallied.surprises]) {
        yield* Console.log(`unexpected: ${surprise}`)
      }
      yield* write(config.json, Schema.encodeSync(Soak.Result)(result))
    }))
    yield* judge(Verdict.complaints(result))
  })

const load = (config: Config) =>
  Effect.gen(function*() {
    const wanted = Option.getOrElse(config.connections, () => 10_000)
    const connections = Limit.connections(wanted, config.slow)
    if (connections < wanted) {
      yield* Console.log(
        `A process may have ${Limit.descriptors()} descriptors: ${connections} connections, not ${wanted}.`
      )
    }
    const crowd = yield* Child.spawn(new URL("./crowd.js", import.meta.url))
    const result = yield* Crowded.run({
      serve: (way, compression) =>
        Effect.map(
          Bench.launch(way, compression, ["--expose-gc"]),
          (server) => ({ port: server.port, usage: Bench.usage(server, true) })
        ),
      tell: (order, schema) => Child.ask(crowd, order, schema),
      progress
    }, { ways: Crowded.ways, connections, rate: config.rate, slow: config.slow, seconds: config.seconds })
    yield* progress("")
    yield* print(Crowded.tables(result))
    for (const remark of Crowded.remarks(result)) yield* Console.log(remark)
    yield* write(config.json, result)
    yield* judge(Crowded.complaints(result))
  })

const print = (tables: ReadonlyArray<Report.Table>) =>
  Effect.forEach(tables, (table) => Console.log(`${Report.toText(table)}\n`), { discard: true })

const judge = (complaints: ReadonlyArray<string>): Effect.Effect<void, Failed> =>
  complaints.length > 0 ? Effect.fail(new Failed({ complaints })) : Effect.void

const write = (file: Option.Option<string>, measured: unknown) =>
  Effect.flatMap(
    FileSystem.FileSystem,
    (files) =>
      Option.isNone(file) ? Effect.void : files.writeFileString(file.value, `${JSON.stringify(measured, null, 1)}\n`)
  )

NodeRuntime.runMain(
  Command.run(command, { name: "effect-ws soak", version: "0.1.0" })(process.argv).pipe(
    Effect.provide(NodeContext.layer)
  )
)
