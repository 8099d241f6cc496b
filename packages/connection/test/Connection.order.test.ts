/**
 * What comes while a step is carried out, or told: it waits until that is done, and is lost no more than it overtakes. What users do
 * while they are told takes effect at once.
 */
import { describe, expect, it } from "@effect/vitest"
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import type { Compression } from "@effect-ws/connection/host/Compression"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { scripted, turn } from "./pair.js"
import { bytes, closeTo, concat, frameTo, textTo, wordsOf } from "./wire.js"

/** Gives back what it is given, in memory of its own, in this turn. */
const stored: Compression = {
  isWorth: () => false,
  inflate: (octets) => ({ _tag: "Now", value: { _tag: "Inflated", parts: [octets.slice()] } }),
  deflate: (octets) => ({ _tag: "Now", value: octets.slice() }),
  free: () => {}
}

const compressed = (text: string) => frameTo("server", 1, bytes(text), { rsv: 4 })

describe("a step that is carried out", () => {
  it.scoped("is carried out to its end before a defect in it counts: the wait for the end is that of a failure", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server", { closeTimeout: 5000, dropTimeout: 2000 })
      const message = new Uint8Array(20_000)
      connection.trySend(message)
      structuredClone(message, { transfer: [message.buffer] })
      // To write our Close is to write that message, which cannot be done.
      yield* Effect.fork(connection.close())
      yield* turn
      expect(transport.calls).toContain("halfClose")
      yield* TestClock.adjust("2 seconds")
      expect(Option.getOrUndefined(connection.currentOutcome)).toMatchObject({
        _tag: "Failed",
        failure: { _tag: "Defect" }
      })
    }))

  it.scoped("is not mixed with what a transport tells meanwhile: cut, it is gone at once", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("client")
      Object.assign(transport, {
        destroy: () => {
          transport.calls.push("destroy")
          transport.receiver?.onClosed(undefined)
        }
      })
      expect(yield* connection.abort("enough")).toMatchObject({ _tag: "Aborted", why: { reason: "enough" } })
      expect(transport.calls).toEqual(["destroy"])
    }))
})

describe("a handler", () => {
  it.scoped("that sends amid a delivery amid inflating: all in order, and nothing is lost", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server", {}, stored)
      const texts = Array.from({ length: 40 }, (_, i) => `${i}`)
      const handled: Array<string> = []
      // What is sent answers at once, with a message that was under way.
      const late = ["late 0", "late 1", "late 2"]
      const write = transport.write
      Object.assign(transport, {
        write: (chunks: ReadonlyArray<Uint8Array>) => {
          const next = late.shift()
          if (next !== undefined) transport.receiver?.onOctets(compressed(next))
          return write(chunks)
        }
      })
      const running = yield* Effect.fork(connection.run((message) => {
        handled.push(String(message))
        connection.trySend(`re ${String(message)}`)
        // Over what is written at once.
        if (message === "1" || message === "2" || message === "3") connection.trySend(new Uint8Array(70_000))
      }))
      yield* turn
      transport.says(concat(...texts.map((text, i) => i % 3 === 0 ? textTo("server", text) : compressed(text))))
      transport.endTurn()
      const all = [...texts, "late 0", "late 1", "late 2"]
      expect(handled).toEqual(all)
      const sent = wordsOf(transport.wire).filter((words) => words.startsWith("text"))
      expect(sent).toEqual(all.map((text) => `text re ${text}`))
      transport.says(closeTo("server", CloseStatus.make(1000)))
      yield* Fiber.join(running)
    }))

  it.scoped("that closes: nothing is sent behind the Close, and what was read behind is still handled", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server", {}, stored)
      const said: Array<unknown> = []
      yield* Effect.fork(connection.run((message) => {
        if (message === "one") Effect.runFork(connection.close(4000, "enough"))
        said.push([message, connection.trySend("late")])
      }))
      yield* turn
      transport.says(concat(compressed("one"), textTo("server", "two"), compressed("three")))
      expect(said).toEqual([["one", "closed"], ["two", "closed"], ["three", "closed"]])
      expect(wordsOf(transport.wire)).toEqual(["close 4000 enough"])
    }))

  it.scoped("that cuts: it has the outcome at once, and nothing behind is handled by others", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server", {}, stored)
      const outcomes: Array<unknown> = []
      yield* Effect.fork(connection.run(() =>
        Effect.map(connection.abort("enough"), ({ _tag }) => {
          outcomes.push(_tag, Option.isSome(connection.currentOutcome))
        })
      ))
      yield* turn
      transport.says(concat(textTo("server", "one"), compressed("two")))
      yield* turn
      expect(outcomes.slice(0, 2)).toEqual(["Aborted", true])
      expect(transport.calls.filter((call) => call === "destroy")).toHaveLength(1)
    }))
})
