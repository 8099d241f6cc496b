import { describe, expect, it } from "@effect/vitest"
import * as Primitives from "@effect-ws/codec/Primitives"
import type { AnyMessage } from "@effect-ws/connection/Message"
import * as fc from "effect/FastCheck"
import * as Assembler from "../src/protocol/Assembler.js"
import { bytes, concat } from "./wire.js"

const plain = Primitives.plain

const must = (assembly: Assembler.Assembly): Assembler.Assembly => {
  if (assembly.breach !== undefined) throw new Error(JSON.stringify(assembly.breach))
  return assembly
}

const messageOf = (assembly: Assembler.Assembly, primitives = plain): AnyMessage =>
  Assembler.message(primitives, must(Assembler.finish(assembly)))

const append = (assembly: Assembler.Assembly, octets: Uint8Array): Assembler.Assembly =>
  must(Assembler.append(plain, assembly, octets, 0, octets.length))

const binary = Assembler.begin("binary", false)
const text = Assembler.begin("text", false)

const octetsOf = (message: unknown): Uint8Array => {
  if (!(message instanceof Uint8Array)) throw new Error("not octets")
  return message
}

describe("Assembler", () => {
  it("puts together what was appended, in any pieces", () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 400 })), (pieces) => {
      const whole = messageOf(pieces.reduce(append, binary))
      expect(whole).toEqual(concat(...pieces))
    }))
  })

  it("is a value: two futures of one assembly do not see each other", () => {
    const common = append(append(binary, bytes("ab")), bytes("cd"))
    const one = append(common, bytes("-one"))
    const other = append(common, bytes("+another"))
    expect(messageOf(common)).toEqual(bytes("abcd"))
    expect(messageOf(one)).toEqual(bytes("abcd-one"))
    expect(messageOf(other)).toEqual(bytes("abcd+another"))
    expect(messageOf(append(one, bytes("!")))).toEqual(bytes("abcd-one!"))
  })

  it("validates text across pieces, and names the rule at the first bad octet", () => {
    const euro = bytes("€")
    const split = append(append(text, euro.slice(0, 1)), euro.slice(1))
    expect(messageOf(split)).toBe("€")
    const invalid = { rule: "InvalidUtf8", excess: undefined }
    const amid = append(text, euro.slice(0, 2))
    expect(Assembler.append(plain, amid, bytes("x"), 0, 1).breach).toMatchObject(invalid)
    expect(Assembler.finish(amid).breach).toMatchObject(invalid)
    expect(Assembler.judge(plain, "text", euro, 0, 2)).toMatchObject(invalid)
    expect([Assembler.judge(plain, "text", euro, 0, 3), Assembler.judge(plain, "binary", euro, 0, 2)]).toEqual([
      undefined,
      undefined
    ])
    // Binary may hold anything.
    expect(messageOf(append(binary, Uint8Array.of(0xff)))).toEqual(Uint8Array.of(0xff))
  })
})

describe("memory of a message", () => {
  const read = (size: number): Uint8Array => new Uint8Array(64 * 1024).fill(7).subarray(100, 100 + size)

  /** At the beginning of memory that is all its own. */
  const isAlone = (message: unknown): boolean => {
    const octets = octetsOf(message)
    return octets.byteOffset === 0 && octets.buffer.byteLength === octets.length
  }

  it("is its own, however it came: what was read may be used again at once", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 5 }), fc.boolean(), (sizes, known) => {
        const reads = sizes.map((size, i) => read(size).fill(i))
        const expected = concat(...reads)
        let assembly = known ? must(Assembler.admit(binary, expected.length, true, Infinity)) : binary
        for (const octets of reads) {
          assembly = append(assembly, octets)
          octets.fill(0xee)
        }
        const message = octetsOf(messageOf(assembly))
        expect(Buffer.compare(message, expected)).toBe(0) // the test runner's own way takes seconds
        expect(isAlone(message)).toBe(true)
      })
    )
    const octets = read(40_000)
    const whole = octetsOf(Assembler.whole(plain, "binary", octets, 1, octets.length))
    octets.fill(0xee)
    expect(isAlone(whole) && whole.every((octet) => octet === 7)).toBe(true)
  })

  it("is taken once, at the size that the header told, when a sixteenth has come", () => {
    const sizes: Array<number> = []
    const counting = { ...plain, allocate: (size: number) => (sizes.push(size), new Uint8Array(size)) }
    let assembly = must(Assembler.admit(binary, 1_000_000, true, 2_000_000))
    const piece = new Uint8Array(62_500).fill(3)
    for (let i = 0; i < 16; i++) assembly = must(Assembler.append(counting, assembly, piece, 0, piece.length))
    expect(octetsOf(messageOf(assembly, counting))).toHaveLength(1_000_000)
    expect(sizes).toEqual([1_000_000])
  })

  it("is never more than sixteen times what came, whatever a header told", () => {
    const sizes: Array<number> = []
    const counting = { ...plain, allocate: (size: number) => (sizes.push(size), new Uint8Array(size)) }
    let assembly = must(Assembler.admit(binary, 2 ** 30, true, 2 ** 31))
    let came = 0
    for (const size of [1, 1, 10, 100, 1000, 10_000, 100_000]) {
      assembly = must(Assembler.append(counting, assembly, new Uint8Array(size), 0, size))
      came += size
    }
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(16 * came)
  })

  it("is taken as it is, when it was given: an inflater's part that fills all of its memory", () => {
    const given = new Uint8Array(5000).fill(1)
    expect([given, given.subarray(1), new Uint8Array(0)].map(Assembler.isGiven)).toEqual([true, false, false])
    const one = must(Assembler.append(plain, binary, given, 0, given.length, true))
    expect(messageOf(one)).toBe(given)
    const two = append(must(Assembler.append(plain, append(binary, bytes("a")), given, 0, 5000, true)), bytes("b"))
    const message = octetsOf(messageOf(two))
    expect(message).toEqual(concat(bytes("a"), given, bytes("b")))
    expect(isAlone(message)).toBe(true)
  })

  it("is in few pieces for a message that drips in, each read with memory of its own", () => {
    let assembly = binary
    for (let i = 0; i < 2000; i++) assembly = append(assembly, new Uint8Array(200).fill(1))
    let pieces = 0
    for (let chunk = assembly.chunks; chunk !== undefined; chunk = chunk.before) pieces++
    expect(pieces).toBeLessThan(10)
    expect(octetsOf(messageOf(assembly))).toHaveLength(400_000)
  })

  it("is a plain Uint8Array, whatever the host reads into", () => {
    const octets = Buffer.alloc(1000, 1)
    for (const size of [10, 990]) {
      const whole = octetsOf(Assembler.whole(plain, "binary", octets, 0, size))
      expect(Object.getPrototypeOf(whole)).toBe(Uint8Array.prototype)
    }
  })
})

describe("admit", () => {
  it("counts what was declared, before it comes, and allocates nothing for it", () => {
    expect(must(Assembler.admit(binary, 100, false, 100)).tail.octets).toHaveLength(0)
    const tooBig = { rule: "MessageTooBig", excess: { _tag: "Declared", limit: 100, length: 101 } }
    expect(Assembler.admit(binary, 101, false, 100).breach).toMatchObject(tooBig)
    expect(Assembler.admit(append(binary, bytes("x")), 100, false, 100).breach).toMatchObject(tooBig)
    expect(Assembler.admit(binary, 2 ** 50, false, 100).breach).toMatchObject({ excess: { _tag: "Fragmented" } })
  })

  it("counts compressed octets against the allowance only: what they inflate to counts when it is known", () => {
    const compressed = Assembler.begin("binary", true)
    expect(must(Assembler.admit(compressed, 101, false, 100)).charge).toBe(117)
  })
})
