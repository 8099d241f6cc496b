import { describe, expect, it } from "@effect/vitest"
import { InvalidOption } from "@effect-ws/connection/InvalidOption"
import * as Reconnecting from "@effect-ws/platform/Reconnecting"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"

const echo = WebSocketServer.layer((connection) => connection.run((message) => connection.send(message)))

/** An echo service. */
const echoing = (options?: Parameters<typeof WebSocketTest.layer>[0]) =>
  Layer.provideMerge(echo, WebSocketTest.layer(options))

/** Why it did not open. */
const reasonOf = (url: string, options?: WebSocketClient.ConnectOptions) =>
  Effect.map(Effect.scoped(Effect.flip(WebSocketClient.connect(url, options))), ({ reason }) => reason)

const network = WebSocketTest.WebSocketTest

/** Fails a test that nobody would end: in memory everything is done in a few turns. */
const soon = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(effect)
    for (let turn = 0; turn < 20; turn++) {
      yield* Effect.promise(() => new Promise<void>((resolve) => void setImmediate(resolve)))
    }
    const done = yield* Fiber.poll(fiber)
    if (Option.isNone(done)) return yield* Effect.die("it is still waiting")
    return yield* done.value
  })

describe("a client and a server", () => {
  it.scoped("echo, and close cleanly", () =>
    Effect.gen(function*() {
      const connection = yield* WebSocketClient.connect("ws://test/any?token=1")
      yield* connection.sendAll(["hello", Uint8Array.of(1, 2)])
      expect([yield* connection.receive, yield* connection.receive]).toEqual(["hello", Uint8Array.of(1, 2)])
      expect((yield* connection.close(4000, "enough"))._tag).toBe("Clean")
    }).pipe(Effect.provide(echoing())))

  it.scoped("step by step: the test plays the server", () =>
    Effect.gen(function*() {
      const accept = yield* WebSocketTest.acceptor()
      const client = yield* WebSocketClient.connect("ws://test/chat")
      const server = yield* accept
      expect(server.opening.target).toBe("/chat")
      yield* server.send("hello")
      expect(yield* client.receive).toBe("hello")
      yield* server.close(4001, "too late")
      expect(yield* client.outcome).toMatchObject({ _tag: "Clean", remote: { code: 4001, reason: "too late" } })
    }).pipe(Effect.provide(WebSocketTest.layer())))

  it.scoped("streamed on either side", () =>
    Effect.gen(function*() {
      const accept = yield* WebSocketTest.acceptor({ incoming: "streamed" })
      const client = yield* WebSocketClient.connect("ws://test/", { incoming: "bytes" })
      const server = yield* accept
      yield* client.send("a long message")
      const message = yield* Stream.runHead(server.messageStreams)
      expect(Option.isSome(message)).toBe(true)
    }).pipe(Effect.provide(WebSocketTest.layer())))

  it.scoped("an idle connection outlives ten minutes: pings are answered", () =>
    Effect.gen(function*() {
      const connection = yield* WebSocketClient.connect("ws://test/")
      yield* TestClock.adjust("10 minutes")
      yield* connection.send("still here")
      expect(yield* connection.receive).toBe("still here")
    }).pipe(Effect.provide(echoing())))
})

describe("what a server is asked", () => {
  it.scoped("accept: refusals have status, headers and body; what it gives is the handler's", () =>
    Effect.gen(function*() {
      yield* Effect.forkScoped(WebSocketServer.serve({
        accept: ({ headers, query, remoteAddress }) =>
          headers["authorization"] === "Bearer right"
            ? Effect.succeed({
              value: `${query.get("name")} at ${Option.getOrNull(remoteAddress)}`,
              headers: { "X-A": "b" }
            })
            : Effect.fail(new WebSocketServer.Refusal({ status: 401, body: "sign in first" })),
        handler: (connection, name) => Effect.zipRight(connection.send(name), connection.outcome)
      }))
      const refused = yield* reasonOf("ws://test/?name=ann")
      expect(refused).toMatchObject({ _tag: "Refused", status: 401 })
      if (refused._tag === "Refused") expect(new TextDecoder().decode(refused.body)).toBe("sign in first")
      const connection = yield* WebSocketClient.connect("ws://test/?name=ann", {
        headers: { Authorization: "Bearer right" }
      })
      expect(yield* connection.receive).toBe("ann at 192.0.2.7")
      expect(connection.opening.headers).toContainEqual(["X-A", "b"])
    }).pipe(Effect.provide(WebSocketTest.layer({ client: { remoteAddress: "192.0.2.7" } }))))

  it.scoped("subprotocols", () =>
    Effect.gen(function*() {
      yield* Effect.forkScoped(WebSocketServer.serve({
        accept: ({ subprotocols }) =>
          Effect.succeed({ value: undefined, subprotocol: subprotocols.find((one) => one === "chat.v2") }),
        handler: (connection) => connection.outcome
      }))
      const connection = yield* WebSocketClient.connect("ws://test/", { subprotocols: ["chat.v3", "chat.v2"] })
      expect(connection.opening.subprotocol).toBe("chat.v2")
      expect(yield* reasonOf("ws://test/", { subprotocols: ["chat.v1"], withoutSubprotocol: "fail" }))
        .toMatchObject({ _tag: "Violation", rule: "SubprotocolMissing" })
    }).pipe(Effect.provide(WebSocketTest.layer())))

  it.scoped("Origin, and what a request must not say", () =>
    Effect.gen(function*() {
      expect(yield* reasonOf("ws://test/", { origin: "https://evil.example" })).toMatchObject({
        _tag: "Refused",
        status: 403
      })
      yield* WebSocketClient.connect("ws://test/", { origin: "https://a.example" })
      yield* WebSocketClient.connect("wss://test/", { origin: "https://test" })
      expect(yield* reasonOf("ws://test/", { headers: { "X\r\n": "y" } })).toMatchObject({ _tag: "InvalidRequest" })
      expect(yield* reasonOf("ftp://test/")).toMatchObject({ _tag: "InvalidRequest", rule: "SchemeUnknown" })
      expect(yield* reasonOf("ws://test/", { openTimeout: "no time" as never })).toMatchObject({
        _tag: "InvalidOption"
      })
    }).pipe(Effect.provide(echoing({ server: { origins: ["https://a.example"] } }))))

  it.scoped("as many connections as it takes", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      yield* Scope.extend(WebSocketClient.connect("ws://test/"), scope)
      expect(yield* reasonOf("ws://test/")).toMatchObject({ _tag: "Refused", status: 503 })
      yield* Scope.close(scope, Exit.void)
      // The server has its own end of it, and gives the place back when that is over.
      const another = Effect.zipRight(Effect.yieldNow(), WebSocketClient.connect("ws://test/"))
      yield* Effect.retry(another, { times: 100 })
    }).pipe(Effect.provide(echoing({ server: { maxConnections: 1 } }))))

  it.scoped("its limits, and those of a client", () =>
    Effect.gen(function*() {
      const connection = yield* WebSocketClient.connect("ws://test/")
      yield* connection.send("x".repeat(11))
      expect(yield* connection.outcome).toMatchObject({ _tag: "Clean", remote: { code: 1009 } })
      const small = yield* WebSocketClient.connect("ws://test/", { limits: { maxMessageSize: 2 } })
      yield* small.send("four")
      expect(yield* small.outcome).toMatchObject({ _tag: "Failed" })
    }).pipe(Effect.provide(echoing({ server: { limits: { maxMessageSize: 10 } } }))))
})

describe("places", () => {
  const says = (text: string) =>
    WebSocketServer.serve((connection) => Effect.zipRight(connection.send(text), connection.outcome))
  const at = (text: string, options: WebSocketTest.ServerOptions) =>
    Layer.provide(Layer.scopedDiscard(Effect.forkScoped(says(text))), WebSocketTest.layerServer(options))
  const heard = (url: string) =>
    Effect.scoped(Effect.flatMap(WebSocketClient.connect(url), (connection) => connection.receive))

  it.scoped("by host, port and path; nobody there is unreachable, and no such path a 404", () =>
    Effect.gen(function*() {
      expect(yield* heard("ws://a.example/chat")).toBe("a, chat")
      expect(yield* heard("ws://a.example/news/1")).toBe("a, news")
      expect(yield* heard("wss://b.example:8443/")).toBe("b")
      expect(yield* reasonOf("ws://a.example/other")).toMatchObject({ _tag: "Refused", status: 404 })
      expect(yield* reasonOf("wss://b.example/")).toMatchObject({ _tag: "Unreachable" })
    }).pipe(Effect.provide(
      Layer.mergeAll(
        WebSocketTest.layerClient(),
        at("a, chat", { at: "a.example", paths: ["/chat"] }),
        at("a, news", { at: "a.example", paths: (path) => path.startsWith("/news/") }),
        at("b", { at: "b.example:8443" })
      ).pipe(Layer.provide(WebSocketTest.layerNetwork))
    )))

  it.scoped("a function for paths that throws is a 500, and no more", () =>
    Effect.gen(function*() {
      expect(yield* reasonOf("ws://test/")).toMatchObject({ _tag: "Refused", status: 500 })
    }).pipe(Effect.provide(echoing({
      server: {
        paths: () => {
          throw new Error("test")
        }
      }
    }))))

  it.effect("a server that shuts down closes its connections, and is not there any more; another takes its place", () =>
    Effect.gen(function*() {
      const net = yield* network
      const client = yield* net.client()
      const start = Effect.gen(function*() {
        const scope = yield* Scope.make()
        const server = yield* Scope.extend(net.server({ closeOnShutdown: 1012 }), scope)
        yield* Effect.forkIn(server.serve((connection) => connection.outcome), scope)
        return scope
      })
      const first = yield* start
      const connection = yield* client.connect("ws://test/")
      yield* Scope.close(first, Exit.void)
      expect(yield* connection.outcome).toMatchObject({ _tag: "Clean", remote: { code: 1012 } })
      expect((yield* Effect.flip(client.connect("ws://test/"))).reason._tag).toBe("Unreachable")
      const second = yield* start
      yield* client.connect("ws://test/")
      yield* Scope.close(second, Exit.void)
    }).pipe(Effect.scoped, Effect.provide(WebSocketTest.layerNetwork)))
})

describe("what a network does", () => {
  it.scoped("drops a connection: both sides see it", () =>
    Effect.gen(function*() {
      const { links } = yield* network
      const accept = yield* WebSocketTest.acceptor()
      const client = yield* WebSocketClient.connect("ws://user:secret@test/room?token=1")
      const server = yield* accept
      const [link, ...more] = yield* links
      expect([link?.url, more]).toEqual(["ws://test/room?…", []])
      yield* link?.drop ?? Effect.void
      expect((yield* client.outcome)._tag).toBe("Dropped")
      expect((yield* server.outcome)._tag).toBe("Dropped")
      expect(yield* links).toEqual([])
    }).pipe(Effect.provide(WebSocketTest.layer())))

  it.scoped("holds back what was sent, and lets it go in order", () =>
    Effect.gen(function*() {
      const { resume, stall } = yield* network
      const connection = yield* WebSocketClient.connect("ws://test/")
      yield* stall
      yield* connection.sendAll(["a", "b"])
      const received = yield* Effect.fork(Stream.runCollect(Stream.take(connection.messages, 2)))
      yield* TestClock.adjust("10 seconds")
      expect(Option.isNone(yield* Fiber.poll(received))).toBe(true)
      yield* resume
      expect(Chunk.toReadonlyArray(yield* Fiber.join(received))).toEqual(["a", "b"])
    }).pipe(Effect.provide(echoing())))

  it.scoped("a link that stays stalled ends by keepalive", () =>
    Effect.gen(function*() {
      const { links } = yield* network
      const stuck = yield* WebSocketClient.connect("ws://test/")
      const other = yield* WebSocketClient.connect("ws://test/")
      const [link] = yield* links
      yield* link?.stall ?? Effect.void
      yield* TestClock.adjust("1 minute")
      expect(yield* soon(stuck.outcome)).toMatchObject({ _tag: "Failed", failure: { _tag: "KeepaliveTimeout" } })
      yield* other.send("here")
      expect(yield* other.receive).toBe("here")
    }).pipe(Effect.provide(echoing())))

  it.scoped("opening on a stalled network: in time, too late, or given up", () =>
    Effect.gen(function*() {
      const { links, resume, stall } = yield* network
      yield* stall
      const patient = yield* Effect.fork(
        Effect.scoped(WebSocketClient.connect("ws://test/", { openTimeout: "1 minute" }))
      )
      const hasty = yield* Effect.fork(reasonOf("ws://test/"))
      const given = yield* Effect.fork(Effect.scoped(WebSocketClient.connect("ws://test/")))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.interrupt(given)
      expect(yield* Fiber.join(hasty)).toMatchObject({ _tag: "Timeout", during: "answer" })
      expect(yield* links).toEqual([])
      yield* resume
      yield* Fiber.join(patient)
    }).pipe(Effect.provide(echoing())))

  it.scoped("a client that hangs up while it is decided on interrupts the decision", () =>
    Effect.gen(function*() {
      let interrupted = false
      yield* Effect.forkScoped(WebSocketServer.serve({
        accept: () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => void (interrupted = true))),
        handler: () => Effect.void
      }))
      const client = yield* Effect.fork(Effect.scoped(WebSocketClient.connect("ws://test/")))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(client)
      yield* soon(Effect.void)
      expect(interrupted).toBe(true)
    }).pipe(Effect.provide(WebSocketTest.layer())))

  it.scoped("goes down and comes back: Reconnecting lives through it", () =>
    Effect.gen(function*() {
      const { down, resume } = yield* network
      const accept = yield* WebSocketTest.acceptor()
      const connection = yield* Reconnecting.make(WebSocketClient.connect("ws://test/"))
      const first = yield* accept
      yield* down
      expect((yield* first.outcome)._tag).toBe("Dropped")
      expect(yield* reasonOf("ws://test/")).toMatchObject({ _tag: "Unreachable" })
      yield* resume
      yield* TestClock.adjust("1 minute")
      const second = yield* accept
      yield* connection.send("back")
      expect(yield* second.receive).toBe("back")
    }).pipe(Effect.provide(WebSocketTest.layer())))
})

it.scoped("an option that cannot be: the layer dies of it", () =>
  Effect.gen(function*() {
    const built = yield* Effect.exit(Layer.build(WebSocketTest.layer({ server: { maxConnections: NaN } })))
    expect(Exit.isFailure(built) && Cause.squash(built.cause)).toBeInstanceOf(InvalidOption)
    const client = yield* Effect.exit(Layer.build(WebSocketTest.layer({ client: { limits: { inboxSize: -1 } } })))
    expect(Exit.isFailure(client) && Cause.squash(client.cause)).toBeInstanceOf(InvalidOption)
  }))
