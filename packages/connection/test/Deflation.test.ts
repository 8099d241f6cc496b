import { describe, expect, it } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import * as Primitives from "@effect-ws/codec/Primitives"
import type { Answer, Compression, SharedDeflater } from "@effect-ws/connection/host/Compression"
import { type Content, PreparedMessage } from "@effect-ws/connection/Message"
import { DeflateQueue } from "../src/sending/DeflateQueue.js"
import { fin } from "../src/sending/FrameWriter.js"
import { Slab } from "../src/sending/Slab.js"
import { SpareMemory } from "../src/sending/SpareMemory.js"
import { encode } from "../src/sending/text.js"
import { bytes, concat } from "./wire.js"

const rsv1 = 0x40
const { binary, text } = Frame.opcode

/** Puts its name before what it deflates, and answers now, in memory that it uses again, or when told to. */
const deflater = (name: string, when: "now" | "later" = "now") => {
  const asked: Array<string> = []
  const waiting: Array<{ readonly answer: () => void; readonly fail: () => void }> = []
  let lent: Uint8Array = new Uint8Array(0)
  const shared: SharedDeflater = {
    deflate: (octets): Answer<Uint8Array> => {
      asked.push(Buffer.from(octets).toString("latin1"))
      const value = concat(bytes(name), octets)
      if (when === "later") {
        return {
          _tag: "Later",
          listen: (listener, failed) =>
            void waiting.push({ answer: () => listener(value), fail: () => failed("a defect") })
        }
      }
      lent.fill(0)
      lent = value
      return { _tag: "Now", value }
    }
  }
  return { shared, asked, answer: () => waiting.shift()?.answer(), fail: () => waiting.shift()?.fail() }
}

/** Has something of its own before what it deflates, unless it has a deflater that others share. */
const queueOf = (
  shared: SharedDeflater | undefined,
  { calls = [], refuses = "" }: { readonly calls?: Array<string>; readonly refuses?: string } = {}
) => {
  const frames: Array<readonly [first: number, payload: string]> = []
  const payloads: Array<Content> = []
  const defects: Array<unknown> = []
  const compression: Compression = {
    inflate: () => ({ _tag: "Now", value: { _tag: "Invalid" } }),
    isWorth: (size) => size >= 10,
    deflate: (octets) => {
      calls.push("deflate")
      return { _tag: "Now", value: concat(bytes("own:"), octets) }
    },
    restart: () => void calls.push("restart"),
    ...(shared === undefined ? {} : { shared }),
    free: () => {}
  }
  const framing = { primitives: Primitives.plain, mask: undefined, slab: new Slab(), spare: new SpareMemory() }
  const queue = new DeflateQueue(compression, framing, {
    frame: (first, payload) => {
      const seen = Buffer.from(payload).toString("latin1")
      if (refuses !== "" && seen.includes(refuses)) throw new Error("a defect")
      frames.push([first, seen])
      payloads.push(payload)
    },
    onGrown: () => {},
    onCaughtUp: () => {},
    onDefect: (defect) => defects.push(defect)
  })
  const send = (message: PreparedMessage): void =>
    queue.prepared(
      Frame.opcode[message.kind],
      message,
      message.payload((content) => encode(Primitives.plain, content))
    )
  return { queue, frames, payloads, defects, send }
}

describe("a prepared message", () => {
  it("is deflated once for all that share a deflater, and by each that has none", () => {
    const [first, second] = [deflater("a:"), deflater("b:")]
    const ends = [first.shared, second.shared, undefined, first.shared, second.shared, undefined]
      .map((shared) => queueOf(shared))
    for (const content of ["a message of text", bytes("and one of octets")]) {
      const message = new PreparedMessage(content)
      for (const { send } of ends) send(message)
    }
    const words = ends.map(({ frames }) => frames)
    expect(words.map((seen) => seen[0]?.[1])).toEqual(
      ["a:", "b:", "own:", "a:", "b:", "own:"].map((name) => `${name}a message of text`)
    )
    expect(words[0]).toEqual([[fin | rsv1 | text, "a:a message of text"], [
      fin | rsv1 | binary,
      "a:and one of octets"
    ]])
    expect(first.asked).toEqual(["a message of text", "and one of octets"])
    expect(second.asked).toEqual(first.asked)
    expect(ends[0]?.payloads[1]).toBe(ends[3]?.payloads[1]) // by reference
  })

  it("that is not worth it is sent as it is, and nobody asks", () => {
    const { asked, shared } = deflater("a:")
    const { frames, send } = queueOf(shared)
    send(new PreparedMessage("small"))
    expect([frames, asked]).toEqual([[[fin | text, "small"]], []])
  })

  it("with compression: false is sent as it is, by whichever connection", () => {
    const { asked, shared } = deflater("a:")
    for (const each of [shared, undefined]) {
      const { frames, send } = queueOf(each)
      send(new PreparedMessage("a message of text", { compression: false }))
      expect(frames).toEqual([[fin | text, "a message of text"]])
    }
    expect(asked).toEqual([])
  })

  it("stays what it was made to be, though the memory of the deflater is used again", () => {
    const { shared } = deflater("a:")
    const [one, other] = [queueOf(shared), queueOf(shared)]
    const message = new PreparedMessage("a message of text")
    one.send(message)
    one.send(new PreparedMessage("another message"))
    other.send(message)
    expect(other.frames).toEqual([[fin | rsv1 | text, "a:a message of text"]])
  })

  it("has the connection forget what it would take over, and only where it is sent deflated", () => {
    const { shared } = deflater("a:")
    const calls: Array<string> = []
    const { queue, send } = queueOf(shared, { calls })
    queue.message(text, "a message of text")
    send(new PreparedMessage("to all of you"))
    send(new PreparedMessage("small"))
    queue.message(text, "one more message")
    expect(calls).toEqual(["deflate", "restart", "deflate"])
  })

  it("other messages of the same connection are deflated as ever", () => {
    const { asked, shared } = deflater("a:")
    const { frames, queue } = queueOf(shared)
    queue.message(text, "a message of text")
    expect([frames, asked]).toEqual([[[fin | rsv1 | text, "own:a message of text"]], []])
  })
})

describe("a prepared message that is deflated in another turn", () => {
  const content = "a message of text"

  it("is awaited by all, each of which keeps its order", () => {
    const { answer, asked, shared } = deflater("a:", "later")
    const ends = [1, 2, 3].map(() => queueOf(shared))
    const message = new PreparedMessage(content)
    for (const { queue, send } of ends) {
      queue.message(text, "before")
      send(message)
      queue.message(text, "behind")
      send(message)
      expect([queue.isBehind, queue.size]).toEqual([true, 2 * content.length + "behind".length])
    }
    expect(asked).toEqual([content])
    answer()
    for (const { defects, frames, queue } of ends) {
      expect(frames.map(([, payload]) => payload)).toEqual(["before", `a:${content}`, "behind", `a:${content}`])
      expect([defects, queue.isBehind, queue.size]).toEqual([[], false, 0])
    }
    const late = queueOf(shared)
    late.send(message)
    expect([late.frames, asked.length]).toEqual([[[fin | rsv1 | text, `a:${content}`]], 1])
  })

  it("goes to the others, though one has ended meanwhile, even the one that asked", () => {
    for (const gone of [0, 1, 2]) {
      const { answer, shared } = deflater("a:", "later")
      const ends = [1, 2, 3].map(() => queueOf(shared))
      const message = new PreparedMessage(content)
      for (const { send } of ends) send(message)
      ends[gone]?.queue.message(text, "behind")
      ends[gone]?.queue.stop()
      answer()
      expect(ends.map(({ defects, frames }) => [frames.length, defects])).toEqual(
        ends.map((_, i) => [i === gone ? 0 : 1, []])
      )
    }
  })

  it("goes to the others, though one cannot take it", () => {
    const { answer, shared } = deflater("a:", "later")
    const ends = [queueOf(shared), queueOf(shared, { refuses: content }), queueOf(shared)]
    const message = new PreparedMessage(content)
    for (const { send } of ends) send(message)
    answer()
    expect(ends.map(({ defects, frames }) => [frames.length, defects.length])).toEqual([[1, 0], [0, 1], [1, 0]])
  })

  it("fails for each that waits when there is no answer, and is tried again by who comes then", () => {
    const { answer, asked, fail, shared } = deflater("a:", "later")
    const ends = [1, 2, 3].map(() => queueOf(shared))
    const message = new PreparedMessage(content)
    for (const { send } of ends) send(message)
    ends[2]?.queue.stop()
    fail()
    expect(ends.map(({ defects, frames }) => [frames, defects])).toEqual(
      [[[], ["a defect"]], [[], ["a defect"]], [[], []]]
    )
    const late = queueOf(shared)
    late.send(message)
    answer()
    expect([late.frames, asked.length]).toEqual([[[fin | rsv1 | text, `a:${content}`]], 2])
  })
})
