import { expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { Sizes } from "../../src/wireLog/Sizes.js"

const counted = (all: ReadonlyArray<number>) => {
  const sizes = new Sizes()
  for (const size of all) sizes.add(size)
  return sizes.all
}

it("sizes are counted, whenever somebody looks", () => {
  FastCheck.assert(FastCheck.property(FastCheck.array(FastCheck.nat(5)), (all) => {
    const expected = new Map<number, number>()
    for (const size of all) expected.set(size, (expected.get(size) ?? 0) + 1)
    expect(counted(all)).toEqual(expected)
    const looking = new Sizes()
    for (const size of all) {
      looking.add(size)
      void looking.all
    }
    expect(looking.all).toEqual(expected)
  }))
})

it("of very many sizes, those behind the first 64 are counted by powers of two", () => {
  const sizes = counted([...new Array(64).keys(), 1000, 1023, 1024])
  expect(sizes.size).toBe(66)
  expect([sizes.get(512), sizes.get(1024)]).toEqual([2, 1])
})
