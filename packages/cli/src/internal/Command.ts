/**
 * The command line: `connect`, `listen`, `load`, `examine`. In: arguments. Out: what a subcommand is called with. It knows nothing of what
 * they do.
 */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import { connect } from "../connect/connect.js"
import { reaching, talking } from "../connect/options.js"
import { listen, listening } from "../listen/listen.js"
import { load, loading } from "../load/load.js"

const url = Args.text({ name: "url" }).pipe(Args.withDescription("A ws: or wss: URL, such as wss://a.example/chat."))

const connecting = Command.make("connect", { url, ...reaching, ...talking }, connect).pipe(
  Command.withDescription("Connect to a server: send lines, show messages.")
)

const serving = Command.make("listen", listening, listen).pipe(
  Command.withDescription("Listen for clients: echo, broadcast, log, or reply.")
)

const measuring = Command.make("load", { url, ...reaching, ...loading }, load).pipe(
  Command.withDescription("Put load on a server that echoes, and measure its latency.")
)

/** For the help alone: the program passes it on before a command line is read. */
const examining = Command.make("examine", {}).pipe(
  Command.withDescription(
    "Examine a server or a client with the conformance suite: see 'effect-ws examine --help'."
  )
)

/** `effect-ws`, with its subcommands. */
export const command = Command.make("effect-ws").pipe(
  Command.withDescription("WebSockets on the command line."),
  Command.withSubcommands([connecting, serving, measuring, examining])
)
