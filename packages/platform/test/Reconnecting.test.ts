import { describe, expect, it } from "@effect/vitest"
import type { Connection } from "@effect-ws/connection/Connection"
import { PingTimeout } from "@effect-ws/connection/ConnectionError"
import type { Limits } from "@effect-ws/connection/Limits"
import { TextBytes } from "@effect-ws/connection/Message"
import type { HandshakeReason } from "@effect-ws/platform/HandshakeError"
import type { HandshakeError } from "@effect-ws/platform/HandshakeError"
import * as Reconnecting from "@effect-ws/platform/Reconnecting"
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { make as makeClient, refused, turn, unreachable } from "./loopbackClient.js"

const steady = Schedule.spaced("1 second")

/** A client, and a connection that is kept with it. */
const kept = <W extends Reconnecting.WhileDown = "wait">(
  options: Reconnecting.Options<HandshakeError, W> = {},
  refusals: Array<HandshakeReason> = [],
  limits: Partial<Limits> = {}
) =>
  Effect.gen(function*() {
    const client = yield* makeClient(refusals, limits)
    const reconnecting = yield* Reconnecting.make(client.client.connect("ws://a.example/"), {
      schedule: steady,
      ...options
    })
    yield* turn
    return { client, reconnecting }
  })

const pass = (duration: Duration.DurationInput) => Effect.zipRight(TestClock.adjust(duration), turn)

/** What is read, as it comes. */
const collect = <E, W extends Reconnecting.WhileDown>(reconnecting: Reconnecting.Reconnecting<E, W>) =>
  Effect.gen(function*() {
    const read: Array<unknown> = []
    const fiber = yield* Effect.forkScoped(
      Stream.runForEach(reconnecting.messages, (message) => Effect.sync(() => read.push(message)))
    )
    yield* turn
    return { read, fiber }
  })

const tagOf = <E, W extends Reconnecting.WhileDown>(reconnecting: Reconnecting.Reconnecting<E, W>) =>
  Effect.map(reconnecting.state, ({ _tag }) => _tag)

describe("keeping a connection", () => {
  it.scoped("opens another when one is dropped, and reads on", () =>
    Effect.gen(function*() {
      const { client, reconnecting } = yield* kept()
      const { read } = yield* collect(reconnecting)
      yield* client.at(0).server.send("one")
      yield* turn
      client.at(0).drop()
      yield* turn
      expect(yield* tagOf(reconnecting)).toBe("Waiting")
      yield* pass("1 second")
      yield* client.at(1).server.send("two")
      yield* turn
      expect(read).toEqual(["one", "two"])
    }))

  it.scoped("gives what its connections give: text as bytes", () =>
    Effect.gen(function*() {
      const { at, client } = yield* makeClient([], {})
      const reconnecting = yield* Reconnecting.make(client.connect("ws://a.example/", { incoming: "bytes" }), {
        schedule: steady
      })
      yield* turn
      yield* at(0).server.send("é")
      const first = yield* reconnecting.receive
      expect(first instanceof TextBytes && first.bytes).toEqual(Uint8Array.of(0xc3, 0xa9))
      yield* (yield* reconnecting.connection).send(first)
      expect(yield* at(0).server.receive).toBe("é")
    }))

  it.scoped("tells its states: connecting, open, with the latency, waiting until then, closed", () =>
    Effect.gen(function*() {
      const { client, reconnecting } = yield* kept()
      const states: Array<Reconnecting.State<HandshakeError>> = []
      const fiber = yield* Effect.forkScoped(
        Stream.runForEach(reconnecting.states, (state) => Effect.sync(() => states.push(state)))
      )
      yield* turn
      client.at(0).drop()
      yield* turn
      yield* pass("1 second")
      yield* reconnecting.close()
      yield* Fiber.join(fiber)
      expect(states.map(({ _tag }) => _tag)).toEqual(["Open", "Waiting", "Connecting", "Open", "Open", "Closed"])
      const [open, waiting, connecting] = states
      expect(open).toMatchObject({ latency: Option.some(Duration.zero) })
      expect(waiting).toMatchObject({ attempt: 1, after: { _tag: "Ended", outcome: { _tag: "Dropped" } } })
      expect(waiting?._tag === "Waiting" && DateTime.toEpochMillis(waiting.until)).toBe(1000)
      expect(connecting).toEqual(Reconnecting.State.Connecting({ attempt: 1 }))
      expect(states.at(-1)).toMatchObject({ ending: { _tag: "Ended", outcome: { _tag: "Clean", closedFirst: "us" } } })
    }))

  it.scoped("measures the latency as often as asked", () =>
    Effect.gen(function*() {
      const { reconnecting } = yield* kept({ measureEvery: "10 seconds" })
      const states = yield* Effect.forkScoped(Stream.runCount(reconnecting.states))
      yield* turn
      yield* pass("10 seconds")
      yield* pass("10 seconds")
      yield* reconnecting.close()
      expect(yield* Fiber.join(states)).toBe(4)
    }))

  it.scoped("goes on measuring when a ping is not answered in time", () =>
    Effect.gen(function*() {
      const { client } = yield* makeClient([], {})
      let pings = 0
      const ping = Effect.suspend(() =>
        ++pings === 1 ? Effect.fail(new PingTimeout({ after: 20_000 })) : Effect.succeed(Duration.seconds(1))
      )
      const connect = Effect.map(
        client.connect("ws://a.example/"),
        (connection): Connection => Object.create(connection, { ping: { value: ping } })
      )
      const reconnecting = yield* Reconnecting.make(connect, { schedule: steady, measureEvery: "10 seconds" })
      yield* turn
      yield* pass("10 seconds")
      expect(pings).toBe(2)
      expect(yield* reconnecting.state).toMatchObject({ latency: Option.some(Duration.seconds(1)) })
    }))

  it.scoped("counts attempts, and gives up when the schedule does", () =>
    Effect.gen(function*() {
      const { client, reconnecting } = yield* kept({ schedule: Schedule.recurs(2) }, [
        unreachable,
        unreachable,
        refused(503),
        unreachable
      ])
      yield* pass("1 milli")
      yield* pass("1 milli")
      const ending = yield* reconnecting.ending
      expect(client.attempts).toBe(3)
      expect(ending).toMatchObject({ _tag: "NotOpened", error: { reason: { _tag: "Refused", status: 503 } } })
      expect(yield* tagOf(reconnecting)).toBe("Closed")
      expect(yield* Effect.flip(reconnecting.send("late"))).toMatchObject({ _tag: "Stopped", ending })
      expect((yield* Effect.flip(reconnecting.receive)).message).toBe(
        "there will be no more connections: ws://a.example/: refused with status 503"
      )
      expect(yield* Effect.flip(Stream.runDrain(reconnecting.messages))).toMatchObject({ _tag: "Stopped" })
      expect(yield* Effect.flip(reconnecting.connection)).toMatchObject({ _tag: "Stopped" })
    }))

  for (const [name, delay] of [["none", undefined], ["zero", 0], ["negative", -1], ["NaN", NaN]] as const) {
    it.scoped(`a schedule whose pause is ${name}: others have their turn between attempts that fail at once`, () =>
      Effect.gen(function*() {
        let attempts = 0
        const connect = Effect.suspend(() => ++attempts > 1000 ? Effect.never : Effect.fail("no token"))
        yield* Reconnecting.make(connect, {
          schedule: delay === undefined ? Schedule.forever : Schedule.addDelay(Schedule.forever, () => delay)
        })
        yield* turn
        expect(attempts).toBe(1)
        yield* pass("1 milli")
        expect(attempts).toBe(2)
      }))
  }

  it.scoped("waits as long as the server asks with Retry-After, within bounds, and no shorter than its schedule", () =>
    Effect.gen(function*() {
      const asks = (value: string) => refused(503, [["Retry-After", value]])
      const waits = (value: string, options: Reconnecting.Options<HandshakeError> = {}) =>
        Effect.gen(function*() {
          const { reconnecting } = yield* kept(options, [asks(value)])
          const state = yield* reconnecting.state
          return state._tag === "Waiting" ? DateTime.toEpochMillis(state.until) : undefined
        })
      expect(yield* waits("5")).toBe(5000)
      expect(yield* waits("0")).toBe(1000)
      expect(yield* waits("Thu, 01 Jan 1970 00:00:12 GMT")).toBe(12_000)
      expect(yield* waits("Wed, 31 Dec 1969 00:00:12 GMT")).toBe(1000)
      expect(yield* waits("soon")).toBe(1000)
      expect(yield* waits("99999999999999999999")).toBe(30_000)
      expect(yield* waits("99999999999999999999", { maxRetryAfter: "1 hour" })).toBe(3_600_000)
      expect(yield* waits("5", { maxRetryAfter: 0 })).toBe(1000)
      expect(yield* waits("5", { schedule: Schedule.spaced("1 minute") })).toBe(60_000)
    }))

  it.scoped("tries again when that time is over, or when it is told to", () =>
    Effect.gen(function*() {
      const busy = refused(429, [["Retry-After", "10"]])
      const { client, reconnecting } = yield* kept({}, [busy, busy])
      yield* pass("9 seconds")
      expect(client.attempts).toBe(1)
      yield* pass("1 second")
      expect(client.attempts).toBe(2)
      yield* reconnecting.retryNow
      yield* turn
      expect(yield* tagOf(reconnecting)).toBe("Open")
    }))

  it.scoped("does not try again what is not worth it, unless told so", () =>
    Effect.gen(function*() {
      const one = yield* kept({}, [refused(401)])
      expect((yield* one.reconnecting.ending)._tag).toBe("NotOpened")
      const other = yield* kept({ while: () => true }, [refused(401)])
      yield* pass("1 second")
      expect(yield* tagOf(other.reconnecting)).toBe("Open")
    }))

  it.scoped("ends normally when the server does, and messages complete", () =>
    Effect.gen(function*() {
      const { client, reconnecting } = yield* kept()
      const { fiber, read } = yield* collect(reconnecting)
      yield* client.at(0).server.send("last")
      yield* client.at(0).server.close(1000, "done")
      yield* Fiber.join(fiber)
      expect(read).toEqual(["last"])
      expect(yield* reconnecting.ending).toMatchObject({ outcome: { _tag: "Clean", closedFirst: "peer" } })
      expect((yield* Effect.flip(reconnecting.receive))._tag).toBe("Stopped")
    }))

  it.scoped("fails its readers when the server's Close is an error that is not worth another attempt", () =>
    Effect.gen(function*() {
      const { client, reconnecting } = yield* kept()
      yield* client.at(0).server.close(1008, "no")
      expect((yield* Effect.flip(Stream.runDrain(reconnecting.messages))).message).toContain("ended with Clean")
    }))

  it.scoped("runs the Effect that opens anew for each attempt: a fresh token, and what is said first", () =>
    Effect.gen(function*() {
      const client = yield* makeClient([refused(503)])
      const token = yield* Ref.make(0)
      const reconnecting = yield* Reconnecting.make(
        Effect.gen(function*() {
          const fresh = yield* Ref.updateAndGet(token, (n) => n + 1)
          const connection = yield* client.client.connect(`ws://a.example/?token=${fresh}`)
          yield* connection.send("subscribe")
          return connection
        }),
        { schedule: steady }
      )
      yield* Effect.forkScoped(reconnecting.send("first"))
      yield* pass("1 second")
      client.at(0).drop()
      yield* turn
      yield* pass("1 second")
      expect(client.opened.map(({ url }) => url)).toEqual(["ws://a.example/?token=2", "ws://a.example/?token=3"])
      const { server } = client.at(0)
      expect([yield* server.receive, yield* server.receive]).toEqual(["subscribe", "first"])
      expect(yield* client.at(1).server.receive).toBe("subscribe")
    }))

  it.scoped("tries again when a token cannot be had", () =>
    Effect.gen(function*() {
      const client = yield* makeClient()
      const failures = yield* Ref.make(1)
      const connect = Effect.gen(function*() {
        if ((yield* Ref.getAndUpdate(failures, (n) => n - 1)) > 0) return yield* Effect.fail("no token" as const)
        return yield* client.client.connect("ws://a.example/")
      })
      const reconnecting = yield* Reconnecting.make(connect, { schedule: steady })
      yield* turn
      expect(yield* reconnecting.state).toMatchObject({ _tag: "Waiting", after: { error: "no token" } })
      yield* pass("1 second")
      expect(yield* tagOf(reconnecting)).toBe("Open")
    }))

  it.scoped("a defect ends it, and reaches those who wait", () =>
    Effect.gen(function*() {
      const reconnecting = yield* Reconnecting.make(Effect.die("a bug"))
      const exit = yield* Effect.exit(reconnecting.send("hello"))
      expect(Exit.isFailure(exit) && Cause.isDie(exit.cause)).toBe(true)
      expect(Exit.isFailure(yield* Effect.exit(reconnecting.ending))).toBe(true)
    }))

  it.scoped("retryNow ends the waiting", () =>
    Effect.gen(function*() {
      const { reconnecting } = yield* kept({ schedule: Schedule.spaced("1 hour") }, [unreachable])
      expect(yield* tagOf(reconnecting)).toBe("Waiting")
      yield* reconnecting.retryNow
      yield* turn
      expect(yield* tagOf(reconnecting)).toBe("Open")
      yield* reconnecting.retryNow
    }))
})

describe("the schedule", () => {
  /** Milliseconds from one attempt to the next. */
  const pauses = (lasts: Duration.DurationInput) =>
    Effect.gen(function*() {
      const { client, reconnecting } = yield* kept({ schedule: Schedule.exponential("100 millis") })
      const found: Array<number> = []
      for (let i = 0; i < 3; i++) {
        yield* pass(lasts)
        const before = yield* DateTime.now
        client.at(-1).drop()
        yield* turn
        const state = yield* reconnecting.state
        if (state._tag === "Waiting") {
          found.push(DateTime.distance(before, state.until))
          yield* pass(found.at(-1) ?? 0)
        }
      }
      return found
    })

  it.scoped("goes on after a connection that was dropped at once", () =>
    Effect.gen(function*() {
      expect(yield* pauses("1 second")).toEqual([100, 200, 400])
    }))

  it.scoped("starts anew after one that lasted", () =>
    Effect.gen(function*() {
      expect(yield* pauses("5 seconds")).toEqual([100, 100, 100])
    }))

  // BigInt(259.928079 * 1e6) throws in the TestClock: 259928079.00000003. Jitter gives such a pause once in some hundred.
  it.scoped("waits whole milliseconds, not less than it says", () =>
    Effect.gen(function*() {
      const { client, reconnecting } = yield* kept({ schedule: Schedule.spaced(259.928079) }, [unreachable])
      yield* pass(259)
      expect(yield* tagOf(reconnecting)).toBe("Waiting")
      yield* pass(1)
      client.at(0).drop()
      yield* pass(260)
      expect(yield* tagOf(reconnecting)).toBe("Open")
      expect(client.attempts).toBe(3)
    }))

  it.scoped("by default is exponential, jittered, and at most 30 seconds", () =>
    Effect.gen(function*() {
      const driver = yield* Schedule.driver(Schedule.delays(Reconnecting.schedule))
      for (let attempt = 0; attempt < 40; attempt++) {
        const fiber = yield* Effect.fork(driver.next(undefined))
        yield* TestClock.adjust("30 seconds")
        const delay = Duration.toMillis(yield* Fiber.join(fiber))
        const longest = Math.min(500 * 2 ** attempt, 30_000)
        expect(delay).toBeGreaterThanOrEqual(longest / 2)
        expect(delay).toBeLessThanOrEqual(longest)
      }
    }))
})

describe("sending while there is no connection", () => {
  it.scoped("waits, in the order of calls, and before what is sent later", () =>
    Effect.gen(function*() {
      const { client, reconnecting } = yield* kept({}, [unreachable])
      const first = yield* Effect.fork(reconnecting.send("1"))
      const second = yield* Effect.fork(reconnecting.send("2"))
      const never = yield* Effect.fork(reconnecting.send("never"))
      yield* turn
      yield* Fiber.interrupt(never)
      yield* pass("1 second")
      yield* Fiber.join(first)
      yield* Fiber.join(second)
      yield* reconnecting.send("3")
      const { server } = client.at(0)
      expect([yield* server.receive, yield* server.receive, yield* server.receive]).toEqual(["1", "2", "3"])
    }))

  it.scoped("waits for room where there are many; who comes later is served later", () =>
    Effect.gen(function*() {
      const { client, reconnecting } = yield* kept({}, [unreachable], { outboxSize: 1000, outboxResume: 500 })
      const large = "x".repeat(400)
      const all = ["1", "2", "3", "4", "5", "6", "7", "8"]
      const senders = yield* Effect.fork(
        Effect.forEach(all, (n) => reconnecting.send(n + large), { concurrency: "unbounded" })
      )
      const late = yield* Effect.fork(Effect.zipRight(reconnecting.connection, reconnecting.send("9")))
      yield* turn
      yield* pass("1 second")
      const read = yield* Stream.runCollect(Stream.take(client.at(0).server.messages, 9))
      yield* Fiber.join(senders)
      yield* Fiber.join(late)
      expect([...read].map((message) => message[0])).toEqual([...all, "9"])
    }))

  it.scoped("what a connection did not accept any more goes out by the next", () =>
    Effect.gen(function*() {
      const { client, reconnecting } = yield* kept()
      yield* client.at(0).server.close(1012)
      const sender = yield* Effect.fork(reconnecting.send("kept"))
      yield* turn
      yield* pass("1 second")
      yield* Fiber.join(sender)
      expect(yield* client.at(1).server.receive).toBe("kept")
    }))

  it.scoped("what is sent behind the peer's Close, which is not answered yet, goes out by the next", () =>
    Effect.gen(function*() {
      const { client, reconnecting } = yield* kept({}, [], { settleTimeout: 50 })
      yield* client.at(0).server.send("last")
      yield* Effect.forkScoped(client.at(0).server.close(1012))
      yield* turn
      expect(yield* reconnecting.receive).toBe("last")
      const sender = yield* Effect.fork(reconnecting.send("kept"))
      yield* turn
      yield* pass("1 second")
      yield* pass("1 second")
      yield* Fiber.join(sender)
      expect(yield* client.at(1).server.receive).toBe("kept")
      yield* reconnecting.close().pipe(Effect.fork)
      yield* pass("1 second")
    }))

  it.scoped("fails, if so chosen", () =>
    Effect.gen(function*() {
      const { client, reconnecting } = yield* kept({ whileDown: "fail" }, [unreachable])
      const error = yield* Effect.flip(reconnecting.send("1"))
      expect(error).toMatchObject({
        _tag: "Down",
        message: expect.stringContaining("there is no connection right now")
      })
      yield* pass("1 second")
      yield* reconnecting.send("2")
      expect(yield* client.at(0).server.receive).toBe("2")
    }))

  it.scoped("drops, if so chosen; but not when it is over for good", () =>
    Effect.gen(function*() {
      const { client, reconnecting } = yield* kept({ whileDown: "drop" }, [unreachable])
      yield* reconnecting.send("1")
      yield* pass("1 second")
      yield* reconnecting.send("2")
      expect(yield* client.at(0).server.receive).toBe("2")
      yield* reconnecting.close()
      expect((yield* Effect.flip(reconnecting.send("3")))._tag).toBe("Stopped")
    }))

  it("types: only sends that may fail while down have Down among their errors", () => {
    const typed = (
      waits: Reconnecting.Reconnecting<never>,
      fails: Reconnecting.Reconnecting<never, "fail">
    ): ReadonlyArray<Effect.Effect<void, Reconnecting.Stopped>> => [
      waits.send(""),
      // @ts-expect-error it may be Down
      fails.send("")
    ]
    expect(typed).toHaveLength(2)
  })
})

describe("reading", () => {
  it.scoped("what one connection received comes before anything of the next, though it is read later", () =>
    Effect.gen(function*() {
      const { client, reconnecting } = yield* kept()
      for (let i = 0; i < 3; i++) {
        yield* client.at(i).server.sendAll([`${i}a`, `${i}b`])
        yield* turn
        client.at(i).drop()
        yield* turn
        yield* pass("1 second")
      }
      const { read } = yield* collect(reconnecting)
      expect(read).toEqual(["0a", "0b", "1a", "1b", "2a", "2b"])
    }))

  it.scoped("receive goes from one connection to the next, and each message to one reader", () =>
    Effect.gen(function*() {
      const { client, reconnecting } = yield* kept()
      yield* client.at(0).server.sendAll(["a", "b"])
      yield* turn
      expect(yield* reconnecting.receive).toBe("a")
      client.at(0).drop()
      yield* turn
      expect(yield* reconnecting.receive).toBe("b")
      const waiting = yield* Effect.fork(reconnecting.receive)
      yield* pass("1 second")
      yield* client.at(1).server.send("c")
      expect(yield* Fiber.join(waiting)).toBe("c")
      const one = yield* collect(reconnecting)
      const other = yield* collect(reconnecting)
      client.at(1).drop()
      yield* turn
      yield* pass("1 second")
      yield* client.at(2).server.sendAll(["d", "e"])
      yield* turn
      expect([...one.read, ...other.read]).toEqual(["d", "e"])
    }))

  it.scoped("while nobody reads, the messages of the last four connections are kept", () =>
    Effect.gen(function*() {
      const { client, reconnecting } = yield* kept()
      for (let i = 0; i < 6; i++) {
        yield* client.at(i).server.send(String(i))
        yield* turn
        client.at(i).drop()
        yield* turn
        yield* pass("1 second")
      }
      const { read } = yield* collect(reconnecting)
      expect(read).toEqual(["3", "4", "5"])
    }))
})

describe("closing", () => {
  it.scoped("close sends its code, and opens no other connection", () =>
    Effect.gen(function*() {
      const { client, reconnecting } = yield* kept({ while: () => true })
      const ending = yield* reconnecting.close(4000, "enough")
      expect(ending).toMatchObject({ _tag: "Ended", outcome: { _tag: "Clean", local: { code: 4000 } } })
      yield* pass("1 minute")
      expect(client.attempts).toBe(1)
    }))

  it.scoped("close while it waits", () =>
    Effect.gen(function*() {
      const { client, reconnecting } = yield* kept({}, [unreachable])
      expect(yield* reconnecting.close()).toEqual(Reconnecting.Ending.Abandoned())
      yield* pass("1 minute")
      expect(client.attempts).toBe(1)
      yield* Stream.runDrain(reconnecting.messages)
    }))

  it.scoped("an illegal code closes nothing", () =>
    Effect.gen(function*() {
      const { reconnecting } = yield* kept()
      expect((yield* Effect.flip(reconnecting.close(1005)))._tag).toBe("InvalidClose")
      expect(yield* tagOf(reconnecting)).toBe("Open")
    }))

  it.scoped("the end of the scope closes with 1001", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { client, reconnecting } = yield* Scope.extend(kept(), scope)
      yield* Scope.close(scope, Exit.void)
      expect(yield* client.at(0).server.outcome).toMatchObject({ _tag: "Clean", remote: { code: 1001 } })
      expect(yield* reconnecting.ending).toMatchObject({ _tag: "Ended", outcome: { closedFirst: "us" } })
      yield* Stream.runDrain(reconnecting.messages)
    }))
})
