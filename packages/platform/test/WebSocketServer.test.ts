import { describe, expect, it } from "@effect/vitest"
import type { Connection } from "@effect-ws/connection/Connection"
import { InvalidOption } from "@effect-ws/connection/InvalidOption"
import { type ByteMessage, type Message, TextBytes } from "@effect-ws/connection/Message"
import type { Accepted } from "@effect-ws/platform/WebSocketServer"
import { Refusal } from "@effect-ws/platform/WebSocketServer"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as HashMap from "effect/HashMap"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { turn } from "./loopbackClient.js"
import * as Upgrades from "./upgrades.js"

/** What was logged, as `LEVEL message {annotations}`. */
const logged = <A, E, R>(effect: (lines: Array<string>) => Effect.Effect<A, E, R>) => {
  const lines: Array<string> = []
  const logger = Logger.make(({ annotations, cause, logLevel, message }) => {
    const fields = JSON.stringify(Object.fromEntries(HashMap.toEntries(annotations).sort()))
    if (String(message).startsWith("Fiber terminated")) return // Effect's own, of every fiber that fails
    lines.push(`${logLevel.label} ${String(message)} ${fields}${Cause.isEmpty(cause) ? "" : ` ${Cause.squash(cause)}`}`)
  })
  return effect(lines).pipe(
    Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
    Logger.withMinimumLogLevel(LogLevel.Debug)
  )
}

/** Lets microtasks and fibers run until nothing moves: the loopback works in microtasks. */
const settle = Effect.promise(() =>
  new Promise<void>((resolve) => {
    setImmediate(() => setImmediate(resolve))
  })
)

/** Of the client's side, once the server has decided. */
const outcomeOf = (request: Upgrades.Request) => Effect.flatMap(settle, () => request.client.outcome)

/** All that it receives, to the end. (Under the test's clock a Close waits until somebody asks for what is behind the last message.) */
const messagesOf = (client: Connection) => Effect.map(Stream.runCollect(client.messages), Chunk.toReadonlyArray)

const statusOf = (request: Upgrades.Request) => Effect.map(settle, () => request.status)

/** Begins to serve. */
const start = <R>(serving: Effect.Effect<never, never, R>) => Effect.zipLeft(Effect.forkScoped(serving), settle)

describe("how messages are read", () => {
  it.scoped("text as bytes: what was received is sent as it is, and stays text", () =>
    Effect.gen(function*() {
      const { request, serving } = yield* Upgrades.make()
      const seen: Array<string> = []
      yield* start(serving.serve({
        incoming: "bytes",
        handler: (connection) =>
          connection.run((message) => {
            seen.push(message instanceof TextBytes ? "text" : "binary")
            return connection.send(message)
          })
      }))
      const { client } = request()
      const messages = ["é", Uint8Array.of(0xc3, 0xa9)]
      yield* client.sendAll(messages)
      expect([yield* client.receive, yield* client.receive]).toEqual(messages)
      expect(seen).toEqual(["text", "binary"])
      yield* Effect.fork(client.receive)
      yield* client.close()
    }))

  it.scoped("also without a fiber: `serveMessages` gives text as bytes, to its hooks too", () =>
    Effect.gen(function*() {
      const { request, serving } = yield* Upgrades.make()
      const seen: Array<string> = []
      const kindOf = (message: ByteMessage) => message instanceof TextBytes ? "text" : "binary"
      const opened = new Set<Connection<ByteMessage>>()
      yield* start(serving.serveMessages((connection, message) => {
        seen.push(kindOf(message))
        connection.trySend(message)
      }, { incoming: "bytes", onOpen: (connection) => void opened.add(connection) }))
      const { client } = request()
      const messages = ["é", Uint8Array.of(0xc3, 0xa9)]
      yield* client.sendAll(messages)
      expect([yield* client.receive, yield* client.receive]).toEqual(messages)
      expect(seen).toEqual(["text", "binary"])
      expect(opened.size).toBe(1)
      yield* Effect.fork(client.receive)
      yield* client.close()
    }))

  const diesOf = (expected: string, serve: (incoming: never) => Effect.Effect<never>, values: ReadonlyArray<unknown>) =>
    Effect.forEach(values, (incoming) =>
      Effect.gen(function*() {
        const exit = yield* Effect.exit(serve(incoming as never))
        const defect = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
        expect(defect).toBeInstanceOf(InvalidOption)
        expect(defect).toMatchObject({ option: "incoming", expected })
      }))

  it.scoped("in no way that there is not: the call dies of it, before anybody is let in", () =>
    Effect.gen(function*() {
      const { serving } = yield* Upgrades.make()
      const wrong = ["byte", "", null, 1, true]
      const handler = () => Effect.void
      yield* diesOf("\"whole\", \"bytes\" or \"streamed\"", (incoming) => serving.serve({ incoming, handler }), wrong)
      yield* diesOf("\"whole\" or \"bytes\"", (incoming) => serving.serveMessages(handler, { incoming }), [
        ...wrong,
        "streamed"
      ])
    }))
})

describe("what the end of a handler means", () => {
  it.scoped("returned: 1000", () =>
    Effect.gen(function*() {
      const { request, serving } = yield* Upgrades.make()
      yield* start(serving.serve((connection) => connection.send("bye")))
      const { client } = request()
      expect(yield* messagesOf(client)).toEqual(["bye"])
      expect(yield* client.outcome).toMatchObject({ _tag: "Clean", closedFirst: "peer", remote: { code: 1000 } })
    }))

  it.scoped("failed: 1011, and a line in the log", () =>
    logged((lines) =>
      Effect.gen(function*() {
        const { request, serving } = yield* Upgrades.make()
        yield* start(serving.serve(() => Effect.fail(new Error("boom"))))
        const { client } = request()
        expect(yield* client.outcome).toMatchObject({ _tag: "Clean", remote: { code: 1011, reason: "" } })
        expect(lines).toEqual([
          "ERROR A WebSocket handler failed {\"path\":\"/chat\",\"remoteAddress\":\"192.0.2.1\"} Error: boom"
        ])
      })
    ))

  it.scoped("threw, or died: 1011, and the others go on", () =>
    logged((lines) =>
      Effect.gen(function*() {
        const { request, serving } = yield* Upgrades.make()
        yield* start(serving.serve((connection): Effect.Effect<void> => {
          if (connection.opening.target === "/throw") throw new Error("thrown")
          if (connection.opening.target === "/die") return Effect.die("dead")
          return Effect.ignore(Stream.run(connection.messages, connection.sink))
        }))
        const honest = request({ target: "/" }).client
        for (const target of ["/throw", "/die"]) {
          expect(yield* request({ target }).client.outcome).toMatchObject({ remote: { code: 1011 } })
        }
        yield* honest.send("still here")
        expect(yield* honest.receive).toBe("still here")
        yield* Effect.fork(honest.receive)
        yield* honest.close()
        expect(lines.map((line) => line.split("} ")[1])).toEqual(["Error: thrown", "dead"])
      })
    ))

  it.scoped("failed, with a Close of the user's", () =>
    logged((lines) =>
      Effect.gen(function*() {
        const { request, serving } = yield* Upgrades.make()
        yield* start(serving.serve({
          accept: () => Effect.succeed({ value: undefined }),
          handler: (connection) => Effect.fail(Number(connection.opening.target.slice(1))),
          closeOnFailure: (code) => {
            if (code === 0) throw new Error("no idea")
            return { code, reason: code === 4001 ? "x".repeat(124) : "because" }
          }
        }))
        const closeOf = (target: string) => Effect.map(outcomeOf(request({ target })), ({ remote }) => remote)
        expect(yield* closeOf("/4000")).toEqual({ _tag: "Status", code: 4000, reason: "because" })
        // The code stands, and what can be sent of the reason.
        expect(yield* closeOf("/4001")).toEqual({ _tag: "Status", code: 4001, reason: "x".repeat(123) })
        for (const illegal of ["/1005", "/999", "/5000"]) {
          expect(yield* closeOf(illegal)).toEqual({ _tag: "Status", code: 1011, reason: "because" })
        }
        expect(yield* closeOf("/0")).toEqual({ _tag: "Status", code: 1011, reason: "" })
        const told = lines.filter((line) => line.startsWith("WARN"))
        expect(told.map((line) => /"problems":"(\w+)"/.exec(line)?.[1])).toEqual([
          "ReasonTooLong",
          "IllegalCode",
          "IllegalCode",
          "IllegalCode"
        ])
      })
    ))

  it.scoped("failed in one fiber of several: the Close of the user's, too", () =>
    logged(() =>
      Effect.gen(function*() {
        const { request, serving } = yield* Upgrades.make()
        yield* start(serving.serve({
          accept: () => Effect.succeed({ value: undefined }),
          handler: () => Effect.all([Effect.fail("no"), Effect.never], { concurrency: "unbounded" }),
          closeOnFailure: (reason) => ({ code: 4001, reason })
        }))
        expect(yield* outcomeOf(request())).toMatchObject({ remote: { code: 4001, reason: "no" } })
      })
    ))

  it.scoped("failed behind a Close of its own, which stands: that is told", () =>
    logged((lines) =>
      Effect.gen(function*() {
        const { request, serving } = yield* Upgrades.make()
        yield* start(serving.serve({
          accept: () => Effect.succeed({ value: undefined }),
          handler: (connection) => connection.sendStream("text", Stream.concat(Stream.make("a"), Stream.fail("no"))),
          closeOnFailure: () => ({ code: 4001, reason: "no" })
        }))
        expect(yield* outcomeOf(request())).toMatchObject({ remote: { code: 1011, reason: "a message was abandoned" } })
        yield* settle
        expect(lines.filter((line) => line.startsWith("INFO") && line.includes("\"unsentCode\":4001"))).toHaveLength(1)
      })
    ))

  it.scoped("interrupted by itself: 1001", () =>
    Effect.gen(function*() {
      const { request, serving } = yield* Upgrades.make()
      yield* start(serving.serve(() => Effect.interrupt))
      expect(yield* request().client.outcome).toMatchObject({ _tag: "Clean", remote: { code: 1001 } })
    }))

  it.scoped("failed since its connection ended: that is no failure of its own", () =>
    logged((lines) =>
      Effect.gen(function*() {
        const { request, serving } = yield* Upgrades.make()
        yield* start(serving.serve((connection) => connection.run(() => {})))
        expect(yield* request().client.close(4001, "secret")).toMatchObject({
          _tag: "Clean",
          remote: { _tag: "Status", code: 4001 }
        })
        yield* settle
        expect(lines).toEqual([])
      })
    ))

  it.scoped("failed since its connection ended: nobody looks at its stack, which is dear to make", () =>
    Effect.gen(function*() {
      const { request, serving } = yield* Upgrades.make()
      let looks = 0
      yield* start(
        serving.serve((connection) =>
          Effect.mapError(
            Stream.runDrain(Stream.forever(Stream.fromEffect(connection.receive))),
            (error) =>
              Object.defineProperty(error, "stack", {
                get: () => {
                  looks++
                  return ""
                }
              })
          )
        )
      )
      yield* request().client.close(4001)
      yield* settle
      expect(looks).toBe(0)
    }))

  it.scoped("failed since another connection ended: that is", () =>
    logged((lines) =>
      Effect.gen(function*() {
        const { request, serving } = yield* Upgrades.make()
        const { request: upstreamRequest, serving: upstream } = yield* Upgrades.make()
        yield* start(upstream.serve((connection) => connection.close(4000)))
        yield* start(serving.serve(() => upstreamRequest().client.receive))
        expect(yield* request().client.outcome).toMatchObject({ remote: { code: 1011 } })
        yield* settle
        expect(lines).toHaveLength(1)
      })
    ))

  it.scoped("a handler is not interrupted by the end of its connection, since it has messages to read", () =>
    Effect.gen(function*() {
      const { request, serving } = yield* Upgrades.make()
      const seen: Array<Message> = []
      yield* start(
        serving.serve((connection) =>
          connection.run((message) => Effect.delay(Effect.sync(() => seen.push(message)), "1 second"))
        )
      )
      const { client } = request()
      yield* client.sendAll(["a", "b", "c"])
      yield* Effect.fork(client.close())
      for (let i = 0; i < 5; i++) {
        yield* settle
        yield* TestClock.adjust("1 second")
      }
      expect(seen).toEqual(["a", "b", "c"])
    }))
})

describe("the Scope of a connection", () => {
  it.scoped("is that of the decision and of the handler, and closes before the connection", () =>
    Effect.gen(function*() {
      const { request, serving } = yield* Upgrades.make()
      const log: Array<string> = []
      const note = (line: string) => Effect.sync(() => log.push(line))
      yield* start(serving.serve({
        accept: ({ url }) => Effect.as(Effect.addFinalizer(() => note("left")), { value: url }),
        handler: (connection, url) =>
          Effect.gen(function*() {
            yield* Effect.addFinalizer(() => Effect.zipRight(note("finalizer"), Effect.ignore(connection.send("last"))))
            yield* note(url)
          })
      }))
      const asked = request({ target: "/room" })
      yield* settle
      const { client } = asked
      expect(yield* messagesOf(client)).toEqual(["last"])
      yield* client.outcome
      expect(log).toEqual(["/room", "finalizer", "left"])
    }))

  for (const ends of ["the client closes", "the server shuts down", "the handler fails"] as const) {
    it.scoped(`of a handler that is no more than connection.run: what a message acquired is released when ${ends}`, () =>
      Effect.gen(function*() {
        const { request, serving } = yield* Upgrades.make()
        const told: Array<string> = []
        const fiber = yield* start(serving.serve((connection) =>
          connection.run((message) =>
            message === "fail"
              ? Effect.fail("failed")
              : Effect.zipRight(
                Effect.addFinalizer((exit) => Effect.sync(() => told.push(`released ${message}: ${exit._tag}`))),
                Effect.sync(() => told.push(`took ${message}`))
              )
          )
        ))
        const { client } = request()
        yield* client.sendAll(["one", "two"])
        yield* settle
        if (ends === "the client closes") yield* client.close()
        else if (ends === "the handler fails") yield* client.send("fail")
        else yield* Effect.fork(Fiber.interrupt(fiber))
        yield* settle
        yield* Effect.fork(client.outcome)
        yield* settle
        const as = ends === "the client closes" ? "Success" : "Failure"
        expect(told).toEqual(["took one", "took two", `released two: ${as}`, `released one: ${as}`])
      }))
  }

  it.scoped("a handler that is no more than connection.run: what a message is handled in is the caller's, and accept's", () =>
    logged((lines) =>
      Effect.gen(function*() {
        const { request, serving } = yield* Upgrades.make()
        const told: Array<string> = []
        yield* start(
          serving.serve({
            accept: () =>
              Effect.as(Effect.addFinalizer((exit) => Effect.sync(() => told.push(exit._tag))), { value: 7 }),
            handler: (connection, value) =>
              connection.run((message) => message === "die" ? Effect.die("died") : Effect.logInfo(message, value))
          }).pipe(Effect.annotateLogs("caller", "A"))
        )
        const asked = [request(), request()] as const
        yield* settle
        const [well, ill] = [asked[0].client, asked[1].client]
        yield* well.send("one")
        yield* settle
        expect(lines).toContain("INFO one,7 {\"caller\":\"A\"}")
        yield* ill.send("die")
        yield* settle
        expect(yield* ill.outcome).toMatchObject({ _tag: "Clean", remote: { code: 1011 } })
        yield* well.close()
        yield* settle
        expect(told).toEqual(["Failure", "Success"])
      })
    ))

  it.scoped("a handler that is no more than connection.run: one at work is interrupted once, and its connection ended", () =>
    Effect.gen(function*() {
      const { request, serving } = yield* Upgrades.make()
      const told: Array<string> = []
      const fiber = yield* start(
        serving.serve((connection) =>
          connection.run(() => Effect.onInterrupt(Effect.never, () => Effect.sync(() => told.push("interrupted"))))
        )
      )
      const { client } = request()
      yield* client.send("one")
      yield* settle
      const stopped = yield* Effect.fork(Fiber.interrupt(fiber))
      expect(yield* client.outcome).toMatchObject({ remote: { code: 1001 } })
      yield* Fiber.join(stopped)
      expect(told).toEqual(["interrupted"])
    }))

  it.scoped("closes when the request is refused", () =>
    Effect.gen(function*() {
      const { request, serving } = yield* Upgrades.make()
      const log: Array<string> = []
      yield* start(serving.serve({
        accept: () =>
          Effect.zipRight(
            Effect.addFinalizer(() => Effect.sync(() => log.push("left"))),
            Effect.fail(new Refusal({ status: 403 }))
          ),
        handler: () => Effect.void
      }))
      expect(yield* statusOf(request())).toBe(403)
      expect(log).toEqual(["left"])
    }))
})

class Users
  extends Context.Tag("Users")<Users, { readonly find: (token: string) => Effect.Effect<string, Refusal> }>()
{}

describe("deciding on a request", () => {
  it.scoped("what the decision and the handler need is the caller's", () =>
    Effect.gen(function*() {
      const { request, serving } = yield* Upgrades.make()
      const served: Effect.Effect<never, never, Users> = serving.serve({
        accept: ({ headers, subprotocols }) =>
          Effect.gen(function*() {
            const users = yield* Users
            const name = yield* users.find(headers["authorization"] ?? "")
            return { value: { name }, subprotocol: subprotocols[1], headers: [["Set-Cookie", "a=b"]] as const }
          }),
        handler: (connection, { name }) => Effect.zipRight(Users, connection.send(`hello ${name}`))
      })
      yield* start(Effect.provideService(served, Users, {
        find: (token) =>
          token === "right" ? Effect.succeed("Ann") : Effect.fail(
            new Refusal({ status: 401, headers: [["WWW-Authenticate", "Bearer"]], body: "who are you, ünknown?" })
          )
      }))
      const known = request({ headers: [["Authorization", "right"]], subprotocols: ["v2", "v1"] })
      yield* settle
      expect(known.answer).toMatchObject({ choice: { subprotocol: "v1", headers: [["Set-Cookie", "a=b"]] } })
      expect(yield* messagesOf(known.client)).toEqual(["hello Ann"])
      const unknown = request()
      yield* settle
      expect(unknown.answer).toMatchObject({
        status: 401,
        headers: [["WWW-Authenticate", "Bearer"], ["Content-Type", "text/plain; charset=utf-8"]],
        body: "who are you, ünknown?"
      })
    }))

  it.scoped("a refusal's text is text/plain, unless the user says what it is; bytes and nothing are not", () =>
    Effect.gen(function*() {
      const { request, serving } = yield* Upgrades.make()
      const own = ["content-type", "application/problem+json"] as const
      const refusals = [
        { body: "no", typed: [["Content-Type", "text/plain; charset=utf-8"]] },
        { body: "{}", headers: [own], typed: [own] },
        { body: "{}", headers: { [own[0]]: own[1] }, typed: [own] },
        { body: new Uint8Array(3), typed: [] },
        { body: "", typed: [] },
        { typed: [] }
      ]
      let next = 0
      yield* start(serving.serve({
        accept: () => Effect.fail(new Refusal({ status: 403, ...refusals[next++] } as never)),
        handler: () => Effect.void
      }))
      for (const { typed } of refusals) {
        const asked = request()
        yield* settle
        expect(asked.answer).toMatchObject({ status: 403, headers: typed })
      }
    }))

  it.scoped("shows the request", () =>
    Effect.gen(function*() {
      const { request, serving } = yield* Upgrades.make()
      yield* start(serving.serve({
        accept: (request) => {
          expect(request).toMatchObject({ url: "/chat?token=secret", host: "a.example", secure: false })
          expect(request.origin).toEqual(Option.some("https://a.example"))
          expect(request.remoteAddress).toEqual(Option.some("192.0.2.1"))
          expect(request.headers["x-list"]).toBe("1, 2")
          expect(request.headers["cookie"]).toBe("a=1; b=2")
          expect(request.headers["__proto__"]).toBe("p")
          expect(request.headers["constructor"]).toBeUndefined()
          return Effect.succeed({ value: undefined })
        },
        handler: (connection) => {
          expect(connection.opening.target).toBe("/chat?token=secret")
          expect(connection.opening.headers[0]).toEqual(["X-List", "1"])
          expect(connection.opening.headers).toHaveLength(5)
          return connection.close(4123)
        }
      }))
      const asked = request({
        origin: "https://a.example",
        headers: [["X-List", "1"], ["x-list", "2"], ["Cookie", "a=1"], ["cookie", "b=2"], ["__proto__", "p"]]
      })
      expect(yield* outcomeOf(asked)).toMatchObject({ remote: { code: 4123 } })
    }))

  it.scoped("takes openTimeout at most: 503, even if it cannot be interrupted", () =>
    Effect.gen(function*() {
      const { request, serving } = yield* Upgrades.make()
      yield* start(serving.serve({
        accept: () => Effect.uninterruptible(Effect.never),
        handler: () => Effect.void
      }))
      const slow = request()
      yield* settle
      yield* TestClock.adjust("9 seconds")
      expect(slow.status).toBe(0)
      yield* TestClock.adjust("1 second")
      expect(slow.status).toBe(503)
    }))

  for (const  of of["serve", "serveMessages"] as const) {
    it.scoped(`${of}: is interrupted when the client leaves`, () =>
      Effect.gen(function*() {
        const { request, serving } = yield* Upgrades.make({ maxConnections: 1 })
        const interrupted = yield* Deferred.make<void>()
        const accept = () => Effect.onInterrupt(Effect.never, () => Deferred.succeed(interrupted, undefined))
        yield* start(
          of === "serve"
            ? serving.serve({ accept, handler: () => Effect.void })
            : serving.serveMessages(() => {}, { accept })
        )
        const left = request()
        expect(request().status).toBe(503)
        yield* settle
        left.leave()
        yield* Deferred.await(interrupted)
        yield* settle
        expect(left.answer).toBeUndefined()
        expect(yield* statusOf(request())).toBe(0) // its place is free
      }))
  }

  it.scoped("a defect is 500 and logged", () =>
    logged((lines) =>
      Effect.gen(function*() {
        const { request, serving } = yield* Upgrades.make()
        yield* start(serving.serve({
          accept: (): Effect.Effect<Accepted<undefined>, Refusal> => {
            throw new Error("oh")
          },
          handler: () => Effect.void
        }))
        expect(yield* statusOf(request())).toBe(500)
        expect(lines).toHaveLength(1)
        expect(lines[0]).toMatch(/^ERROR Deciding on a WebSocket upgrade failed .*oh/s)
      })
    ))

  it.scoped("headers may be an object, and one that is undefined is left out", () =>
    Effect.gen(function*() {
      const { request, serving } = yield* Upgrades.make()
      const headers = { "X-A": "1", "X-B": undefined }
      const decisions: ReadonlyArray<Effect.Effect<Accepted<undefined>, Refusal>> = [
        Effect.succeed({ value: undefined, headers }),
        Effect.succeed({ value: undefined, headers: [["X-A", "1"], ["X-B", undefined]] }),
        Effect.fail(new Refusal({ status: 401, headers }))
      ]
      let next = 0
      yield* start(serving.serve({
        accept: (): Effect.Effect<Accepted<undefined>, Refusal> => decisions[next++] ?? Effect.die("no more"),
        handler: () => Effect.void
      }))
      const statuses = []
      for (const _ of decisions) statuses.push(yield* statusOf(request()))
      expect(statuses).toEqual([101, 101, 401])
    }))

  it.scoped("an answer that must not be written is 500 and logged, and its secrets are not", () =>
    logged((lines) =>
      Effect.gen(function*() {
        const { request, serving } = yield* Upgrades.make({ maxConnections: 1 })
        const decisions: ReadonlyArray<Effect.Effect<Accepted<undefined>, Refusal>> = [
          Effect.succeed({ value: undefined, subprotocol: "unasked" }),
          Effect.succeed({ value: undefined, headers: [["X", "a\r\nSet-Cookie: secret"]] as const }),
          Effect.fail(new Refusal({ status: 101 })),
          Effect.fail(new Refusal({ status: 400, headers: [["X", "a\nb"]] })),
          // What no type lets pass.
          Effect.succeed({ value: undefined, headers: { "X": null } as never }),
          Effect.fail(new Refusal({ status: 400, headers: "X: a" as never }))
        ]
        let next = 0
        yield* start(serving.serve({
          accept: (): Effect.Effect<Accepted<undefined>, Refusal> => decisions[next++] ?? Effect.die("no more"),
          handler: () => Effect.void
        }))
        for (const _ of decisions) expect(yield* statusOf(request())).toBe(500)
        expect(lines).toHaveLength(6)
        expect(lines.join("\n")).not.toContain("secret")
      })
    ))
})

describe("who serves", () => {
  it.scoped("requests wait for the first to serve", () =>
    Effect.gen(function*() {
      const { request, serving } = yield* Upgrades.make()
      const early = request()
      const late = request()
      const gone = request()
      gone.leave()
      expect(early.answer).toBeUndefined()
      yield* start(serving.serve((connection) => connection.send("hello")))
      expect(yield* messagesOf(early.client)).toEqual(["hello"])
      expect(yield* messagesOf(late.client)).toEqual(["hello"])
      expect(gone.answer).toBeUndefined()
    }))

  it.scoped("but not for longer than openTimeout", () =>
    Effect.gen(function*() {
      const { request } = yield* Upgrades.make({ maxConnections: 1 })
      const early = request()
      yield* settle
      yield* TestClock.adjust("10 seconds")
      expect(early.status).toBe(503)
      expect(request().status).toBe(0)
    }))

  it.scoped("the last one takes the requests; when none is left they are refused", () =>
    Effect.gen(function*() {
      const { request, serving } = yield* Upgrades.make()
      const say = (word: string) => start(serving.serve((connection) => connection.send(word)))
      const first = yield* say("first")
      const second = yield* say("second")
      expect(yield* messagesOf(request().client)).toEqual(["second"])
      yield* Effect.fork(Fiber.interrupt(second))
      yield* settle
      expect(yield* messagesOf(request().client)).toEqual(["first"])
      yield* Effect.fork(Fiber.interrupt(first))
      yield* settle
      expect(request().status).toBe(503)
    }))

  it.scoped("counts open connections and requests under way", () =>
    Effect.gen(function*() {
      const { request, serving } = yield* Upgrades.make({ maxConnections: 2 })
      yield* start(serving.serve((connection) => connection.run(() => {})))
      const one = request()
      request()
      expect(request().status).toBe(503)
      yield* one.client.close()
      yield* turn
      expect(request().status).toBe(101)
      expect(request().status).toBe(503)
    }))
})

describe("shutting down", () => {
  it.scoped("interrupted: 1001 to all at once, behind what finalizers send", () =>
    Effect.gen(function*() {
      const { request, serving } = yield* Upgrades.make()
      const fiber = yield* start(
        serving.serve((connection) => Effect.ensuring(connection.run(() => {}), Effect.ignore(connection.send("bye"))))
      )
      const clients = [1, 2, 3].map(() => request().client)
      yield* settle
      yield* Effect.fork(Fiber.interrupt(fiber))
      for (const client of clients) {
        expect(yield* messagesOf(client)).toEqual(["bye"])
        expect(yield* client.outcome).toMatchObject({ _tag: "Clean", closedFirst: "peer", remote: { code: 1001 } })
      }
    }))

  for (const  of of["serve", "serve with run", "serveMessages"] as const) {
    it.scoped(`${of}: cuts what is left when the grace is over, all in parallel, whatever the handlers do`, () =>
      logged((lines) =>
        Effect.gen(function*() {
          const { request, serving } = yield* Upgrades.make({ grace: "2 seconds" })
          const stuck = Effect.uninterruptible(Effect.never)
          const fiber = yield* start(
            of === "serve"
              ? serving.serve((connection) => connection.opening.target === "/stuck" ? stuck : connection.run(() => {}))
              : of === "serve with run"
              ? serving.serve((connection) =>
                connection.run(() => connection.opening.target === "/stuck" ? stuck : undefined)
              )
              : serving.serveMessages((connection) => connection.opening.target === "/stuck" ? stuck : undefined)
          )
          const honest = request().client
          const stuckRequests = [1, 2, 3].map(() => request({ target: "/stuck" }))
          for (const { client } of stuckRequests) yield* client.send("x")
          const mute = request()
          mute.transport?.pause()
          yield* settle
          const over = yield* Effect.fork(Fiber.interrupt(fiber))
          yield* settle
          expect(yield* honest.outcome).toMatchObject({ _tag: "Clean", remote: { code: 1001 } })
          yield* TestClock.adjust("1999 millis")
          expect(over.unsafePoll()).toBeNull()
          yield* TestClock.adjust("1 millis")
          yield* settle
          expect(over.unsafePoll()).not.toBeNull()
          expect(lines.filter((line) => line.includes("GraceOver"))).toHaveLength(4)
        })
      ))
  }

  for (const  of of["serve", "serve with run", "serveMessages"] as const) {
    it.scoped(`${of}, closeFirst: nothing that the interrupted handler says is sent`, () =>
      Effect.gen(function*() {
        const { request, serving } = yield* Upgrades.make()
        const answered = yield* Deferred.make<Exit.Exit<void, unknown>>()
        const answer = (connection: Connection) =>
          Effect.onInterrupt(Effect.never, () =>
            Effect.flatMap(Effect.exit(connection.send("answer")), (exit) => Deferred.succeed(answered, exit)))
        const fiber = yield* start(
          of === "serve"
            ? serving.serve({ handler: answer, onShutdown: "closeFirst" })
            : of === "serve with run"
            ? serving.serve({
              handler: (connection) =>
                connection.run(() => answer(connection)),
              onShutdown: "closeFirst"
            })
            : serving.serveMessages(answer, { onShutdown: "closeFirst" })
        )
        const { client } = request()
        yield* client.send("question")
        yield* settle
        yield* Effect.fork(Fiber.interrupt(fiber))
        expect(yield* messagesOf(client)).toEqual([])
        expect(yield* client.outcome).toMatchObject({ _tag: "Clean", closedFirst: "peer", remote: { code: 1001 } })
        expect(yield* Effect.flip(Effect.flatten(Deferred.await(answered)))).toMatchObject({ _tag: "ConnectionClosed" })
      }))
  }

  for (const onShutdown of ["interruptFirst", "closeFirst"] as const) {
    it.scoped(`${onShutdown}, closeOnShutdown 1012: the code of every Close`, () =>
      Effect.gen(function*() {
        const { request, serving } = yield* Upgrades.make({ closeOnShutdown: 1012 })
        const handlers = yield* start(serving.serve({ handler: () => Effect.never, onShutdown }))
        const one = request().client
        const messages = yield* start(serving.serveMessages(() => Effect.never, { onShutdown }))
        const two = request().client
        const busy = request().client
        yield* busy.send("question")
        yield* settle
        yield* Effect.fork(Effect.zip(Fiber.interrupt(handlers), Fiber.interrupt(messages), { concurrent: true }))
        for (const client of [one, two, busy]) {
          expect(yield* client.outcome).toMatchObject({
            _tag: "Clean",
            closedFirst: "peer",
            remote: { code: 1012, reason: "" }
          })
        }
      }))
  }

  it.scoped("closeOnShutdown is not for a handler that is interrupted by itself, or that fails", () =>
    Effect.gen(function*() {
      const { request, serving } = yield* Upgrades.make({ closeOnShutdown: 1012 })
      const handlers = yield* start(serving.serve(() => Effect.interrupt))
      expect(yield* request().client.outcome).toMatchObject({ remote: { code: 1001 } })
      yield* Fiber.interrupt(handlers)
      yield* start(serving.serve(() => Effect.fail("no")))
      expect(yield* request().client.outcome).toMatchObject({ remote: { code: 1011 } })
    }))

  it.scoped("of the server: as if each serve were interrupted, and what waits is refused", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { request, serving } = yield* Scope.extend(Upgrades.make(), scope)
      const waiting = request()
      const { request: other, serving: otherServing } = yield* Scope.extend(Upgrades.make(), scope)
      yield* start(otherServing.serve((connection) => connection.run(() => {})))
      const client = other().client
      yield* settle
      yield* Scope.close(scope, Exit.void)
      expect(waiting.status).toBe(503)
      expect(request().status).toBe(503)
      expect(other().status).toBe(503)
      expect(serving).toBeDefined()
      expect(yield* client.outcome).toMatchObject({ _tag: "Clean", remote: { code: 1001 } })
    }))

  it.scoped("requests under way get 503", () =>
    Effect.gen(function*() {
      const { request, serving } = yield* Upgrades.make()
      const accept = () => Effect.never
      const handlers = yield* start(serving.serve({ accept, handler: () => Effect.void }))
      const one = request()
      yield* settle
      yield* Fiber.interrupt(handlers)
      expect(one.status).toBe(503)
      const messages = yield* start(serving.serveMessages(() => {}, { accept }))
      const two = request()
      yield* settle
      yield* Fiber.interrupt(messages)
      expect(two.status).toBe(503)
    }))
})

describe("serveMessages", () => {
  it.scoped("calls hooks and handler in order, and onClose last, once", () =>
    Effect.gen(function*() {
      const { request, serving } = yield* Upgrades.make()
      const log: Array<string> = []
      const over = yield* Deferred.make<void>()
      yield* start(serving.serveMessages(
        (connection, message) => {
          log.push(`message ${String(message)}`)
          return connection.trySend(message) === "accepted" ? undefined : Effect.die("no room")
        },
        {
          accept: ({ url }) => Effect.succeed({ value: url }),
          onOpen: (_, url) => log.push(`open ${url}`),
          onClose: (_, outcome) => {
            log.push(`close ${outcome._tag}`)
            Deferred.unsafeDone(over, Exit.void)
          }
        }
      ))
      const asked = request({ target: "/a" })
      yield* settle
      const { client } = asked
      yield* client.sendAll(["1", "2"])
      expect(yield* client.receive).toBe("1")
      expect(yield* client.receive).toBe("2")
      yield* Effect.fork(client.receive)
      yield* client.close()
      yield* Deferred.await(over)
      expect(log).toEqual(["open /a", "message 1", "message 2", "close Clean"])
    }))

  it.scoped("onClose waits for the last message to be handled", () =>
    Effect.gen(function*() {
      const { request, serving } = yield* Upgrades.make()
      const log: Array<string> = []
      yield* start(serving.serveMessages(
        (_, message) => Effect.delay(Effect.sync(() => log.push(String(message))), "1 second"),
        { onClose: () => log.push("close") }
      ))
      const { client, transport } = request()
      yield* client.sendAll(["1", "2"])
      yield* settle
      transport?.reset("gone")
      for (let i = 0; i < 3; i++) {
        yield* settle
        yield* TestClock.adjust("1 second")
      }
      expect(log).toEqual(["1", "2", "close"])
    }))

  it.scoped("a failure closes with 1011, or as the user says, and is logged", () =>
    logged((lines) =>
      Effect.gen(function*() {
        const { request, serving } = yield* Upgrades.make()
        const closed: Array<string> = []
        yield* start(serving.serveMessages((_, message): Effect.Effect<void, string> => {
          if (message === "throw") throw new Error("thrown")
          return Effect.fail(String(message))
        }, {
          closeOnFailure: (error) => ({ code: error === "four" ? 4000 : 1011, reason: String(error) }),
          onClose: (_, outcome) => closed.push(outcome._tag)
        }))
        const closeFor = (message: string) => {
          const { client } = request()
          return Effect.zipRight(Effect.orDie(client.send(message)), Effect.map(client.outcome, ({ remote }) => remote))
        }
        expect(yield* closeFor("four")).toMatchObject({ code: 4000, reason: "four" })
        expect(yield* closeFor("five")).toMatchObject({ code: 1011, reason: "five" })
        expect(yield* closeFor("throw")).toMatchObject({ code: 1011, reason: "" })
        yield* settle
        expect(lines.map((line) => line.split("} ")[1])).toEqual(["four", "five", "Error: thrown"])
        expect(closed).toEqual(["Clean", "Clean", "Clean"])
      })
    ))

  it.scoped("a hook that throws is logged, and takes nothing with it", () =>
    logged((lines) =>
      Effect.gen(function*() {
        const { request, serving } = yield* Upgrades.make()
        yield* start(serving.serveMessages(() => {}, {
          onOpen: (connection) => {
            if (connection.opening.target === "/bad") throw new Error("open")
          },
          onClose: () => {
            throw new Error("close")
          }
        }))
        const fine = request({ target: "/fine" }).client
        expect(yield* request({ target: "/bad" }).client.outcome).toMatchObject({ remote: { code: 1011 } })
        yield* settle
        expect(yield* fine.close()).toMatchObject({ _tag: "Clean" })
        yield* settle
        expect(lines.map((line) => line.split("} ")[1])).toEqual(["Error: open", "Error: close", "Error: close"])
      })
    ))
})

describe("the log", () => {
  it.scoped("tells of abnormal outcomes, without queries", () =>
    logged((lines) =>
      Effect.gen(function*() {
        const { request, serving } = yield* Upgrades.make()
        yield* start(serving.serveMessages(() => {}))
        request().transport?.reset("cable")
        yield* settle
        const { transport } = request()
        transport?.write([Uint8Array.of(0x83, 0x80, 0, 0, 0, 0)])
        yield* settle
        expect(lines[0]).toBe(
          "DEBUG A WebSocket connection was dropped " +
            `{"cause":"cable","closedFirst":"none","outcome":"Dropped","path":"/chat","remoteAddress":"192.0.2.1"}`
        )
        expect(lines[1]).toMatch(/^WARN A WebSocket client broke a rule .*"localCode":1002.*"rule":"ReservedOpcode"/)
      })
    ))
})
