/**
 * Random programs, done by a connection and by a plain statement of the protocol: messages, what becomes of each send and ping, the
 * outcome, and every octet that is written must agree; and nothing is left behind. `PROGRAMS=6000` tries so many of each kind.
 */
import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { zlib } from "./deflateOracle.js"
import { Ours } from "./endpoint.js"
import type { Account, Extension, Frame, Setting, Step } from "./model.js"
import { converse } from "./model.js"
import { program } from "./programs.js"
import { roles } from "./wire.js"

/** What changes no octet, so that all that goes wrong does so at once; to it 0xff is no DEFLATE. */
const identity: Extension = {
  worthFrom: 5,
  inflate: (_before, octets) => octets.includes(0xff) ? undefined : octets,
  deflate: (octets) => octets
}

const extensions = { "no compression": undefined, "compression in name": identity, "compression": zlib(5) }

/** A fixed sequence in which no number comes twice for long. */
const random = (index: number): number => Math.imul(index + 1, 0x9e3779b1) >>> 0

/** Pongs and echoes of one read may leave in either order, and with them the keys; so each kind is compared by itself. */
const inLanes = (account: Account) => {
  const isControl = ({ first }: Frame): boolean => first % 16 >= 8
  const unmasked = account.frames.map(({ first, payload }): Frame => ({ first, payload, key: undefined }))
  return {
    ...account,
    frames: undefined,
    control: unmasked.filter(isControl),
    data: unmasked.filter((frame) => !isControl(frame))
  }
}

const run = async (setting: Setting, steps: ReadonlyArray<Step>) => {
  const ours = new Ours(setting)
  for (const step of steps) await ours.step(step)
  expect(ours.outcomes).toHaveLength(1)
  expect(ours.isLate).toBe(false)
  if (!ours.brokeOff) await ours.step({ _tag: "Drain" })
  const account = ours.account()
  await ours.step({ _tag: "Timer" })
  await ours.step({ _tag: "Break" })
  expect(ours.outcomes).toHaveLength(1)
  expect(ours.left).toEqual([])
  return { account, brokeOff: ours.brokeOff }
}

describe("a connection and a plain statement of the protocol agree", () => {
  for (const role of roles) {
    for (const [name, extension] of Object.entries(extensions)) {
      for (const echoes of [false, true]) {
        const setting: Setting = {
          role,
          echoes,
          maxMessageSize: 300,
          extension,
          random
        }
        const steps = program({ role, deflate: extension?.deflate, isOurs: true })
        it(`a ${role} that ${echoes ? "echoes" : "listens"}, with ${name}`, () =>
          fc.assert(
            fc.asyncProperty(steps, async (steps) => {
              const { account, brokeOff } = await run(setting, steps)
              const whole = converse(setting, steps)
              // Of what a transport did not take before it was gone, the rest was never written.
              const frames = whole.frames.slice(0, brokeOff ? account.frames.length : undefined)
              const expected = { ...whole, frames }
              if (echoes) expect(inLanes(account)).toEqual(inLanes(expected))
              else expect(account).toEqual(expected)
            }),
            { numRuns: Number(process.env["PROGRAMS"] ?? 80), errorWithCause: true }
          ))
      }
    }
  }

  // Programs that all end alike would prove little.
  for (const role of roles) {
    it(`the programs of a ${role} come to every end there is`, () => {
      const setting: Setting = { role, echoes: false, maxMessageSize: 300, random }
      const steps = fc.sample(program({ role, deflate: undefined, isOurs: true }), { seed: 1, numRuns: 800 })
      const ends = new Set(steps.map((steps) => {
        const { _tag, closedFirst, local } = converse(setting, steps).outcome ?? { _tag: "none" }
        return _tag === "Failed" ? `${_tag} ${local}` : `${_tag} ${closedFirst}`
      }))
      expect([...ends]).toEqual(expect.arrayContaining([
        ...["Clean us", "Clean peer", "Failed 1002", "Failed 1007", "Failed 1009", "Failed 1000", "Dropped none"],
        ...["Dropped us", "CloseTimeout us", "Aborted none", "Aborted us"],
        ...(role === "client" ? ["DropTimeout us", "DropTimeout peer"] : [])
      ]))
    })
  }
})
