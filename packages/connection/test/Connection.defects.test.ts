/**
 * Where a host calls, a defect, whoever's it is, ends its own connection, with Close 1011, and no other. Nothing is thrown at the
 * host, and whoever waits is told.
 */
import { describe, expect, it } from "@effect/vitest"
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Primitives from "@effect-ws/codec/Primitives"
import type { Compression } from "@effect-ws/connection/host/Compression"
import * as Deadlines from "@effect-ws/connection/host/Deadlines"
import * as Host from "@effect-ws/connection/host/Host"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import type { Meter } from "@effect-ws/connection/host/Meter"
import * as Limits from "@effect-ws/connection/Limits"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { ManualTransport } from "./ManualTransport.js"
import { opening, randomNumbers, turn } from "./pair.js"
import { bytes, closeTo, frameTo, textTo, wordsOf } from "./wire.js"

const defect = new Error("a defect")

const fails = (): never => {
  throw defect
}

interface Parts {
  readonly primitives?: Partial<Primitives.Primitives>
  readonly compression?: Partial<Compression>
  readonly meter?: Partial<Meter>
  readonly limits?: Partial<Limits.Limits>
}

const nothing = (): void => {}

const stored: Compression = {
  isWorth: () => true,
  inflate: (octets) => ({ _tag: "Now", value: { _tag: "Inflated", parts: [octets.slice()] } }),
  deflate: (octets) => ({ _tag: "Now", value: octets.slice() }),
  free: nothing
}

/** A connection one of whose parts throws, and another of the same host, all of whose parts are well. */
const beside = (parts: Parts) =>
  Effect.gen(function*() {
    const deadlines = yield* Deadlines.make
    const primitives = { ...Primitives.plain, ...parts.primitives }
    const make = (odd: boolean) => {
      const transport = new ManualTransport()
      const host = Host.make({
        role: "server",
        deadlines,
        limits: Limits.make(parts.limits),
        primitives: odd ? primitives : Primitives.plain,
        random: randomNumbers(),
        ...(odd && parts.meter !== undefined
          ? {
            meter: {
              received: nothing,
              read: nothing,
              written: nothing,
              sent: nothing,
              pinged: nothing,
              closing: nothing,
              ...parts.meter
            }
          }
          : {})
      })
      const compression = parts.compression === undefined
        ? undefined
        : odd
        ? { ...stored, ...parts.compression }
        : stored
      return {
        transport,
        connection: Hosting.unsafeMake(transport, host, { incoming: "whole", opening, compression })
      }
    }
    return { odd: make(true), well: make(false) }
  })

type Odd = Effect.Effect.Success<ReturnType<typeof beside>>["odd"]

const text = textTo("server", "hi")
const compressed = frameTo("server", 2, bytes("hi"), { rsv: 4 })

/** What throws, and what makes it throw where a host calls; `silent` where nothing can be written any more. */
const places: Readonly<
  Record<
    string,
    { readonly parts: Parts; readonly act: (odd: Odd) => Effect.Effect<unknown, unknown>; readonly silent?: true }
  >
> = {
  "decoding a message": {
    parts: { primitives: { decodeUtf8: fails } },
    act: ({ transport }) => Effect.sync(() => transport.says(text))
  },
  "unmasking": {
    parts: { primitives: { mask: fails } },
    act: ({ transport }) => Effect.sync(() => transport.says(text))
  },
  "inflating in this turn": {
    parts: { compression: { inflate: fails } },
    act: ({ transport }) => Effect.sync(() => transport.says(compressed))
  },
  "inflating later: when it is asked to": {
    parts: { compression: { inflate: () => ({ _tag: "Later", listen: fails }) } },
    act: ({ transport }) => Effect.sync(() => transport.says(compressed))
  },
  "inflating later: in its own turn": {
    parts: {
      compression: {
        inflate: () => ({ _tag: "Later", listen: (_, failed) => setImmediate(() => failed(defect)) })
      }
    },
    act: ({ transport }) => Effect.zipRight(Effect.sync(() => transport.says(compressed)), turn)
  },
  "deflating later: in its own turn": {
    parts: {
      compression: {
        deflate: () => ({ _tag: "Later", listen: (_, failed) => setImmediate(() => failed(defect)) })
      }
    },
    act: ({ connection }) => Effect.zipRight(connection.send("hi"), turn)
  },
  "what waits behind a message that is deflated later": {
    parts: {
      compression: {
        isWorth: (size) => size > 1,
        deflate: (octets) =>
          octets.length === 3
            ? fails()
            : { _tag: "Later", listen: (listener) => setImmediate(() => listener(bytes("hi"))) }
      }
    },
    act: ({ connection }) => Effect.zipRight(connection.sendAll(["hi", "hi!"]), turn)
  },
  "counting a message": {
    parts: { meter: { received: fails } },
    act: ({ transport }) => Effect.sync(() => transport.says(text))
  },
  "counting a close": {
    parts: { meter: { closing: fails } },
    act: ({ transport }) => Effect.sync(() => transport.says(closeTo("server", CloseStatus.make(1000)))),
    silent: true
  },
  "memory that a message was given away in before it was written": {
    parts: {},
    act: ({ connection, transport }) =>
      Effect.sync(() => {
        const message = new Uint8Array(20_000)
        connection.trySend(message)
        structuredClone(message, { transfer: [message.buffer] })
        transport.endTurn()
      })
  }
}

describe("a defect where a host calls", () => {
  for (const [name, { act, parts, silent }] of Object.entries(places)) {
    it.scoped(`ends its own connection, and no other: ${name}`, () =>
      Effect.gen(function*() {
        const { odd, well } = yield* beside(parts)
        const reading = yield* Effect.fork(Effect.exit(Effect.forever(odd.connection.receive)))
        const asked = yield* Effect.fork(well.connection.receive)
        yield* turn
        yield* act(odd)
        odd.transport.endTurn()
        if (silent === undefined) {
          expect(wordsOf(odd.transport.wire).at(-1)).toBe("close 1011 internal error")
          expect(odd.transport.calls).toContain("halfClose")
        }
        odd.transport.receiver?.onEnd()
        odd.transport.receiver?.onClosed(undefined)
        const outcome = Option.getOrUndefined(odd.connection.currentOutcome)
        if (silent === undefined) {
          expect(outcome).toMatchObject({ _tag: "Failed", failure: { _tag: "Defect" }, local: { code: 1011 } })
        } else expect(outcome).toBeDefined()
        expect(Exit.isFailure(yield* Fiber.join(reading))).toBe(true)
        // the other one goes on
        well.transport.says(text)
        expect(yield* Fiber.join(asked)).toBe("hi")
        yield* well.connection.send("still here")
        well.transport.endTurn()
        expect(well.transport.writes.length).toBeGreaterThan(0)
        expect(Option.isNone(well.connection.currentOutcome)).toBe(true)
      }))
  }

  it.scoped("is not in the way of timers: one that throws ends its own connection", () =>
    Effect.gen(function*() {
      const { odd } = yield* beside({ limits: { closeTimeout: 1000 }, meter: { closing: nothing } })
      Object.assign(odd.transport, { destroy: fails })
      yield* Effect.fork(odd.connection.close())
      yield* turn
      yield* TestClock.adjust("1 seconds")
      expect(Option.getOrUndefined(odd.connection.currentOutcome)?._tag).toBe("CloseTimeout")
    }))
})

describe("a message that waits to be sent", () => {
  it.scoped("and whose memory is given away meanwhile, is a defect of its sender alone", () =>
    Effect.gen(function*() {
      const { odd: { connection, transport } } = yield* beside({ limits: { outboxSize: 100, outboxResume: 50 } })
      transport.passes = false
      yield* connection.send(new Uint8Array(200))
      const message = new Uint8Array(1000)
      const waiting = yield* Effect.fork(connection.send(message))
      const behind = yield* Effect.fork(connection.send("behind"))
      yield* turn
      structuredClone(message, { transfer: [message.buffer] })
      transport.endTurn()
      transport.passes = true
      transport.drain()
      const exit = yield* Fiber.await(waiting)
      expect(Exit.isFailure(exit) && Cause.isDie(exit.cause)).toBe(true)
      yield* Fiber.join(behind)
      transport.endTurn()
      expect(wordsOf(transport.wire).slice(1)).toEqual(["text behind"])
      expect(Option.isNone(connection.currentOutcome)).toBe(true)
    }))

  it.scoped("behind one that is deflated, is kept as it was", () =>
    Effect.gen(function*() {
      const listeners: Array<() => void> = []
      const { odd: { connection, transport } } = yield* beside({
        compression: {
          deflate: (octets) => {
            const own = octets.slice()
            return { _tag: "Later", listen: (listener) => void listeners.push(() => listener(own)) }
          }
        }
      })
      const messages: ReadonlyArray<Uint8Array<ArrayBuffer>> = [bytes("one"), bytes("two"), bytes("three")].map((
        octets
      ) => Uint8Array.from(octets))
      yield* connection.sendAll(messages)
      for (const message of messages) structuredClone(message, { transfer: [message.buffer] })
      for (let next = listeners.shift(); next !== undefined; next = listeners.shift()) next()
      transport.endTurn()
      expect(wordsOf(transport.wire)).toEqual(["binary one", "binary two", "binary three"])
      expect(connection.bufferedAmount).toBe(0)
    }))
})
