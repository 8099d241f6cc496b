import { describe, expect, it } from "@effect/vitest"
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import {
  AbortReason,
  CloseOutcome,
  DropCause,
  type Facts,
  Failure,
  violation
} from "@effect-ws/connection/CloseOutcome"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Fiber from "effect/Fiber"
import * as Hash from "effect/Hash"
import * as HashSet from "effect/HashSet"
import type * as Scope from "effect/Scope"
import { pair, scripted, turn } from "./pair.js"
import { closeTo, frameTo, textTo } from "./wire.js"

const broken = new Error("ECONNRESET")

/** All facts, new each time. */
const facts = (): Facts => ({
  role: "server",
  closedFirst: "us",
  local: CloseStatus.make(4001, "bye"),
  remote: CloseStatus.make(4001),
  droppedBy: "us"
})

/** For each variant, some that differ in one thing only. */
const variants: Record<CloseOutcome["_tag"], () => ReadonlyArray<CloseOutcome>> = {
  Clean: () => [
    CloseOutcome.Clean(facts()),
    CloseOutcome.Clean({ ...facts(), role: "client" }),
    CloseOutcome.Clean({ ...facts(), closedFirst: "peer" }),
    CloseOutcome.Clean({ ...facts(), droppedBy: "peer" }),
    CloseOutcome.Clean({ ...facts(), local: CloseStatus.make(4001, "by") }),
    CloseOutcome.Clean({ ...facts(), local: CloseStatus.make(4002, "bye") }),
    CloseOutcome.Clean({ ...facts(), remote: CloseStatus.make(4002) }),
    CloseOutcome.Clean({ ...facts(), local: CloseStatus.empty, remote: CloseStatus.empty }),
    CloseOutcome.Clean({ ...facts(), remote: undefined })
  ],
  Failed: () => [
    CloseOutcome.Failed({ ...facts(), failure: violation("InvalidUtf8") }),
    CloseOutcome.Failed({ ...facts(), failure: violation("MessageTooBig", { _tag: "Declared", limit: 1, length: 2 }) }),
    CloseOutcome.Failed({ ...facts(), failure: violation("MessageTooBig", { _tag: "Declared", limit: 1, length: 3 }) }),
    CloseOutcome.Failed({
      ...facts(),
      failure: { _tag: "Violation", rule: "MessageTooBig", rfc: "", excess: { _tag: "Inflated", limit: 1 } }
    }),
    CloseOutcome.Failed({ ...facts(), failure: { _tag: "KeepaliveTimeout" } })
  ],
  CloseTimeout: () => [CloseOutcome.CloseTimeout({ ...facts(), remote: undefined })],
  DropTimeout: () => [CloseOutcome.DropTimeout(facts())],
  Dropped: () => [
    CloseOutcome.Dropped({ ...facts(), cause: { _tag: "Eof" } }),
    CloseOutcome.Dropped({ ...facts(), cause: { _tag: "Reset", error: broken } }),
    CloseOutcome.Dropped({ ...facts(), cause: { _tag: "Reset", error: new Error("ECONNRESET") } })
  ],
  Aborted: () => [
    CloseOutcome.Aborted({ ...facts(), why: { _tag: "ScopeClosed" } }),
    CloseOutcome.Aborted({ ...facts(), why: { _tag: "GraceOver" } }),
    CloseOutcome.Aborted({ ...facts(), why: { _tag: "Application", reason: "slow" } }),
    CloseOutcome.Aborted({ ...facts(), why: AbortReason.Application({ reason: "stale" }) })
  ]
}

const all = () => Object.values(variants).flatMap((make) => make())

const same = (one: unknown, other: unknown) => Equal.equals(one, other) && Hash.hash(one) === Hash.hash(other)

describe("equality", () => {
  it("is of what outcomes hold, and of nothing else", () => {
    const ones = all()
    const others = all()
    ones.forEach((one, i) =>
      others.forEach((other, j) => {
        // A new error of the platform is another error.
        const isError = one._tag === "Dropped" && one.cause._tag === "Reset" && one.cause.error !== broken
        expect([i, j, Equal.equals(one, other)]).toEqual([i, j, i === j && !isError])
        if (i === j && !isError) expect(Hash.hash(one)).toBe(Hash.hash(other))
      })
    )
    expect(HashSet.size(HashSet.fromIterable([...ones, ...others]))).toBe(ones.length + 1)
  })

  it("holds for the parts: Closes, failures, causes, reasons", () => {
    const [one, other] = [CloseOutcome.Clean(facts()), CloseOutcome.Clean(facts())]
    expect(same(one.local, other.local) && same(one.remote, other.remote)).toBe(true)
    expect(same(violation("InvalidUtf8"), violation("InvalidUtf8"))).toBe(true)
    expect(same(Failure.KeepaliveTimeout(), Failure.KeepaliveTimeout())).toBe(true)
    expect(same(DropCause.Reset({ error: broken }), DropCause.Reset({ error: broken }))).toBe(true)
    expect(same(AbortReason.GraceOver(), AbortReason.GraceOver())).toBe(true)
  })

  it.scoped("holds between connections that went the same way, and for the errors that name their end", () =>
    Effect.gen(function*() {
      const ways: Record<string, Effect.Effect<ReadonlyArray<unknown>, unknown, Scope.Scope>> = {
        closed: Effect.gen(function*() {
          const { client, server } = yield* pair()
          const outcome = yield* client.close(4001, "bye")
          return [outcome, yield* server.outcome, yield* Effect.flip(client.send("late"))]
        }),
        "closed by the peer": Effect.gen(function*() {
          const { client, server } = yield* pair()
          yield* client.close(1001, "moving")
          return [yield* server.outcome, yield* Effect.flip(server.receive)]
        }),
        failed: Effect.gen(function*() {
          const { connection, transport } = yield* scripted("server")
          transport.says(textTo("server", "before"), frameTo("server", 3))
          yield* connection.receive
          const end = yield* Effect.flip(connection.receive)
          transport.receiver?.onClosed(undefined)
          return [yield* connection.outcome, end]
        }),
        "ended amid our Close": Effect.gen(function*() {
          const { connection, transport } = yield* scripted("server")
          const closing = yield* Effect.fork(connection.close())
          yield* turn
          const closingError = yield* Effect.flip(connection.send("late"))
          transport.receiver?.onEnd()
          return [yield* Fiber.join(closing), closingError]
        }),
        broken: Effect.gen(function*() {
          const { connection, transport } = yield* scripted("client")
          transport.receiver?.onClosed(broken)
          return [yield* connection.outcome, yield* Effect.flip(connection.receive)]
        }),
        aborted: Effect.gen(function*() {
          const { connection, transport } = yield* scripted("client")
          transport.says(closeTo("client", CloseStatus.empty))
          return [yield* connection.abort("ours"), yield* Effect.flip(connection.ping)]
        })
      }
      for (const [name, way] of Object.entries(ways)) {
        const [ones, others] = [yield* way, yield* way]
        expect([name, ones.map((one, i) => same(one, others[i]))]).toEqual([name, ones.map(() => true)])
      }
    }))
})
