/** Calls and a stream over a restart of their server, in memory, under TestClock. */
import type { RpcClientError } from "@effect/rpc/RpcClientError"
import { describe, expect, it } from "@effect/vitest"
import * as PlatformSocketServer from "@effect-ws/platform/PlatformSocketServer"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Caller from "../src/rpc/Caller.js"
import type { Counted, Done } from "../src/rpc/Requests.js"
import * as Server from "../src/rpc/Server.js"

const id = "3b241101-e2bb-4255-8caf-4136c566a962"

/** A server that can go and come back, and a caller. `done` is what outlives a run. */
const made = Effect.gen(function*() {
  const asked = { restarts: 0 }
  const done = new Map<string, Done>()
  const outliving = { done, restart: Effect.sync(() => void asked.restarts++) }
  const start = (run: number) =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const layer = Layer.provide(Server.layer(run, outliving), PlatformSocketServer.layer())
      yield* Layer.buildWithScope(layer, scope)
      return Scope.close(scope, Exit.void)
    })
  const stop = yield* start(1)
  const caller = yield* Caller.make("ws://test/")
  const failures: Array<string> = []
  const tell = ({ _tag }: RpcClientError): void => void failures.push(_tag)
  return { asked, caller, done, failures, start, stop, tell }
})

const provided = Effect.provide(WebSocketTest.layer())

/** Time passes in steps, so that what is due in one is begun in the next. */
const pass = (steps: number) =>
  Effect.replicateEffect(
    Effect.zipRight(TestClock.adjust("250 millis"), Effect.promise(() => new Promise(setImmediate))),
    steps
  )

describe("rpc", () => {
  it.scoped("a stream goes on where it broke off: no number is missing, and none comes twice", () =>
    Effect.gen(function*() {
      const { caller, failures, start, stop, tell } = yield* made
      const heard = yield* Queue.unbounded<Counted>()
      yield* Effect.forkScoped(Stream.runForEach(caller.count(tell), (one) => Queue.offer(heard, one)))
      yield* pass(4)
      yield* stop
      yield* pass(1)
      yield* start(2)
      yield* pass(12)
      const all = [...yield* Queue.takeAll(heard)]
      expect(all.map(({ number }) => number)).toEqual(all.map((_, i) => i))
      expect(new Set(all.map(({ run }) => run))).toEqual(new Set([1, 2]))
      expect(new Set(failures)).toEqual(new Set(["RpcClientError"]))
    }).pipe(provided))

  it.scoped("a call under way fails so that it can be made again, and is not interrupted", () =>
    Effect.gen(function*() {
      const { caller, done, failures, start, stop, tell } = yield* made
      const call = yield* Effect.fork(caller.work(id, tell))
      yield* pass(4)
      yield* stop
      yield* pass(1)
      yield* start(2)
      yield* pass(30)
      expect(yield* Fiber.join(call)).toEqual({ id, run: 2 })
      expect(failures.length).toBeGreaterThan(0)
      expect([...done.keys()]).toEqual([id])
    }).pipe(provided))

  it.scoped("work that was done and whose answer was lost is not done again", () =>
    Effect.gen(function*() {
      const { caller, failures, start, stop, tell } = yield* made
      const first = yield* Effect.fork(caller.work(id, tell))
      yield* pass(16)
      expect(yield* Fiber.join(first)).toEqual({ id, run: 1 })
      yield* stop
      yield* start(2)
      const again = yield* Effect.fork(caller.work(id, tell))
      yield* pass(8)
      expect(yield* Fiber.join(again)).toEqual({ id, run: 1 })
      expect(failures.every((tag) => tag === "RpcClientError")).toBe(true)
    }).pipe(provided))

  it.scoped("whoever asks for a restart is answered", () =>
    Effect.gen(function*() {
      const { asked, caller } = yield* made
      const restart = yield* Effect.fork(caller.restart)
      yield* pass(2)
      yield* Fiber.join(restart)
      expect(asked.restarts).toBe(1)
    }).pipe(provided))
})
