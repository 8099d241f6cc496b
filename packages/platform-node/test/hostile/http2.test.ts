/** What frames of HTTP/2 may do to a server, written by hand: docs/reference/security.md names the tests of this file. */
import { describe, expect, it } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import type * as Scope from "effect/Scope"
import { portOf, serve, type Server, type ServerOptions } from "../http2.js"
import { frame } from "../rawClient.js"
import * as raw from "../rawHttp2.js"

interface Field {
  readonly server: Server
  readonly attacker: raw.RawHttp2
  /** An honest peer on a session of its own still has its message back. */
  readonly goesOn: Effect.Effect<void>
  /** Requests that `accept` is at, and those that it was at and is no more. */
  readonly waiting: () => number
  readonly released: () => number
}

const text = (payload: string): Uint8Array => frame(Frame.opcode.text, payload)

const data = (stream: number, octets: Uint8Array) => raw.frame(raw.type.data, 0, stream, octets)

/** What was logged. */
let lines: Array<string> = []

/** GOAWAY may be lost with the socket, which is closed over what was not read. */
const isDropped = ({ attacker }: Field) =>
  Effect.gen(function*() {
    yield* attacker.closed
    expect(lines.filter((line) => line.startsWith("Dropped an HTTP/2 session"))).toHaveLength(1)
  })

const attack = (
  name: string,
  act: (field: Field) => Effect.Effect<unknown, unknown, Scope.Scope>,
  options: ServerOptions = {},
  settings: ReadonlyArray<Uint8Array> = []
) =>
  it.scopedLive(name, () =>
    Effect.provide(
      Effect.gen(function*() {
        lines = []
        let waiting = 0
        let released = 0
        const server = yield* serve({ tls: undefined, ...options })
        yield* Effect.forkScoped(server.serve({
          accept: ({ path }) =>
            path === "/wait"
              ? Effect.ensuring(
                Effect.zipRight(Effect.sync(() => waiting++), Effect.never),
                Effect.sync(() => released++)
              )
              : Effect.succeed({ value: undefined }),
          handler: (connection) =>
            connection.run((message) =>
              message === "pour" ? Effect.forever(connection.send("x".repeat(1000))) : connection.send(message)
            )
        }))
        const honest = yield* raw.connect(portOf(server))
        honest.write(raw.open(1))
        expect(yield* honest.find(raw.isAnswer(1))).toBeDefined()
        let sent = 0
        const goesOn = Effect.gen(function*() {
          const payload = `still here ${sent++}`
          honest.write(data(1, text(payload)))
          const answer = yield* honest.find((frame) => frame.payload.includes(payload))
          expect(answer).toBeDefined()
        })
        const attacker = yield* raw.connect(portOf(server), ...settings)
        yield* act({ server, attacker, goesOn, waiting: () => waiting, released: () => released })
        yield* goesOn
      }),
      Logger.replace(Logger.defaultLogger, Logger.make(({ message }) => void lines.push(String(message))))
    ))

const waitingRequest = raw.connectFields().map(([name, value]) => [name, name === ":path" ? "/wait" : value] as const)

/** How many resets a session may have cost until then: a hundred, ten for each second that a busy machine took, and those on their way. */
const resetsFromNow = () => {
  const began = performance.now()
  return () => 110 + 10 * Math.ceil((performance.now() - began) / 1000)
}

describe("floods", () => {
  attack(
    "rapid reset (CVE-2023-44487): a hundred streams that are reset before their answer end the session",
    (field) =>
      Effect.gen(function*() {
        const resets = resetsFromNow()
        for (let i = 0; !field.attacker.isClosed; i += 150) {
          for (let j = i; j < i + 150; j++) {
            field.attacker.write(raw.open(2 * j + 1, waitingRequest), raw.reset(2 * j + 1, 8))
          }
          yield* nextTurn
        }
        yield* isDropped(field)
        expect(field.waiting()).toBeLessThan(resets())
        expect(field.released()).toBe(field.waiting())
      })
  )

  attack("rapid reset, each when its handler was started", (field) =>
    Effect.gen(function*() {
      const resets = resetsFromNow()
      for (let i = 0; !field.attacker.isClosed; i++) {
        field.attacker.write(raw.open(2 * i + 1, waitingRequest))
        while (field.waiting() < i + 1 && !field.attacker.isClosed) yield* nextTurn
        field.attacker.write(raw.reset(2 * i + 1, 8))
      }
      yield* isDropped(field)
      while (field.released() < field.waiting()) yield* nextTurn
      expect(field.waiting()).toBeLessThan(resets())
    }))

  attack("a flood of pings (CVE-2019-9512): beyond a thousand the session ends", (field) =>
    Effect.gen(function*() {
      const ping = raw.frame(raw.type.ping, 0, 0, new Uint8Array(8))
      field.attacker.write(...new Array<Uint8Array>(500).fill(ping))
      yield* field.attacker.find((frame) => frame.type === raw.type.ping)
      yield* field.goesOn
      field.attacker.write(...new Array<Uint8Array>(3000).fill(ping))
      yield* isDropped(field)
    }))

  attack("a flood of settings (CVE-2019-9515): so do they", (field) =>
    Effect.gen(function*() {
      const settings = raw.frame(raw.type.settings, 0, 0, raw.setting(3, 100))
      for (let i = 0; i < 30; i++) {
        field.attacker.write(...new Array<Uint8Array>(100).fill(settings))
        yield* nextTurn
      }
      yield* isDropped(field)
    }))

  attack(
    "a flood of CONTINUATION (CVE-2024-27983): a head of ten thousand frames ends the session",
    (field) =>
      Effect.gen(function*() {
        const { attacker } = field
        attacker.write(raw.frame(raw.type.headers, 0, 1, raw.block(raw.connectFields())))
        const more = raw.frame(raw.type.continuation, 0, 1, raw.block([["x", "y".repeat(100)]]))
        for (let i = 0; i < 100 && !attacker.isClosed; i++) {
          attacker.write(...new Array<Uint8Array>(100).fill(more))
          yield* nextTurn
        }
        yield* attacker.closed
        expect(attacker.frames.filter(raw.isAnswer(1))).toEqual([])
      })
  )
})

const nextTurn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

describe("what is left open", () => {
  attack(
    "a thousand half-open CONNECTs: each has its time, then 503",
    (field) =>
      Effect.gen(function*() {
        const { attacker } = field
        attacker.write(...Array.from({ length: 1000 }, (_, i) => raw.open(2 * i + 1, waitingRequest)))
        while (field.waiting() < 1000) yield* nextTurn
        yield* field.goesOn
        expect(yield* attacker.find(raw.isAnswer(1999))).toBeDefined()
        while (field.released() < 1000) yield* nextTurn
        attacker.write(raw.open(2001))
        expect(yield* attacker.find(raw.isAnswer(2001))).toBeDefined()
      }),
    { openTimeout: "4 seconds" } // who comes meanwhile must be let in by then, on a busy machine, too
  )

  attack(
    "a thousand and one half-open CONNECTs: the session ends, and so does deciding on them",
    (field) =>
      Effect.gen(function*() {
        const { attacker } = field
        attacker.write(...Array.from({ length: 1001 }, (_, i) => raw.open(2 * i + 1, waitingRequest)))
        yield* attacker.closed
        expect(field.waiting()).toBeLessThanOrEqual(1000)
        while (field.released() < field.waiting()) yield* nextTurn
      })
  )

  attack(
    "a head that never ends, and a session without a stream: closed when the idle timeout is over",
    (field) =>
      Effect.gen(function*() {
        field.attacker.write(raw.frame(raw.type.headers, 0, 1, raw.block(raw.connectFields())))
        yield* field.attacker.closed
        const silent = yield* raw.connect(portOf(field.server))
        yield* silent.closed
      }),
    { http2: { idleTimeout: "100 millis" } }
  )
})

describe("windows", () => {
  attack(
    "a window of no octets: the sender waits, with an outbox and no more; one octet at a time is taken in order",
    (field) =>
      Effect.gen(function*() {
        const { attacker } = field
        attacker.write(raw.open(1), data(1, text("pour")))
        yield* attacker.find(raw.isAnswer(1))
        yield* field.goesOn
        const of = (frames: ReadonlyArray<raw.Frame>) =>
          Buffer.concat(
            frames.filter(({ stream, type }) => type === raw.type.data && stream === 1).map(({ payload }) => payload)
          )
        expect(of(attacker.frames).length).toBe(0)
        const update = raw.frame(raw.type.windowUpdate, 0, 1, raw.u32(1))
        for (let octets = 1; octets <= 200; octets++) {
          attacker.write(update)
          yield* attacker.find(() => of(attacker.frames).length === octets)
        }
        expect(of(attacker.frames).toString("latin1")).toBe(`\x81\x7e\x03\xe8${"x".repeat(196)}`)
      }),
    { limits: { outboxSize: 100_000 } },
    [raw.setting(4, 0)]
  )
})

describe("heads", () => {
  /** A field that is put into the table of the decoder, and then named by its number alone (RFC 7541 §6.1, §6.2.1). */
  const bomb = (times: number): Buffer => {
    const value = "y".repeat(4000)
    const [, ...entry] = raw.block([["x", value]])
    return Buffer.concat([raw.block(raw.connectFields()), Buffer.of(0x40, ...entry), Buffer.alloc(times, 0x80 | 62)])
  }

  attack(
    "header bombs (CVE-2016-6581): what inflates beyond the limit of a head ends its stream",
    (field) =>
      Effect.gen(function*() {
        const { attacker } = field
        for (const [i, times] of [5, 100, 10_000].entries()) {
          const stream = 2 * i + 1
          attacker.write(raw.frame(raw.type.headers, raw.flag.endHeaders, stream, bomb(times)))
          const answer = yield* attacker.find((frame) =>
            frame.stream === stream && (frame.type === raw.type.headers || frame.type === raw.type.reset)
          )
          expect(answer).toBeDefined()
        }
        attacker.write(raw.open(99))
        expect(yield* attacker.find(raw.isAnswer(99))).toBeDefined()
        expect(field.waiting()).toBe(0)
      })
  )

  attack("thousands of fields end their stream, too", (field) =>
    Effect.gen(function*() {
      const { attacker } = field
      const many = Array.from({ length: 2100 }, () => ["a", "b"] as const)
      attacker.write(raw.open(1, raw.connectFields(...many)))
      const reset = yield* attacker.find(({ stream, type }) => stream === 1 && type === raw.type.reset)
      expect(reset).toBeDefined()
      attacker.write(raw.open(3))
      expect(yield* attacker.find(raw.isAnswer(3))).toBeDefined()
    }))
})
