import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { Ledger, type Trimmed } from "../../src/wireLog/Ledger.js"

/** A log that knows of its records when they came. */
class Log implements Trimmed {
  records: Array<{ readonly time: number; readonly cost: number }> = []
  constructor(private readonly dropped: Array<number>) {}

  get oldest(): number | undefined {
    return this.records[0]?.time
  }

  get latest(): number | undefined {
    return this.records.at(-1)?.time
  }

  get size(): number {
    return this.records.reduce((sum, { cost }) => sum + cost, 0)
  }

  dropUntil(time: number): number {
    const before = this.size
    this.dropped.push(...this.records.filter((one) => one.time <= time).map((one) => one.time))
    this.records = this.records.filter((one) => one.time > time)
    return before - this.size
  }
}

const logs = (ledger: Ledger, dropped: Array<number>): ReadonlyArray<Log> =>
  Array.from({ length: 4 }, () => {
    const log = new Log(dropped)
    ledger.add(log)
    return log
  })

describe("the ledger", () => {
  it("drops the oldest records of all logs, and never has more than its limit", () => {
    const step = FastCheck.tuple(FastCheck.nat(3), FastCheck.integer({ min: 1, max: 30 }), FastCheck.nat(5))
    FastCheck.assert(FastCheck.property(FastCheck.array(step, { maxLength: 200 }), (steps) => {
      const dropped: Array<number> = []
      const ledger = new Ledger(100)
      const all = logs(ledger, dropped)
      let time = 0
      for (const [which, cost, kind] of steps) {
        const log = all[which]!
        if (kind === 0 && log.records.length > 0) {
          ledger.left(log.records.shift()!.cost)
          continue
        }
        dropped.length = 0
        log.records.push({ time: time++, cost })
        ledger.joined(cost)
        const rest = all.flatMap(({ records }) => records)
        expect(ledger.used).toBe(rest.reduce((sum, record) => sum + record.cost, 0))
        expect(ledger.used).toBeLessThanOrEqual(100)
        expect(Math.max(-1, ...dropped)).toBeLessThan(Math.min(Infinity, ...rest.map((record) => record.time)))
      }
    }))
  })

  it("asks all logs seldom: the older part goes at once", () => {
    const ledger = new Ledger(10_000)
    let asked = 0
    const log = new Log([])
    ledger.add({
      get oldest() {
        asked++
        return log.oldest
      },
      get latest() {
        return log.latest
      },
      dropUntil: (time) => log.dropUntil(time)
    })
    for (let time = 0; time < 10_000; time++) {
      log.records.push({ time, cost: 10 })
      ledger.joined(10)
    }
    expect(asked).toBeLessThan(200)
  })

  it("has memory for a log once there is so much, and takes it back when the log is gone", () => {
    const ledger = new Ledger(100)
    const [log] = logs(ledger, [])
    expect(ledger.open(30)).toBe(true)
    log!.records.push({ time: 0, cost: 60 })
    ledger.joined(60)
    expect(ledger.open(50)).toBe(true)
    expect(log!.records).toEqual([])
    expect(ledger.open(60)).toBe(false)
    ledger.close(log!, 30)
    expect(ledger.open(50)).toBe(true)
    expect(ledger.used).toBe(100)
  })
})
