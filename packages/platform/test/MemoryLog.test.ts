/** What is kept in memory is bounded whatever topics are called, and says what is gone. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { MemoryLog } from "../src/topics/MemoryLog.js"

const keeping = { isKept: () => true, last: 1000, millis: undefined }

describe("a log in memory", () => {
  it.effect("knows nothing any more of topics that it has dropped", () =>
    Effect.gen(function*() {
      const log = new MemoryLog(yield* Effect.clock, keeping, 20_000)
      const put = ((sequence) => (topic: string) =>
        log.append(topic, new Uint8Array(10), { origin: 1, sequence: sequence++, isAgain: false }))(0)
      // Each with another number of messages: one that is remembered says its own.
      for (let n = 1; n <= 200; n++) {
        for (let i = 0; i < n % 20; i++) {
          put(`topic.${n}`)
        }
      }
      const lasts = yield* Effect.forEach(
        Array.from({ length: 100 }, (_, n) =>
          `topic.${n}`),
        (topic) => log.last(topic)
      )
      expect(new Set(lasts.map(Option.getOrUndefined)).size).toBe(1)
    }))

  it.effect("tells that messages are gone, gives no id twice, and counts a topic for what it costs", () =>
    Effect.gen(function*() {
      const log = new MemoryLog(yield* Effect.clock, keeping, 10_000)
      let sequence = 0
      const put = (topic: string) =>
        log.append(topic, new Uint8Array(10), { origin: 1, sequence: sequence++, isAgain: false }).id
      const first = [put("a"), put("a"), put("a")]
      for (let n = 0; n < 100; n++) put(`topic.${n}`)
      for (const id of first) expect(yield* log.read("a", id, 10)).toEqual({ entries: [], gone: true })
      const again = [put("a"), put("a")]
      expect(first.filter((id) => again.includes(id))).toEqual([])
      expect(again.every((id) => first.every((than) => log.isAfter(id, than)))).toBe(true)
      for (const id of first) {
        const page = yield* log.read("a", id, 10)
        expect([page.gone, page.entries.map(({ id }) => id)]).toEqual([true, again])
      }
      expect((yield* log.read("a", again[0], 10)).entries.map(({ id }) => id)).toEqual([again[1]])
      // Of 100 topics with a message each, no more is there than would fit twice.
      const pages = yield* Effect.forEach(
        Array.from({ length: 100 }, (_, n) => `topic.${n}`),
        (topic) => log.read(topic, undefined, 10)
      )
      expect(pages.filter(({ entries }) => entries.length > 0).length).toBeLessThan(10_000 / 2 / 256)
    }))
})
