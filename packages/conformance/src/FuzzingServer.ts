/**
 * The fuzzing server: clients connect to it, ask for a case, echo, and get its verdict. It takes Autobahn's commands, so Autobahn's
 * testees run unchanged.
 *
 * A case that measures how soon the client reacts waits until no other runs, and a heavy one until there is room; meanwhile its
 * connection is kept alive. It writes no reports.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import * as Http2 from "node:http2"
import * as net from "node:net"
import * as tls from "node:tls"
import { fieldsOf } from "./handshake/Connect.js"
import type * as Desks from "./server/Desk.js"
import { Desk } from "./server/Desk.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Desks.Options {
  readonly host: string
  /** The port to listen on; 0 for a free one. */
  readonly port: number
  /** Key and certificate in PEM, to serve wss. */
  readonly tls: { readonly key: string; readonly cert: string } | undefined
  /** Whether clients must use HTTP/2 (RFC 8441): by ALPN with `tls`, from the first byte (h2c) without. */
  readonly http2?: boolean | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface FuzzingServer {
  readonly port: number
  /** Completes when a client has asked the server to stop. */
  readonly stopped: Effect.Effect<void>
}

/**
 * The server cannot listen on the port.
 *
 * @since 0.1.0
 * @category errors
 */
export class ListenError extends Data.TaggedError("ListenError")<{ readonly cause: Error }> {
  override get message(): string {
    return this.cause.message
  }
}

/**
 * Listens until the scope is closed.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<FuzzingServer, ListenError, Scope.Scope> =>
  Effect.gen(function*() {
    const fork = yield* FiberSet.makeRuntime<never>()
    const desk = new Desk(options)
    const port = yield* listen(
      options,
      () => options.http2 === true ? sessions(options, desk, fork) : sockets(options, desk, fork)
    )
    return { port, stopped: Deferred.await(desk.stopped) }
  })

type Fork = (effect: Effect.Effect<void>) => unknown

/** A server, and what ends those who are connected. */
interface Listener {
  readonly server: net.Server
  readonly end: () => void
}

const sockets = ({ tls: secret }: Options, desk: Desk, fork: Fork): Listener => {
  const onSocket = (socket: net.Socket) => fork(desk.serve(socket))
  const server = secret === undefined
    ? net.createServer({ allowHalfOpen: true, noDelay: true }, onSocket)
    : tls.createServer({ ...secret, allowHalfOpen: true }, onSocket)
  return { server, end: () => undefined }
}

const sessions = ({ tls: secret }: Options, desk: Desk, fork: Fork): Listener => {
  const carrying = { settings: { enableConnectProtocol: true }, maxSessionMemory }
  const open = new Set<Http2.ServerHttp2Session>()
  const server = secret === undefined
    ? Http2.createServer(carrying)
    : Http2.createSecureServer({ ...secret, ...carrying })
  server.on("session", (session: Http2.ServerHttp2Session) => {
    open.add(session)
    session.on("error", () => undefined)
    session.once("close", () => open.delete(session))
  })
  server.on("stream", (stream: Http2.ServerHttp2Stream, _: unknown, flags: number, raw: ReadonlyArray<string>) => {
    fork(desk.serveStream(stream, fieldsOf(raw), (flags & Http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0))
  })
  const end = (): void => {
    for (const session of open) session.close()
    setTimeout(() => {
      for (const session of open) session.destroy()
    }, linger).unref()
  }
  return { server, end }
}

/** In megabytes: a session may have large messages on many streams at a time, and Node would refuse the next one. */
const maxSessionMemory = 4096

/** Milliseconds that sessions have to end once nobody listens any more. */
const linger = 1000

const listen = (
  { host, port }: Options,
  make: () => Listener
): Effect.Effect<number, ListenError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.flatMap(
      // A port out of range and a key that is none are thrown.
      Effect.try({
        try: () => {
          const listener = make()
          listener.server.listen(port, host)
          return listener
        },
        catch: (cause) => new ListenError({ cause: cause instanceof Error ? cause : new Error(String(cause)) })
      }),
      (listener) =>
        Effect.async<Listener, ListenError>((resume) => {
          listener.server.once("error", (cause) => resume(Effect.fail(new ListenError({ cause }))))
          listener.server.once("listening", () => resume(Effect.succeed(listener)))
        })
    ),
    ({ end, server }) =>
      Effect.sync(() => {
        server.close()
        end()
      })
  ).pipe(Effect.map(({ server }) => {
    const address = server.address()
    return address !== null && typeof address === "object" ? address.port : port
  }))
