/** How a trial of topics judges what came: each kind of fault is told from the others. */
import { describe, expect, it } from "@effect/vitest"
import type { Follower } from "../src/topics/Follower.js"
import * as Trial from "../src/topics/Trial.js"

const follower = (topic: string, got: ReadonlyArray<string>, gone = 0): Follower => ({
  topic,
  got: [...got],
  gone,
  connections: 1
})

const log = ["a 0", "b 0", "a 1", "b 1", "a 2"]

const judged = (got: ReadonlyArray<string>, gone = 0, taken: ReadonlyArray<string> = log) =>
  Trial.judge([follower("kept.0", got, gone)], [follower("kept.0", log)], new Map([["kept.0", taken]]), 0)

describe("a trial of topics", () => {
  it("finds nothing wrong with all from anywhere on", () => {
    for (const got of [log, log.slice(2), log.slice(4)]) expect(Trial.isKept(judged(got))).toBe(true)
  })

  it("counts what is lost, doubled, in another order, and told gone", () => {
    expect(judged(["a 0", "a 1", "b 1", "a 2"]).kept).toEqual({ lost: 1, doubled: 0, reordered: 0, gone: 0 })
    expect(judged(log.slice(0, 3)).kept.lost).toBe(2)
    expect(judged([]).kept.lost).toBe(5)
    expect(judged([...log, "a 2"]).kept).toEqual({ lost: 0, doubled: 1, reordered: 0, gone: 0 })
    expect(judged(["a 0", "a 1", "b 0", "b 1", "a 2"]).kept.reordered).toBe(1)
    expect(judged(log, 1).kept.gone).toBe(1)
    for (const got of [["a 0", "a 2"], [...log, "a 2"]]) expect(Trial.isKept(judged(got))).toBe(false)
  })

  it("counts what was taken and is not in the log, and what stands there twice", () => {
    expect(judged(log, 0, [...log, "a 3"]).kept.lost).toBe(1)
    const twice = Trial.judge([], [follower("kept.0", [...log, "a 2"])], new Map(), 0)
    expect(twice.kept.doubled).toBe(1)
  })

  it("of other topics: what is missed is not promised, the rest is", () => {
    const of = (got: ReadonlyArray<string>) =>
      Trial.judge([follower("plain.0", got)], [], new Map([["plain.0", log]]), 0)
    expect(of(["a 1", "b 0"])).toMatchObject({ plain: { lost: 3, doubled: 0, reordered: 0 } })
    expect(Trial.isKept(of(["a 1", "b 0"]))).toBe(true)
    expect(Trial.isKept(of(["a 1", "a 0"]))).toBe(false)
    expect(Trial.isKept(of(["a 1", "a 1"]))).toBe(false)
  })
})
