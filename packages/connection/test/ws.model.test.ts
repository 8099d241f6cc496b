/**
 * The programs of `Connection.model.test.ts`, done by `ws`: it differs from the plain statement of the protocol in the ways that
 * have a name, each of which is met, and in no other. Then both together: each is the other's peer, and each does what the plain
 * statement makes of what it has heard. `PROGRAMS=5000` tries so many of each kind.
 */
import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { deflateFinal, zlib } from "./deflateOracle.js"
import { Ours } from "./endpoint.js"
import type { Account, Deviation, Message, Octets, Role, Setting, Step } from "./model.js"
import { converse, deviations, framesIn, octetsOfFrame, read } from "./model.js"
import { program } from "./programs.js"
import { roles } from "./wire.js"
import { TheirWebSocket } from "./wsEndpoint.js"

const names = Object.keys(deviations) as ReadonlyArray<Deviation>
const all: ReadonlySet<Deviation> = new Set(names)

/** What can be seen of either. */
interface Seen {
  readonly messages: ReadonlyArray<Message>
  readonly sent: ReadonlyArray<Message>
  readonly pongs: ReadonlyArray<Octets>
  readonly pings: number
  /** The code of the Close that it sent: `null` for one without. */
  readonly close: number | null | undefined
  readonly ended: boolean
  readonly failed: boolean
  /** 1006 for whatever is not clean. */
  readonly reported: number | undefined
}

const other = (role: Role): Role => role === "client" ? "server" : "client"

const onWire = (octets: Octets, setting: Setting) => {
  const { end, messages } = read(octets, { ...setting, role: other(setting.role), maxMessageSize: Infinity })
  const [frames] = framesIn(octets)
  return {
    sent: messages,
    pongs: frames.filter(({ first }) => first === 138).map(({ payload }) => payload),
    pings: frames.filter(({ first }) => first === 137).length,
    close: end._tag === "Close" ? end.code ?? null : end._tag === "Fail" ? end.code : undefined
  }
}

const byModel = (setting: Setting, steps: ReadonlyArray<Step>, does: ReadonlySet<Deviation>): Seen => {
  const habits = { finalBlockForgets: does.has("FinalBlockForgets"), unfinishedBlock: does.has("UnfinishedBlock") }
  const extension = setting.extension === undefined ? undefined : zlib(setting.extension.worthFrom, habits)
  const account: Account = converse({ ...setting, extension }, steps, does)
  const { ended, frames, messages, outcome } = account
  return {
    messages,
    ...onWire(frames.flatMap(octetsOfFrame), setting),
    ended,
    failed: outcome?._tag === "Failed",
    reported: outcome?._tag === "Clean" ? outcome.remote ?? 1005 : 1006
  }
}

const seenOf = (theirs: TheirWebSocket, setting: Setting): Seen => {
  const { hasFailed: failed, messages, reported, socket } = theirs
  return { messages, ...onWire(theirs.wire(), setting), ended: socket.hasEnded, failed, reported }
}

const byWs = async (setting: Setting, steps: ReadonlyArray<Step>): Promise<Seen> => {
  const theirs = new TheirWebSocket(setting)
  for (const step of steps) await theirs.step(step)
  return seenOf(theirs, setting)
}

/** Which masks `ws` draws is not seen here: to the plain statement all are the same, and the payloads of pings too. */
const settingOf = (role: Role, compressed: boolean, random: Setting["random"] = () => 7): Setting => ({
  role,
  echoes: false,
  maxMessageSize: 300,
  extension: compressed ? zlib(5) : undefined,
  random
})

const runs = { numRuns: Number(process.env["PROGRAMS"] ?? 50), errorWithCause: true }

// -- each way to differ, at its smallest

interface Specimen {
  readonly role: Role
  readonly compressed?: true
  readonly steps: ReadonlyArray<Step>
}

const hear = (...octets: ReadonlyArray<Octets>): Step => ({ _tag: "Hear", octets: octets.flat() })
const frame = (first: number, payload: Octets = []): Octets => octetsOfFrame({ first, key: undefined, payload })
const text = (said: string): Octets => Array.from(Buffer.from(said))
const end: Step = { _tag: "HearEnd" }
const normal = [3, 232]

const specimens: Record<Deviation, Specimen> = {
  LongLengths: { role: "client", steps: [hear([129, 126, 0, 1, 97]), end] },
  TopBitTooBig: { role: "client", steps: [hear([130, 127, 128, 0, 0, 0, 0, 0, 0, 0]), end] },
  LengthBeforeKey: { role: "server", steps: [hear([130, 254, 1, 45]), end] },
  LimitOnWire: { role: "client", compressed: true, steps: [hear([194, 126, 1, 45]), end] },
  LatePayloads: { role: "client", steps: [hear(frame(1, [0xff])), end] },
  FragmentCount: {
    role: "client",
    steps: [hear(frame(1), Array.from({ length: 2 * 16384 }, () => 0)), hear(frame(128)), end]
  },
  FinalBlockForgets: {
    role: "client",
    compressed: true,
    steps: [hear(frame(193, [...deflateFinal(text("He")).slice(0, -1), ...zlib(0).deflate(text("llo"), true)])), end]
  },
  UnfinishedBlock: {
    role: "client",
    compressed: true,
    // A stored block that says it has 3 octets, and has 2 and the tail
    steps: [hear(frame(194, [0x00, 0x07, 0x00, 0xf8, 0xff, 1, 2])), end]
  },
  NoPongWhileClosing: {
    role: "client",
    steps: [{ _tag: "Close", code: 1000, reason: "" }, hear(frame(137, text("?"))), hear(frame(136, normal)), end]
  },
  TooManyPings: { role: "client", steps: [hear(Array.from({ length: 61 }, () => frame(137)).flat()), end] },
  ClientEndsFirst: { role: "client", steps: [hear(frame(136, normal))] }
}

describe("ws does what the plain statement says, but for what has a name", () => {
  for (const name of names) {
    it(`${name}: ${deviations[name]}`, async () => {
      const { compressed = false, role, steps } = specimens[name]
      const setting = settingOf(role, compressed)
      const known = byModel(setting, steps, new Set([name]))
      expect(byModel(setting, steps, new Set())).not.toEqual(known)
      const seen = await byWs(setting, steps)
      // While it waits for the end of the stream it has nothing to report yet.
      expect({ ...seen, reported: seen.reported ?? known.reported }).toEqual(known)
    })
  }

  for (const role of roles) {
    for (const compressed of [false, true]) {
      const setting = settingOf(role, compressed)
      it(`as a ${role}, ${compressed ? "with" : "without"} compression`, () =>
        fc.assert(
          fc.asyncProperty(program({ role, deflate: setting.extension?.deflate, isOurs: false }), async (steps) => {
            expect(await byWs(setting, steps)).toEqual(byModel(setting, steps, all))
          }),
          runs
        ))
    }
  }
})

// -- as our peer

type Command =
  | { readonly at: "ours" | "theirs"; readonly step: Step }
  /** So many octets arrive. */
  | { readonly to: "ours" | "theirs"; readonly count: number }

const end_ = fc.constantFrom("ours" as const, "theirs" as const)
const said = fc.oneof(
  fc.string({ unit: "binary", maxLength: 10 }),
  fc.array(fc.nat(255), { maxLength: 20 }),
  fc.constant("ä".repeat(100))
)
const told: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: said.map((message): Step => ({ _tag: "Send", message })) },
  { weight: 3, arbitrary: fc.constant<Step>({ _tag: "Ping" }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(1000, 1001, 3000).map((code): Step => ({ _tag: "Close", code, reason: "enough" }))
  }
)
const produced = fc.array(fc.string({ unit: "binary", maxLength: 6 }), { maxLength: 3 }).map(
  (parts): ReadonlyArray<Step> => [
    { _tag: "Begin", kind: "text" },
    ...parts.map((content): Step => ({ _tag: "Part", content })),
    { _tag: "Finish" }
  ]
)
const commands: fc.Arbitrary<ReadonlyArray<Command>> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.tuple(end_, told).map(([at, step]): ReadonlyArray<Command> => [{ at, step }])
    },
    {
      weight: 1,
      arbitrary: fc.tuple(end_, produced).map(([at, steps]): ReadonlyArray<Command> =>
        steps.map((step) => ({ at, step }))
      )
    },
    {
      weight: 5,
      arbitrary: fc.tuple(end_, fc.integer({ min: 1, max: 60 })).map(([to, count]): ReadonlyArray<Command> => [{
        to,
        count
      }])
    }
  ),
  { maxLength: 25 }
).map((commands) => commands.flat())

class Side {
  readonly done: Array<Step> = []
  private arrived = 0
  private endArrived = false
  constructor(readonly endpoint: Ours | TheirWebSocket) {}

  async do(step: Step): Promise<void> {
    this.done.push(step)
    await this.endpoint.step(step)
  }

  /** Whether anything arrived. */
  async hear(from: Side, count: number): Promise<boolean> {
    const octets = from.endpoint.wire().slice(this.arrived, this.arrived + count)
    this.arrived += octets.length
    if (octets.length > 0) await this.do({ _tag: "Hear", octets })
    else if (from.endpoint.hasEnded() && !this.endArrived) {
      this.endArrived = true
      await this.do({ _tag: "HearEnd" })
    } else return false
    return true
  }
}

describe("a connection and ws as its peer", () => {
  for (const role of roles) {
    for (const compressed of [false, true]) {
      it(`we are the ${role}, ${compressed ? "with" : "without"} compression`, async () => {
        const setting = settingOf(role, compressed, (index) => Math.imul(index + 1, 0x9e3779b1) >>> 0)
        const theirSetting = settingOf(other(role), compressed)
        await fc.assert(
          fc.asyncProperty(commands, fc.boolean(), async (commands, breaks) => {
            const us = new Ours(setting)
            const them = new TheirWebSocket(theirSetting)
            const ours = new Side(us)
            const theirs = new Side(them)
            const sides = { ours, theirs }
            const peerOf = { ours: theirs, theirs: ours }
            for (const command of commands) {
              if ("at" in command) await sides[command.at].do(command.step)
              else await sides[command.to].hear(peerOf[command.to], command.count)
            }
            if (breaks) {
              await ours.do({ _tag: "Break" })
              await theirs.do({ _tag: "Break" })
            }
            await ours.do({ _tag: "Close", code: 1000, reason: "" })
            while (await ours.hear(theirs, Infinity) || await theirs.hear(ours, Infinity));
            const expected = converse(setting, ours.done)
            expect(us.account()).toEqual(expected)
            await us.step({ _tag: "Break" })
            expect(us.left).toEqual([])
            const theirSeen = seenOf(them, theirSetting)
            expect(theirSeen).toEqual(byModel(theirSetting, theirs.done, all))
            // And of each other:
            const sent = onWire(us.wire(), setting).sent
            expect(them.messages).toEqual(sent.slice(0, them.messages.length))
            expect(expected.messages).toEqual(theirSeen.sent.slice(0, expected.messages.length))
            const tag = expected.outcome?._tag ?? "none"
            if (breaks) return
            expect(tag).toBe("Clean")
            expect([them.messages, expected.messages]).toEqual([sent, theirSeen.sent])
            expect(theirSeen.reported).toBe(expected.outcome?.local ?? 1005)
          }),
          runs
        )
      })
    }
  }
})
