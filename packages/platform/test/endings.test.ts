/** Fibers of subscriptions: none outlives what it is for, be the log away or the peer slow for as long as they like. */
import { describe, expect, it } from "@effect/vitest"
import { PreparedMessage } from "@effect-ws/connection/Message"
import { BackplaneUnavailable, type Log } from "@effect-ws/platform/Backplane"
import * as Topics from "@effect-ws/platform/Topics"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
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
