/**
 * The fuzzing server: clients connect to it, ask for a case and echo, and are told what it found. It speaks the commands of
 * Autobahn's, so that its testees run unchanged.
 *
 * A case that measures how soon the client reacts waits until no other runs, and a heavy one until there is room; meanwhile its
 * connection is kept alive. Reports are written by whom
 * it was given.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import * as net from "node:net"
import * as tls from "node:tls"
import type * as Desks from "./server/Desk.js"
import { Desk } from "./server/Desk.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Desks.Options {
  readonly host: string
  /** 0 for any that is free. */
  readonly port: number
  /** Key and certificate in PEM, to serve wss. */
  readonly tls: { readonly key: string; readonly cert: string } | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface FuzzingServer {
  readonly port: number
  /** Complete when a client has asked the server to stop. */
  readonly stopped: Effect.Effect<void>
}

/**
 * The port is not to be had.
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
    const port = yield* listen(options, (socket) => fork(desk.serve(socket)))
    return { port, stopped: Deferred.await(desk.stopped) }
  })

const listen = (
  { host, port, tls: secret }: Options,
  onSocket: (socket: net.Socket) => void
): Effect.Effect<number, ListenError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.flatMap(
      // A port out of range and a key that is none are thrown.
      Effect.try({
        try: () =>
          secret === undefined
            ? net.createServer({ allowHalfOpen: true, noDelay: true }, onSocket).listen(port, host)
            : tls.createServer({ ...secret, allowHalfOpen: true }, onSocket).listen(port, host),
        catch: (cause) => new ListenError({ cause: cause instanceof Error ? cause : new Error(String(cause)) })
      }),
      (server) =>
        Effect.async<net.Server, ListenError>((resume) => {
          server.once("error", (cause) => resume(Effect.fail(new ListenError({ cause }))))
          server.once("listening", () => resume(Effect.succeed(server)))
        })
    ),
    (server) => Effect.sync(() => server.close())
  ).pipe(Effect.map((server) => {
    const address = server.address()
    return address !== null && typeof address === "object" ? address.port : port
  }))
