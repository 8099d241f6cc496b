import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { Ledger, type Trimmed } from "../../src/wireLog/Ledger.js"

/** A log that knows of its records when they came. */
class Log implements Trimmed {
  stale = 0
  records: Array<{ readonly time: number; readonly cost: number }> = []
  constructor(private readonly dropped: Array<number>) {}

  dropOldest(): number {
    const record = this.records.shift()
    if (record === undefined) throw new Error("there is none")
    this.dropped.push(record.time)
    return record.cost
  }
}

describe("the ledger", () => {
  it("drops the oldest records of all logs, and never has more than its limit", () => {
    const step = FastCheck.tuple(FastCheck.nat(3), FastCheck.integer({ min: 1, max: 30 }), FastCheck.nat(5))
    FastCheck.assert(FastCheck.property(FastCheck.array(step, { maxLength: 200 }), (steps) => {
      const dropped: Array<number> = []
      const ledger = new Ledger(100)
      const logs = Array.from({ length: 4 }, () => new Log(dropped))
      let time = 0
      for (const [which, cost, kind] of steps) {
        const log = logs[which]!
        if (kind === 0 && log.records.length > 0) {
          ledger.left(log, log.records.shift()!.cost)
          continue
        }
        dropped.length = 0
        log.records.push({ time: time++, cost })
        ledger.joined(log, cost)
        const rest = logs.flatMap(({ records }) => records)
        expect(ledger.used).toBe(rest.reduce((sum, record) => sum + record.cost, 0))
        expect(ledger.used).toBeLessThanOrEqual(100)
        expect(dropped).toEqual([...dropped].sort((left, right) => left - right))
        expect(Math.max(-1, ...dropped)).toBeLessThan(Math.min(Infinity, ...rest.map((record) => record.time)))
      }
    }))
  })

  it("does not grow with records that logs drop by themselves", () => {
    const ledger = new Ledger(1_000_000)
    const log = new Log([])
    for (let i = 0; i < 100_000; i++) {
      ledger.joined(log, 10)
      ledger.left(log, 10)
    }
    expect(ledger.used).toBe(0)
    expect(log.stale).toBeLessThan(2000)
  })

  it("reserves what there is, after dropping what may go", () => {
    const dropped: Array<number> = []
    const ledger = new Ledger(100)
    const log = new Log(dropped)
    log.records.push({ time: 0, cost: 60 })
    ledger.joined(log, 60)
    expect(ledger.reserve(50)).toBe(true)
    expect(dropped).toEqual([0])
    expect(ledger.reserve(60)).toBe(false)
    ledger.release(50)
    expect(ledger.reserve(60)).toBe(true)
  })
})
