import { describe, expect, it } from "@effect/vitest"
import * as ConnectionRecord from "../../src/report/ConnectionRecord.js"

const octets = (text: string): Uint8Array => Buffer.from(text)

describe("as Autobahn shows", () => {
  it("payloads: text, or digits; of more than 60 octets the first 64", () => {
    const long = "*".repeat(61)
    expect(ConnectionRecord.showPayload(octets("ä"), 2)).toBe("ä")
    expect(ConnectionRecord.showPayload(Uint8Array.of(0, 255), 2)).toBe("0x00ff")
    expect(ConnectionRecord.showPayload(octets("*".repeat(60)), 60)).toBe("*".repeat(60))
    expect(ConnectionRecord.showPayload(octets(long), 61)).toBe(`${long} ...`)
    expect(ConnectionRecord.showPayload(octets("*".repeat(100)), 100)).toBe(`${"*".repeat(64)} ...`)
    expect(ConnectionRecord.showPayload(octets(`${"*".repeat(63)}ä`), 65)).toBe(`0x${"2a".repeat(63)}c3 ...`)
  })

  it("octets: digits", () => {
    expect(ConnectionRecord.showOctets(Uint8Array.of(0, 255), 2)).toBe("00ff")
    expect(ConnectionRecord.showOctets(octets("*".repeat(100)), 100)).toBe(`${"2a".repeat(64)} ...`)
  })

  it("masking keys", () => {
    expect(ConnectionRecord.showMask(0xab)).toBe("000000ab")
    expect(ConnectionRecord.showMask(undefined)).toBeNull()
  })
})
