/** What ends: fibers of subscriptions with them, and waiting with the node; be the backplane away, or the peer slow, for ever. */
import { describe, expect, it } from "@effect/vitest"
import { PreparedMessage } from "@effect-ws/connection/Message"
import { Backplane, BackplaneUnavailable, type Log } from "@effect-ws/platform/Backplane"
import * as MemoryBackplane from "@effect-ws/platform/MemoryBackplane"
import * as Topics from "@effect-ws/platform/Topics"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { KeptListener, type Telling } from "../src/topics/KeptListener.js"
import { Listener } from "../src/topics/Listener.js"
import type { Surroundings } from "../src/topics/Subscriber.js"
import { type Ahead, Tail } from "../src/topics/Tail.js"
import { pairs, turns } from "./topics.js"

const away = new BackplaneUnavailable({ mayHaveArrived: false, why: "it is away" })

/** A log that knows where it ends, or not, and cannot be read; and a node that counts its fibers. */
const setting = (isKnown: boolean) =>
  Effect.gen(function*() {
    const seen = { running: 0, asked: 0 }
    const refuse = Effect.suspend(() => {
      seen.asked++
      return Effect.fail(away)
    })
    const log: Log = {
      append: () => {},
      last: () => isKnown ? Effect.succeed(Option.some("1")) : refuse,
      read: () => refuse,
      isAfter: (id, than) => id > than
    }
    const run = Runtime.runFork(yield* Effect.runtime())
    const scope = yield* Effect.scope
    const around: Ahead & Telling & Surroundings = {
      fork: (effect) => {
        seen.running++
        run(Effect.forkIn(Effect.ensuring(effect, Effect.sync(() => seen.running--)), scope))
      },
      shown: () => undefined,
      gone: () => undefined,
      give: () => {},
      missed: () => {},
      later: () => {},
      failed: () => {}
    }
    const [pair] = yield* pairs(1)
    const tail = new Tail("t", log, around)
    const listener = (from: "now" | "oldest") => new KeptListener(pair!.server, "t", from, tail, log, around)
    return { around, seen, tail, listener, server: pair!.server }
  })

describe("a subscription that ends", () => {
  it.scoped("before the backplane was ever there, leaves no fiber", () =>
    Effect.gen(function*() {
      const { listener, seen, tail } = yield* setting(false)
      const all = [listener("now"), listener("oldest")]
      yield* turns
      expect(seen.running).toBe(2)
      for (const one of all) one.end()
      tail.stop()
      yield* turns
      expect(seen.running).toBe(0)
    }).pipe(Effect.provide(WebSocketTest.layer())))

  it.scoped("while the log cannot be read, asks it no more", () =>
    Effect.gen(function*() {
      for (const isKnown of [true, false]) {
        const { listener, seen, tail } = yield* setting(isKnown)
        const one = listener("oldest")
        tail.mend()
        yield* turns
        yield* TestClock.adjust("1 second")
        expect(seen.asked).toBeGreaterThan(1)
        one.end()
        tail.stop()
        yield* turns
        const { asked } = seen
        yield* TestClock.adjust("10 seconds")
        expect({ asked: seen.asked, running: seen.running }).toEqual({ asked, running: 0 })
      }
    }).pipe(Effect.provide(WebSocketTest.layer())))

  it.scoped("while its messages wait for a peer that reads nothing, leaves no fiber", () =>
    Effect.gen(function*() {
      const { around, seen, server } = yield* setting(true)
      const [link] = yield* (yield* WebSocketTest.WebSocketTest).links
      yield* link!.stall
      const large = new PreparedMessage("x".repeat(60_000))
      const tries = Effect.gen(function*() {
        for (let n = 0; n < 10; n++) {
          const one = new Listener(server, "t", Effect.void, { whenFull: Topics.dropOldest() }, around)
          while (one.waiting === 0) {
            one.deliver(large, "t")
            yield* turns
          }
          expect(seen.running).toBe(1)
          one.end()
          yield* turns
          expect(seen.running).toBe(0)
        }
      })
      yield* Effect.ensuring(tries, link!.resume)
    }).pipe(Effect.provide(WebSocketTest.layer())))
})

describe("a node that closes", () => {
  /** One of a few seconds' patience, and its end. */
  const node = (backplane: Backplane["Type"]) =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const options: Topics.Options = { keep: { topics: ["kept"] }, waitFor: "5 seconds" }
      const made = Topics.make(options).pipe(Scope.extend(scope), Effect.provideService(Backplane, backplane))
      return { topics: yield* made, close: Scope.close(scope, Exit.void) }
    })
  const told = (mayHaveArrived: boolean) => new BackplaneUnavailable({ mayHaveArrived, why: "its node is closed" })

  it.scoped("tells those who wait for the backplane", () =>
    Effect.gen(function*() {
      const { backplane, down } = yield* MemoryBackplane.make
      yield* down
      const { close, topics } = yield* node(backplane)
      const waiting = yield* Effect.forEach(["t", "kept"], (topic) =>
        Effect.fork(Effect.flip(topics.publish(topic, "1"))))
      yield* turns
      yield* close
      for (const fiber of waiting) {
        expect(yield* Fiber.join(fiber)).toEqual(told(false))
      }
      expect(yield* Effect.flip(topics.publish("t", "2"))).toEqual(told(false))
    }))

  it.scoped("tells those who wait for an answer that nobody knows", () =>
    Effect.gen(function*() {
      const { backplane } = yield* MemoryBackplane.make
      const { close, topics } = yield* node({
        open: (receiver, keeping) =>
          Effect.map(backplane.open(receiver, keeping), (link) => ({
            isUp: true,
            patterns: true,
            log: link.log,
            subscribe: (name, ready) => link.subscribe(name, ready),
            unsubscribe: (name) => link.unsubscribe(name),
            publish: () => {} // as if the engine hung
          }))
      })
      const waiting = yield* Effect.fork(Effect.flip(topics.publish("t", "1")))
      yield* turns
      yield* close
      expect(yield* Fiber.join(waiting)).toEqual(told(true))
    }))
})
