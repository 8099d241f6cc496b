/**
 * The server that is soaked: ours, as a user would write it, on three ports. One echoes without a fiber for idle connections, one
 * with handlers of several kinds, and one, attached to a `node:http` server, messages of any size as they arrive.
 *
 * It verifies nothing, and counts how its connections end. It restarts when it is told to: shuts down gracefully, and listens anew.
 */
import type * as Connection from "@effect-ws/connection/Connection"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import type { InvalidOption } from "@effect-ws/connection/InvalidOption"
import type { Message } from "@effect-ws/connection/Message"
import { ServeError, type WebSocketServer } from "@effect-ws/platform/WebSocketServer"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { openSync } from "node:fs"
import * as Http from "node:http"
import { type Fault, honest, host, type Ports, type ServerSide } from "./Sides.js"
import { describe, type Tally } from "./Tally.js"
import * as Usage from "./Usage.js"

/**
 * As patient as a busy machine asks for: what is looked for is loss, not delay. Less patient than the defaults only where nobody
 * honest is silent for long.
 */
const settings: NodeWebSocketServer.ServingOptions = {
  limits: { keepaliveInterval: 5_000, keepaliveTimeout: 30_000, closeTimeout: 30_000 },
  openTimeout: "15 seconds",
  grace: "3 seconds"
}

export const make = (fault: Fault, tally: Tally): Effect.Effect<
  ServerSide<ServeError | InvalidOption>,
  ServeError | InvalidOption,
  Scope.Scope
> =>
  Effect.gen(function*() {
    const wrong = faulty(fault)
    const outer = yield* Effect.scope
    const begin = (ports: Ports) =>
      Effect.gen(function*() {
        const scope = yield* Scope.fork(outer, ExecutionStrategy.sequential)
        // It may be told to restart where nothing may be interrupted; its connections are to be, the next time.
        return { scope, ports: yield* Scope.extend(Effect.interruptible(listen(ports, tally, wrong)), scope) }
      })
    let current = yield* begin({ messages: 0, handlers: 0, streams: 0 })
    return {
      ports: Effect.sync(() => current.ports),
      restart: Effect.gen(function*() {
        yield* Scope.close(current.scope, Exit.void)
        current = yield* begin(current.ports)
        return current.ports
      }),
      usage: Usage.take,
      tallied: Effect.sync(() => tally.tallied)
    }
  })

const listen = (wanted: Ports, tally: Tally, wrong: Wrong) =>
  Effect.gen(function*() {
    const messages = yield* makeOn(wanted.messages)
    yield* Effect.forkScoped(messages.serveMessages(
      (connection, message) => {
        tally.message(pathOf(connection), sizeOf(message))
        const answer = wrong.answer(message)
        if (answer === undefined) return
        return connection.trySend(answer) === "full" ? connection.send(answer) : undefined
      },
      { onOpen: (connection) => note(connection, tally, wrong) }
    ))
    const handlers = yield* makeOn(wanted.handlers)
    yield* Effect.forkScoped(handlers.serve((connection) => {
      note(connection, tally, wrong)
      return handle(connection, tally)
    }))
    const http = Http.createServer()
    const streams = yield* NodeWebSocketServer.attach(http, { ...settings, paths: ["/streams"] })
    yield* Effect.forkScoped(streams.serve({
      accept: () => Effect.succeed({ value: undefined }),
      incoming: "streamed",
      handler: (connection) => {
        note(connection, tally, wrong)
        return echoStreams(connection)
      }
    }))
    yield* listenOn(http, wanted.streams)
    return { messages: portOf(messages), handlers: portOf(handlers), streams: portOf(streams) }
  })

/** The outcome is there once the transport is gone, which the handler does not wait for. */
const note = (connection: Connection.Lifecycle, tally: Tally, wrong: Wrong): void => {
  const isHonest = connection.opening.target.endsWith(`?${honest}`)
  tally.connection(pathOf(connection))
  tally.open++
  wrong.opened()
  Hosting.listen(connection, (outcome) => {
    tally.open--
    tally.outcome(describe(outcome))
    if (isHonest && outcome._tag === "Failed") tally.surprise(`${connection.opening.target}: ${describe(outcome)}`)
  })
}

const pathOf = ({ opening }: Connection.Lifecycle): string => opening.target.split("?", 1)[0] ?? ""

const sizeOf = (message: Message): number =>
  typeof message === "string" ? Buffer.byteLength(message) : message.byteLength

/** One way to read for each path. */
const handle = (connection: Connection.Connection, tally: Tally) => {
  const path = pathOf(connection)
  const count = (message: Message): Message => {
    tally.message(path, sizeOf(message))
    return message
  }
  switch (path) {
    case "/run":
      return connection.run((message) => connection.send(count(message)))
    case "/pull":
      return Effect.flatMap(
        connection.reader,
        ({ pull }) => Effect.forever(Effect.flatMap(pull, (batch) => connection.sendAll(batch.map(count))))
      )
    case "/receive":
      return Effect.forever(Effect.flatMap(connection.receive, (message) => connection.send(count(message))))
    default:
      return Stream.run(Stream.map(connection.messages, count), connection.sink)
  }
}

const echoStreams = (connection: Connection.StreamedConnection) =>
  Stream.runForEach(connection.messageStreams, (message) =>
    message.kind === "text"
      ? connection.sendStream("text", message.payload)
      : connection.sendStream("binary", message.payload))

// -- listening

/** A port that was ours may be somebody's by now. */
const makeOn = (port: number) =>
  Effect.orElse(
    NodeWebSocketServer.make({ ...settings, host, port }),
    () => NodeWebSocketServer.make({ ...settings, host, port: 0 })
  )

const listenOn = (server: Http.Server, port: number): Effect.Effect<void, ServeError, Scope.Scope> => {
  const attempt = (port: number) =>
    Effect.async<void, ServeError>((resume) => {
      const onError = (cause: unknown): void => resume(Effect.fail(new ServeError({ cause })))
      server.once("error", onError)
      server.listen({ host, port }, () => {
        server.off("error", onError)
        resume(Effect.void)
      })
    })
  return Effect.acquireRelease(Effect.orElse(attempt(port), () => attempt(0)), () =>
    Effect.sync(() => {
      server.close()
      server.closeAllConnections()
    }))
}

const portOf = ({ address }: WebSocketServer["Type"]): number => address._tag === "Tcp" ? address.port : 0

// -- faults

interface Wrong {
  readonly opened: () => void
  readonly answer: (message: Message) => Message | undefined
}

/** One in so many messages, or connections. */
const everyMessage = 5
const everyConnection = 5

const faulty = (fault: Fault): Wrong => {
  let connections = 0
  let messages = 0
  const kept: Array<unknown> = []
  return {
    opened: () => {
      if (connections++ % everyConnection !== 0) return
      if (fault === "throws") setImmediate(() => Promise.reject(new Error("on purpose")))
      if (fault !== "leaks") return
      kept.push(Buffer.alloc(1024 * 1024, 1), openSync("/dev/null", "r"), setInterval(() => {}, 1_000_000).unref())
      Effect.runFork(Usage.counted(Effect.never))
    },
    answer: (message) => {
      if (++messages % everyMessage !== 0) return message
      if (fault === "loses") return undefined
      if (fault !== "alters") return message
      return typeof message === "string"
        ? `${message.slice(0, -1)}?`
        : Buffer.concat([message.subarray(1), Uint8Array.of(0)])
    }
  }
}
