/**
 * Clients and servers in memory, for testing your code: `WebSocketServer` and `WebSocketClient` as layers, on a network that a test can
 * stall, cut and bring back. There is no socket, no port and no waiting: everything obeys Effect's `TestClock`.
 *
 * The stack is the real one: the opening handshake is written and judged, and Origin, paths, subprotocols, limits and Closes work as on
 * a socket; so does compression with `NodeDeflate` of `@effect-ws/platform-node`. What belongs to a host is missing: TLS, proxies, and
 * the status of a socket.
 *
 * @since 0.1.0
 */
import type { ConnectionFor, Incoming } from "@effect-ws/connection/Connection"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as client from "./testing/client.js"
import * as network from "./testing/Network.js"
import type { ClientOptions, ServerOptions } from "./testing/options.js"
import * as server from "./testing/server.js"
import { WebSocketClient } from "./WebSocketClient.js"
import { serve, type ServeOptions, WebSocketServer } from "./WebSocketServer.js"

export type { ClientOptions, ServerOptions } from "./testing/options.js"

/**
 * One connection, as the network sees it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Link {
  /** The URL, without user, password and the content of the query. */
  readonly url: string
  /** Cuts the connection: both sides see a broken transport, and data in flight is lost. */
  readonly drop: Effect.Effect<void>
  /** From now on nothing arrives on either side, as if a cable were pulled. */
  readonly stall: Effect.Effect<void>
  /** Ends a stall: what was held back arrives, and all that follows. */
  readonly resume: Effect.Effect<void>
}

/**
 * The network between the clients and servers of a test.
 *
 * @since 0.1.0
 * @category services
 */
export class WebSocketTest extends Context.Tag("@effect-ws/platform/WebSocketTest")<WebSocketTest, {
  /** The open connections, oldest first. */
  readonly links: Effect.Effect<ReadonlyArray<Link>>
  /** Drops every connection, and makes new ones fail (`Unreachable`) until `resume`. */
  readonly down: Effect.Effect<void>
  /** From now on nothing arrives: no messages of open connections, and no requests for new ones. */
  readonly stall: Effect.Effect<void>
  /** Ends what `stall` and `down` began: what was held back arrives. */
  readonly resume: Effect.Effect<void>
  readonly client: (options?: ClientOptions) => Effect.Effect<WebSocketClient["Type"], never, Scope.Scope>
  readonly server: (options?: ServerOptions) => Effect.Effect<WebSocketServer["Type"], never, Scope.Scope>
}>() {}

/**
 * An empty network.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<WebSocketTest["Type"]> = Effect.sync(() => {
  const net = new network.Network()
  return {
    links: Effect.sync(() => net.links.map(linkOf)),
    down: Effect.sync(() => net.down()),
    stall: Effect.sync(() => net.stall()),
    resume: Effect.sync(() => net.resume()),
    client: (options = {}) => client.make(net, options),
    server: (options = {}) => server.make(net, options)
  }
})

const linkOf = (link: network.Link): Link => ({
  url: link.url,
  drop: Effect.sync(() => link.drop()),
  stall: Effect.sync(() => link.stall()),
  resume: Effect.sync(() => link.resume())
})

/**
 * An empty network, for {@link layerClient} and {@link layerServer}.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerNetwork: Layer.Layer<WebSocketTest> = Layer.effect(WebSocketTest, make)

/**
 * A client on the network. Dies of an `InvalidOption`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerClient = (options?: ClientOptions): Layer.Layer<WebSocketClient, never, WebSocketTest> =>
  Layer.scoped(WebSocketClient, Effect.flatMap(WebSocketTest, (network) => network.client(options)))

/**
 * A server on the network. When its scope closes, it shuts down like any server, and stops listening. Dies of an `InvalidOption`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerServer = (options?: ServerOptions): Layer.Layer<WebSocketServer, never, WebSocketTest> =>
  Layer.scoped(WebSocketServer, Effect.flatMap(WebSocketTest, (network) => network.server(options)))

/**
 * One server, one client and the network between them: any URL leads to that server. Dies of an `InvalidOption`.
 *
 * @example
 * import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
 * import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
 * import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 *
 * const echo = WebSocketServer.layer((connection) => connection.run((message) => connection.send(message)))
 *
 * const test = Effect.scoped(Effect.gen(function*() {
 *   const connection = yield* WebSocketClient.connect("ws://test/echo")
 *   yield* connection.send("hello")
 *   return yield* connection.receive
 * }))
 *
 * Effect.provide(test, Layer.provideMerge(echo, WebSocketTest.layer()))
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: {
  readonly server?: ServerOptions | undefined
  readonly client?: ClientOptions | undefined
} = {}): Layer.Layer<WebSocketServer | WebSocketClient | WebSocketTest> =>
  Layer.provideMerge(Layer.merge(layerServer(options.server), layerClient(options.client)), layerNetwork)

/**
 * Serves with the {@link WebSocketServer} of the context, for a test that plays the server step by step. The Effect that it gives
 * waits for the next client and gives its connection. Connections close with the scope.
 *
 * @example
 * import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
 * import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
 * import * as Effect from "effect/Effect"
 *
 * const test = Effect.scoped(Effect.gen(function*() {
 *   const accept = yield* WebSocketTest.acceptor()
 *   const client = yield* WebSocketClient.connect("ws://test/")
 *   const server = yield* accept
 *   yield* server.close(4001, "too late")
 *   return yield* client.outcome
 * }))
 *
 * Effect.provide(test, WebSocketTest.layer())
 *
 * @since 0.1.0
 * @category serving
 */
export const acceptor = <A = undefined, R = never, I extends Incoming = "whole">(
  options: Pick<ServeOptions<A, never, never, R, I>, "accept" | "incoming"> = {}
): Effect.Effect<Effect.Effect<ConnectionFor<I>>, never, WebSocketServer | Scope.Scope | Exclude<R, Scope.Scope>> =>
  Effect.gen(function*() {
    const connections = yield* Queue.unbounded<ConnectionFor<I>>()
    const handler = (connection: ConnectionFor<I>) =>
      Effect.zipRight(Queue.offer(connections, connection), connection.outcome)
    yield* Effect.forkScoped(serve<A, never, never, R, I>({ ...options, handler }))
    return Queue.take(connections)
  })
