import { describe, expect, it } from "@effect/vitest"
import * as Cases from "../src/Cases.js"
import * as Payload from "../src/cases/Payload.js"
import { Utf8 } from "../src/wire/Utf8.js"

/** Where the text is found to be wrong, octet by octet; its length when it never is. */
const wrongAt = (octets: Uint8Array): number => {
  const text = new Utf8()
  return octets.findIndex((_, i) => !text.push(octets.subarray(i, i + 1)))
}

/** The same by the platform's decoder. */
const wrongAtByDecoder = (octets: Uint8Array): number => {
  const decoder = new TextDecoder("utf-8", { fatal: true })
  return octets.findIndex((_, i) => {
    try {
      decoder.decode(octets.subarray(i, i + 1), { stream: true })
      return false
    } catch {
      return true
    }
  })
}

const isWhole = (...pieces: ReadonlyArray<Uint8Array>): boolean => {
  const text = new Utf8()
  for (const piece of pieces) text.push(piece)
  return text.isWhole()
}

const payloads = Cases.autobahn.filter(({ id }) => /^6\.([5-9]|1\d|2[0-3])\./.test(id)).map(({ close, script }) => {
  const [action] = script._tag === "Events" ? script.actions : []
  return {
    octets: action?._tag === "Message" ? Payload.octets(action.payload) : new Uint8Array(0),
    valid: close.closedByMe
  }
})

describe("Utf8", () => {
  it("finds the first octet that no continuation can mend", () => {
    expect(payloads.length).toBe(132)
    for (const { octets } of payloads) expect(wrongAt(octets)).toBe(wrongAtByDecoder(octets))
    for (let first = 0x80; first < 0x100; first++) {
      for (const second of [0, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff]) {
        const octets = Uint8Array.of(first, second)
        expect(wrongAt(octets)).toBe(wrongAtByDecoder(octets))
      }
    }
  })

  it("tells what is whole, however it is cut", () => {
    for (const { octets, valid } of payloads) {
      expect(isWhole(octets)).toBe(valid)
      for (let at = 0; at <= octets.length; at++) {
        expect(isWhole(octets.subarray(0, at), new Uint8Array(0), octets.subarray(at))).toBe(valid)
      }
    }
  })

  it("stays wrong", () => {
    const text = new Utf8()
    expect([text.push(Uint8Array.of(0xff)), text.push(Uint8Array.of(0x61)), text.isWhole()]).toEqual([
      false,
      false,
      false
    ])
  })
})
