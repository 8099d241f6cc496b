/**
 * Two machines, and the wire between them, whose chunking, delays, ends and breaks are chosen at random: whatever happens, both
 * reach an outcome, and what they say of each other agrees.
 */
import { describe, expect, it } from "@effect/vitest"
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Frame from "@effect-ws/codec/Frame"
import type { CloseOutcome, Role } from "@effect-ws/connection/CloseOutcome"
import { DropCause } from "@effect-ws/connection/CloseOutcome"
import type { AnyMessage } from "@effect-ws/connection/Message"
import * as Protocol from "@effect-ws/connection/Protocol"
import * as fc from "effect/FastCheck"
import { bytes, closeTo, concat, frameTo, settingsFor } from "./wire.js"

const other = (role: Role): Role => role === "client" ? "server" : "client"

/** One end: the protocol, a handler that echoes when it is told to, and what it has written. */
class Machine {
  state = Protocol.open
  readonly settings: Protocol.Settings
  readonly received: Array<AnyMessage> = []
  readonly sent: Array<string> = []
  /** On the way to the peer. */
  wire: Uint8Array = new Uint8Array(0)
  ended = false
  /** Our end, or the break of it, has reached the peer. */
  endHeard = false
  destroyed = false
  timer: Protocol.Timer | undefined = undefined

  constructor(readonly role: Role) {
    this.settings = settingsFor(role, { maxMessageSize: 1000 })
  }

  get outcome(): CloseOutcome | undefined {
    return this.state._tag === "Closed" ? this.state.outcome : undefined
  }

  write(octets: Uint8Array): void {
    expect(this.ended, "nothing is written behind the end of our side").toBe(false)
    if (!this.destroyed) this.wire = concat(this.wire, octets)
  }

  send(text: string): void {
    if (!Protocol.maySend(this.state)) return
    this.sent.push(text)
    this.write(frameTo(other(this.role), Frame.opcode.text, bytes(text)))
  }

  take(step: Protocol.Step): void {
    this.state = step.state
    for (const action of step.actions) {
      switch (action._tag) {
        case "SendClose":
          this.write(closeTo(other(this.role), action.status))
          break
        case "SendPong":
          this.write(frameTo(other(this.role), Frame.opcode.pong, action.payload))
          break
        case "StartTimer":
          this.timer = action.timer
          break
        case "HalfClose":
          this.ended = true
          break
        case "Destroy":
          this.ended = this.destroyed = true
          this.timer = undefined
          break
        case "NotePong":
        case "Inflate":
          break
      }
    }
    this.received.push(...step.messages)
  }

  fire(): void {
    if (this.timer === undefined) return
    this.timer = undefined
    this.take(Protocol.fired(this.settings, this.state, { delivered: 0, isBehind: false }))
  }
}

class World {
  readonly client = new Machine("client")
  readonly server = new Machine("server")
  /** The wire broke, or an end forged octets. */
  faults = 0

  at(role: Role): Machine {
    return this[role]
  }

  /** Some octets arrive, or the end behind them. */
  deliver(from: Machine, count: number): void {
    const to = this.at(other(from.role))
    if (to.destroyed) return
    if (from.wire.length > 0) {
      const octets = from.wire.slice(0, count)
      from.wire = from.wire.slice(count)
      to.take(Protocol.receive(to.settings, to.state, octets))
    } else if (from.ended && !from.endHeard) {
      from.endHeard = true
      to.take(Protocol.ended(to.settings, to.state))
    }
  }

  /** A loss: what is under way is gone, and both see a break. */
  reset(): void {
    this.faults++
    for (const end of [this.client, this.server]) {
      end.wire = new Uint8Array(0)
      end.ended = end.destroyed = true
      end.take(Protocol.broken(end.settings, end.state, DropCause.Reset({ error: "ECONNRESET" })))
    }
  }

  /** All that is under way arrives, and what is held is settled; then timers are over, one after the other. */
  finish(): void {
    for (let i = 0; i < 50 && (this.client.outcome === undefined || this.server.outcome === undefined); i++) {
      for (const end of [this.client, this.server]) {
        for (let j = 0; j < 4; j++) this.deliver(end, Infinity)
        end.take(Protocol.settle(end.settings, end.state))
      }
      if (i > 5) {
        this.client.fire()
        this.server.fire()
      }
      // Nobody wants to go: the peers do, in the end.
      if (i === 10) this.client.take(Protocol.close(this.client.settings, this.client.state, CloseStatus.make(1000)))
    }
  }
}

type Command = (world: World) => void

const role: fc.Arbitrary<Role> = fc.constantFrom("client", "server")
const command: fc.Arbitrary<readonly [name: string, run: Command]> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(role, fc.integer({ min: 1, max: 40 })).map(([from, count]) =>
      [`${count} octets of the ${from}`, (world: World) => world.deliver(world.at(from), count)] as const
    )
  },
  {
    weight: 3,
    arbitrary: fc.tuple(role, fc.string({ unit: "grapheme", maxLength: 12 })).map(([at, text]) =>
      [`${at} sends ${text}`, (world: World) => world.at(at).send(text)] as const
    )
  },
  {
    weight: 1,
    arbitrary: fc.tuple(role, fc.constantFrom(1000, 1001, 3000)).map(([at, code]) =>
      [`${at} closes with ${code}`, (world: World) => {
        const end = world.at(at)
        end.take(Protocol.close(end.settings, end.state, CloseStatus.make(code)))
      }] as const
    )
  },
  {
    weight: 1,
    arbitrary: role.map((at) =>
      [`${at} settles`, (world: World) => {
        const end = world.at(at)
        end.take(Protocol.settle(end.settings, end.state))
      }] as const
    )
  },
  { weight: 1, arbitrary: role.map((at) => [`${at}'s timer`, (world: World) => world.at(at).fire()] as const) },
  {
    weight: 1,
    arbitrary: fc.tuple(role, fc.constantFrom(3, 0)).map(([at, kind]) =>
      [`${at} breaks a rule`, (world: World) => {
        const end = world.at(at)
        if (end.ended || !Protocol.maySend(end.state)) return
        world.faults++
        end.write(frameTo(other(at), kind, bytes("?")))
      }] as const
    )
  },
  {
    weight: 1,
    arbitrary: role.map((at) =>
      [`${at} finds the other unresponsive`, (world: World) => {
        const end = world.at(at)
        end.take(Protocol.unresponsive(end.settings, end.state))
      }] as const
    )
  },
  {
    weight: 1,
    arbitrary: role.map((at) =>
      [`${at} aborts`, (world: World) => {
        const end = world.at(at)
        end.take(Protocol.abort(end.settings, end.state, { _tag: "ScopeClosed" }))
      }] as const
    )
  },
  { weight: 1, arbitrary: fc.constant(["reset", (world: World) => world.reset()] as const) }
)

/** The code that a Close carries, of a Close or none. */
const code = (status: CloseStatus.CloseStatus | undefined): number | "empty" | undefined =>
  status === undefined ? undefined : status._tag === "Empty" ? "empty" : status.code

describe("two machines", () => {
  it("reach an outcome each, and these agree", () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        const world = new World()
        for (const [, run] of commands) run(world)
        world.finish()
        for (const end of [world.client, world.server]) {
          const peer = world.at(other(end.role))
          const { outcome } = end
          const of = peer.outcome
          if (outcome === undefined || of === undefined) return expect.fail("no outcome")
          seen.add(`${outcome._tag} / ${of._tag}`)
          // A Close that was received is one that was sent, with its code. (One that was sent may have been lost.)
          if (outcome.remote !== undefined) expect(code(outcome.remote)).toBe(code(of.local))
          // Clean is what both say, or the other's last octets were lost, or its patience.
          if (outcome._tag === "Clean") {
            expect(code(outcome.local)).toBeDefined()
            expect(["Clean", "DropTimeout", "CloseTimeout", "Dropped", "Aborted", "Failed"]).toContain(of._tag)
            if (outcome.closedFirst === "peer") {
              expect(["us", "none"]).toContain(of.closedFirst === "us" ? "us" : "none")
            }
          }
          if (outcome._tag === "Clean" && of._tag === "Clean") {
            expect([outcome.closedFirst, of.closedFirst]).not.toEqual(["peer", "peer"])
            expect(code(outcome.local)).toBe(code(of.remote))
          }
          if (outcome._tag === "Failed" && outcome.failure._tag === "Violation") expect(world.faults).toBeGreaterThan(0)
          // What was received is what was sent, up to a point, and all of it when both are Clean.
          expect(end.received).toEqual(peer.sent.slice(0, end.received.length))
          if (outcome._tag === "Clean" && of._tag === "Clean" && world.faults === 0) {
            expect(end.received).toEqual(peer.sent)
          }
        }
      }),
      { numRuns: 600 }
    )
    // The runs are worth something: they come to each kind of end.
    for (const tag of ["Clean", "Failed", "CloseTimeout", "Dropped", "Aborted"]) {
      expect([...seen].some((pair) => pair.startsWith(tag)), tag).toBe(true)
    }
  })

  it("left alone, with any chunking, are Clean", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(role, fc.string({ maxLength: 20 })), { maxLength: 10 }),
        role,
        fc.array(fc.tuple(role, fc.integer({ min: 1, max: 10 })), { maxLength: 60 }),
        (messages, closer, deliveries) => {
          const world = new World()
          for (const [at, text] of messages) world.at(at).send(text)
          const end = world.at(closer)
          end.take(Protocol.close(end.settings, end.state, CloseStatus.make(1000)))
          for (const [from, count] of deliveries) world.deliver(world.at(from), count)
          world.finish()
          expect(world.client.outcome).toMatchObject({ _tag: "Clean", droppedBy: "peer" })
          expect(world.server.outcome).toMatchObject({ _tag: "Clean", droppedBy: "us" })
          expect(end.outcome?.closedFirst).toBe("us")
          expect(world.client.received).toEqual(world.server.sent)
          expect(world.server.received).toEqual(world.client.sent)
        }
      ),
      { numRuns: 200 }
    )
  })
})
