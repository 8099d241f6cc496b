import { describe, expect, it } from "@effect/vitest"
import { Generator } from "@effect-ws/benchmark/Generator"
import type { Load } from "@effect-ws/benchmark/Load"
import { listen as listenRaw } from "../src/servers/raw.js"
import { listen as listenWs } from "../src/servers/ws.js"
import { through } from "./through.js"

const listen = (compression: boolean): Promise<number> => listenRaw({ compression, tls: undefined })

const load = (size: number, compression?: Load["compression"]): Load => ({
  connections: 3,
  inFlight: 4,
  size,
  kind: compression === undefined ? "binary" : "text",
  compression
})

describe("the load", () => {
  for (
    const [size, compression] of [
      [20],
      [1024],
      [300_000],
      [128, "takeover"],
      [1024, "no-takeover"],
      [65_536, "takeover"]
    ] as const
  ) {
    it(`brings back ${size} octets${compression === undefined ? "" : `, ${compression}`}`, async () => {
      const generator = await Generator.open(await listen(compression !== undefined), load(size, compression))
      await generator.touch()
      const driven = await generator.drive(0.05)
      generator.close()
      expect(driven.messages).toBeGreaterThanOrEqual(12)
      expect(driven.p50).toBeLessThanOrEqual(driven.p99)
    })
  }

  it("brings back text that the server took for a string", async () => {
    const port = await listenWs({ compression: false, tls: undefined, text: "string" })
    for (const kind of ["text", "binary"] as const) {
      const generator = await Generator.open(port, { ...load(1024), kind })
      expect((await generator.drive(0.05)).messages).toBeGreaterThanOrEqual(12)
      generator.close()
    }
  })

  it("agrees on smaller windows, and keeps to them", async () => {
    const generator = await Generator.open(await listen(true), { ...load(1024, "takeover"), windowBits: 9 })
    expect((await generator.drive(0.05)).messages).toBeGreaterThanOrEqual(12)
    generator.close()
  })

  for (const compression of [undefined, "no-takeover"] as const) {
    it(`answers a ping between messages${compression === undefined ? "" : ", compressed"}`, async () => {
      const ws = await listenWs({ compression: compression !== undefined, tls: undefined, text: "octets" })
      const ping = Buffer.of(0x89, 2, 7, 8)
      let pings = 0
      const port = await through(ws, (octets) => {
        pings++
        return Buffer.concat([ping, octets])
      })
      const generator = await Generator.open(port, { ...load(128, compression), inFlight: 1 })
      await generator.touch()
      expect((await generator.drive(0.05)).messages).toBeGreaterThanOrEqual(3)
      generator.close()
      expect(pings).toBeGreaterThanOrEqual(6)
    })
  }

  it("fails when an answer is changed", async () => {
    const port = await through(await listen(false), (octets) => {
      octets[5]! ^= 1
      return octets
    })
    const generator = await Generator.open(port, load(20))
    await expect(generator.touch()).rejects.toThrow("not what was sent")
    generator.close()
  })

  it("fails when a connection is closed", async () => {
    const port = await through(await listen(false), () => Buffer.of(0x88, 0))
    const generator = await Generator.open(port, load(20))
    await expect(generator.touch()).rejects.toThrow("in 8800")
    generator.close()
  })
})
