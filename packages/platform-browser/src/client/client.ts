/**
 * Opens connections over the host's own WebSocket: URL and options -> what the host is asked for -> a WebSocket that is open -> a
 * connection, which closes with its scope.
 */
import * as ClientHandshake from "@effect-ws/codec/ClientHandshake"
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import type * as OptionTable from "@effect-ws/codec/Options"
import * as Primitives from "@effect-ws/codec/Primitives"
import { TextBytes } from "@effect-ws/codec/TextBytes"
import type * as Connection from "@effect-ws/connection/Connection"
import * as Deadlines from "@effect-ws/connection/host/Deadlines"
import * as MessageHosting from "@effect-ws/connection/host/MessageHosting"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import * as Limits from "@effect-ws/connection/Limits"
import { HandshakeError, HandshakeReason, invalidRequest } from "@effect-ws/platform/HandshakeError"
import * as Connecting from "@effect-ws/platform/host/Connecting"
import * as Requesting from "@effect-ws/platform/host/Requesting"
import * as WebSocketUrl from "@effect-ws/platform/host/WebSocketUrl"
import type * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as RcRef from "effect/RcRef"
import type * as Scope from "effect/Scope"
import type { Globals } from "../page/globals.js"
import { OpenConnections } from "../page/OpenConnections.js"
import { open } from "./opening.js"
import { defaults, type Options, table, unavailable, unavailableLimit } from "./options.js"

/** What a connection has from its client. */
interface Client {
  readonly globals: Globals
  readonly options: Options
  readonly host: MessageHosting.MessageHost
  readonly openTimeout: Duration.Duration
  readonly linger: Duration.Duration
  readonly streams: boolean
  readonly deadlines: Deadlines.Deadlines
  readonly hold: Effect.Effect<unknown, never, Scope.Scope>
  readonly connecting: Connecting.Connecting
  readonly connections: OpenConnections
}

export const make = (
  options: Options,
  globals: Globals
): Effect.Effect<WebSocketClient.WebSocketClient["Type"], never, Scope.Scope> =>
  Effect.gen(function*() {
    const settings = InvalidOption.read(table, options)
    const limits = InvalidOption.orThrow(unavailableLimit(options.limits) ?? Limits.parse(defaults, options.limits))
    const shared = yield* Deadlines.makeShared
    const deadlines = yield* RcRef.get(shared)
    const connecting = yield* Connecting.make
    const encoder = new globals.TextEncoder()
    const client: Client = {
      ...settings,
      globals,
      options,
      deadlines,
      hold: RcRef.get(shared),
      connecting,
      connections: new OpenConnections(globals),
      host: {
        limits,
        deadlines,
        meter: connecting.meter,
        text: {
          utf8Length: Primitives.utf8.utf8Length,
          toBytes: (text) => TextBytes.unsafeMake(encoder.encode(text))
        }
      }
    }
    return { connect: (to, connectOptions = {}) => connect(to, connectOptions, client) }
  })

/** A page may not say 1001, which is what other hosts close with when a scope does. */
const done = CloseStatus.make(1000)

const connect = <I extends Connection.Incoming>(
  to: WebSocketClient.Url,
  connectOptions: WebSocketClient.ConnectOptions<I>,
  client: Client
): Effect.Effect<Connection.ConnectionFor<I>, HandshakeError, Scope.Scope> =>
  Effect.suspend(() => {
    const { connecting, connections, globals, hold, host, options } = client
    const asked = Requesting.judge(to, connectOptions, defaults, options.limits)
    if (asked._tag === "HandshakeError") return Effect.fail(asked)
    const located = WebSocketUrl.parse(asked.url)
    if (located._tag === "Invalid") return Effect.fail(WebSocketUrl.invalidUrl(located))
    const failing = (reason: HandshakeReason) => Effect.fail(new HandshakeError({ url: located.shown, reason }))
    const problem = refused(connectOptions, located)
    if (problem !== undefined) return failing(HandshakeReason.InvalidOption(problem))
    const { subprotocols = [], withoutSubprotocol } = connectOptions
    const wrong = ClientHandshake.checkSubprotocols(subprotocols)
    if (wrong !== undefined) return failing(invalidRequest(wrong.rule, wrong.part))
    const { incoming, linger = client.linger, openTimeout = client.openTimeout } = asked
    const hosted = asked.limits === undefined ? host : { ...host, limits: asked.limits }
    // Header lines of telemetry stay here: a page adds none.
    return connecting.connect({ linger, target: located.target, hold, closeWith: done }, (_, restore) =>
      Effect.map(
        open(restore, {
          globals,
          deadlines: client.deadlines,
          url: urlOf(located.target),
          shown: located.shown,
          subprotocols,
          mustChoose: withoutSubprotocol === "fail",
          openTimeout,
          streams: client.streams,
          webSocket: options.webSocket
        }),
        ({ extensions, subprotocol, transport }) => () => {
          const opening = { subprotocol, extensions, headers: [], target: located.target.path }
          const connection = MessageHosting.unsafeMake(transport, hosted, { incoming, opening })
          connections.add(connection)
          return connection
        }
      ))
  })

/** Hosts take `ws:` and `wss:`; not all of them take the others for the same. */
const urlOf = ({ host, path, port, secure }: ClientHandshake.UrlParts): string =>
  `${secure ? "wss" : "ws"}://${host}${port === (secure ? 443 : 80) ? "" : `:${port}`}${path}`

/** What is asked for that the host cannot do. */
const refused = (
  { authorization, compression, headers, limits, origin }: WebSocketClient.ConnectOptions,
  { target }: WebSocketUrl.Located
): OptionTable.OptionProblem | undefined => {
  if (headers !== undefined) return unavailable("headers", headers, credentials)
  if (authorization !== undefined) return unavailable("authorization", "<redacted>", credentials)
  if (origin !== undefined) return unavailable("origin", origin, "Leave it out: a page sends its own.")
  if (compression !== undefined) return unavailable("compression", compression)
  const limit = unavailableLimit(limits)
  if (limit !== undefined) return limit
  return target.authorization === undefined ? undefined : unavailable("url", "<redacted>", credentials)
}

const credentials =
  "A page sends no headers of yours: give a token as a cookie, in the query, in the first message, or as a " +
  "subprotocol."
