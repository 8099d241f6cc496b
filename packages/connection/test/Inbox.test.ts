import { describe, expect, it } from "@effect/vitest"
import { EndOfMessages } from "@effect-ws/connection/ConnectionError"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Driver } from "../src/receiving/Driver.js"
import { Inbox, type Owner } from "../src/receiving/Inbox.js"
import * as reading from "../src/receiving/readers.js"
import { turn } from "./pair.js"

const make = () => {
  const told = { taken: 0, asked: 0 }
  const owner: Owner = { onTaken: () => void told.taken++, onAsked: () => void told.asked++ }
  const inbox = new Inbox<string>((text) => text.length, owner)
  return { inbox, told }
}

const end = new EndOfMessages({ remote: undefined })

describe("Inbox", () => {
  it("gives everything in order, weighs it, and tells when it was emptied", () => {
    const { inbox, told } = make()
    inbox.deliver(["a", "bb"])
    inbox.deliver(["ccc"])
    inbox.deliver(["dddd"])
    expect(inbox.size).toBe(10)
    expect(inbox.takeOne()).toBe("a")
    expect([inbox.size, told.taken]).toEqual([9, 0])
    expect(inbox.take()).toEqual(["bb", "ccc", "dddd"])
    expect([inbox.size, told.taken, inbox.isEmpty]).toEqual([0, 1, true])
    expect([inbox.take(), inbox.takeOne()]).toEqual([undefined, undefined])
  })

  it("gives one at a time through all that came since", () => {
    const { inbox, told } = make()
    inbox.deliver(["a"])
    inbox.deliver(["b", "c"])
    expect([inbox.takeOne(), inbox.takeOne(), inbox.takeOne(), inbox.takeOne()]).toEqual(["a", "b", "c", undefined])
    expect([inbox.size, told.taken]).toEqual([0, 1])
  })

  it("is idle when it is empty and whoever took has asked again", () => {
    const { inbox } = make()
    const slot = inbox.open()
    expect(inbox.isIdle).toBe(true)
    inbox.deliver(["a"])
    expect(inbox.isIdle).toBe(false)
    inbox.take()
    expect(inbox.isIdle).toBe(false)
    inbox.ask(slot)
    expect(inbox.isIdle).toBe(true)
  })

  it("does not change a batch that was taken", () => {
    const { inbox } = make()
    const batch = ["a"]
    inbox.deliver(batch)
    inbox.deliver(["b"])
    expect(batch).toEqual(["a"])
    const taken = inbox.take()
    inbox.deliver(["c"])
    expect(taken).toEqual(["a", "b"])
  })
})

describe("readers", () => {
  it.scoped("each message goes to exactly one", () =>
    Effect.gen(function*() {
      const { inbox } = make()
      const seen: Array<string> = []
      const take = Effect.tap(reading.receive(inbox), (text) => Effect.sync(() => seen.push(text)))
      const pulling = Effect.flatMap(reading.reader(inbox), ({ pull }) =>
        Effect.forever(Effect.tap(pull, (batch) => Effect.sync(() => seen.push(...batch)))))
      yield* Effect.forkScoped(Effect.forever(take))
      yield* Effect.forkScoped(pulling)
      yield* Effect.forkScoped(Stream.runForEach(reading.stream(inbox), (text) =>
        Effect.sync(() => seen.push(text))))
      for (let i = 0; i < 100; i++) {
        inbox.deliver([`${i}`, `${i}'`])
        if (i % 3 === 0) yield* turn
      }
      yield* turn
      expect(seen).toHaveLength(200)
      expect(new Set(seen).size).toBe(200)
    }))

  it.scoped("as many as wait for one message each are served by one batch", () =>
    Effect.gen(function*() {
      const { inbox } = make()
      const fibers = yield* Effect.all([1, 2, 3].map(() => Effect.fork(reading.receive(inbox))))
      yield* turn
      inbox.deliver(["a", "b", "c"])
      expect(yield* Fiber.joinAll(fibers)).toEqual(["a", "b", "c"])
    }))

  it.scoped("one whose pull was interrupted while it waited does not keep a message from another", () =>
    Effect.gen(function*() {
      const { inbox } = make()
      const gone = yield* reading.reader(inbox)
      const other = yield* reading.reader(inbox)
      const interrupted = yield* Effect.fork(gone.pull)
      yield* turn
      yield* Fiber.interrupt(interrupted)
      const waiting = yield* Effect.fork(other.pull)
      yield* turn
      inbox.deliver(["a"])
      yield* turn
      expect(waiting.unsafePoll()).toEqual(Exit.succeed(["a"]))
    }))

  it.scoped("nor one that was interrupted when it was woken and had not run", () =>
    Effect.gen(function*() {
      const { inbox } = make()
      const gone = yield* reading.reader(inbox)
      const other = yield* reading.reader(inbox)
      const interrupted = yield* Effect.fork(gone.pull)
      const waiting = yield* Effect.fork(other.pull)
      yield* turn
      inbox.deliver(["a"])
      interrupted.unsafeInterruptAsFork(interrupted.id())
      yield* turn
      expect(waiting.unsafePoll()).toEqual(Exit.succeed(["a"]))
    }))

  it.scoped("an interrupted pull loses nothing", () =>
    Effect.gen(function*() {
      const { inbox } = make()
      const { pull } = yield* reading.reader(inbox)
      const interrupted = yield* Effect.fork(pull)
      yield* turn
      inbox.deliver(["a"])
      interrupted.unsafeInterruptAsFork(interrupted.id())
      yield* Fiber.await(interrupted)
      expect(yield* pull).toEqual(["a"])
    }))

  it.effect("one whose scope is closed hands its turn on", () =>
    Effect.gen(function*() {
      const { inbox } = make()
      const scope = yield* Scope.make()
      const { pull } = yield* Scope.extend(reading.reader(inbox), scope)
      const first = yield* Effect.fork(pull)
      const second = yield* Effect.fork(reading.receive(inbox))
      yield* turn
      inbox.deliver(["a"])
      first.unsafeInterruptAsFork(first.id())
      yield* Scope.close(scope, Exit.void)
      expect(yield* Fiber.join(second)).toBe("a")
    }))

  it.scoped("all who wait are told of the end, and what came before it is read first", () =>
    Effect.gen(function*() {
      const { inbox } = make()
      const { pull } = yield* reading.reader(inbox)
      const waiting = yield* Effect.fork(Effect.flip(reading.receive(inbox)))
      yield* turn
      inbox.finish(end)
      expect(yield* Fiber.join(waiting)).toBe(end)
      const late = make().inbox
      late.deliver(["a"])
      late.finish(end)
      expect(yield* reading.receive(late)).toBe("a")
      expect(yield* Effect.flip(reading.receive(late))).toBe(end)
      expect(yield* Effect.flip(pull)).toBe(end)
      expect(yield* Stream.runCollect(reading.stream(inbox))).toHaveLength(0)
    }))
})

describe("run", () => {
  it.effect("calls synchronously, in the turn of the delivery, and without a queue", () =>
    Effect.gen(function*() {
      const { inbox } = make()
      const seen: Array<string> = []
      const running = yield* Effect.fork(reading.run(inbox, (text) => void seen.push(text)))
      yield* turn
      inbox.deliver(["a", "b"])
      expect(seen).toEqual(["a", "b"])
      expect(inbox.size).toBe(0)
      inbox.finish(end)
      yield* Fiber.join(running)
    }))

  it.effect("waits for the effect of one message before the next, whichever return one", () =>
    Effect.gen(function*() {
      const { inbox } = make()
      const seen: Array<string> = []
      const gate = yield* Deferred.make<void>()
      const running = yield* Effect.fork(reading.run(inbox, (text) => {
        seen.push(`(${text}`)
        if (text.startsWith("sync")) return
        return Effect.zipRight(
          text === "wait" ? Deferred.await(gate) : Effect.yieldNow(),
          Effect.sync(() => seen.push(`${text})`))
        )
      }))
      yield* turn
      inbox.deliver(["sync 1", "wait", "sync 2", "b"])
      inbox.deliver(["sync 3"])
      yield* turn
      expect(seen).toEqual(["(sync 1", "(wait"])
      expect(inbox.isIdle).toBe(false)
      yield* Deferred.succeed(gate, undefined)
      yield* turn
      expect(seen).toEqual(["(sync 1", "(wait", "wait)", "(sync 2", "(b", "b)", "(sync 3"])
      expect(inbox.isIdle).toBe(true)
      inbox.finish(end)
      yield* Fiber.join(running)
    }))

  it.effect("fails as the handler fails, at once or later, and dies of what it throws, in either place", () =>
    Effect.gen(function*() {
      const outcomeOf = (handler: (text: string) => Effect.Effect<void, string> | void) =>
        Effect.gen(function*() {
          const { inbox } = make()
          const running = yield* Effect.fork(reading.run(inbox, handler))
          yield* turn
          inbox.deliver(["first", "second"])
          return yield* Fiber.await(running)
        })
      const thrown = new Error("thrown")
      const throws = (): void => {
        throw thrown
      }
      expect(yield* outcomeOf(() => Effect.fail("no"))).toEqual(Exit.fail("no"))
      expect(yield* outcomeOf(() => Effect.zipRight(Effect.yieldNow(), Effect.fail("no")))).toEqual(Exit.fail("no"))
      expect(yield* outcomeOf(throws)).toEqual(Exit.die(thrown))
      expect(yield* outcomeOf((text) => text === "second" ? throws() : Effect.yieldNow())).toEqual(Exit.die(thrown))
    }))

  it.effect("interrupts the handler at work when it is interrupted, and waits for it", () =>
    Effect.gen(function*() {
      const { inbox } = make()
      const seen: Array<string> = []
      const running = yield* Effect.fork(reading.run(inbox, () =>
        Effect.onInterrupt(Effect.never, () =>
          Effect.zipRight(
            Effect.yieldNow(),
            Effect.sync(() => seen.push("cleaned"))
          ))))
      yield* turn
      inbox.deliver(["a"])
      yield* Fiber.interrupt(running)
      expect(seen).toEqual(["cleaned"])
    }))

  it.effect("leaves what it has not begun to whoever reads next", () =>
    Effect.gen(function*() {
      const { inbox } = make()
      const interrupted = yield* Effect.fork(reading.run(inbox, () => Effect.never))
      yield* turn
      inbox.deliver(["a", "b", "c"])
      yield* Fiber.interrupt(interrupted)
      expect(yield* reading.receive(inbox)).toBe("b")
      const failing = yield* Effect.fork(reading.run(inbox, (text) => Effect.fail(text)))
      expect(yield* Fiber.await(failing)).toEqual(Exit.fail("c"))
      inbox.deliver(["d"])
      expect(inbox.size).toBe(1)
      expect(yield* reading.receive(inbox)).toBe("d")
    }))

  it.effect("is over when the last handler is, not when the last message came", () =>
    Effect.gen(function*() {
      const { inbox } = make()
      const gate = yield* Deferred.make<void>()
      const running = yield* Effect.fork(reading.run(inbox, () => {
        inbox.finish(end)
        return Deferred.await(gate)
      }))
      yield* turn
      inbox.deliver(["a"])
      yield* turn
      expect(running.unsafePoll()).toBeNull()
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(running)
    }))

  it.effect("is over when the last handler is, also when the end comes while that begins to run", () =>
    Effect.gen(function*() {
      const { inbox } = make()
      const gate = yield* Deferred.make<void>()
      const running = yield* Effect.fork(reading.run(inbox, () =>
        Effect.suspend(() => {
          inbox.finish(end)
          return Deferred.await(gate)
        })))
      yield* turn
      inbox.deliver(["a"])
      yield* turn
      expect(running.unsafePoll()).toBeNull()
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(running)
    }))

  it.effect("goes on with what is delivered while a handler begins to run", () =>
    Effect.gen(function*() {
      const { inbox } = make()
      const seen: Array<string> = []
      const running = yield* Effect.fork(reading.run(inbox, (text) =>
        Effect.suspend(() => {
          if (text === "a") inbox.deliver(["b"])
          return Effect.zipRight(Effect.yieldNow(), Effect.sync(() => seen.push(text)))
        })))
      yield* turn
      inbox.deliver(["a"])
      yield* turn
      expect(seen).toEqual(["a", "b"])
      yield* Fiber.interrupt(running)
    }))

  it.effect("leaves nothing lying, wherever its fiber yields", () =>
    Effect.gen(function*() {
      let work = Effect.void // a fiber yields at 2048 steps
      for (let i = 0; i < 1000; i++) {
        const rest = work
        work = Effect.flatMap(Effect.void, () => rest)
      }
      const runs = Array.from({ length: 50 }, () => {
        const rest = work
        work = Effect.flatMap(Effect.void, () => rest)
        const { inbox } = make()
        const seen: Array<string> = []
        const run = reading.run(inbox, (text) => {
          seen.push(text)
          return text === "a" ? rest : undefined
        })
        return { inbox, run, seen }
      })
      const running = yield* Effect.all(runs.map(({ run }) => Effect.fork(run)))
      yield* turn
      for (const text of ["a", "b", "c"]) {
        for (const { inbox } of runs) inbox.deliver([text])
        if (text !== "a") yield* turn
      }
      expect(runs.filter(({ seen }) => seen.join("") !== "abc")).toEqual([])
      yield* Fiber.interruptAll(running)
    }))

  /** As a connection does whose inbox was full: what was held back comes while what was there is taken. */
  const holdingBack = () => {
    let held: ReadonlyArray<string> = []
    const inbox: Inbox<string> = new Inbox<string>(() => 1, {
      onTaken: () => {
        const batch = held
        held = []
        if (batch.length > 0) inbox.deliver(batch)
      },
      onAsked: () => {}
    })
    return { inbox, hold: (batch: ReadonlyArray<string>) => void (held = batch) }
  }

  it.effect("begins with what is there, and what taking it lets in comes behind", () =>
    Effect.gen(function*() {
      for (const answer of [undefined, Effect.yieldNow()]) {
        const { hold, inbox } = holdingBack()
        const seen: Array<string> = []
        inbox.deliver(["a", "b"])
        hold(["c"])
        const running = yield* Effect.fork(reading.run(inbox, (text) => {
          seen.push(text)
          return answer
        }))
        yield* turn
        expect(seen).toEqual(["a", "b", "c"])
        yield* Fiber.interrupt(running)
      }
    }))

  it.effect("goes on with what came while its fiber ended, and what taking it lets in comes behind", () =>
    Effect.gen(function*() {
      let work = Effect.void // a fiber yields at 2048 steps
      for (let i = 0; i < 1000; i++) {
        const rest = work
        work = Effect.flatMap(Effect.void, () => rest)
      }
      const runs = Array.from({ length: 50 }, () => {
        const rest = work
        work = Effect.flatMap(Effect.void, () => rest)
        const seen: Array<string> = []
        const run = (inbox: Inbox<string>) =>
          reading.run(inbox, (text) => {
            seen.push(text)
            return text === "a" ? rest : undefined
          })
        return { ...holdingBack(), run, seen }
      })
      const running = yield* Effect.all(runs.map(({ inbox, run }) => Effect.fork(run(inbox))))
      yield* turn
      for (const { inbox } of runs) inbox.deliver(["a"])
      for (const { hold, inbox } of runs) {
        inbox.deliver(["b"])
        hold(["d"])
      }
      yield* turn
      for (const { inbox } of runs) inbox.deliver(["c"])
      yield* turn
      // Where nothing was queued, nothing was taken, and "d" is still held.
      expect(new Set(runs.map(({ seen }) => seen.join("")))).toEqual(new Set(["abdc", "abc"]))
      yield* Fiber.interruptAll(running)
    }))

  it.effect("stopping one that is over does not stop the next", () =>
    Effect.gen(function*() {
      const { inbox } = make()
      const seen: Array<string> = []
      const driver = (name: string) =>
        new Driver(inbox, {
          runtime: Runtime.defaultRuntime,
          onMessage: (text: string) => {
            seen.push(name + text)
            if (name === "1") throw new Error("over")
          },
          onDone: () => {}
        })
      const first = driver("1")
      first.start()
      inbox.deliver(["a"])
      const second = driver("2")
      second.start()
      yield* first.stop
      inbox.deliver(["b"])
      expect(seen).toEqual(["1a", "2b"])
    }))

  it.effect("several may run: all but the first pull", () =>
    Effect.gen(function*() {
      const { inbox } = make()
      const seen: Array<string> = []
      const run = (name: string) => reading.run(inbox, (text) => void seen.push(`${name}${text}`))
      const first = yield* Effect.fork(run("1"))
      const second = yield* Effect.fork(run("2"))
      yield* turn
      inbox.deliver(["a"])
      yield* Fiber.interrupt(first)
      inbox.deliver(["b"])
      yield* turn
      inbox.finish(end)
      yield* Fiber.join(second)
      expect(seen).toEqual(["1a", "2b"])
    }))
})
