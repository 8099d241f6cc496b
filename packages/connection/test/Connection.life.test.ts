/** Pings, keepalive, and the budget of what was received. */
import { describe, expect, it } from "@effect/vitest"
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Frame from "@effect-ws/codec/Frame"
import * as Limits from "@effect-ws/connection/Limits"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import type { ManualTransport } from "./ManualTransport.js"
import { pair, scripted, turn } from "./pair.js"
import { binaryTo, bytes, closeTo, framesOf, frameTo, textTo, wordsOf } from "./wire.js"

const after = (millis: number) => Effect.zipRight(Effect.zipRight(turn, TestClock.adjust(millis)), turn)

const pingsIn = (transport: ManualTransport): ReadonlyArray<Uint8Array> => {
  transport.endTurn()
  return framesOf(transport.wire)
    .filter(([kind]) => kind === Frame.opcode.ping)
    .map(([, payload]) => Uint8Array.from(Buffer.from(payload, "latin1")))
}

const pong = (payload: Uint8Array | undefined) => frameTo("server", Frame.opcode.pong, payload)

describe("ping", () => {
  it.scoped("measures a round trip", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server")
      const pinging = yield* Effect.fork(connection.ping)
      yield* after(30)
      transport.says(pong(pingsIn(transport)[0]))
      expect(Duration.toMillis(yield* Fiber.join(pinging))).toBe(30)
    }))

  it.scoped("is answered by its own pong or that of a later one, not by others", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server")
      const pinging = yield* Effect.all([1, 2, 3].map(() => Effect.fork(connection.ping)))
      yield* turn
      const [first, second] = pingsIn(transport)
      expect(first).toHaveLength(8)
      expect(first).not.toEqual(second)
      transport.says(pong(bytes("")), pong(bytes("unasked")))
      yield* turn
      expect(pinging.map((fiber) => fiber.unsafePoll() === null)).toEqual([true, true, true])
      transport.says(pong(second))
      yield* turn
      expect(pinging.map((fiber) => fiber.unsafePoll() === null)).toEqual([false, false, true])
      transport.says(pong(second), pong(pingsIn(transport)[2]))
      yield* Fiber.joinAll(pinging)
    }))

  it.scoped("is answered by the pong to a later one, also when nobody waits for that any more", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server")
      const first = yield* Effect.fork(connection.ping)
      yield* turn
      const second = yield* Effect.fork(connection.ping)
      yield* turn
      yield* Fiber.interrupt(second)
      transport.says(pong(pingsIn(transport)[1]))
      yield* turn
      expect(first.unsafePoll()).not.toBeNull()
    }))

  it.scoped("passes between two ends while data waits", () =>
    Effect.gen(function*() {
      const { client, server } = yield* pair()
      yield* client.ping
      yield* server.ping
    }))

  it.scoped("fails when no pong comes, or one with another payload; and the connection stays open", () =>
    Effect.gen(function*() {
      for (const answer of [undefined, bytes("another"), new Uint8Array(0)]) {
        const { connection, transport } = yield* scripted("server", { keepaliveTimeout: 3_000 })
        const pinging = yield* Effect.fork(Effect.flip(connection.ping))
        yield* after(2_999)
        if (answer !== undefined) transport.says(pong(answer))
        yield* turn
        expect(pinging.unsafePoll()).toBeNull()
        yield* after(1)
        expect(yield* Fiber.join(pinging)).toMatchObject({ _tag: "PingTimeout", after: 3_000 })
        expect(connection.trySend("still open")).toBe("accepted")
      }
    }))

  it.scoped("each has its own time, and a pong that comes later answers those behind", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server", { keepaliveTimeout: 3_000 })
      const first = yield* Effect.fork(Effect.either(connection.ping))
      yield* after(2_000)
      const second = yield* Effect.fork(Effect.either(connection.ping))
      yield* after(1_000)
      expect(yield* Fiber.join(first)).toMatchObject({ left: { _tag: "PingTimeout" } })
      transport.says(pong(pingsIn(transport)[0])) // late, and of the first
      yield* turn
      expect(second.unsafePoll()).toBeNull()
      transport.says(pong(pingsIn(transport)[1]))
      expect(Either.map(yield* Fiber.join(second), Duration.toMillis)).toEqual(Either.right(1_000))
      yield* after(60_000)
      expect(connection.trySend("still open")).toBe("accepted")
    }))
})

describe("keepalive", () => {
  const limits = { keepaliveInterval: 20_000, keepaliveTimeout: 20_000 }

  it.scoped("pings after 20 s of silence, and fails 20 s later with 1011", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server", limits)
      yield* after(19_999)
      expect(pingsIn(transport)).toHaveLength(0)
      yield* after(1)
      expect(pingsIn(transport)).toHaveLength(1)
      yield* after(19_999)
      expect(connection.trySend("still open")).toBe("accepted")
      yield* after(1)
      yield* after(1) // for a last look at what has come
      expect(wordsOf(transport.wire)).toEqual(["ping", "text still open", "close 1011 no sign of life"])
      expect(yield* Effect.flip(connection.receive)).toMatchObject({ cause: { _tag: "KeepaliveTimeout" } })
      transport.receiver?.onClosed(undefined)
      expect(yield* connection.outcome).toMatchObject({ _tag: "Failed", failure: { _tag: "KeepaliveTimeout" } })
    }))

  it.scoped("reads what came while the process stood still, before it fails", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server", limits)
      yield* after(20_000)
      const [ping] = pingsIn(transport)
      yield* after(20_000) // and its timers come before what is there to be read
      transport.says(pong(ping))
      yield* after(1)
      expect(connection.trySend("alive")).toBe("accepted")
      for (let i = 0; i < 3; i++) yield* after(22_500)
      expect(connection.trySend("gone")).toBe("closed")
    }))

  it.scoped("takes any octet for life, also half a frame", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server", limits)
      for (let i = 0; i < 20; i++) {
        yield* after(15_000)
        transport.says(i === 0 ? binaryTo("server", new Uint8Array(100)).slice(0, 7) : Uint8Array.of(i))
      }
      expect(pingsIn(transport)).toHaveLength(0)
      yield* after(22_500) // to the eighth of the interval
      expect(pingsIn(transport)).toHaveLength(1)
      transport.says(Uint8Array.of(0))
      yield* after(20_000)
      expect(connection.currentOutcome).toEqual(Option.none())
      expect(connection.trySend("alive")).toBe("accepted")
    }))

  it.scoped("takes progress of writing for life, while a large message leaves slowly", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server", limits)
      transport.passes = false
      yield* connection.send(new Uint8Array(100_000))
      for (let i = 0; i < 10; i++) {
        yield* after(15_000)
        transport.pending -= 1000
      }
      expect(connection.trySend("alive")).toBe("accepted")
      yield* after(70_000) // it stands still
      expect(connection.trySend("gone")).toBe("closed")
    }))

  it.scoped("does not take for life that small messages leave at once: the system takes them for a peer that is gone", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server", limits)
      for (let i = 0; i < 9; i++) {
        connection.trySend("tick")
        transport.endTurn()
        yield* after(5_000)
      }
      expect(connection.trySend("gone")).toBe("closed")
    }))

  it.scoped("stands still while we pause reading", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server", { ...limits, inboxSize: 10 })
      transport.says(textTo("server", "more than the inbox may hold"))
      expect(transport.calls).toEqual(["pause"])
      for (let i = 0; i < 10; i++) yield* after(30_000)
      expect(connection.trySend("alive")).toBe("accepted")
      yield* connection.receive
      expect(transport.calls).toContain("resume")
      yield* after(19_999)
      expect(connection.trySend("alive")).toBe("accepted")
      for (let i = 0; i < 3; i++) yield* after(20_000)
      expect(connection.trySend("gone")).toBe("closed")
    }))

  for (const [interval, timeout] of [[1_000, 20_000], [300, 60_000], [1_000, 1_000], [6_000, 1_000]] as const) {
    const step = Math.min(interval, timeout) / 10
    /** When pings came, in milliseconds, while the peer says something so long behind each. */
    const pingsAt = (octets: Uint8Array, behind: ReadonlyArray<number>) =>
      Effect.gen(function*() {
        const { connection, transport } = yield* scripted("server", {
          keepaliveInterval: interval,
          keepaliveTimeout: timeout
        })
        const times: Array<number> = []
        for (let now = step; now <= 4.5 * interval; now += step) {
          yield* after(step)
          while (times.length < pingsIn(transport).length) times.push(now)
          if (behind.includes(now - (times.at(-1) ?? Infinity))) transport.says(octets)
        }
        expect(connection.currentOutcome).toEqual(Option.none())
        return times
      })

    it.scoped(`every ${interval} ms to an idle peer that answers, though it may take ${timeout} ms to answer`, () =>
      Effect.gen(function*() {
        const answer = pong(new Uint8Array(0))
        expect(yield* pingsAt(answer, [0])).toEqual([1, 2, 3, 4].map((nth) => nth * interval))
        const late = 5 * step
        expect((yield* pingsAt(answer, [late])).slice(0, 3)).toEqual(
          [0, 1, 2].map((nth) => interval + nth * (interval + late))
        )
      }))

    it.scoped(`${interval} ms after the last octet, whatever it was, with a timeout of ${timeout} ms`, () =>
      Effect.gen(function*() {
        const later = interval / 2
        const times = yield* pingsAt(textTo("server", "x"), [0, later])
        expect(times).toEqual([0, 1, 2].map((nth) => interval + nth * (interval + later)))
      }))
  }

  it.scoped("of both ends at once keeps an idle connection open", () =>
    Effect.gen(function*() {
      const { client, server } = yield* pair({ client: limits, server: limits })
      for (let i = 0; i < 20; i++) yield* after(7_000)
      expect([client.currentOutcome, server.currentOutcome]).toEqual([Option.none(), Option.none()])
    }))

  it.scoped("is off unless asked for", () =>
    Effect.gen(function*() {
      const { transport } = yield* scripted("server")
      yield* after(3_600_000)
      expect(transport.calls).toEqual([])
    }))
})

describe("the inbox", () => {
  it.scoped("pauses reading beyond its budget, and resumes when it was emptied", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server", { inboxSize: 1000 })
      transport.says(textTo("server", "x".repeat(900)))
      expect(transport.calls).toEqual([])
      transport.says(textTo("server", "x".repeat(100)))
      expect(transport.calls).toEqual(["pause"])
      yield* connection.receive
      yield* connection.receive
      expect(transport.calls).toEqual(["pause", "resume"])
    }))

  it.scoped("counts empty messages, too", () =>
    Effect.gen(function*() {
      const { transport } = yield* scripted("server", { inboxSize: 1000 })
      for (let i = 0; i < 16; i++) transport.says(textTo("server", ""))
      expect(transport.calls).toEqual(["pause"])
    }))

  it.scoped("is not paused by a message that is still arriving, however large", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server", { inboxSize: 1000 })
      const wire = binaryTo("server", new Uint8Array(100_000))
      for (let from = 0; from < wire.length; from += 1000) transport.says(wire.slice(from, from + 1000))
      expect(transport.calls).toEqual(["pause"]) // once it is whole
      expect(yield* connection.receive).toHaveLength(100_000)
    }))

  it.scoped("bounds what a handler that never reads makes us hold, and the peer is suspended", () =>
    Effect.gen(function*() {
      const { client } = yield* pair({ client: { outboxSize: 100_000 } })
      let sent = 0
      const sending = yield* Effect.fork(
        Effect.forever(Effect.tap(client.send("x".repeat(10_000)), () => Effect.sync(() => sent++)))
      )
      for (let i = 0; i < 20; i++) yield* turn
      const most = Limits.defaults.inboxSize + 3 * 64 * 1024 + 2 * 110_000
      expect(sent * 10_000).toBeLessThan(most)
      const held = sent
      yield* turn
      expect(sent).toBe(held)
      yield* Fiber.interrupt(sending)
    }))

  it.scoped("does not keep a Close, the end or a reset from us: leaving Open resumes reading", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server", { inboxSize: 1000 })
      transport.says(textTo("server", "x".repeat(1000)))
      const closing = yield* Effect.fork(connection.close())
      yield* turn
      expect(transport.calls).toEqual(["pause", "write", "resume"])
      transport.says(textTo("server", "nobody takes it"), closeTo("server", CloseStatus.make(1000)))
      transport.receiver?.onEnd()
      expect(yield* Fiber.join(closing)).toMatchObject({ _tag: "Clean" })
      expect(yield* Stream.runCount(connection.messages)).toBe(1)
    }))
})
