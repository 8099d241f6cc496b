/** The options of `connect`, most of which `load` has, too: what they are called, and the settings that they become. */
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Authorization from "@effect-ws/platform/Authorization"
import type { ConnectOptions } from "@effect-ws/platform/WebSocketClient"
import type * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { authority, credentials, file, showing } from "../internal/credentials.js"
import { Unusable } from "../internal/Ended.js"

const flag = (name: string, description: string) => Options.boolean(name).pipe(Options.withDescription(description))

const optional = (name: string, description: string) =>
  Options.text(name).pipe(Options.withDescription(description), Options.optional)

const seconds = (name: string, description: string) =>
  Options.float(name).pipe(
    Options.withDescription(description),
    Options.filterMap(
      (value) => value > 0 ? Option.some(value) : Option.none(),
      `--${name} must be more than 0 seconds`
    )
  )

/** How to reach the server, and what to ask it for. */
export const reaching = {
  headers: Options.text("header").pipe(
    Options.withAlias("H"),
    Options.withDescription("Adds a header to the request, such as -H 'X-Token: 1'. May be repeated."),
    Options.repeated
  ),
  subprotocols: Options.text("subprotocol").pipe(
    Options.withAlias("s"),
    Options.withDescription("Offers a subprotocol. May be repeated; the first is preferred."),
    Options.repeated
  ),
  origin: optional("origin", "Sends this Origin, as browsers do."),
  cookies: Options.text("cookie").pipe(
    Options.withDescription("Sends a cookie, such as --cookie session=1. May be repeated."),
    Options.repeated
  ),
  auth: optional(
    "auth",
    "Basic credentials, USER:PASSWORD. Other users of this machine may see them: use --auth-file."
  ),
  authFile: file("auth-file", "Reads USER:PASSWORD from the first line of this file."),
  ca: file("ca", "Trusts these certificates (PEM) instead of Node's."),
  insecure: flag("insecure", "Trusts any certificate."),
  ...showing("Your"),
  proxy: Options.text("proxy").pipe(
    Options.withDescription("Goes through this proxy, such as http://user:password@proxy:3128."),
    Options.filterMap(
      (url) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol) ? Option.some(url) : Option.none(),
      "--proxy must be http://HOST:PORT or https://HOST:PORT"
    ),
    Options.optional
  ),
  unixSocket: optional("unix-socket", "Connects to this Unix socket instead of the URL's host."),
  redirects: Options.integer("redirects").pipe(
    Options.withDescription("Follows at most this many redirects."),
    Options.filterMap(
      (count) => count >= 0 && count <= 100 ? Option.some(count) : Option.none(),
      "--redirects must be 0 to 100"
    ),
    Options.withDefault(0)
  ),
  http2: Options.choice("http2", ["prefer", "require"]).pipe(
    Options.withDescription("Uses HTTP/2 (RFC 8441): prefer it where the server can, or require it."),
    Options.optional
  ),
  noCompression: flag("no-compression", "Offers no compression."),
  openTimeout: seconds("timeout", "Seconds that opening may take, at most.").pipe(Options.withDefault(10))
}

/** What `connect` has besides. */
export const talking = {
  text: flag("text", "Sends each line as a text message. The default."),
  binary: flag("binary", "Sends the input as it comes, in binary messages, and writes messages unchanged."),
  hex: flag("hex", "Sends each line, hexadecimal digits, as a binary message, and shows messages so."),
  json: flag("json", "Sends each line as text, once it was checked to be JSON."),
  stream: flag(
    "stream",
    "Sends text as it comes, not line by line, and writes messages with nothing between them."
  ),
  execute: Options.text("execute").pipe(
    Options.withAlias("x"),
    Options.withDescription("Sends this message instead of the input. May be repeated."),
    Options.repeated
  ),
  wait: Options.text("wait").pipe(
    Options.withAlias("w"),
    Options.withDescription(
      "Seconds to go on reading after the end of the input, or 'forever': until the server closes. Default 1."
    ),
    Options.withDefault("1"),
    Options.filterMap(waitOf, "--wait must be 0 or more seconds, or 'forever'")
  ),
  ping: seconds("ping", "Pings at this interval, in seconds, and shows how long each answer took.").pipe(
    Options.optional
  ),
  reconnect: flag("reconnect", "Connects again when the connection ended for a temporary reason."),
  slash: flag("slash", "Takes lines that begin with a slash for commands: /ping, /close [CODE [REASON]]."),
  quiet: flag("quiet", "Writes only errors to standard error.").pipe(Options.withAlias("q")),
  wire: flag("wire", "Shows the frames on standard error."),
  report: Options.text("report").pipe(
    Options.withDescription("At the end, writes a page to this file with all that happened on the wire."),
    Options.optional
  )
}

function waitOf(text: string): Option.Option<number> {
  if (text === "forever") return Option.some(Infinity)
  const value = Number(text)
  return text.trim() !== "" && value >= 0 ? Option.some(value) : Option.none()
}

/** What comes of options. */
export type Given<T> = { readonly [K in keyof T]: T[K] extends Options.Options<infer A> ? A : never }

export type Reaching = Given<typeof reaching>
export type Talking = Given<typeof talking>

/** What of it is the client's. */
export const clientOptions = (given: Reaching) =>
  Effect.gen(function*() {
    const ca = yield* authority(given.ca)
    const ours = yield* credentials(given)
    const options: NodeWebSocketClient.Options = {
      openTimeout: given.openTimeout * 1000,
      redirects: given.redirects,
      http2: Option.getOrUndefined(given.http2),
      http2IdleTimeout: 0, // with its last connection the command is over, too
      socketPath: Option.getOrUndefined(given.unixSocket),
      proxy: Option.getOrUndefined(Option.map(given.proxy, (url) => ({ url }))),
      tls: {
        rejectUnauthorized: !given.insecure,
        ...(ca === undefined ? {} : { ca }),
        ...ours
      },
      ...(given.noCompression ? { compression: false } : {})
    }
    return options
  })

/** What of it is the connection's. */
export const connectOptions = (given: Reaching) =>
  Effect.gen(function*() {
    const lines = yield* Effect.forEach(given.headers, headerOf)
    const cookies = given.cookies.length === 0 ? [] : [["Cookie", given.cookies.join("; ")] as const]
    const options: ConnectOptions<"whole"> = {
      headers: [...lines, ...cookies],
      subprotocols: given.subprotocols,
      origin: Option.getOrUndefined(given.origin),
      authorization: Option.getOrUndefined(yield* authorizationOf(given))
    }
    return options
  })

const authorizationOf = ({ auth, authFile }: Reaching) =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const read = Effect.transposeMapOption(authFile, (path) => Effect.map(files.readFileString(path), firstLine))
    const given = Option.orElse(yield* read, () => auth)
    return yield* Effect.transposeMapOption(given, (pair) => {
      const at = pair.indexOf(":")
      return at < 0
        ? new Unusable({ message: "credentials must be USER:PASSWORD, and there is no colon" })
        : Effect.succeed(Authorization.basic(pair.slice(0, at), Redacted.make(pair.slice(at + 1))))
    })
  })

const firstLine = (text: string): string => text.split(/\r?\n/, 1)[0] ?? ""

const headerOf = (line: string) => {
  const at = line.indexOf(":")
  return at < 1
    ? new Unusable({ message: "a header must be NAME: VALUE, and one of yours has no colon" })
    : Effect.succeed([line.slice(0, at).trim(), line.slice(at + 1).trim()] as const)
}
