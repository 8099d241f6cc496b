/**
 * The command line: `client` judges a server, `server` judges the clients that come. In: arguments and spec files. Out: reports,
 * a summary, an exit code.
 *
 * It joins the parts and decides nothing about cases.
 *
 * @since 0.1.0
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ParseError } from "effect/ParseResult"
import type { Case, PeerRole } from "../cases/Case.js"
import * as Selection from "../cases/Selection.js"
import * as FuzzingClient from "../FuzzingClient.js"
import * as FuzzingServer from "../FuzzingServer.js"
import * as Target from "../handshake/Target.js"
import * as Reports from "../report/Reports.js"
import * as Terminal from "../report/Terminal.js"
import * as Expected from "../verdict/Expected.js"
import { Results } from "../verdict/Results.js"
import * as Progress from "./Progress.js"
import * as SpecFile from "./SpecFile.js"

/**
 * The arguments make no sense together.
 *
 * @since 0.1.0
 * @category errors
 */
export class UsageError extends Data.TaggedError("UsageError")<{ readonly message: string }> {}

/**
 * The results are not what was asked for by `--expected` or `--strict`.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotAsExpected extends Data.TaggedError("NotAsExpected")<{ readonly message: string }> {}

const list = (value: string): ReadonlyArray<string> =>
  value.split(",").map((item) => item.trim()).filter((item) => item !== "")

const shared = {
  spec: Options.file("spec", { exists: "yes" }).pipe(
    Options.withAlias("s"),
    Options.withDescription("A spec file as Autobahn's: fuzzingclient.json or fuzzingserver.json."),
    Options.optional
  ),
  cases: Options.text("cases").pipe(
    Options.withDescription("Which cases to run: ids and patterns, such as '6.*,7.7.*'. Default: Autobahn's 517."),
    Options.map(list),
    Options.optional
  ),
  exclude: Options.text("exclude").pipe(
    Options.withDescription("Which of those cases to leave out."),
    Options.map(list),
    Options.optional
  ),
  beyond: Options.boolean("beyond").pipe(
    Options.withDescription("Let patterns reach the chapters beyond Autobahn's (14 and up).")
  ),
  http2: Options.boolean("http2").pipe(
    Options.withDescription(
      "Use HTTP/2 only (RFC 8441): by ALPN with wss, from the first byte with ws. Leaves out the cases about HTTP/1.1."
    )
  ),
  expected: Options.file("expected").pipe(
    Options.withDescription("Compare with the verdicts in this file (an index.json); exit with 1 on any difference."),
    Options.optional
  ),
  update: Options.boolean("update").pipe(
    Options.withDescription("Write the verdicts of this run to the file that --expected names, and say which are new.")
  ),
  strict: Options.boolean("strict").pipe(
    Options.withDescription("Exit with 1 on anything but OK and INFORMATIONAL.")
  )
}

const clientOptions = {
  url: Options.text("url").pipe(
    Options.withAlias("w"),
    Options.withDescription("The server to judge: a ws or wss URL. It must echo."),
    Options.optional
  ),
  agent: Options.text("agent").pipe(
    Options.withDescription("The name under which the results are kept."),
    Options.withDefault("server")
  ),
  ...shared,
  outdir: Options.directory("outdir").pipe(
    Options.withDescription("Where the reports go. Default: reports/servers."),
    Options.optional
  ),
  parallel: Options.integer("parallel").pipe(
    Options.withDescription("How many cases to run at a time; Autobahn runs 1."),
    Options.filterMap((count) => count >= 1 ? Option.some(count) : Option.none(), "--parallel must be at least 1"),
    Options.withDefault(8)
  )
}

const serverOptions = {
  port: Options.integer("port").pipe(
    Options.filterMap(
      (port) => port >= 0 && port <= 65_535 ? Option.some(port) : Option.none(),
      "--port must be 0 to 65535"
    ),
    Options.withDescription("The port to listen on. Default: that of the spec file, or 9001."),
    Options.optional
  ),
  host: Options.text("host").pipe(
    Options.withDescription("The address to listen on."),
    Options.withDefault("127.0.0.1")
  ),
  ...shared,
  outdir: Options.directory("outdir").pipe(
    Options.withDescription("Where the reports go. Default: reports/clients."),
    Options.optional
  ),
  once: Options.boolean("once").pipe(
    Options.withDescription("End once a client has asked for the reports.")
  )
}

type Values<Of> = { readonly [Key in keyof Of]: Of[Key] extends Options.Options<infer Value> ? Value : never }
type Files = FileSystem.FileSystem | Path.Path

const client = (options: Values<typeof clientOptions>) =>
  Effect.gen(function*() {
    yield* whereToUpdate(options)
    const spec = yield* readSpec(options.spec, SpecFile.parseClient)
    const servers = yield* targets(options, spec)
    const chosen = choose(options, spec)
    const cases = yield* select(chosen, "server")
    const results = new Results()
    const progress = Progress.make(cases.length * servers.length, process.stderr)
    const outdir = Option.getOrElse(options.outdir, () => spec.outdir ?? "reports/servers")
    const onResult: FuzzingClient.Options["onResult"] = (result) => {
      results.add(result)
      return progress.finished(result)
    }
    yield* Effect.forEach(servers, ({ agent, target }) =>
      FuzzingClient.run({
        agent,
        target,
        cases: cases.filter(({ id }) => !Selection.excluded(chosen, agent, id)),
        parallel: options.parallel,
        again: options.parallel > 1,
        onResult
      }), { discard: true }).pipe(Effect.onExit(() => conclude(results, outdir, progress)))
    yield* hold(options, results, cases, servers.map(({ agent }) => agent))
  })

const server = (options: Values<typeof serverOptions>) =>
  Effect.scoped(Effect.gen(function*() {
    yield* whereToUpdate(options)
    const spec = yield* readSpec(options.spec, SpecFile.parseServer)
    const chosen = choose(options, spec)
    const cases = yield* select(chosen, "client")
    const secret = yield* secretOf(spec)
    const results = new Results()
    const progress = Progress.make(cases.length, process.stderr)
    const outdir = Option.getOrElse(options.outdir, () => spec.outdir ?? "reports/clients")
    const files = yield* Effect.context<Files>()
    const updated = yield* Effect.makeLatch()
    const listening = yield* FuzzingServer.make({
      host: options.host,
      port: Option.getOrElse(options.port, () => portOf(spec)),
      tls: secret,
      http2: options.http2,
      cases,
      excluded: (agent, id) => Selection.excluded(chosen, agent, id),
      results,
      onResult: progress.finished,
      onUpdateReports: Effect.provide(Effect.orDie(Reports.write(outdir, results)), files).pipe(
        Effect.zipRight(updated.open)
      )
    })
    const scheme = secret === undefined ? "ws" : "wss"
    yield* Console.log(
      `${scheme}://${options.host.includes(":") ? `[${options.host}]` : options.host}:${listening.port}`
    )
    yield* (options.once ? Effect.raceFirst(listening.stopped, updated.await) : listening.stopped).pipe(
      Effect.onExit(() => conclude(results, outdir, progress))
    )
    yield* hold(options, results, cases, results.agents())
  }))

const whereToUpdate = (
  { expected, update }: Pick<Values<typeof clientOptions>, "expected" | "update">
): Effect.Effect<void, UsageError> =>
  update && Option.isNone(expected)
    ? Effect.fail(new UsageError({ message: "--update needs --expected FILE, the file to be written" }))
    : Effect.void

const readSpec = <Spec>(
  file: Option.Option<string>,
  parse: (text: string) => Effect.Effect<Spec, ParseError>
): Effect.Effect<Spec, PlatformError | ParseError, FileSystem.FileSystem> =>
  Option.match(file, {
    onNone: () => parse("{}"),
    onSome: (name) => Effect.flatMap(readText(name), parse)
  })

const readText = (name: string): Effect.Effect<string, PlatformError, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (files) => files.readFileString(name))

/** Who is to be judged: what the command line says, else the servers of the spec file, else Autobahn's default. */
const targets = (
  { agent, http2, url }: Pick<Values<typeof clientOptions>, "agent" | "http2" | "url">,
  { servers = [] }: SpecFile.ClientSpec
): Effect.Effect<ReadonlyArray<{ readonly agent: string; readonly target: Target.Target }>, UsageError> => {
  const wanted: NonNullable<SpecFile.ClientSpec["servers"]> = Option.isNone(url) && servers.length > 0
    ? servers
    : [{ agent, url: Option.getOrElse(url, () => "ws://127.0.0.1:9001") }]
  return Effect.forEach(wanted, (each) => {
    const target = Target.parse(each.url, {
      serverName: each.hostname,
      origin: each.origin,
      protocols: each.protocols ?? [],
      http2
    })
    return target === undefined
      ? Effect.fail(new UsageError({ message: `not a ws or wss URL: ${each.url}` }))
      : Effect.succeed({ agent: each.agent ?? Target.hostOf(target), target })
  })
}

const choose = (
  options: Pick<Values<typeof clientOptions>, "cases" | "exclude" | "beyond" | "http2">,
  spec: SpecFile.ClientSpec | SpecFile.ServerSpec
): Selection.Selection => {
  const chosen = SpecFile.selection(spec, options)
  return {
    ...chosen,
    include: Option.getOrElse(options.cases, () => chosen.include),
    exclude: Option.getOrElse(options.exclude, () => chosen.exclude)
  }
}

const select = (chosen: Selection.Selection, peer: PeerRole): Effect.Effect<ReadonlyArray<Case>, UsageError> => {
  const selected = Selection.select(chosen, peer)
  return selected._tag === "Selected"
    ? Effect.succeed(selected.cases)
    : Effect.fail(new UsageError({ message: `no case matches ${selected.pattern}` }))
}

const portOf = ({ url }: SpecFile.ServerSpec): number => {
  const target = url === undefined ? undefined : Target.parse(url)
  return target?.port ?? 9001
}

const secretOf = ({ cert, key, url }: SpecFile.ServerSpec) =>
  url === undefined || !url.startsWith("wss:") || key === undefined || cert === undefined
    ? Effect.succeed(undefined)
    : Effect.all({ key: readText(key), cert: readText(cert) })

/** However the run ended, what is finished is reported. */
const conclude = (
  results: Results,
  outdir: string,
  progress: Progress.Progress
): Effect.Effect<void, never, Files> =>
  results.agents().length === 0 ? progress.end : progress.end.pipe(
    Effect.zipRight(Effect.orDie(Reports.write(outdir, results))),
    Effect.zipRight(Console.log(`\n${Terminal.summary(results)}\n\nreports: ${outdir}`))
  )

const lines = Terminal.differences

/** Holds the results to what was asked for, or writes them down as what is expected from now on. */
const hold = (
  { expected, strict, update }: Pick<Values<typeof clientOptions>, "expected" | "strict" | "update">,
  results: Results,
  cases: ReadonlyArray<Case>,
  agents: ReadonlyArray<string>
): Effect.Effect<void, NotAsExpected | PlatformError | ParseError, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    if (Option.isSome(expected)) {
      const file = expected.value
      const files = yield* FileSystem.FileSystem
      const text = update && !(yield* files.exists(file)) ? "{}" : yield* readText(file)
      const verdicts = yield* Expected.parse(text)
      const found = agents.flatMap((agent) => Expected.compare(verdicts, results, agent, cases))
      const differences = `${found.length} differences from ${file}`
      if (update) {
        yield* files.writeFileString(file, Expected.format(Expected.update(verdicts, results, agents)))
        yield* Console.log(found.length === 0 ? `${file} is up to date` : `wrote ${differences}:\n${lines(found)}`)
      } else if (found.length > 0) {
        return yield* new NotAsExpected({ message: `${differences}:\n${lines(found)}` })
      }
    }
    const faults = strict ? results.all().filter((result) => !Expected.isStrictlyFine(result)) : []
    if (faults.length > 0) {
      return yield* new NotAsExpected({ message: `${faults.length} cases are neither OK nor INFORMATIONAL` })
    }
  })

/**
 * @since 0.1.0
 * @category commands
 */
export const command = Command.make("effect-ws-conformance").pipe(
  Command.withDescription("Autobahn's WebSocket cases, and more, for any server and any client."),
  Command.withSubcommands([
    Command.make("client", clientOptions, client).pipe(
      Command.withDescription("Connect to a server that echoes, once for each case, and judge it.")
    ),
    Command.make("server", serverOptions, server).pipe(
      Command.withDescription("Listen for clients that ask for cases and echo, and judge them.")
    )
  ])
)
