import { describe, expect, it } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import * as Primitives from "@effect-ws/codec/Primitives"
import type { Compression } from "@effect-ws/connection/host/Compression"
import type { Content } from "@effect-ws/connection/Message"
import * as fc from "effect/FastCheck"
import { DeflateQueue } from "../src/sending/DeflateQueue.js"
import { fin } from "../src/sending/FrameWriter.js"
import { Slab } from "../src/sending/Slab.js"
import { SpareMemory } from "../src/sending/SpareMemory.js"
import { bytes, concat } from "./wire.js"

const rsv1 = 0x40
const { binary, continuation, text } = Frame.opcode

/** A message is worth it from ten octets on, and takes until another turn if it begins with "l". Deflated, it has a "~" before it. */
const make = (onFrame: (payload: Content) => void = () => {}) => {
  const frames: Array<readonly [first: number, payload: string]> = []
  const defects: Array<unknown> = []
  const calls: Array<readonly [payload: string, last: boolean]> = []
  let later: { readonly answer: () => void; readonly fail: () => void } | undefined = undefined
  const compression: Compression = {
    inflate: () => ({ _tag: "Now", value: { _tag: "Invalid" } }),
    isWorth: (size) => size >= 10,
    deflate: (octets, last) => {
      expect(later).toBeUndefined() // one call at most is under way
      calls.push([Buffer.from(octets).toString("latin1"), last])
      const value = concat(bytes("~"), octets)
      if (octets[0] !== 0x6c) return { _tag: "Now", value }
      return {
        _tag: "Later",
        listen: (listener, failed) => {
          const settle = (task: () => void) => () => {
            later = undefined
            task()
          }
          later = { answer: settle(() => listener(value)), fail: settle(() => failed("a defect")) }
        }
      }
    },
    free: () => {}
  }
  const told = { grown: 0, caughtUp: 0 }
  const queue = new DeflateQueue(compression, {
    primitives: Primitives.plain,
    mask: undefined,
    slab: new Slab(),
    spare: new SpareMemory()
  }, {
    frame: (first, payload: Content) => {
      if (payload === "odd") throw new Error("a defect")
      frames.push([first, Buffer.from(payload).toString("latin1")])
      onFrame(payload)
    },
    onGrown: () => told.grown++,
    onCaughtUp: () => told.caughtUp++,
    onDefect: (defect) => defects.push(defect)
  })
  return {
    queue,
    frames,
    defects,
    calls,
    told,
    answer: () => later?.answer(),
    fail: () => later?.fail(),
    get isUnderWay() {
      return later !== undefined
    }
  }
}

describe("in this turn", () => {
  it("a message is deflated, and marked, if it is worth it", () => {
    const { frames, queue } = make()
    queue.message(text, "small")
    queue.message(text, "a message of text")
    queue.message(binary, bytes("a message of octets"))
    queue.message(text, "éééée") // nine octets are not worth it, ten are
    queue.message(text, "ééééé")
    const utf8 = (payload: string) => Buffer.from(payload).toString("latin1")
    expect(frames).toEqual([
      [fin | text, "small"],
      [fin | rsv1 | text, "~a message of text"],
      [fin | rsv1 | binary, "~a message of octets"],
      [fin | text, utf8("éééée")],
      [fin | rsv1 | text, utf8("~ééééé")]
    ])
    expect([queue.size, queue.isBehind]).toEqual([0, false])
  })

  it("fragments are deflated all, and only the first is marked", () => {
    const { calls, frames, queue } = make()
    queue.fragment(text, "a")
    queue.fragment(continuation, "b")
    queue.fragment(fin | continuation, "")
    expect(frames).toEqual([[rsv1 | text, "~a"], [continuation, "~b"], [fin | continuation, "~"]])
    expect(calls).toEqual([["a", false], ["b", false], ["", true]])
  })

  it("what the compressor lends is not referenced", () => {
    const kept: Array<Uint8Array> = []
    const lent = new Uint8Array(20_000).fill(0x61)
    const compression: Compression = {
      inflate: () => ({ _tag: "Now", value: { _tag: "Invalid" } }),
      isWorth: () => true,
      deflate: () => ({ _tag: "Now", value: lent }),
      free: () => {}
    }
    const queue = new DeflateQueue(compression, {
      primitives: Primitives.plain,
      mask: undefined,
      slab: new Slab(),
      spare: new SpareMemory()
    }, {
      frame: (_, payload) => void (typeof payload === "string" || kept.push(payload)),
      onGrown: () => {},
      onCaughtUp: () => {},
      onDefect: () => {}
    })
    queue.message(binary, bytes("x"))
    expect([kept[0] === lent, kept[0]?.length]).toEqual([false, 20_000])
  })
})

describe("in another turn", () => {
  it("keeps the order of all that was put in, and weighs what waits, as a plain list does", () => {
    const action = fc.oneof(
      fc.constantFrom("short", "a message now", "a late message", "later, much later", "last of all").map((
        message
      ) => ({
        message
      })),
      fc.constant("task" as const),
      fc.constant("answer" as const)
    )
    fc.assert(
      fc.property(fc.array(action, { maxLength: 20, size: "max" }), (actions) => {
        const made = make()
        const { answer, frames, queue } = made
        const expected: Array<string> = []
        for (const now of actions) {
          if (now === "answer") answer()
          else if (now === "task") {
            const name = `task ${expected.length}`
            queue.behindAll(() => frames.push([0, name]))
            expected.push(name)
          } else {
            queue.message(text, now.message)
            expected.push(now.message.length >= 10 ? `~${now.message}` : now.message)
          }
          const out = frames.map(([, payload]) => payload)
          expect(out).toEqual(expected.slice(0, out.length))
          const waiting = expected.slice(out.length).map((name) => name.startsWith("task") ? "" : name.replace("~", ""))
          expect(queue.size).toBe(waiting.join("").length)
          expect([queue.isBehind, made.isUnderWay]).toEqual([waiting.length > 0, waiting.length > 0])
        }
        while (made.isUnderWay) answer()
        expect(frames.map(([, payload]) => payload)).toEqual(expected)
        expect([queue.size, queue.isBehind, made.defects]).toEqual([0, false, []])
      }),
      { numRuns: 200 }
    )
  })

  it("what is put in while others are let out stands behind all that wait", () => {
    let queued = false
    const { answer, frames, queue } = make(() => {
      if (queued) queue.message(text, "last")
      queued = false
    })
    queue.message(text, "later, much later")
    queue.message(text, "second")
    queue.message(text, "third")
    queued = true
    answer()
    expect(frames.map(([, payload]) => payload)).toEqual(["~later, much later", "second", "third", "last"])
  })

  it("octets that wait are the sender's again", () => {
    const { answer, frames, queue } = make()
    const octets = bytes("small")
    queue.message(text, "later, much later")
    queue.message(binary, octets)
    octets.fill(0)
    answer()
    expect(frames.at(-1)).toEqual([fin | binary, "small"])
  })

  it("says when it holds more, and when it has caught up", () => {
    const { answer, queue, told } = make()
    queue.message(text, "later, much later")
    queue.message(text, "small")
    expect(told).toEqual({ grown: 2, caughtUp: 0 })
    answer()
    expect(told).toEqual({ grown: 2, caughtUp: 1 })
  })
})

describe("a failure", () => {
  const behind = ["small", "later, much later", "a message now"]

  it("of the compressor drops what is behind, and is told once", () => {
    const { defects, fail, frames, queue } = make()
    queue.message(text, "before")
    queue.message(text, "later, much later")
    for (const message of behind) queue.message(text, message)
    queue.behindAll(() => frames.push([0, "task"]))
    fail()
    expect(frames).toEqual([[fin | text, "before"]])
    expect([defects, queue.size, queue.isBehind]).toEqual([["a defect"], 0, false])
  })

  it("of what waits drops what is behind that", () => {
    const { answer, defects, frames, queue } = make()
    queue.message(text, "later, much later")
    queue.message(text, "odd")
    for (const message of behind) queue.message(text, message)
    answer()
    expect(frames).toEqual([[fin | rsv1 | text, "~later, much later"]])
    expect([defects, queue.size, queue.isBehind]).toEqual([[new Error("a defect")], 0, false])
  })
})
