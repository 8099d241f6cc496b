import { describe, expect, it, vi } from "@effect/vitest"
import { TypeId } from "@effect-ws/connection/Connection"
import { InvalidOption } from "@effect-ws/connection/InvalidOption"
import { Backplane } from "@effect-ws/platform/Backplane"
import * as MemoryBackplane from "@effect-ws/platform/MemoryBackplane"
import * as Presence from "@effect-ws/platform/Presence"
import { InvalidTopic } from "@effect-ws/platform/Topics"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { pairs, turns } from "./topics.js"

const state = Schema.parseJson(Schema.String)

/** A node that can be cut off: nothing of it is heard any more, as if it had been killed. */
const nodes = (count: number) =>
  Effect.gen(function*() {
    const memory = yield* MemoryBackplane.make
    const made = []
    for (let i = 0; i < count; i++) {
      let isDead = false
      const backplane: Backplane["Type"] = {
        open: (receiver, keeping) =>
          Effect.map(
            memory.backplane.open({
              ...receiver,
              onMessage: (topic, bytes, id) => {
                if (!isDead) receiver.onMessage(topic, bytes, id)
              },
              onUp: () => receiver.onUp(),
              onDown: (why) => receiver.onDown(why),
              onTrouble: (why) => receiver.onTrouble(why)
            }, keeping),
            (link) => ({
              ...link,
              isUp: true,
              patterns: true,
              subscribe: (name: string, ready: () => void) => link.subscribe(name, ready),
              unsubscribe: (name: string) => link.unsubscribe(name),
              publish: (topic: string, bytes: Uint8Array, done: (failure: undefined) => void) =>
                isDead ? done(undefined) : link.publish(topic, bytes, () => done(undefined)),
              log: undefined
            })
          )
      }
      const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
      const presence = yield* Presence.make({ state }).pipe(
        Effect.provideService(Backplane, backplane),
        Effect.provideService(Scope.Scope, scope)
      )
      made.push({ presence, scope, die: () => void (isDead = true), revive: () => void (isDead = false) })
    }
    return { all: made, memory }
  })

const names = (presence: Presence.Presence<string>, topic = "t") =>
  Effect.map(presence.members(topic), (members) => members.map(({ state }) => state).sort())

describe("presence", () => {
  it.scoped("is of all nodes, with their states, and whoever comes later is told of those who are there", () =>
    Effect.gen(function*() {
      const { all: [a, b, c] } = yield* nodes(3)
      const ann = yield* a!.presence.track("t", "ann")
      yield* b!.presence.track("t", "bob")
      yield* b!.presence.track("other", "eve")
      expect(yield* names(a!.presence)).toEqual(["ann", "bob"])
      yield* c!.presence.track("t", "cy")
      for (const { presence } of [a!, b!, c!]) expect(yield* names(presence)).toEqual(["ann", "bob", "cy"])
      yield* ann.update("ann, typing")
      expect(yield* names(c!.presence)).toEqual(["ann, typing", "bob", "cy"])
      const ids = (yield* c!.presence.members("t")).map(({ id }) => id)
      expect(new Set(ids).size).toBe(3)
      yield* ann.end
      yield* ann.update("a ghost")
      expect(yield* names(c!.presence)).toEqual(["bob", "cy"])
    }))

  it.scoped("ends with the scope of a member, with its connection, and with its node", () =>
    Effect.gen(function*() {
      const { all: [a, b] } = yield* nodes(2)
      const [pair] = yield* pairs(1)
      yield* b!.presence.track("t", "bob")
      const scope = yield* Scope.make()
      yield* Scope.extend(a!.presence.track("t", "scoped"), scope)
      yield* a!.presence.trackConnection(pair!.server, "t", "connected")
      yield* a!.presence.track("t", "staying")
      expect(yield* names(b!.presence)).toEqual(["bob", "connected", "scoped", "staying"])
      yield* Scope.close(scope, Exit.void)
      expect(yield* names(b!.presence)).toEqual(["bob", "connected", "staying"])
      yield* pair!.client.close()
      yield* pair!.server.outcome
      expect(yield* names(b!.presence)).toEqual(["bob", "staying"])
      yield* Scope.close(a!.scope, Exit.void)
      expect(yield* names(b!.presence)).toEqual(["bob"])
    }).pipe(Effect.provide(WebSocketTest.layer())))

  it.scoped("of a connection leaves nothing at it when it ends before", () =>
    Effect.gen(function*() {
      const { all: [a] } = yield* nodes(1)
      const [pair] = yield* pairs(1)
      const listen = vi.spyOn(pair!.server[TypeId], "listen")
      for (let n = 0; n < 100; n++) yield* (yield* a!.presence.trackConnection(pair!.server, "t", String(n))).end
      expect(listen).toHaveBeenCalledTimes(1)
      for (const state of ["ann", "ada"]) yield* a!.presence.trackConnection(pair!.server, state, state)
      yield* pair!.client.close()
      yield* pair!.server.outcome
      yield* a!.presence.trackConnection(pair!.server, "ann", "late")
      expect([yield* names(a!.presence, "ann"), yield* names(a!.presence, "ada")]).toEqual([[], []])
    }).pipe(Effect.provide(WebSocketTest.layer())))

  it.scoped("of a node that dies is gone within the timeout, and back when it is heard of again, as it is then", () =>
    Effect.gen(function*() {
      const { all: [a, b] } = yield* nodes(2)
      yield* a!.presence.track("t", "ann")
      yield* b!.presence.track("t", "bob")
      yield* TestClock.adjust("5 minutes")
      expect(yield* names(b!.presence)).toEqual(["ann", "bob"])
      a!.die()
      yield* a!.presence.track("t", "ada")
      yield* TestClock.adjust("20 seconds")
      expect(yield* names(b!.presence)).toEqual(["ann", "bob"])
      yield* TestClock.adjust("20 seconds")
      expect(yield* names(b!.presence)).toEqual(["bob"])
      a!.revive()
      yield* TestClock.adjust("10 seconds")
      expect(yield* names(b!.presence)).toEqual(["ada", "ann", "bob"])
    }))

  it.scoped("a change that was lost is noticed by the next, or at the next interval", () =>
    Effect.gen(function*() {
      const { all: [a, b] } = yield* nodes(2)
      const ann = yield* a!.presence.track("t", "ann")
      yield* b!.presence.track("t", "bob")
      b!.die()
      yield* ann.update("ann 2")
      b!.revive()
      expect(yield* names(b!.presence)).toEqual(["ann", "bob"])
      yield* TestClock.adjust("10 seconds")
      expect(yield* names(b!.presence)).toEqual(["ann 2", "bob"])
      b!.die()
      yield* ann.update("ann 3")
      b!.revive()
      yield* a!.presence.track("t", "ada")
      expect(yield* names(b!.presence)).toEqual(["ada", "ann 3", "bob"])
    }))

  it.scoped("of thousands is told in parts, and is whole", () =>
    Effect.gen(function*() {
      const { all: [a, b], memory } = yield* nodes(2)
      yield* memory.down
      for (let n = 0; n < 2500; n++) yield* a!.presence.track("t", String(n))
      yield* b!.presence.track("t", "bob")
      expect(yield* names(b!.presence)).toEqual(["bob"])
      yield* memory.up
      expect((yield* b!.presence.members("t")).length).toBe(2501)
    }))

  it.scoped("can be followed: what it is, and then each change", () =>
    Effect.gen(function*() {
      const { all: [a, b] } = yield* nodes(2)
      const seen: Array<ReadonlyArray<string>> = []
      yield* Effect.forkScoped(Stream.runForEach(b!.presence.changes("t"), (members) =>
        Effect.sync(() =>
          void seen.push(members.map(({ state }) => state))
        )))
      yield* turns
      const ann = yield* a!.presence.track("t", "ann")
      yield* turns
      yield* ann.update("ann 2")
      yield* turns
      yield* ann.end
      yield* turns
      expect(seen).toEqual([[], ["ann"], ["ann 2"], []])
      expect(yield* Effect.flip(Stream.runDrain(b!.presence.changes("no topic")))).toBeInstanceOf(InvalidTopic)
    }))

  it.scoped("refuses what is no topic, too large a state, and options that cannot be", () =>
    Effect.gen(function*() {
      const presence = yield* Presence.make({ state, maxStateSize: 10 })
      expect(yield* Effect.flip(presence.track("a b", "x"))).toBeInstanceOf(InvalidTopic)
      const large = yield* Effect.flip(presence.track("t", "x".repeat(20)))
      expect(large.message).toMatch(/has 22 characters, and may have 10/)
      yield* presence.track("t", "alone")
      expect(yield* names(presence)).toEqual(["alone"])
      const wrong = [{ name: "a b" }, { interval: 0 }, { interval: "10 seconds", timeout: "20 seconds" }, {
        maxStateSize: 0
      }]
      for (const options of wrong) {
        const exit = yield* Effect.exit(Presence.make({ state, ...options as object }))
        expect(Exit.isFailure(exit) && Cause.squash(exit.cause)).toBeInstanceOf(InvalidOption)
      }
    }))
})
