import { describe, expect, it } from "@effect/vitest"
import * as Primitives from "@effect-ws/codec/Primitives"
import * as Assembler from "@effect-ws/connection/Assembler"
import * as fc from "effect/FastCheck"
import { bytes, concat } from "./wire.js"

const plain = Primitives.plain

const must = (assembly: Assembler.Assembly | string): Assembler.Assembly => {
  if (typeof assembly === "string") throw new Error(assembly)
  return assembly
}

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
      const whole = Assembler.finish(plain, pieces.reduce(append, binary))
      expect(whole).toEqual(concat(...pieces))
    }))
  })

  it("is a value: two futures of one assembly do not see each other", () => {
    const common = append(append(binary, bytes("ab")), bytes("cd"))
    const one = append(common, bytes("-one"))
    const other = append(common, bytes("+another"))
    expect(Assembler.finish(plain, common)).toEqual(bytes("abcd"))
    expect(Assembler.finish(plain, one)).toEqual(bytes("abcd-one"))
    expect(Assembler.finish(plain, other)).toEqual(bytes("abcd+another"))
    expect(Assembler.finish(plain, append(one, bytes("!")))).toEqual(bytes("abcd-one!"))
  })

  it("validates text across pieces, and names the rule at the first bad octet", () => {
    const euro = bytes("€")
    const split = append(append(text, euro.slice(0, 1)), euro.slice(1))
    expect(Assembler.finish(plain, split)).toBe("€")
    expect(Assembler.append(plain, append(text, euro.slice(0, 2)), bytes("x"), 0, 1)).toBe("InvalidUtf8")
    expect(Assembler.finish(plain, append(text, euro.slice(0, 2)))).toEqual({ rule: "InvalidUtf8" })
    expect(Assembler.whole(plain, "text", euro, 0, 2)).toEqual({ rule: "InvalidUtf8" })
    // Binary may hold anything.
    expect(Assembler.finish(plain, append(binary, Uint8Array.of(0xff)))).toEqual(Uint8Array.of(0xff))
  })
})

describe("memory of a message", () => {
  const read = (size: number): Uint8Array => new Uint8Array(64 * 1024).fill(7).subarray(100, 100 + size)

  it("is a view when it fills at least half of its read", () => {
    const octets = read(40_000)
    const whole = octetsOf(Assembler.whole(plain, "binary", octets, 0, octets.length))
    expect(whole.buffer).toBe(octets.buffer)
    const appended = octetsOf(Assembler.finish(plain, append(binary, octets)))
    expect(appended.buffer).toBe(octets.buffer)
    expect(appended).toHaveLength(40_000)
  })

  it("is its own when it does not: a small message keeps no large read alive", () => {
    const octets = read(1000)
    const whole = octetsOf(Assembler.whole(plain, "binary", octets, 0, octets.length))
    expect(whole.buffer.byteLength).toBe(1000)
    const appended = octetsOf(Assembler.finish(plain, append(append(binary, octets), read(3))))
    expect(appended.buffer.byteLength).toBeLessThanOrEqual(2 * 1003)
  })

  it("is its own for tiny pieces of tiny reads: a view costs more than its octets", () => {
    const pieces = Array.from({ length: 10 }, () => Uint8Array.of(1, 2))
    expect(octetsOf(Assembler.finish(plain, pieces.reduce(append, binary))).buffer.byteLength).toBeLessThanOrEqual(40)
  })

  it("is in few pieces for a message that drips in, each read with memory of its own", () => {
    let assembly = binary
    for (let i = 0; i < 2000; i++) assembly = append(assembly, new Uint8Array(200).fill(1))
    let pieces = 0
    for (let chunk = assembly.chunks; chunk !== undefined; chunk = chunk.before) pieces++
    expect(pieces).toBeLessThan(10)
    expect(octetsOf(Assembler.finish(plain, assembly))).toHaveLength(400_000)
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
    expect(must(Assembler.admit(binary, 100, 100)).tail.octets).toHaveLength(0)
    expect(Assembler.admit(binary, 101, 100)).toBe("MessageTooBig")
    expect(Assembler.admit(append(binary, bytes("x")), 100, 100)).toBe("MessageTooBig")
    expect(Assembler.admit(binary, Infinity, 100)).toBe("MessageTooBig")
  })

  it("counts compressed octets against the allowance only: what they inflate to counts when it is known", () => {
    const compressed = Assembler.begin("binary", true)
    expect(must(Assembler.admit(compressed, 101, 100)).charge).toBe(117)
  })
})
