import { describe, expect, it } from "@effect/vitest"
import * as Primitives from "@effect-ws/codec/Primitives"
import type * as Connection from "@effect-ws/connection/Connection"
import * as Deadlines from "@effect-ws/connection/host/Deadlines"
import * as Host from "@effect-ws/connection/host/Host"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import * as Limits from "@effect-ws/connection/Limits"
import * as Loopback from "@effect-ws/connection/testing/Loopback"
import { HandshakeError, HandshakeReason } from "@effect-ws/platform/HandshakeError"
import * as Connecting from "@effect-ws/platform/host/Connecting"
import * as Telemetry from "@effect-ws/platform/Telemetry"
import { Refusal } from "@effect-ws/platform/WebSocketServer"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Tracer from "effect/Tracer"
import { Session } from "node:inspector"
import { turn } from "./loopbackClient.js"
import { make as makeServing } from "./upgrades.js"

const random = () => 0x12345678

/** A tracer that keeps its spans. */
const recorder = () => {
  const spans: Array<Tracer.Span> = []
  const native = Effect.runSync(Effect.tracer)
  const tracer = Tracer.make({
    span: (name, parent, context, links, startTime, kind) => {
      const span = native.span(name, parent, context, links, startTime, kind)
      spans.push(span)
      return span
    },
    context: (f, fiber) => native.context(f, fiber)
  })
  const named = (name: string) => spans.filter((span) => span.name === name)
  const attributes = (name: string) => named(name).map((span) => Object.fromEntries(span.attributes))
  return { spans, named, attributes, layer: Layer.setTracer(tracer) }
}

const target = { secure: false, host: "a.example", port: 80, path: "/chat?token=secret" }

/** A client on a loopback, whose other end is a bare connection. */
const client = <I extends Connection.Incoming = "whole">(
  fails?: HandshakeReason,
  limits: Partial<Limits.Limits> = {},
  incoming: I = "whole" as I
) =>
  Effect.gen(function*() {
    const connecting = yield* Connecting.make
    const deadlines = yield* Deadlines.make
    const shared = {
      limits: Limits.make({ settleTimeout: 0, ...limits }),
      primitives: Primitives.plain,
      random,
      deadlines
    }
    const host = Host.make({ ...shared, role: "client", meter: connecting.meter })
    const [near, far] = Loopback.make()
    const opening = { subprotocol: undefined, extensions: "", headers: [], target: target.path }
    const server = Hosting.unsafeMake(far, Host.make({ ...shared, role: "server" }), {
      incoming: "whole",
      opening,
      compression: undefined
    })
    const asked: Array<unknown> = []
    const options = { host, incoming, linger: "1 second", target, hold: Effect.void } as const
    const connect = Connecting.overTransport(connecting, options, (headers) => {
      asked.push(...headers)
      return fails === undefined
        ? Effect.succeed({ transport: near, opening, compression: undefined })
        : Effect.fail(new HandshakeError({ url: "ws://a.example/", reason: fails }))
    })
    return { connect, server, near, asked, drop: () => near.reset(new Error("gone")), host }
  })

/** What a metric has counted since. */
const since = <In, Out>(metric: Metric.Metric<any, In, Out>, tags: Readonly<Record<string, string>>) => {
  const tagged = Object.entries(tags).reduce((m, [key, value]) => Metric.tagged(m, key, value), metric)
  return Metric.value(tagged)
}

const { metrics } = Telemetry
const role = { "websocket.role": "client" }
const receive = { ...role, "network.io.direction": "receive" }
const transmit = { ...role, "network.io.direction": "transmit" }

/** The difference that `effect` makes to a counter. */
const added = <R>(
  metric: typeof metrics.messages,
  tags: Readonly<Record<string, string>>,
  effect: Effect.Effect<unknown, never, R>
) =>
  Effect.gen(function*() {
    const before = yield* since(metric, tags)
    yield* effect
    return (yield* since(metric, tags)).count - before.count
  })

describe("spans", () => {
  it.scoped("connect, and close below it, with the outcome", () => {
    const { attributes, layer, named } = recorder()
    return Effect.gen(function*() {
      const { asked, connect, server } = yield* client()
      const connection = yield* connect
      yield* Effect.fork(connection.close(4000))
      yield* TestClock.adjust("1 second")
      yield* turn
      expect(yield* server.outcome).toMatchObject({ _tag: "Clean" })
      yield* connection.outcome
      expect(attributes("websocket.connect")).toEqual([{
        "network.protocol.name": "websocket",
        "http.request.method": "GET",
        "http.response.status_code": 101,
        "server.address": "a.example",
        "server.port": 80,
        "url.scheme": "ws",
        "url.path": "/chat"
      }])
      expect(attributes("websocket.close")).toEqual([{
        "network.protocol.name": "websocket",
        "websocket.outcome": "Clean",
        "websocket.closed_first": "us",
        "websocket.dropped_by": "peer",
        "websocket.close.local.code": 4000,
        "websocket.close.remote.code": 4000
      }])
      const [opened] = named("websocket.connect")
      const [closed] = named("websocket.close")
      expect(Option.getOrUndefined(closed?.parent ?? Option.none())).toBe(opened)
      expect(closed?.kind).toBe("client")
      expect(asked).toEqual([["traceparent", `00-${opened?.traceId}-${opened?.spanId}-01`]])
    }).pipe(Effect.provide(Telemetry.layer()), Effect.provide(layer))
  })

  it.scoped("close lasts from the first Close to the outcome", () => {
    const { layer, named } = recorder()
    return Effect.gen(function*() {
      const { connect } = yield* client(undefined, { settleTimeout: 50 })
      const connection = yield* connect
      yield* connection.send("read by nobody, so that the answer to our Close is held for a while")
      yield* turn
      yield* TestClock.adjust("1 second")
      yield* Effect.fork(connection.close())
      yield* turn
      yield* TestClock.adjust("50 millis")
      yield* turn
      expect(named("websocket.close")[0]?.status).toMatchObject({ startTime: 1_000_000_000n, endTime: 1_050_000_000n })
    }).pipe(Effect.provide(Telemetry.layer()), Effect.provide(layer))
  })

  it.scoped("a failure to connect is an error with its type", () => {
    const { attributes, layer, named } = recorder()
    return Effect.gen(function*() {
      const refused = HandshakeReason.Refused({ status: 401, headers: [], body: new Uint8Array(0) })
      yield* Effect.flip((yield* client(refused)).connect)
      expect(attributes("websocket.connect")[0]).toMatchObject({
        "error.type": "Refused",
        "http.response.status_code": 401
      })
      const status = named("websocket.connect")[0]?.status
      expect(status?._tag === "Ended" && Exit.isFailure(status.exit)).toBe(true)
    }).pipe(Effect.provide(Telemetry.layer({ propagate: false })), Effect.provide(layer))
  })

  it.scoped("a lost connection is an error with its type", () => {
    const { attributes, layer } = recorder()
    return Effect.gen(function*() {
      const lost = yield* client()
      yield* lost.connect
      lost.drop()
      yield* turn
      expect(attributes("websocket.close")[0]).toMatchObject({
        "websocket.outcome": "Dropped",
        "error.type": "Dropped"
      })
    }).pipe(Effect.provide(Telemetry.layer()), Effect.provide(layer))
  })

  it.scoped("a connection that we failed is an error with the rule that the server broke", () => {
    const { attributes, layer, named } = recorder()
    return Effect.gen(function*() {
      const { connect, server } = yield* client(undefined, { maxMessageSize: 10 })
      yield* connect
      yield* server.send("eleven octets")
      yield* turn
      expect(attributes("websocket.close")).toMatchObject([{
        "websocket.outcome": "Failed",
        "websocket.closed_first": "us",
        "websocket.close.local.code": 1009,
        "error.type": "MessageTooBig",
        "websocket.violation.rfc": "6455 §7.4.1"
      }])
      const status = named("websocket.close")[0]?.status
      expect(status?._tag === "Ended" && Exit.isFailure(status.exit)).toBe(true)
    }).pipe(Effect.provide(Telemetry.layer()), Effect.provide(layer))
  })

  it.scoped("accept: from the request to the answer, below the client's span, and above the handler's", () => {
    const { attributes, layer, named } = recorder()
    return Effect.gen(function*() {
      const { request, serving } = yield* makeServing()
      yield* Effect.forkScoped(serving.serve({
        accept: ({ url }) =>
          Effect.delay(url === "/no" ? new Refusal({ status: 403 }) : Effect.succeed({ value: 0 }), 500),
        handler: () => Effect.withSpan(Effect.void, "handling")
      }))
      yield* turn
      const traceparent = ["traceparent", "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"] as const
      const accepted = request({ headers: [["Host", "a.example"], traceparent] })
      request({ target: "/no" })
      yield* TestClock.adjust(500)
      yield* turn
      yield* accepted.client.outcome
      yield* turn
      expect(attributes("websocket.accept")).toMatchObject([
        { "url.path": "/chat", "client.address": "192.0.2.1", "http.response.status_code": 101 },
        { "url.path": "/no", "http.response.status_code": 403, "error.type": "403" }
      ])
      const [span] = named("websocket.accept")
      expect(span?.traceId).toBe("0123456789abcdef0123456789abcdef")
      expect(span?.status).toMatchObject({ startTime: 0n, endTime: 500_000_000n })
      expect(named("handling")[0]?.parent).toEqual(Option.some(span))
      expect(attributes("websocket.close")).toMatchObject([{ "websocket.close.local.code": 1000 }])
      expect(JSON.stringify([...attributes("websocket.accept"), ...attributes("websocket.close")])).not.toContain(
        "secret"
      )
    }).pipe(Effect.provide(Telemetry.layer()), Effect.provide(layer))
  })

  it.scoped("none if so chosen", () => {
    const { layer, spans } = recorder()
    return Effect.gen(function*() {
      const { asked, connect } = yield* client()
      yield* (yield* connect).close()
      expect([asked, spans]).toEqual([[], []])
    }).pipe(Effect.provide(Telemetry.layer({ spans: false })), Effect.provide(layer))
  })
})

/** Counts calls from here on; the Effect gives the files of our sources, of which functions were called since. */
const coverage = Effect.acquireRelease(
  Effect.sync(() => {
    const session = new Session()
    session.connect()
    session.post("Profiler.enable")
    session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false })
    return session
  }),
  (session) => Effect.sync(() => session.disconnect())
).pipe(
  Effect.map((session) =>
    Effect.async<Array<string>, Error>((resume) =>
      session.post("Profiler.takePreciseCoverage", (error, { result }) =>
        resume(
          error === null
            ? Effect.succeed(result.flatMap(({ functions, url }) => {
              const file = /packages\/[\w-]+\/src\/([\w/]+)\.ts/.exec(url)?.[1]
              return file !== undefined && functions.some(({ ranges: [range] }) => (range?.count ?? 0) > 0)
                ? [file]
                : []
            }))
            : Effect.fail(error)
        ))
    )
  )
)

describe("metrics", () => {
  it.scoped("messages and octets, both ways", () =>
    Effect.gen(function*() {
      const { connect, server } = yield* client()
      const connection = yield* connect
      const exchange = Effect.gen(function*() {
        yield* connection.sendAll(["a", Uint8Array.of(1)])
        yield* connection.sendStream("text", Stream.make("b", "c"))
        yield* server.send("hello")
        yield* turn
      }).pipe(Effect.orDie)
      const octetsOut = yield* since(metrics.octets, transmit)
      const octetsIn = yield* since(metrics.octets, receive)
      const messagesIn = yield* since(metrics.messages, receive)
      expect(yield* added(metrics.messages, transmit, exchange)).toBe(3)
      expect((yield* since(metrics.messages, receive)).count - messagesIn.count).toBe(1)
      expect((yield* since(metrics.octets, receive)).count - octetsIn.count).toBe(2 + 5)
      // four frames of a masked octet, and the empty one that ends a stream
      expect((yield* since(metrics.octets, transmit)).count - octetsOut.count).toBe(4 * 7 + 6)
    }).pipe(Effect.provide(Telemetry.layer())))

  it.scoped("open connections, ends, latencies, failures", () =>
    Effect.gen(function*() {
      const { connect, server } = yield* client()
      const open = Effect.map(since(metrics.connections, role), ({ count }) => count)
      const before = yield* open
      const connection = yield* connect
      expect((yield* open) - before).toBe(1)
      const pings = yield* since(metrics.pings, role)
      yield* connection.ping
      expect((yield* since(metrics.pings, role)).count - pings.count).toBe(1)
      const ends = { ...role, "websocket.outcome": "Clean", "websocket.close.code": "1012" }
      expect(yield* added(metrics.closes, ends, Effect.zipRight(Effect.orDie(server.close(1012)), connection.outcome)))
        .toBe(1)
      for (const [code, kind] of [[4321, "4xxx"], [3999, "3xxx"], [3008, "3008"]] as const) {
        const other = yield* client()
        const opened = yield* other.connect
        const closing = Effect.zipRight(Effect.orDie(other.server.close(code)), opened.outcome)
        expect(yield* added(metrics.closes, { ...ends, "websocket.close.code": kind }, closing)).toBe(1)
      }
      expect((yield* open) - before).toBe(0)
      const timeout = HandshakeReason.Timeout({ after: Duration.seconds(1), during: "answer" })
      const failing = Effect.flip((yield* client(timeout)).connect)
      const failures = { ...role, "error.type": "Timeout" }
      expect(yield* added(metrics.handshakeFailures, failures, Effect.orDie(Effect.asVoid(failing)))).toBe(1)
    }).pipe(Effect.provide(Telemetry.layer())))

  for (const incoming of ["whole", "streamed"] as const) {
    it.scoped(`latencies of keepalive's pings, messages ${incoming}`, () =>
      Effect.gen(function*() {
        const { connect } = yield* client(undefined, { keepaliveInterval: 20_000, keepaliveTimeout: 20_000 }, incoming)
        yield* connect
        const before = yield* since(metrics.pings, role)
        for (let i = 0; i < 3; i++) {
          yield* TestClock.adjust("20 seconds")
          yield* turn
        }
        const after = yield* since(metrics.pings, role)
        expect([after.count - before.count, after.sum - before.sum]).toEqual([3, 0])
      }).pipe(Effect.provide(Telemetry.layer())))
  }

  it.scoped("what is buffered, as often as asked", () =>
    Effect.gen(function*() {
      const { connect } = yield* client()
      const connection = yield* connect
      yield* connection.send("x".repeat(100))
      yield* TestClock.adjust("3 seconds")
      const buffered = yield* since(metrics.buffered, role)
      yield* turn
      yield* TestClock.adjust("3 seconds")
      expect([buffered.value >= 0, (yield* since(metrics.buffered, role)).value]).toEqual([true, 0])
    }).pipe(Effect.provide(Telemetry.layer({ sampleEvery: "3 seconds" }))))

  it.scoped("a server's: refusals by status", () =>
    Effect.gen(function*() {
      const { request, serving } = yield* makeServing({ maxConnections: 1 })
      yield* Effect.forkScoped(serving.serve({
        accept: () => new Refusal({ status: 418 }),
        handler: () => Effect.void
      }))
      yield* turn
      const server = { "websocket.role": "server" }
      const refusing = Effect.zipRight(Effect.sync(() => request()), turn)
      const failures = (type: string) => ({ ...server, "error.type": type })
      expect(yield* added(metrics.handshakeFailures, failures("418"), refusing)).toBe(1)
      const rejecting = Effect.sync(() =>
        serving.onRefused({ status: 403, rule: "a", rfc: "b", says: "c", remoteAddress: undefined })
      )
      expect(yield* added(metrics.handshakeFailures, failures("403"), rejecting)).toBe(1)
      const left = Effect.zipRight(Effect.sync(() => request().leave()), turn)
      yield* left
    }).pipe(Effect.provide(Telemetry.layer())))

  /** The files whose functions are called for a message, out and in. */
  const called = Effect.gen(function*() {
    const { connect, server } = yield* client()
    const connection = yield* connect
    yield* Effect.fork(connection.run(() => {}))
    yield* turn
    const covered = yield* coverage
    connection.trySend("a")
    server.trySend("b")
    yield* turn
    return yield* covered
  })

  it.scoped("without the layer, nothing of it is called for a message", () =>
    Effect.gen(function*() {
      const measured = /telemetry/i
      const [without, within] = [yield* called, yield* Effect.provide(called, Telemetry.layer())]
      expect([within, without]).toEqual([
        expect.arrayContaining(["sending/Outbox", "receiving/Driver", "telemetry/OpenConnections"]),
        expect.arrayContaining(["sending/Outbox", "receiving/Driver"])
      ])
      expect(without.filter((file) => measured.test(file))).toEqual([])
    }))

  it.scoped("without the layer: nothing, and connections of the plain class", () =>
    Effect.gen(function*() {
      const { asked, connect, host, server } = yield* client()
      expect(host.meter).toBeUndefined()
      const connection = yield* connect
      const sending = Effect.orDie(
        Effect.zipRight(connection.send("a"), Effect.zipRight(server.receive, connection.ping))
      )
      expect(yield* added(metrics.messages, transmit, sending)).toBe(0)
      expect([connection.constructor.name, asked]).toEqual(["WholeConnection", []])
    }))
})

describe("the log of a client", () => {
  const logged = (end: "closed" | "dropped" | "failed" | "refused") => {
    const lines: Array<unknown> = []
    const logger = Logger.make(({ annotations, logLevel, message }) => {
      lines.push([logLevel.label, message, Object.fromEntries(annotations)])
    })
    return Effect.gen(function*() {
      const scope = yield* Scope.make()
      const refused = HandshakeReason.Refused({ status: 401, headers: [], body: new Uint8Array(0) })
      const { connect, drop, server } = yield* client(end === "refused" ? refused : undefined, { maxMessageSize: 10 })
      const opened = yield* Effect.either(Scope.extend(connect, scope))
      if (Either.isRight(opened)) {
        if (end === "dropped") drop()
        else if (end === "failed") yield* server.send("eleven octets")
        else yield* opened.right.close()
      }
      yield* turn
      yield* Scope.close(scope, Exit.void)
      return lines
    }).pipe(
      Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
      Logger.withMinimumLogLevel(LogLevel.Debug)
    )
  }
  const where = { path: "/chat", server: "a.example:80" }

  it.scoped("tells of a connection that was lost, without the query", () =>
    Effect.gen(function*() {
      expect(yield* logged("dropped")).toEqual([[
        "DEBUG",
        ["A WebSocket connection was dropped"],
        { ...where, outcome: "Dropped", closedFirst: "none", cause: "Error: gone" }
      ]])
    }))

  it.scoped("warns of a server that broke a rule", () =>
    Effect.gen(function*() {
      expect(yield* logged("failed")).toEqual([[
        "WARN",
        ["A WebSocket server broke a rule"],
        {
          ...where,
          outcome: "Failed",
          closedFirst: "us",
          localCode: 1009,
          localReason: expect.any(String),
          rule: "MessageTooBig",
          rfc: "6455 §7.4.1"
        }
      ]])
    }))

  it.scoped("not of one that ended well, nor of one that never opened: whoever asked for it is told", () =>
    Effect.gen(function*() {
      expect(yield* logged("closed")).toEqual([])
      expect(yield* logged("refused")).toEqual([])
    }))
})
