import { describe, expect, it } from "@effect/vitest"
import * as Opens from "@effect-ws/benchmark/Opens"
import { Storm } from "@effect-ws/benchmark/Storm"
import { selfSigned } from "../src/internal/certificate.js"
import * as ours from "../src/servers/effectWs.js"
import * as raw from "../src/servers/raw.js"
import type { Settings } from "../src/servers/settings.js"
import * as ws from "../src/servers/ws.js"
import { through } from "./through.js"

const settings = ({ compression, tls }: Opens.Opens): Settings => ({
  compression,
  tls: tls ? selfSigned() : undefined
})

const servers: Record<string, (settings: Settings) => Promise<number>> = {
  raw: raw.listen,
  ws: ws.listen,
  run: (settings) => ours.listen("run", settings),
  "serve-messages": (settings) => ours.listen("serve-messages", settings)
}

const few = (opens: Partial<Opens.Opens>): Opens.Opens => ({
  atOnce: 3,
  tls: false,
  compression: false,
  message: true,
  ...opens
})

describe("a storm", () => {
  it("is of the contestants that are tried here", () => {
    expect(Object.keys(servers)).toEqual(Opens.contestants)
  })

  for (const [server, listen] of Object.entries(servers)) {
    for (const opens of Opens.all) {
      it(`${Opens.name(opens)} at ${server}: all open and are dropped properly`, async () => {
        const storm = new Storm(await listen(settings(opens)), { ...opens, atOnce: 3 })
        const driven = await storm.drive(0.01)
        expect(driven.messages).toBeGreaterThanOrEqual(3)
        expect(driven.p50).toBeLessThanOrEqual(driven.p99)
      })
    }
  }

  const at = async (opens: Opens.Opens, change: (octets: Buffer) => Buffer): Promise<unknown> =>
    new Storm(await through(await raw.listen(settings(opens)), change), opens).drive(0.01)

  it("fails when a message is changed", async () => {
    const answered = at(few({}), (octets) => {
      octets[3]! ^= 1
      return octets
    })
    await expect(answered).rejects.toThrow("an answer is not what was sent")
  })

  it("fails when the Close is not answered with its code", async () => {
    await expect(at(few({ message: false }), () => Buffer.of(0x88, 0))).rejects.toThrow("no answer to a Close: 8800")
  })

  it("fails when a connection is dropped without a Close", async () => {
    await expect(at(few({ message: false }), () => Buffer.alloc(0))).rejects.toThrow("closing: the server dropped it")
  })

  it("fails when nobody compresses", async () => {
    const storm = new Storm(await raw.listen(settings(few({}))), few({ compression: true }))
    await expect(storm.drive(0.01)).rejects.toThrow("not opened")
  })
})
