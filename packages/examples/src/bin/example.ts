#!/usr/bin/env node
/**
 * `npm run example -- NAME --port 8080`: one of the examples, until Ctrl-C. Without a name: which there are.
 */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import type { ServeError } from "@effect-ws/platform/WebSocketServer"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Chat from "../chat/main.js"
import { Visitor } from "../chat/Messages.js"
import { chat } from "../chat/terminal.js"
import * as Nodes from "../nodes/main.js"
import * as Node from "../nodes/Node.js"
import * as OnePort from "../one-port/main.js"
import * as Processes from "../processes/main.js"
import * as Proxies from "../proxies/main.js"
import * as Rpc from "../rpc/main.js"
import * as Ticker from "../ticker/main.js"
import * as Transfer from "../transfer/main.js"

const port = Options.integer("port").pipe(
  Options.withDescription("The port to listen on; 0 for a free one."),
  Options.filterMap((port) => port >= 0 && port <= 65535 ? Option.some(port) : Option.none(), "--port is 0 to 65535"),
  Options.withDefault(8080)
)

/** An example with a page. */
const withPage = (
  name: string,
  description: string,
  start: (port: number) => Effect.Effect<string, ServeError, Scope.Scope>
) =>
  Command.make(name, { port }, ({ port }) =>
    Effect.scoped(
      Effect.zipRight(Effect.flatMap(start(port), (url) => Console.log(`Open ${url} (Ctrl-C ends it)`)), Effect.never)
    )).pipe(Command.withDescription(description))

const chatTerminal = Command.make(
  "chat-terminal",
  {
    name: Args.text({ name: "name" }).pipe(Args.withSchema(Visitor.fields.name)),
    room: Options.text("room").pipe(Options.withSchema(Visitor.fields.room), Options.withDefault("lobby")),
    url: Options.text("url").pipe(Options.withDefault("ws://localhost:8080/"))
  },
  ({ name, room, url }) => chat(url, { name, room }, process.stdin)
).pipe(Command.withDescription("Join the chat from a terminal."))

const redis = Options.text("redis").pipe(
  Options.withDescription("Where Redis is, redis://host:6379; without, one is started.")
)

const chatNodes = Command.make(
  "chat-nodes",
  { port, redis: Options.optional(redis) },
  ({ port, redis }) =>
    Effect.scoped(Effect.gen(function*() {
      yield* Console.log(`Open ${yield* Nodes.start(port, Option.getOrUndefined(redis))} (Ctrl-C ends it)`)
      return yield* Effect.never
    }))
).pipe(Command.withDescription("The chat on three processes behind HAProxy, with Redis between them."))

const chatNode = Command.make("chat-node", { port, redis }, ({ port, redis }) =>
  Effect.scoped(Effect.gen(function*() {
    yield* Node.start(port)
    process.once("disconnect", () => process.exit(0)) // whoever started it is gone
    process.send?.("listening")
    return yield* Effect.never
  })).pipe(Effect.provide(Node.topics(redis)))).pipe(
    Command.withDescription("One of these processes, as chat-nodes starts them.")
  )

const onePort = Command.make("one-port", { port }, ({ port }) =>
  Effect.scoped(Effect.gen(function*() {
    for (const { name, url } of yield* OnePort.start(port)) yield* Console.log(`${name}: open ${url}`)
    yield* Console.log("(Ctrl-C ends them)")
    return yield* Effect.never
  }))).pipe(
    Command.withDescription(
      "WebSockets beside the routes of express, Hono, fastify and HttpApi, on four ports from --port on."
    )
  )

const processes = Command.make(
  "processes",
  {
    port,
    count: Options.integer("count").pipe(
      Options.withDescription("How many processes serve."),
      Options.withSchema(Schema.Int.pipe(Schema.between(1, 64))),
      Options.withDefault(3)
    )
  },
  ({ count, port }) => Processes.run(port, count)
).pipe(Command.withDescription("Several processes on one port, replaced one after the other."))

const proxies = Command.make("proxies", { port }, ({ port }) =>
  Effect.scoped(Effect.gen(function*() {
    const { missing, url } = yield* Proxies.start(port)
    for (const name of missing) yield* Console.log(`${name} is not installed, and left out`)
    yield* Console.log(`Open ${url} (Ctrl-C ends it)`)
    return yield* Effect.never
  }))).pipe(Command.withDescription("One server behind nginx and HAProxy, on three ports from --port on."))

const examples = [
  onePort,
  withPage("chat", "Rooms and names, with presence and history.", Chat.start),
  chatTerminal,
  chatNodes,
  chatNode,
  processes,
  proxies,
  withPage("rpc", "Calls and a stream that outlive restarts of their server.", Rpc.start),
  withPage("ticker", "Prices for many clients, of which the slow get the latest.", Ticker.start),
  withPage("transfer", "Large files up and down, with progress.", Transfer.start)
] as const

const command = Command.make("example", {}, () =>
  Console.log(`npm run example -- NAME [--port 8080]

  chat            rooms and names, with presence and history
  chat-terminal   the same in a terminal: npm run example -- chat-terminal ann
  chat-nodes      the chat on three processes behind HAProxy, over Redis
  one-port        WebSockets beside the routes of express, Hono, fastify and HttpApi
  processes       several processes on one port, replaced one after the other
  proxies         one server behind nginx and HAProxy
  rpc             calls and a stream that outlive restarts of their server
  ticker          prices for many clients, of which the slow get the latest
  transfer        large files up and down, with progress

Each has a page in docs/examples.`)).pipe(Command.withSubcommands(examples))

Command.run(command, { name: "effect-ws examples", version: "0.1.0" })(process.argv).pipe(
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain
)
