/**
 * `npm run bench`: measures, prints tables, and writes them down.
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { cpus } from "node:os"
import { fileURLToPath } from "node:url"
import * as Bench from "../Bench.js"
import * as Contestant from "../Contestant.js"
import * as FanOut from "../FanOut.js"
import * as Load from "../Load.js"
import * as Measurement from "../Measurement.js"
import * as Opens from "../Opens.js"
import * as Profile from "../Profile.js"
import * as Report from "../Report.js"

const ordinaryRounds = 5
const publishedRounds = 15

/** The young generation that Effect's allocations ask for under bursts, in MiB. */
const largeSemiSpace = 64

const names = (text: string): ReadonlyArray<string> =>
  text.split(",").map((name) => name.trim()).filter((name) => name !== "")

const options = {
  loads: Options.text("loads").pipe(
    Options.withDescription(
      `Loads, or beginnings of their names: ${
        [
          ...Load.all.map(Load.name),
          ...Opens.all.map(Opens.name),
          ...FanOut.all(FanOut.defaultConnections).map(FanOut.name)
        ]
          .join(", ")
      }. Without it all of the echoes, unless --opens, --fanout or --memory ask for something else`
    ),
    Options.withDefault("")
  ),
  servers: Options.text("servers").pipe(
    Options.withDescription(
      `Servers; ws is always among them: ${Contestant.all.map(({ name }) => name).join(", ")}; of --opens ${
        Opens.contestants.join(", ")
      }; of --fanout ${FanOut.ways.map(({ name }) => name).join(", ")}`
    ),
    Options.withDefault("")
  ),
  edition: Options.choice("edition", ["3", "4", "both"]).pipe(
    Options.withDescription(
      `The Effect of our servers; those for Effect 4 have ${Bench.ofEffect4} behind their names, and want npm run effect4 first`
    ),
    Options.withDefault("3" as const)
  ),
  seconds: Options.float("seconds").pipe(Options.withDescription("Length of a round"), Options.withDefault(1)),
  rounds: Options.integer("rounds").pipe(
    Options.withDescription(
      `Of each server under each load; ${ordinaryRounds}, and ${publishedRounds} with --publish, unless given`
    ),
    Options.optional
  ),
  starts: Options.integer("starts").pipe(
    Options.withDescription(
      "How often the servers of a load are started anew; the rounds are shared out among all. Processes of the same code differ by a few percent"
    ),
    Options.withDefault(1)
  ),
  together: Options.boolean("together").pipe(
    Options.withDescription(
      "All of ours in one process, each on a port of its own: for differences that are smaller than those between processes"
    )
  ),
  quick: Options.boolean("quick").pipe(Options.withDescription("Two short rounds: a look, not a measurement")),
  opens: Options.boolean("opens").pipe(
    Options.withDescription(
      "Clients that dial, shake hands, close properly and are dropped, 64 at a time: with TLS and without, compression, a message"
    )
  ),
  fanout: Options.boolean("fanout").pipe(
    Options.withDescription("One text to very many connections, in each way to write it; compressed and not")
  ),
  receivers: Options.integer("receivers").pipe(
    Options.withDescription("How many connections --fanout sends to"),
    Options.withDefault(FanOut.defaultConnections)
  ),
  size: Options.integer("size").pipe(
    Options.withDescription("Bytes of the text that --fanout sends"),
    Options.withDefault(FanOut.defaultSize)
  ),
  memory: Options.boolean("memory").pipe(
    Options.withDescription(
      "The memory of idle connections, and of contexts, which compressed loads bring with them"
    )
  ),
  connections: Options.integer("connections").pipe(
    Options.withDescription("Idle connections whose memory is measured"),
    Options.withDefault(5000)
  ),
  outdir: Options.directory("outdir").pipe(
    Options.withDescription("Where results.json and results.md are written; without it nothing is, but by --publish"),
    Options.optional
  ),
  publish: Options.boolean("publish").pipe(
    Options.withDescription(
      "Writes packages/benchmark/results and the tables of docs/reference/performance.md, of what was measured: echoes, compressed ones, opens, fan-out; with --profile, those of what takes the CPU, and nothing else"
    )
  ),
  semiSpace: Options.boolean("semi-space").pipe(
    Options.withDescription(
      `Small texts once more, with --max-semi-space-size=${largeSemiSpace}: what a larger young generation changes`
    )
  ),
  profile: Options.directory("profile").pipe(
    Options.withDescription(
      "Where the servers' CPU profiles are written; says what takes the CPU. The figures are then not to be trusted"
    ),
    Options.optional
  )
}

/** Connections whose contexts are weighed, and the windows that they agree on, in bits. */
const weighedContexts = 300
const weighedWindows = [15, 13, 11, 9]

/** Those whose names begin with one that is wanted. Without any, and if none is: all, if all are asked for. */
const selected = <A>(
  all: ReadonlyArray<A>,
  name: (load: A) => string,
  wanted: string,
  asked: boolean
): ReadonlyArray<A> => {
  const found = all.filter((load) => names(wanted).some((beginning) => name(load).startsWith(beginning)))
  return found.length === 0 && asked ? all : found
}

const contestants = <A extends Bench.Name>(all: ReadonlyArray<A>, wanted: string): ReadonlyArray<A> =>
  all.filter((name) =>
    wanted === "" ? !Contestant.onDemand.includes(name) : name === Contestant.peer || names(wanted).includes(name)
  )

/** Each that has editions once for each that is asked for. */
const entrants = (names: ReadonlyArray<Bench.Name>, edition: "3" | "4" | "both"): ReadonlyArray<Bench.Entrant> =>
  names.flatMap((name): ReadonlyArray<Bench.Entrant> =>
    !Contestant.hasEditions(name) ? [name] : [
      ...edition === "4" ? [] : [name],
      ...edition === "3" ? [] : [`${name}${Bench.ofEffect4}` as const]
    ]
  )

const command = Command.make("bench", options, (config) =>
  Effect.gen(function*() {
    if (config.edition !== "3" && !Bench.hasEffect4()) {
      return yield* Console.error("the edition for Effect 4 is not there: npm run effect4 -- --compile")
    }
    if (config.edition !== "3" && config.publish) {
      return yield* Console.error("--publish writes what is measured of the edition for Effect 3 alone")
    }
    const rounds = config.quick
      ? 2
      : Option.getOrElse(config.rounds, () => config.publish ? publishedRounds : ordinaryRounds)
    if (config.starts < 1 || config.starts > rounds) {
      return yield* Console.error(`--starts ${config.starts}: from 1 to the number of rounds, ${rounds}`)
    }
    if (config.together && Option.isSome(config.profile)) {
      return yield* Console.error(
        "--profile is of a process, and cannot tell servers in one apart: leave out --together"
      )
    }
    const of = (names: ReadonlyArray<Bench.Name>): ReadonlyArray<Bench.Entrant> => entrants(names, config.edition)
    if (Option.isSome(config.profile)) {
      yield* (yield* FileSystem.FileSystem).makeDirectory(config.profile.value, { recursive: true })
    }
    const settings: Bench.Options = {
      seconds: config.quick ? 0.3 : config.seconds,
      rounds,
      starts: config.starts,
      together: config.together,
      semiSpace: null,
      profile: Option.getOrUndefined(config.profile),
      progress: (line) => Effect.sync(() => void process.stderr.write(`\r\x1b[K${line}`))
    }
    const servers = contestants(Contestant.all.map(({ name }) => name), config.servers)
    const all = config.loads === "" && !config.memory && !config.opens && !config.fanout
    const loads = selected(Load.all, Load.name, config.loads, all)
    const opens = selected(Opens.all, Opens.name, config.loads, config.opens)
    const fanOuts = selected(FanOut.all(config.receivers, config.size), FanOut.name, config.loads, config.fanout)
    const entries: Array<Measurement.Entry> = []
    for (const load of loads) {
      entries.push(...yield* Bench.measure(Bench.echo(load), of(servers.filter(Contestant.takes(load))), settings))
    }
    for (
      const load of loads.filter(({ compression, kind, size }) =>
        config.semiSpace && compression === undefined && kind === "text" && size <= 1024
      )
    ) {
      const all = of(servers.filter(Contestant.takes(load)))
      entries.push(...yield* Bench.measure(Bench.echo(load), all, { ...settings, semiSpace: largeSemiSpace }))
    }
    for (const load of opens) {
      const those = of(contestants(Opens.contestants, config.servers))
      entries.push(...yield* Bench.measure(Bench.opens(load), those, settings))
    }
    const ways = of(contestants(FanOut.ways.map(({ name }) => name), config.servers))
    for (const load of fanOuts) entries.push(...yield* Bench.measure(Bench.fanOut(load), ways, settings))
    const weights: Array<Measurement.Weight> = []
    const contexts: Array<Measurement.Contexts> = []
    if (config.memory || all) {
      for (const contestant of of(Contestant.weighed.filter((name) => servers.includes(name)))) {
        yield* settings.progress(`memory of ${contestant}`)
        weights.push(yield* Bench.weigh(contestant, config.connections))
      }
    }
    if (config.memory || (loads.some(({ compression }) => compression !== undefined) && !config.quick)) {
      for (const contestant of of(Contestant.contextual.filter((name) => servers.includes(name)))) {
        for (const bits of weighedWindows) {
          yield* settings.progress(`contexts of ${contestant}, ${bits} bits`)
          contexts.push(yield* Bench.weighContexts(contestant, weighedContexts, bits))
        }
      }
    }
    yield* settings.progress("")
    const run: Measurement.Run = {
      date: new Date().toISOString(),
      node: process.versions.node,
      cpus: `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}`,
      seconds: settings.seconds,
      rounds: settings.rounds,
      ...settings.starts > 1 && { starts: settings.starts },
      entries,
      weights,
      contexts
    }
    yield* Console.log(`${Report.conditions(run)}\n`)
    const profiles = Option.isNone(config.profile)
      ? []
      : Report.profiles(yield* Effect.forEach(entries, profiled(config.profile.value)))
    for (const table of [...Report.tables(run), ...profiles]) yield* Console.log(`${Report.toText(table)}\n`)
    if (Option.isSome(config.outdir)) yield* write(config.outdir.value, run)
    if (config.publish) yield* profiles.length > 0 ? publishProfiles(run, profiles) : publish(run)
  }))

/** A round is a line. */
const json = (run: Measurement.Run): Effect.Effect<string> =>
  Effect.map(
    Effect.orDie(Schema.encode(Measurement.Run)(run)),
    (encoded) =>
      `${JSON.stringify(encoded, null, 1).replace(/\{[^{}]*\}/g, (round) => round.replace(/\s*\n\s*/g, " "))}\n`
  )

const write = (folder: string, run: Measurement.Run) =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* files.makeDirectory(folder, { recursive: true })
    yield* files.writeFileString(path.join(folder, "results.json"), yield* json(run))
    const markdown = [Report.conditions(run), ...Report.tables(run).map(Report.toMarkdown)].join("\n\n")
    yield* files.writeFileString(path.join(folder, "results.md"), `${markdown}\n`)
  })

/** What V8 wrote of a server, once its process had ended. */
const profiled = (folder: string) => (entry: Measurement.Entry) =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const text = yield* files.readFileString(path.join(folder, Bench.profileOf(entry.load, entry.contestant)))
    const profile: Profile.CpuProfile = JSON.parse(text)
    return { ...entry, parts: Profile.parts(profile) }
  })

const page = fileURLToPath(new URL("../../../../docs/reference/performance.md", import.meta.url))

const publishProfiles = (run: Measurement.Run, tables: ReadonlyArray<Report.Table>) =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const text = Report.insert(yield* files.readFileString(page), Report.profileSection, run, tables)
    yield* files.writeFileString(page, text)
  })

const publish = (run: Measurement.Run) =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    for (const [section, part] of Report.sections(run)) {
      yield* files.writeFileString(
        fileURLToPath(new URL(`../../results/${section}.json`, import.meta.url)),
        yield* json(part)
      )
      yield* files.writeFileString(page, Report.insert(yield* files.readFileString(page), section, part))
    }
  })

const main = Command.run(command, { name: "effect-ws bench", version: "0.1.0" })

NodeRuntime.runMain(Effect.provide(main(process.argv), NodeContext.layer))
