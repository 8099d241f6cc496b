/** The inflater cannot stand still, whatever it is given: no limit that is none, and no context that goes nowhere. */
import { describe, expect, it } from "@effect/vitest"
import type { Answer } from "@effect-ws/connection/host/Compression"
import type { InflateResult } from "@effect-ws/connection/host/Compression"
import * as Zlib from "node:zlib"
import { Inflater } from "../src/compression/Inflater.js"
import type { Written } from "../src/compression/ZlibContext.js"

const payload = Zlib.deflateRawSync(Buffer.alloc(100_000, "x"), { finishFlush: Zlib.constants.Z_SYNC_FLUSH })
  .subarray(0, -4)

const value = (answer: Answer<InflateResult>): Promise<InflateResult> =>
  answer._tag === "Now"
    ? Promise.resolve(answer.value)
    : new Promise((resolve, reject) => answer.listen(resolve, reject))

const sizeOf = (result: InflateResult): number | string =>
  result._tag === "Inflated" ? result.parts.reduce((size, part) => size + part.length, 0) : result._tag

describe("limits that are none", () => {
  for (const limit of [NaN, -1, -5, -Infinity]) {
    it(`a message limit of ${limit} lets nothing through`, async () => {
      for (const laterFrom of [0, 256 * 1024, Infinity]) {
        const inflater = new Inflater(15, laterFrom)
        expect(sizeOf(await value(inflater.inflate(payload, true, limit)))).toBe("TooBig")
      }
    })
  }

  for (const laterFrom of [NaN, -5, 0]) {
    it(`so many octets in one turn as ${laterFrom}: all come from the thread pool`, async () => {
      const inflater = new Inflater(15, laterFrom)
      expect(sizeOf(await value(inflater.inflate(payload, true, 200_000)))).toBe(100_000)
      inflater.close()
    })
  }
})

describe("a context that goes nowhere", () => {
  const stuck: ReadonlyArray<Written["left"]> = ["All", "More", "Ended"]
  for (const left of stuck) {
    it(`and answers "${left}": the message is invalid`, async () => {
      const written: Written = { parts: [], taken: 0, left }
      const context = {
        writeNow: () => written,
        writeLater: (_octets: Uint8Array, _limit: number, done: (written: Written) => void) => done(written),
        close: () => {}
      }
      const inflater = new Inflater(15, 1000)
      Object.assign(inflater, { open: () => context })
      expect(sizeOf(await value(inflater.inflate(payload, true, 200_000)))).toBe("Invalid")
    })
  }
})
