import { describe, expect, it } from "@effect/vitest"
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Frame from "@effect-ws/codec/Frame"
import type * as Connection from "@effect-ws/connection/Connection"
import type { ConnectionClosed, PingTimeout, PingUnavailable } from "@effect-ws/connection/ConnectionError"
import type { Compression } from "@effect-ws/connection/host/Compression"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { pair, scripted, scriptedStreams, turn } from "./pair.js"
import { bytes, closeTo, concat, continuationTo, frameTo, roles, textTo, wordsOf } from "./wire.js"

const after = (millis: number) => Effect.zipRight(Effect.zipRight(turn, TestClock.adjust(millis)), turn)
const normal = CloseStatus.make(1000)

describe("close", () => {
  it.scoped("a second call joins the first, with the Close of the first", () =>
    Effect.gen(function*() {
      const { client, server } = yield* pair()
      const first = yield* Effect.fork(client.close(4001, "first"))
      yield* Effect.yieldNow()
      const second = yield* client.close(4002, "second")
      expect(second).toMatchObject({ _tag: "Clean", local: { code: 4001, reason: "first" }, remote: { code: 4001 } })
      expect(yield* Fiber.join(first)).toBe(second)
      expect(yield* server.outcome).toMatchObject({ closedFirst: "peer", remote: { code: 4001, reason: "first" } })
    }))

  it.scoped("interrupting it stops only the waiting", () =>
    Effect.gen(function*() {
      const { client } = yield* pair()
      const closing = yield* Effect.fork(client.close())
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(closing)
      expect(yield* client.outcome).toMatchObject({ _tag: "Clean" })
    }))

  it.scoped("refuses what must not be sent, before anything is written", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("client")
      for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 1000.5, NaN, -1]) {
        const error = yield* Effect.flip(connection.close(code))
        expect(error).toMatchObject({ _tag: "InvalidClose", problem: "IllegalCode" })
      }
      for (const reason of ["x".repeat(124), "é".repeat(62)]) {
        expect(yield* Effect.flip(connection.close(1000, reason))).toMatchObject({ problem: "ReasonTooLong" })
      }
      transport.endTurn()
      expect(transport.calls).toEqual([])
      expect(connection.trySend("still open")).toBe("accepted")
    }))

  it.scoped("at both ends at once is Clean, and each says that it closed", () =>
    Effect.gen(function*() {
      const { client, server } = yield* pair()
      const [one, other] = yield* Effect.all([client.close(1000), server.close(3000)], { concurrency: 2 })
      expect(one).toMatchObject({ _tag: "Clean", closedFirst: "us", local: { code: 1000 }, remote: { code: 3000 } })
      expect(other).toMatchObject({ _tag: "Clean", closedFirst: "us", local: { code: 3000 }, remote: { code: 1000 } })
    }))

  it.scoped("writes what was accepted first, and whatever is sent later fails", () =>
    Effect.gen(function*() {
      const { client, server } = yield* pair()
      expect(client.trySend("before")).toBe("accepted")
      const closing = yield* Effect.fork(client.close())
      yield* Effect.yieldNow()
      expect(client.trySend("after")).toBe("closed")
      expect(yield* Effect.flip(client.send("after"))).toMatchObject({ state: { _tag: "Closing" } })
      expect(yield* Effect.flip(client.ping)).toMatchObject({ _tag: "ConnectionClosed" })
      expect([...yield* Stream.runCollect(server.messages)]).toEqual(["before"])
      yield* Fiber.join(closing)
      expect(yield* Effect.flip(client.send("after"))).toMatchObject({
        state: { _tag: "Closed", outcome: { _tag: "Clean" } }
      })
      expect(yield* Effect.flip(client.flush)).toMatchObject({ state: { _tag: "Closed" } })
    }))

  it.scoped("goes on reading: messages that were under way are given, and pings answered", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server")
      yield* Effect.fork(connection.close())
      yield* turn
      transport.says(textTo("server", "late"), frameTo("server", Frame.opcode.ping, bytes("?")))
      expect(yield* connection.receive).toBe("late")
      transport.says(closeTo("server", normal))
      expect(wordsOf(transport.wire)).toEqual(["close 1000", "pong ?"])
      expect((yield* Effect.flip(connection.receive))._tag).toBe("EndOfMessages")
    }))

  it.scoped("amid a message that is being sent is legal, and fails the sender", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server")
      const sending = yield* Effect.fork(
        connection.sendStream("text", Stream.concat(Stream.make("begun"), Stream.never))
      )
      yield* turn
      yield* Effect.fork(connection.close())
      yield* turn
      transport.says(closeTo("server", normal))
      yield* Fiber.interrupt(sending)
      expect(wordsOf(transport.wire)).toEqual(["text begun…", "close 1000"])
    }))
})

describe("who ends the stream", () => {
  it.scoped("a server ends its side when both Closes were sent, and a client waits for that", () =>
    Effect.gen(function*() {
      const server = yield* scripted("server")
      server.transport.says(closeTo("server", normal))
      expect(server.transport.calls).toEqual(["write", "halfClose"])
      server.transport.receiver?.onEnd()
      expect(yield* server.connection.outcome).toMatchObject({ _tag: "Clean", droppedBy: "us" })

      const client = yield* scripted("client")
      client.transport.says(closeTo("client", normal))
      expect(client.transport.calls).toEqual(["write"])
      client.transport.receiver?.onEnd()
      expect(client.transport.calls).toEqual(["write", "halfClose"])
      expect(yield* client.connection.outcome).toMatchObject({ _tag: "Clean", droppedBy: "peer" })
    }))

  for (const role of roles) {
    it.scoped(`${role}: after a failure both sides are told, and what comes is discarded`, () =>
      Effect.gen(function*() {
        const { connection, transport } = yield* scripted(role)
        transport.says(frameTo(role, 3), textTo(role, "never"))
        expect(wordsOf(transport.wire)).toEqual(["close 1002 opcodes 3 to 7 and 11 to 15 are reserved"])
        expect(transport.calls).toEqual(["write", "halfClose"])
        transport.says(textTo(role, "never"))
        expect(yield* Effect.flip(connection.receive)).toMatchObject({
          _tag: "ProtocolFailure",
          rule: "ReservedOpcode"
        })
        transport.receiver?.onEnd()
        expect(yield* connection.outcome).toMatchObject({ _tag: "Failed", failure: { rule: "ReservedOpcode" } })
      }))
  }
})

describe("timers", () => {
  it.scoped("a Close that is not answered: CloseTimeout after 5 s, counted from its leaving", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("client")
      transport.passes = false
      yield* Effect.fork(connection.close())
      yield* after(4000)
      transport.drain()
      yield* after(4999)
      expect(connection.currentOutcome).toEqual(Option.none())
      yield* after(1)
      expect(yield* connection.outcome).toMatchObject({ _tag: "CloseTimeout", closedFirst: "us", droppedBy: "us" })
      expect(transport.calls).toEqual(["write", "destroy"])
    }))

  it.scoped("a Close that can't leave: CloseTimeout after 5 s without progress", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("client")
      transport.passes = false
      yield* Effect.fork(Effect.ignore(connection.send("x".repeat(100))))
      yield* Effect.fork(connection.close())
      yield* after(4000)
      transport.pending -= 50
      yield* after(1000)
      expect(connection.currentOutcome).toEqual(Option.none())
      yield* after(5000)
      expect(yield* connection.outcome).toMatchObject({ _tag: "CloseTimeout" })
    }))

  it.scoped("a peer that only pings does not keep it waiting", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server")
      yield* Effect.fork(connection.close())
      for (let i = 0; i < 5; i++) {
        yield* after(1000)
        transport.says(frameTo("server", Frame.opcode.ping))
      }
      expect(yield* connection.outcome).toMatchObject({ _tag: "CloseTimeout" })
    }))

  it.scoped("an end that does not come: 2 s, DropTimeout for a client and Clean for a server", () =>
    Effect.gen(function*() {
      const client = yield* scripted("client")
      const server = yield* scripted("server")
      client.transport.says(closeTo("client", normal))
      server.transport.says(closeTo("server", normal))
      yield* after(1999)
      expect([client.connection.currentOutcome, server.connection.currentOutcome]).toEqual([
        Option.none(),
        Option.none()
      ])
      yield* after(1)
      expect(yield* client.connection.outcome).toMatchObject({ _tag: "DropTimeout", droppedBy: "us" })
      expect(yield* server.connection.outcome).toMatchObject({ _tag: "Clean", droppedBy: "us" })
      expect([client.transport.calls.at(-1), server.transport.calls.at(-1)]).toEqual(["destroy", "destroy"])
    }))

  it.scoped("a peer that we failed and that stays: 2 s", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server")
      transport.says(frameTo("server", 3))
      yield* after(2000)
      expect(yield* connection.outcome).toMatchObject({ _tag: "Failed", droppedBy: "us" })
      expect(transport.calls.at(-1)).toBe("destroy")
    }))

  it.scoped("a dropped connection whose transport stays is cut, too", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server")
      transport.receiver?.onEnd()
      expect(yield* connection.outcome).toMatchObject({ _tag: "Dropped", cause: { _tag: "Eof" } })
      expect(transport.calls).toEqual(["halfClose"])
      yield* after(2000)
      expect(transport.calls).toEqual(["halfClose", "destroy"])
    }))

  it.scoped("none is left when the transport is gone", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("client")
      yield* Effect.fork(connection.close())
      yield* turn
      transport.receiver?.onClosed(new Error("ECONNRESET"))
      yield* after(60_000)
      expect(transport.calls).toEqual(["write"])
    }))
})

describe("a Close behind good messages", () => {
  const wire = (role: "client" | "server") => concat(textTo(role, "one"), textTo(role, "two"), closeTo(role, normal))

  for (const role of roles) {
    it.scoped(`${role}: goes out behind the replies of a synchronous handler`, () =>
      Effect.gen(function*() {
        const { connection, transport } = yield* scripted(role)
        yield* Effect.fork(connection.run((message) => void connection.trySend(message)))
        yield* turn
        transport.says(wire(role))
        expect(wordsOf(transport.wire)).toEqual(["text one", "text two", "close 1000"])
      }))

    it.scoped(`${role}: goes out behind the replies of effects`, () =>
      Effect.gen(function*() {
        const { connection, transport } = yield* scripted(role)
        const gate = yield* Deferred.make<void>()
        yield* Effect.fork(connection.run((message) => Effect.zipRight(Deferred.await(gate), connection.send(message))))
        yield* turn
        transport.says(wire(role))
        yield* after(49)
        expect(transport.calls).toEqual([])
        yield* Deferred.succeed(gate, undefined)
        yield* turn
        expect(wordsOf(transport.wire)).toEqual(["text one", "text two", "close 1000"])
      }))

    it.scoped(`${role}: goes out behind what a Stream sends, and one that pulls`, () =>
      Effect.gen(function*() {
        const streaming = yield* scripted(role)
        yield* Effect.fork(Stream.run(streaming.connection.messages, streaming.connection.sink))
        const pulling = yield* scripted(role)
        yield* Effect.fork(Effect.scoped(Effect.flatMap(pulling.connection.reader, ({ pull }) =>
          Effect.forever(Effect.flatMap(pull, (batch) =>
            pulling.connection.sendAll(batch))))))
        const receiving = yield* scripted(role)
        yield* Effect.fork(Effect.forever(Effect.flatMap(receiving.connection.receive, receiving.connection.send)))
        yield* turn
        for (const { transport } of [streaming, pulling, receiving]) {
          transport.says(wire(role))
          yield* turn
          expect(wordsOf(transport.wire)).toEqual(["text one", "text two", "close 1000"])
        }
      }))

    it.scoped(`${role}: waits 50 ms at the most`, () =>
      Effect.gen(function*() {
        const { connection, transport } = yield* scripted(role)
        transport.says(wire(role))
        yield* after(49)
        expect(connection.trySend("in time")).toBe("accepted")
        yield* after(1)
        expect(connection.trySend("too late")).toBe("closed")
        expect(wordsOf(transport.wire)).toEqual(["text in time", "close 1000"])
        expect(yield* connection.receive).toBe("one")
      }))

    it.scoped(`${role}: leaves at once with no message before it`, () =>
      Effect.gen(function*() {
        const { transport } = yield* scripted(role)
        transport.says(frameTo(role, Frame.opcode.ping, bytes("?")), closeTo(role, CloseStatus.make(3000, "why")))
        expect(wordsOf(transport.wire)).toEqual(["pong ?", "close 3000"])
      }))

    it.scoped(`${role}: so does a failure behind good messages`, () =>
      Effect.gen(function*() {
        const { connection, transport } = yield* scripted(role)
        const running = yield* Effect.fork(connection.run((message) => connection.send(message)))
        yield* turn
        transport.says(concat(textTo(role, "good"), continuationTo(role, bytes("bad"))))
        yield* turn
        expect(wordsOf(transport.wire)).toEqual([
          "text good",
          "close 1002 a continuation frame needs a message to continue"
        ])
        expect(yield* Fiber.await(running)).toMatchObject(
          Exit.fail({ _tag: "ProtocolFailure", rule: "UnexpectedContinuation" })
        )
      }))

    it.scoped(`${role}: and the peer's end behind it waits, too`, () =>
      Effect.gen(function*() {
        const { connection, transport } = yield* scripted(role)
        const gate = yield* Deferred.make<void>()
        yield* Effect.fork(connection.run((message) => Effect.zipRight(Deferred.await(gate), connection.send(message))))
        yield* turn
        transport.says(concat(textTo(role, "one"), closeTo(role, normal)))
        transport.receiver?.onEnd()
        yield* turn
        yield* Deferred.succeed(gate, undefined)
        yield* turn
        expect(wordsOf(transport.wire)).toEqual(["text one", "close 1000"])
        expect(transport.calls.at(-1)).toBe("halfClose")
        expect(yield* connection.outcome).toMatchObject({ _tag: "Clean", closedFirst: "peer", droppedBy: "peer" })
      }))
  }
})

describe("what a reader finds at the end", () => {
  const ends = (status: CloseStatus.CloseStatus) =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server")
      transport.says(concat(textTo("server", "last"), closeTo("server", status)))
      const exit = yield* Effect.exit(Stream.runCollect(connection.messages))
      return Exit.isSuccess(exit) ? [...exit.value] : yield* Effect.flip(exit)
    })

  it.scoped("1000, 1001 and no code complete; others fail, behind all that was received, and before TCP is gone", () =>
    Effect.gen(function*() {
      for (const status of [CloseStatus.empty, normal, CloseStatus.make(1001, "away")]) {
        expect(yield* ends(status)).toEqual(["last"])
      }
      for (const code of [1002, 1011, 3000, 4999]) {
        expect(yield* ends(CloseStatus.make(code, "why"))).toMatchObject({ _tag: "PeerClosed", code, reason: "why" })
      }
    }))

  it.scoped("a drop fails, with its cause", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server")
      const error = new Error("ECONNRESET")
      transport.receiver?.onClosed(error)
      expect(yield* Effect.flip(connection.receive)).toMatchObject({
        _tag: "ConnectionDropped",
        cause: { _tag: "Reset", error }
      })
      expect(yield* connection.outcome).toMatchObject({ _tag: "Dropped", cause: { _tag: "Reset", error } })
    }))
})

describe("a transport that breaks", () => {
  it.scoped("fails whoever waits to send, with the outcome, and whoever waits for a pong or a flush", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server", { outboxSize: 100, outboxResume: 10 })
      transport.passes = false
      yield* connection.send("x".repeat(200))
      const waiting = yield* Effect.all([
        Effect.fork(Effect.flip(connection.send("waits"))),
        Effect.fork(Effect.flip(connection.ping)),
        Effect.fork(Effect.flip(connection.flush)),
        Effect.fork(Effect.flip(connection.sendStream("text", Stream.make("waits"))))
      ])
      yield* turn
      transport.receiver?.onClosed(new Error("ECONNRESET"))
      for (
        const error of yield* Effect.all(
          waiting.map((fiber) => Fiber.join<ConnectionClosed | PingTimeout | PingUnavailable, unknown>(fiber))
        )
      ) {
        expect(error).toMatchObject({
          _tag: "ConnectionClosed",
          state: { _tag: "Closed", outcome: { _tag: "Dropped" } }
        })
      }
    }))

  it.scoped("in any state leads to exactly one outcome", () =>
    Effect.gen(function*() {
      const stages: Record<
        string,
        readonly [
          (
            end: { readonly says: (...octets: ReadonlyArray<Uint8Array>) => void },
            connection: Connection.Connection
          ) => void,
          string
        ]
      > = {
        open: [() => {}, "Dropped"],
        "amid a message": [(peer) => peer.says(textTo("server", "half", { fin: false })), "Dropped"],
        closing: [(_, connection) => void Effect.runFork(connection.close()), "Dropped"],
        "both closed": [(peer) => peer.says(closeTo("server", normal)), "Clean"],
        failing: [(peer) => peer.says(frameTo("server", 3)), "Failed"],
        closed: [(peer) => peer.says(closeTo("server", normal)), "Clean"]
      }
      for (const [name, [reach, expected]] of Object.entries(stages)) {
        const { connection, transport } = yield* scripted("server")
        const outcomes: Array<string> = []
        Hosting.listen(connection, (outcome) => void outcomes.push(outcome._tag))
        reach(transport, connection)
        yield* turn
        if (name === "closed") transport.receiver?.onEnd()
        transport.receiver?.onClosed(new Error("ECONNRESET"))
        yield* after(60_000)
        expect([name, outcomes]).toEqual([name, [expected]])
        expect((yield* connection.outcome)._tag).toBe(expected)
      }
    }))

  it.scoped("at the other end of a loopback is seen at both", () =>
    Effect.gen(function*() {
      const { client, clientEnd, server } = yield* pair()
      yield* client.send("under way")
      clientEnd.reset(new Error("ECONNRESET"))
      expect(yield* client.outcome).toMatchObject({ _tag: "Dropped", droppedBy: "peer" })
      expect(yield* server.outcome).toMatchObject({ _tag: "Dropped" })
    }))
})

describe("nothing is written behind the end of our side", () => {
  it.scoped("pongs to what came before the peer's Close, or a violation, leave before", () =>
    Effect.gen(function*() {
      for (const last of [closeTo("server", normal), frameTo("server", 3)]) {
        const { connection, transport } = yield* scripted("server")
        yield* Effect.fork(connection.close())
        yield* turn
        transport.says(concat(frameTo("server", Frame.opcode.ping, bytes("?")), last))
        expect(wordsOf(transport.wire)).toEqual(["close 1000", "pong ?"])
        expect(transport.calls).toEqual(["write", "write", "halfClose"])
      }
    }))

  it.scoped("what was accepted leaves before, when the peer ended the stream without a Close", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server")
      yield* connection.send("accepted")
      transport.receiver?.onEnd()
      transport.endTurn()
      expect(wordsOf(transport.wire)).toEqual(["text accepted"])
      expect(transport.calls).toEqual(["write", "halfClose"])
    }))
})

describe("abort", () => {
  it.scoped("cuts at once and says why", () =>
    Effect.gen(function*() {
      const { client, server } = yield* pair()
      expect(yield* client.abort("a reason of ours")).toMatchObject({
        _tag: "Aborted",
        droppedBy: "us",
        local: undefined,
        why: { _tag: "Application", reason: "a reason of ours" }
      })
      expect((yield* server.outcome)._tag).toBe("Dropped")
    }))

  it.scoped("of a peer that takes nothing: without a Close, what waits fails, and what was accepted is lost", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server", { outboxSize: 1000 })
      transport.passes = false
      yield* connection.send("x".repeat(1000))
      transport.endTurn()
      const waiting = yield* Effect.fork(Effect.flip(connection.send("waits")))
      yield* turn
      const outcome = yield* connection.abort("it takes nothing")
      expect(outcome).toMatchObject({ _tag: "Aborted", why: { _tag: "Application", reason: "it takes nothing" } })
      expect(yield* Fiber.join(waiting)).toMatchObject({ _tag: "ConnectionClosed", state: { _tag: "Closed", outcome } })
      expect(transport.calls.slice(-1)).toEqual(["destroy"])
      expect(wordsOf(transport.wire)).toHaveLength(1)
      expect(yield* connection.abort("again")).toBe(outcome)
    }))

  it.scoped("of a Close that is not answered: at once, with our Close in the outcome", () =>
    Effect.gen(function*() {
      for (const role of roles) {
        const { connection } = yield* scripted(role)
        const closing = yield* Effect.fork(connection.close(4008, "too slow"))
        yield* turn
        const outcome = yield* connection.abort("it did not answer")
        expect(outcome).toMatchObject({ _tag: "Aborted", local: { code: 4008 }, why: { reason: "it did not answer" } })
        expect(yield* Fiber.join(closing)).toBe(outcome)
      }
    }))

  it.scoped("leaves what it was already: failed, or closed by both", () =>
    Effect.gen(function*() {
      const failed = yield* scripted("server")
      failed.transport.says(frameTo("server", 3))
      yield* turn
      expect((yield* failed.connection.abort("late"))._tag).toBe("Failed")
      const closed = yield* scripted("server")
      closed.transport.says(closeTo("server", normal))
      yield* turn
      expect((yield* closed.connection.abort("late"))._tag).toBe("Clean")
    }))

  it.scoped("of a connection whose messages are streamed", () =>
    Effect.gen(function*() {
      const { connection } = yield* scriptedStreams("server")
      expect(yield* connection.abort("enough")).toMatchObject({ _tag: "Aborted", why: { reason: "enough" } })
    }))
})

describe("a Close behind a message that is still being deflated", () => {
  const slow = () => {
    const answers: Array<() => void> = []
    const compression: Compression = {
      inflate: () => ({ _tag: "Now", value: { _tag: "Invalid" } }),
      isWorth: () => true,
      deflate: (octets) => {
        const own = octets.slice()
        return { _tag: "Later", listen: (listener) => void answers.push(() => listener(own)) }
      },
      free: () => {}
    }
    return { answers, compression }
  }

  it.scoped("goes out before our side ends", () =>
    Effect.gen(function*() {
      const { answers, compression } = slow()
      const { connection, transport } = yield* scripted("server", {}, compression)
      yield* connection.send("being deflated")
      transport.says(closeTo("server", normal))
      expect(transport.calls).toEqual([])
      for (const answer of answers) answer()
      transport.endTurn()
      expect(wordsOf(transport.wire)).toEqual(["text being deflated", "close 1000"])
      expect(transport.calls.at(-1)).toBe("halfClose")
      transport.receiver?.onEnd()
      expect((yield* connection.outcome)._tag).toBe("Clean")
    }))

  it.scoped("is waited for as long as the compressor works, but not for ever", () =>
    Effect.gen(function*() {
      for (const seconds of [4, 14, 49]) {
        const { answers, compression } = slow()
        const { connection, transport } = yield* scripted("server", {}, compression)
        yield* connection.send("being deflated")
        const closing = yield* Effect.fork(connection.close())
        yield* after(seconds * 1000)
        for (const answer of answers) answer()
        transport.says(closeTo("server", normal))
        transport.receiver?.onEnd()
        expect(yield* Fiber.join(closing)).toMatchObject({ _tag: "Clean" })
        expect(wordsOf(transport.wire)).toEqual(["text being deflated", "close 1000"])
      }
      const { connection } = yield* scripted("server", {}, slow().compression)
      yield* connection.send("being deflated")
      const closing = yield* Effect.fork(connection.close())
      yield* after(60_000)
      expect(yield* Fiber.join(closing)).toMatchObject({ _tag: "CloseTimeout" })
    }))

  it.scoped("does not keep the transport of a dropped connection open", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server", {}, slow().compression)
      yield* connection.send("being deflated")
      transport.receiver?.onEnd()
      expect((yield* connection.outcome)._tag).toBe("Dropped")
      expect(transport.calls).toEqual(["halfClose"])
    }))
})

describe("startClose", () => {
  it.scoped("writes the Close and waits for nothing; what the peer still says can be read", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server")
      yield* connection.send("before")
      yield* connection.startClose(4000, "enough")
      expect(wordsOf(transport.wire)).toEqual(["text before", "close 4000 enough"])
      expect([connection.isOpen, connection.trySend("late")]).toEqual([false, "closed"])
      transport.says(textTo("server", "still here"))
      expect(yield* connection.receive).toBe("still here")
      transport.says(closeTo("server", CloseStatus.make(4000)))
      transport.receiver?.onEnd()
      expect(yield* connection.outcome).toMatchObject({ _tag: "Clean", closedFirst: "us", local: { code: 4000 } })
    }))

  it.scoped("says 1000 by itself, sends one Close only, and none that must not be sent", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("client")
      expect(yield* Effect.flip(connection.startClose(1005))).toMatchObject({ _tag: "InvalidClose", code: 1005 })
      expect([transport.writes, connection.isOpen]).toEqual([[], true])
      yield* connection.startClose()
      yield* connection.startClose(4000)
      expect(wordsOf(transport.wire)).toEqual(["close 1000"])
    }))

  it.scoped("is bounded as close is: by the answer's time", () =>
    Effect.gen(function*() {
      const { connection } = yield* scripted("server")
      yield* connection.startClose()
      yield* TestClock.adjust("5 seconds")
      expect(yield* connection.outcome).toMatchObject({ _tag: "CloseTimeout" })
    }))
})
