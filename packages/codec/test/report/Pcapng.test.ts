import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Pcapng from "../../src/report/Pcapng.js"

interface Block {
  readonly type: number
  readonly body: Buffer
}

/** The blocks of a file; both lengths of each agree. */
const blocksOf = (file: Uint8Array): ReadonlyArray<Block> => {
  const octets = Buffer.from(file)
  const blocks: Array<Block> = []
  for (let at = 0; at < octets.length;) {
    const size = octets.readUInt32BE(at + 4)
    expect(size % 4).toBe(0)
    expect(octets.readUInt32BE(at + size - 4)).toBe(size)
    blocks.push({ type: octets.readUInt32BE(at), body: octets.subarray(at + 8, at + size - 4) })
    at += size
  }
  return blocks
}

/** The octets of each direction, by TCP's sequence numbers. */
const streams = (file: Uint8Array): Readonly<Record<"client" | "server", Buffer>> => {
  const sent = { client: Buffer.alloc(0), server: Buffer.alloc(0) }
  for (const { body, type } of blocksOf(file)) {
    if (type !== 6) continue
    const packet = body.subarray(20, 20 + body.readUInt32BE(12))
    expect(packet.readUInt16BE(2)).toBe(packet.length)
    const from = packet.readUInt16BE(22) === 80 ? "client" as const : "server" as const
    const payload = packet.subarray(40)
    if (payload.length === 0) continue
    expect(packet.readUInt32BE(24)).toBe(sent[from].length + 1)
    sent[from] = Buffer.concat([sent[from], payload])
  }
  return sent
}

describe("a capture", () => {
  it("has the octets of both directions, whatever their sizes", () => {
    const run = FastCheck.record({
      from: FastCheck.constantFrom("client" as const, "server" as const),
      octets: FastCheck.oneof(
        FastCheck.uint8Array({ maxLength: 50 }),
        FastCheck.constant(new Uint8Array(130_001).fill(7))
      )
    })
    FastCheck.assert(
      FastCheck.property(FastCheck.array(run, { maxLength: 8 }), (list) => {
        const offsets = { client: 0, server: 0 }
        const runs = list.map(({ from, octets }) => {
          const offset = offsets[from]
          offsets[from] += octets.length
          return { from, octets, offset, at: 1_700_000_000_000 }
        })
        const of = (from: "client" | "server") =>
          Buffer.concat(list.filter((one) => one.from === from).map(({ octets }) => octets))
        const found = streams(Pcapng.make({ runs, clientAddress: "10.0.0.7", comment: "a comment" }))
        expect(found.client.equals(of("client"))).toBe(true)
        expect(found.server.equals(of("server"))).toBe(true)
      }),
      { numRuns: 30 }
    )
  })

  it("begins with a section, its comment in ASCII, and an interface of IP", () => {
    const [section, description, first] = blocksOf(
      Pcapng.make({ runs: [], clientAddress: "not an address", comment: "ä\n" })
    )
    expect(section?.type).toBe(0x0a0d0d0a)
    expect(section?.body.readUInt32BE(0)).toBe(0x1a2b3c4d)
    expect(section?.body.subarray(20, 22).toString()).toBe("??")
    expect(description?.body.readUInt16BE(0)).toBe(101)
    expect([...first?.body.subarray(32, 36) ?? []]).toEqual([192, 0, 2, 1])
  })
})
