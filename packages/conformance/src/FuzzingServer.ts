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
import * as HttpHead from "@effect-ws/codec/HttpHead"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as net from "node:net"
import * as tls from "node:tls"
import type { Case } from "./Case.js"
import * as Command from "./Command.js"
import { Endpoint } from "./Endpoint.js"
import * as Examiner from "./Examiner.js"
import { mostHeavy } from "./FuzzingClient.js"
import * as Gate from "./Gate.js"
import * as Opening from "./Opening.js"
import * as Payload from "./Payload.js"
import type { CaseRecord } from "./Record.js"
import { WireLog } from "./Record.js"
import type { Result, Results } from "./Results.js"
import { result } from "./Results.js"
import * as Sockets from "./Sockets.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly host: string
  /** 0 for any that is free. */
  readonly port: number
  /** Key and certificate in PEM, to serve wss. */
  readonly tls: { readonly key: string; readonly cert: string } | undefined
  readonly cases: ReadonlyArray<Case>
  /** Cases that are not run for an agent: it is let in, and the connection closed at once. */
  readonly excluded: (agent: string, id: string) => boolean
  readonly results: Results
  readonly onResult: (result: Result) => Effect.Effect<void>
  /** Writes the reports. */
  readonly onUpdateReports: Effect.Effect<void>
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
    const stopped = yield* Deferred.make<void>()
    const fork = yield* FiberSet.makeRuntime<never>()
    const desk = makeDesk(options, stopped)
    const port = yield* listen(options, (socket) => fork(desk(socket)))
    return { port, stopped: Deferred.await(stopped) }
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

/** Takes each connection from its first octet to its last. */
const makeDesk = (options: Options, stopped: Deferred.Deferred<void>): (socket: net.Socket) => Effect.Effect<void> => {
  const gate = Gate.make()
  const heavy = Effect.unsafeMakeSemaphore(mostHeavy)
  const waiters = new Map<string, Array<() => void>>()

  const verdict = (agent: string, { id }: Case): Effect.Effect<string> =>
    Effect.async((resume) => {
      const tell = (): void => {
        const found = options.results.get(agent, id)
        if (found !== undefined) resume(Effect.succeed(`{"behavior": ${JSON.stringify(found.verdict.behavior)}}`))
        else waiters.set(`${id} ${agent}`, [...waiters.get(`${id} ${agent}`) ?? [], tell])
      }
      tell()
    })

  const runCase = (
    accepted: Examiner.Accepted,
    { agent, case: theCase, number }: Extract<Command.Command, { readonly _tag: "RunCase" }>
  ): Effect.Effect<void> => {
    if (options.excluded(agent, theCase.id)) return converse(accepted, Effect.succeed(undefined))
    const pass = <A>(run: Effect.Effect<A>): Effect.Effect<A> =>
      (theCase.heavy ? heavy.withPermits(1) : <B>(effect: Effect.Effect<B>) => effect)(gate.pass(theCase.timed)(run))
    const examined = theCase.script._tag === "Handshake"
      ? pass(Examiner.serveHandshake(theCase, theCase.script, accepted))
      : openAndServe(accepted, theCase, pass)
    return examined.pipe(
      Effect.flatMap((record) => {
        if (record === undefined) return Effect.void
        const found = result(agent, theCase, number, record)
        options.results.add(found)
        const key = `${theCase.id} ${agent}`
        for (const tell of waiters.get(key) ?? []) tell()
        waiters.delete(key)
        return options.onResult(found)
      })
    )
  }

  const carryOut = (accepted: Examiner.Accepted, command: Command.Command): Effect.Effect<void> => {
    switch (command._tag) {
      case "GetCaseCount":
        return converse(accepted, Effect.succeed(String(options.cases.length)))
      case "GetCaseInfo": {
        const { description, id } = command.case
        return converse(accepted, Effect.succeed(`{"id": "${id}", "description": ${JSON.stringify(description)}}`))
      }
      case "GetCaseStatus":
        return converse(accepted, verdict(command.agent, command.case))
      case "RunCase":
        return runCase(accepted, command)
      case "UpdateReports":
        return Effect.zipRight(
          converse(accepted, Effect.as(options.onUpdateReports, undefined)),
          command.shutdown ? Deferred.succeed(stopped, undefined) : Effect.void
        )
      case "StopServer":
        return Effect.zipRight(converse(accepted, Effect.succeed(undefined)), Deferred.succeed(stopped, undefined))
      case "Refused":
        return refuse(accepted.socket, command.status, command.why)
    }
  }

  return (socket) =>
    Effect.flatMap(accept(socket), (accepted) => {
      if (accepted === undefined) return Effect.void
      if (Opening.values(accepted.head, "upgrade").length === 0) {
        return refuse(socket, 426, "this is a WebSocket server")
      }
      const why = Opening.refusal(accepted.head)
      return why === undefined
        ? carryOut(accepted, Command.parse(accepted.head.target, options.cases))
        : refuse(socket, 400, why)
    }).pipe(Effect.onInterrupt(() => Effect.sync(() => socket.destroy())))
}

/** With an ordinary handshake; without a record when the offers make no sense. */
const openAndServe = (
  accepted: Examiner.Accepted,
  theCase: Case,
  pass: <A>(run: Effect.Effect<A>) => Effect.Effect<A>
): Effect.Effect<CaseRecord | undefined> => {
  const answer = Opening.response(accepted.head, Examiner.extensionOf(theCase))
  if (typeof answer === "string") return Effect.as(refuse(accepted.socket, 400, answer), undefined)
  open(accepted, answer.text)
  return Examiner.serve(theCase, accepted, answer.text, answer.agreed, pass)
}

/** Milliseconds to send a request. */
const requestTimeout = 10_000

/** Reads the request; `undefined` when there is none, and the connection has been dealt with. */
const accept = (socket: net.Socket): Effect.Effect<Examiner.Accepted | undefined> =>
  Effect.async((resume) => {
    const started = new Date()
    const log = new WireLog()
    let carry = HttpHead.request()
    let read: Buffer = Buffer.alloc(0)
    const end = (accepted: Examiner.Accepted | undefined): void => {
      clearTimeout(timer)
      deaf()
      if (accepted === undefined) socket.destroy()
      resume(Effect.succeed(accepted))
    }
    const timer = setTimeout(() => end(undefined), requestTimeout)
    const deaf = Sockets.listen(socket, {
      data: (octets) => {
        log.read(octets)
        const step = HttpHead.feed(carry, octets)
        const behind = step._tag === "Head" ? step.rest.length : 0
        read = Buffer.concat([read, octets.subarray(0, octets.length - behind)])
        if (step._tag === "NeedMore") return void (carry = step.carry)
        if (step._tag === "Problem") return end(undefined)
        log.preopen.incoming += read.length
        end({ socket, log, started, head: step.head, httpRequest: read.toString("latin1"), rest: step.rest })
      },
      end: () => end(undefined),
      error: () => end(undefined)
    })
  })

const open = ({ log, socket }: Examiner.Accepted, response: string): void => {
  const octets = Buffer.from(response, "latin1")
  log.written(octets, false)
  log.preopen.outgoing += octets.length
  socket.write(octets)
}

/** Says one thing, when it is there, and closes. */
const converse = (accepted: Examiner.Accepted, words: Effect.Effect<string | undefined>): Effect.Effect<void> =>
  Effect.gen(function*() {
    const answer = Opening.response(accepted.head, undefined)
    if (typeof answer === "string") return yield* refuse(accepted.socket, 400, answer)
    const lost = yield* Deferred.make<void>()
    const endpoint = new Endpoint(
      accepted.socket,
      "client",
      accepted.log,
      false,
      () => Deferred.unsafeDone(lost, Effect.void)
    )
    open(accepted, answer.text)
    endpoint.start(accepted.rest)
    const said = yield* Effect.raceFirst(Effect.asSome(words), Effect.as(Deferred.await(lost), Option.none()))
    if (Option.isNone(said)) return
    if (said.value !== undefined) endpoint.frame(1, Payload.text(said.value))
    endpoint.close()
    yield* Deferred.await(lost)
  })

const reasons = { 400: "Bad Request", 404: "Not Found", 426: "Upgrade Required", 500: "Internal Server Error" } as const

const refuse = (socket: net.Socket, status: keyof typeof reasons, why: string): Effect.Effect<void> =>
  Effect.sync(() => {
    const body = `${why}\n`
    const head = HttpHead.encodeResponse({
      version: "1.1",
      status,
      reason: reasons[status],
      headers: [
        ["Connection", "close"],
        ["Content-Type", "text/plain; charset=utf-8"],
        ["Content-Length", String(Buffer.byteLength(body))],
        ...(status === 426 ? [["Upgrade", "websocket"] as const, ["Sec-WebSocket-Version", "13"] as const] : [])
      ]
    })
    if (head._tag === "Encoded") socket.write(Buffer.concat([head.octets, Buffer.from(body)]))
    socket.end()
    const timer = setTimeout(() => socket.destroy(), 1000)
    socket.on("end", () => socket.destroy())
    socket.on("close", () => clearTimeout(timer))
    socket.resume()
  })
