import { describe, expect, it } from "@effect/vitest"
import { Broadcaster } from "@effect-ws/benchmark/Broadcaster"
import * as FanOut from "@effect-ws/benchmark/FanOut"
import * as ours from "../src/servers/fanOut.js"
import type { Settings } from "../src/servers/settings.js"
import * as ws from "../src/servers/ws.js"
import { through } from "./through.js"

const listen = (way: FanOut.Way, settings: Settings): Promise<number> =>
  way === "ws" ? ws.listenFanOut(settings) : ours.listen(way, settings)

const [plain, ...compressed] = FanOut.all(5)

describe("fan-out", () => {
  for (const { name: way } of FanOut.ways) {
    for (const fanOut of [plain!, ...compressed]) {
      it(`${FanOut.name(fanOut)} by ${way}: each text reaches all`, async () => {
        const settings = { compression: fanOut.compression !== undefined, tls: undefined }
        const broadcaster = await Broadcaster.open(await listen(way, settings), fanOut)
        for (let i = 0; i < 3; i++) {
          const driven = await broadcaster.drive(0.005)
          expect(driven.messages % 5).toBe(0)
          expect(driven.messages).toBeGreaterThan(0)
          expect(driven.p50).toBeLessThanOrEqual(driven.p99)
        }
        broadcaster.close()
      })
    }
  }

  it("fails when one is changed", async () => {
    const port = await through(await ws.listenFanOut({ compression: false, tls: undefined }), (octets) => {
      octets[5]! ^= 1
      return octets
    })
    await expect(Broadcaster.open(port, plain!)).rejects.toThrow("not what was sent")
  })
})
