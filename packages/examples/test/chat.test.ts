/** The chat's rooms, in memory: over the same client that its page and its terminal use. */
import { describe, expect, it } from "@effect/vitest"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as TestClock from "effect/TestClock"
import type { Event, Visitor } from "../src/chat/Messages.js"
import * as Rooms from "../src/chat/Rooms.js"
import * as Visit from "../src/chat/Visit.js"

const inMemory = (limits = {}) =>
  Layer.provideMerge(Layer.scopedDiscard(Effect.forkScoped(Rooms.serve)), WebSocketTest.layer({ server: { limits } }))

/** What is told waits in `events`. */
const visit = (visitor: Visitor) =>
  Effect.gen(function*() {
    const events = yield* Queue.unbounded<Event>()
    const states: Array<string> = []
    const { say } = yield* Visit.make("ws://test/", visitor, {
      event: (event) => Queue.unsafeOffer(events, event),
      state: ({ _tag }) => states.push(_tag)
    })
    return { say, states, next: Queue.take(events), rest: Queue.takeAll(events) }
  })

describe("chat", () => {
  it.scoped("tells who is there, who comes and goes, and what is said", () =>
    Effect.gen(function*() {
      const ann = yield* visit({ room: "lobby", name: "ann" })
      expect(yield* ann.next).toEqual({ _tag: "Welcome", people: ["ann"], history: [] })
      yield* Effect.scoped(Effect.gen(function*() {
        const bob = yield* visit({ room: "lobby", name: "bob" })
        expect(yield* bob.next).toEqual({ _tag: "Welcome", people: ["ann", "bob"], history: [] })
        expect(yield* ann.next).toEqual({ _tag: "Came", name: "bob", people: ["ann", "bob"] })
        yield* bob.say(" hello ")
        const said = { _tag: "Said", line: { name: "bob", text: "hello", at: 0 } }
        expect(yield* bob.next).toEqual(said)
        expect(yield* ann.next).toEqual(said)
      }))
      expect(yield* ann.next).toEqual({ _tag: "Left", name: "bob", people: ["ann"] })
    }).pipe(Effect.provide(inMemory())))

  it.scoped("keeps rooms apart, and counts two pages of a visitor once", () =>
    Effect.gen(function*() {
      const ann = yield* visit({ room: "lobby", name: "ann" })
      yield* ann.next
      const elsewhere = yield* visit({ room: "attic", name: "bob" })
      expect(yield* elsewhere.next).toMatchObject({ people: ["bob"] })
      const again = yield* visit({ room: "lobby", name: "ann" })
      expect(yield* again.next).toMatchObject({ people: ["ann"] })
      yield* again.say("one")
      expect(yield* ann.next).toMatchObject({ _tag: "Said" })
    }).pipe(Effect.provide(inMemory())))

  it.scoped("tells a newcomer the last 50 lines", () =>
    Effect.gen(function*() {
      const ann = yield* visit({ room: "lobby", name: "ann" })
      yield* Effect.forEach(Array.from({ length: 60 }, (_, i) => String(i)), ann.say)
      yield* Effect.replicateEffect(ann.next, 61)
      const welcome = yield* (yield* visit({ room: "lobby", name: "bob" })).next
      const texts = welcome._tag === "Welcome" ? welcome.history.map(({ text }) => text) : []
      expect([texts.length, texts[0], texts[49]]).toEqual([50, "10", "59"])
    }).pipe(Effect.provide(inMemory())))

  it.scoped("comes back after a drop, and what was said meanwhile is sent", () =>
    Effect.gen(function*() {
      const network = yield* WebSocketTest.WebSocketTest
      const ann = yield* visit({ room: "lobby", name: "ann" })
      yield* ann.next
      yield* network.down
      yield* ann.say("are you there?").pipe(Effect.fork)
      yield* network.resume
      yield* TestClock.adjust("1 minute")
      expect(yield* ann.next).toMatchObject({ _tag: "Welcome", people: ["ann"] })
      expect(yield* ann.next).toMatchObject({ _tag: "Said", line: { text: "are you there?" } })
      expect(ann.states).toContain("Waiting")
    }).pipe(Effect.provide(inMemory())))

  it.scoped("cuts who does not keep up, and nobody waits", () =>
    Effect.gen(function*() {
      const network = yield* WebSocketTest.WebSocketTest
      const slow = yield* WebSocketClient.connect("ws://test/?room=lobby&name=slow")
      yield* slow.receive
      const links = yield* network.links
      yield* Effect.forEach(links, (link) => link.stall)
      const ann = yield* visit({ room: "lobby", name: "ann" })
      yield* ann.next
      while (true) {
        yield* ann.say("news ".repeat(100))
        const event = yield* ann.next
        if (event._tag === "Left") return expect(event).toEqual({ _tag: "Left", name: "slow", people: ["ann"] })
      }
    }).pipe(Effect.provide(inMemory({ outboxSize: 4096 }))))

  it.scoped("refuses who says no name, and closes who says what it does not know", () =>
    Effect.gen(function*() {
      const { reason } = yield* Effect.flip(WebSocketClient.connect("ws://test/?room=lobby"))
      expect(reason).toMatchObject({ _tag: "Refused", status: 400 })
      const rude = yield* WebSocketClient.connect("ws://test/?room=lobby&name=rude")
      yield* rude.send("{}")
      expect(yield* rude.outcome).toMatchObject({ _tag: "Clean", remote: { code: 1008 } })
      expect(Chunk.size(yield* (yield* visit({ room: "lobby", name: "ann" })).rest)).toBeLessThan(2)
    }).pipe(Effect.provide(inMemory())))
})
