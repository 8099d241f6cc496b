import { describe, expect, it } from "@effect/vitest"
import { ConnectionClosed } from "@effect-ws/connection/ConnectionError"
import * as Limits from "@effect-ws/connection/Limits"
import type { Outgoing } from "@effect-ws/connection/Message"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as fc from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import { Admission } from "../src/sending/Admission.js"
import { turn } from "./pair.js"

/** Where a message weighs one octet, and room ends at three, and is back at one. */
const make = () => {
  const accepted: Array<Outgoing> = []
  const gated = {
    outstanding: 0,
    accept: (message: Outgoing) => {
      if (message === "odd") throw new Error("a defect")
      accepted.push(message)
      gated.outstanding++
      admission.onGrown()
    }
  }
  const limits = { ...Limits.defaults, outboxSize: 3, outboxResume: 1 }
  const admission: Admission = new Admission(gated, limits)
  const send = (message: string): string => {
    const { verdict } = admission
    if (verdict === "accepted") gated.accept(message)
    return verdict
  }
  const drain = (left = 0): void => {
    gated.outstanding = left
    admission.admit()
  }
  return { accepted, admission, drain, gated, send }
}

const isDone = (fiber: Fiber.RuntimeFiber<unknown, unknown>): boolean => fiber.unsafePoll() !== null

describe("room", () => {
  it("ends at outboxSize, and is back at outboxResume", () => {
    const { drain, send } = make()
    expect(["a", "b", "c", "d"].map(send)).toEqual(["accepted", "accepted", "accepted", "full"])
    drain(2)
    expect(send("e")).toBe("full")
    drain(1)
    expect(send("f")).toBe("accepted")
  })
})

describe("the line", () => {
  type Step =
    | { readonly do: "try" | "send" | "hold" | "release" }
    | { readonly do: "interrupt"; readonly which: number }
    | { readonly do: "drain"; readonly left: number }

  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.constantFrom("try" as const, "send" as const, "send" as const, "hold" as const, "release" as const).map((
      verb
    ) => ({ do: verb })),
    fc.nat(6).map((which) => ({ do: "interrupt", which } as const)),
    fc.nat(3).map((left) => ({ do: "drain", left } as const))
  )

  /** What a plain list of those who wait says. */
  const oracle = () => {
    const accepted: Array<string> = []
    let line: ReadonlyArray<{ readonly name: string; readonly holds: boolean }> = []
    let holder: string | undefined = undefined
    let outstanding = 0
    let full = false
    const accept = (name: string): void => {
      accepted.push(name)
      full ||= ++outstanding >= 3
    }
    const settle = (): void => {
      full &&= outstanding > 1
      for (let first = line[0]; first !== undefined && holder === undefined && !full; first = line[0]) {
        line = line.slice(1)
        if (first.holds) holder = first.name
        else accept(first.name)
      }
    }
    return {
      accepted,
      get holder() {
        return holder
      },
      waits: (name: string) => line.some((waiter) => waiter.name === name),
      try: (name: string) => {
        if (full || holder !== undefined || line.length > 0) return
        accept(name)
      },
      join: (name: string, holds: boolean) => {
        line = [...line, { name, holds }]
        settle()
      },
      interrupt: (name: string) => {
        line = line.filter((waiter) => waiter.name !== name)
        settle()
      },
      release: () => {
        holder = undefined
        settle()
      },
      drain: (left: number) => {
        outstanding = Math.min(left, outstanding)
        settle()
      }
    }
  }

  it("is first in, first out, as a plain list is; who is interrupted lets the next pass, and nobody waits for ever", () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 30, size: "max" }), async (steps) => {
        const { accepted, admission, drain, gated, send } = make()
        const plain = oracle()
        const fibers: Array<readonly [name: string, fiber: Fiber.RuntimeFiber<void, ConnectionClosed>]> = []
        for (const [at, now] of steps.entries()) {
          const name = `${at}`
          switch (now.do) {
            case "try":
              send(name)
              plain.try(name)
              break
            case "send":
            case "hold":
              fibers.push([name, Effect.runFork(admission.wait(now.do === "send" ? name : undefined))])
              plain.join(name, now.do === "hold")
              break
            case "interrupt": {
              const [waiting, fiber] = fibers[now.which] ?? []
              if (waiting === undefined || fiber === undefined || isDone(fiber)) break
              await Effect.runPromise(Fiber.interrupt(fiber))
              plain.interrupt(waiting)
              break
            }
            case "release":
              if (plain.holder === undefined) break
              admission.release()
              plain.release()
              break
            case "drain":
              drain(Math.min(now.left, gated.outstanding))
              plain.drain(now.left)
              break
          }
          await Effect.runPromise(turn)
          expect(accepted).toEqual(plain.accepted)
          expect(fibers.filter(([, fiber]) => !isDone(fiber)).map(([name]) => name)).toEqual(
            fibers.map(([name]) => name).filter(plain.waits)
          )
        }
        for (let i = 0; i <= steps.length; i++) {
          drain()
          admission.release()
        }
        await Effect.runPromise(turn)
        expect(fibers.every(([, fiber]) => isDone(fiber))).toBe(true)
      }),
      { numRuns: 60 }
    ))

  it.effect("goes on behind a message that cannot be sent, which is a defect of its sender alone", () =>
    Effect.gen(function*() {
      const { accepted, admission, drain, send } = make()
      while (send("x") === "accepted");
      const odd = yield* Effect.fork(admission.wait("odd"))
      const well = yield* Effect.fork(admission.wait("well"))
      yield* turn
      drain()
      yield* Fiber.join(well)
      const exit = yield* Fiber.await(odd)
      expect(Exit.isFailure(exit) && Cause.isDie(exit.cause)).toBe(true)
      expect(accepted.at(-1)).toBe("well")
    }))
})

describe("the holder of the channel", () => {
  it.effect("waits for room, and is told before those in line", () =>
    Effect.gen(function*() {
      const { accepted, admission, drain, gated } = make()
      yield* admission.wait(undefined)
      yield* admission.room()
      gated.outstanding = 3
      admission.onGrown()
      const room = yield* Effect.fork(admission.room())
      const next = yield* Effect.fork(admission.wait("next"))
      yield* turn
      drain()
      yield* Fiber.join(room)
      expect([isDone(next), accepted]).toEqual([false, []])
      admission.release()
      yield* Fiber.join(next)
    }))
})

describe("shut", () => {
  it.effect("fails all who wait, with one error, and all who come", () =>
    Effect.gen(function*() {
      const { admission, drain, gated, send } = make()
      yield* admission.wait(undefined)
      gated.outstanding = 3
      admission.onGrown()
      const waiting = yield* Effect.forEach(
        [admission.wait("a"), admission.wait(undefined), admission.room(), admission.untilShut()],
        (wait) => Effect.fork(Effect.flip(wait))
      )
      yield* turn
      admission.shut({ _tag: "Closing" })
      const errors = yield* Effect.forEach(waiting, (fiber) => Fiber.join(fiber))
      expect(errors.map((error) => error === admission.error)).toEqual([true, true, true, true])
      expect(admission.error).toEqual(new ConnectionClosed({ state: { _tag: "Closing" } }))
      drain()
      admission.release()
      expect(send("late")).toBe("closed")
      for (const wait of [admission.wait("b"), admission.room(), admission.untilShut()]) {
        expect(yield* Effect.flip(wait)).toBe(admission.error)
      }
    }))
})
