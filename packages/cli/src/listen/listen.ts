/**
 * `effect-ws listen`: a server that echoes, passes on, shows, or always says the same. In: options, and lines, which all clients are sent. Out:
 * messages on standard output, who comes and goes on standard error.
 */
import * as Options from "@effect/cli/Options"
import type { Connection } from "@effect-ws/connection/Connection"
import type { Message, Outgoing } from "@effect-ws/connection/Message"
import type { ServeError } from "@effect-ws/platform/WebSocketServer"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Console from "../connect/Console.js"
import * as Format from "../connect/Format.js"
import type { Given as GivenOf } from "../connect/options.js"
import { credentials, showing } from "../internal/credentials.js"
import { Unusable, wordsOf } from "../internal/Ended.js"

const flag = (name: string, description: string) => Options.boolean(name).pipe(Options.withDescription(description))

export const listening = {
  port: Options.integer("port").pipe(
    Options.withAlias("p"),
    Options.withDescription("The port to listen on; 0 for a free one."),
    Options.filterMap(
      (port) => port >= 0 && port <= 65535 ? Option.some(port) : Option.none(),
      "--port must be 0 to 65535"
    ),
    Options.withDefault(8080)
  ),
  host: Options.text("host").pipe(
    Options.withDescription("The address to listen on. 0.0.0.0 lets other machines in."),
    Options.withDefault("127.0.0.1")
  ),
  echo: flag("echo", "Sends each message back. The default."),
  broadcast: flag("broadcast", "Sends each message to all other clients."),
  log: flag("log", "Only shows messages, without answering."),
  replies: Options.text("reply").pipe(
    Options.withDescription("Answers each message with this. May be repeated: then with each of them in turn."),
    Options.repeated
  ),
  subprotocols: Options.text("subprotocol").pipe(
    Options.withAlias("s"),
    Options.withDescription("Accepts this subprotocol. May be repeated."),
    Options.repeated
  ),
  anyOrigin: flag("any-origin", "Lets pages of any site connect."),
  ...showing("Its"),
  http2: flag("http2", "Takes WebSockets over HTTP/2 too (RFC 8441)."),
  noCompression: flag("no-compression", "Accepts no compression."),
  quiet: flag("quiet", "Shows no messages.").pipe(Options.withAlias("q"))
}

export type Given = GivenOf<typeof listening>

export const listen = (given: Given) =>
  Effect.gen(function*() {
    const answer = yield* answering(given)
    const tls = yield* credentials(given)
    const console = yield* Console.make(true)
    const server = yield* NodeWebSocketServer.make({
      port: given.port,
      host: given.host,
      http2: given.http2,
      ...(given.anyOrigin ? { origins: "any" } : {}),
      ...(given.noCompression ? { compression: false } : {}),
      ...(tls === undefined ? {} : { tls })
    }).pipe(Effect.mapError(unlistenable))
    yield* console.says(`listening on ${Option.getOrElse(server.url, () => given.host)}`)

    const clients = new Map<Connection, number>()
    let last = 0
    const handler = (connection: Connection, who: string) =>
      Effect.gen(function*() {
        const name = ++last
        clients.set(connection, name)
        yield* console.says(`${name} connected: ${who}`)
        const others = () => [...clients.keys()].filter((one) => one !== connection)
        yield* Effect.ignore(connection.run((message) =>
          Effect.zipRight(
            given.quiet
              ? Effect.void
              : Effect.ignore(console.show(`${name}: ${Format.show("text", message, console.isTerminal)}`)),
            answer(message, connection, others())
          )
        ))
        clients.delete(connection)
        yield* Effect.forkDaemon(
          Effect.flatMap(connection.outcome, (outcome) => console.says(`${name} ended: ${wordsOf(outcome)}`))
        )
      })
    // Lines are sent to all; their end is not ours.
    yield* Effect.forkScoped(Stream.runForEach(console.lines, (line) => tell(clients.keys(), line)))
    return yield* server.serve({
      accept: ({ path, remoteAddress, subprotocols }) =>
        Effect.succeed({
          value: `${Option.getOrElse(remoteAddress, () => "somebody")} ${path}`,
          subprotocol: subprotocols.find((one) => given.subprotocols.includes(one))
        }),
      handler
    })
  }).pipe(Effect.scoped)

type Answer = (message: Message, from: Connection, others: ReadonlyArray<Connection>) => Effect.Effect<unknown>

const answering = ({ broadcast, echo, log, replies }: Given) => {
  const wanted = Object.entries({ echo, broadcast, log, reply: replies.length > 0 }).filter(([, isWanted]) => isWanted)
  if (wanted.length > 1) {
    return new Unusable({ message: `give only one of ${wanted.map(([name]) => `--${name}`).join(", ")}` })
  }
  const answer: Answer = broadcast
    ? (message, _, others) => tell(others, message)
    : log
    ? () => Effect.void
    : replies.length > 0
    ? replying(replies)
    : (message, from) => Effect.ignore(from.send(message))
  return Effect.succeed(answer)
}

const replying = (replies: ReadonlyArray<string>): Answer => {
  const counts = new WeakMap<Connection, number>()
  return (_, from) => {
    const count = counts.get(from) ?? 0
    counts.set(from, count + 1)
    return Effect.ignore(from.send(replies[count % replies.length] ?? ""))
  }
}

/** Nobody waits for one who reads too slowly: that one misses it. */
const tell = (connections: Iterable<Connection>, message: Outgoing) =>
  Effect.sync(() => {
    for (const connection of connections) connection.trySend(message)
  })

const unlistenable = (error: ServeError | Error): Unusable =>
  new Unusable({ message: "cause" in error && error.cause instanceof Error ? error.cause.message : error.message })
