/**
 * Every fault, at octets in both directions, of a conversation that has messages whole and in fragments, pings and all ways to
 * close: always exactly one outcome, and the right one; and nothing that is left behind. `EVERY_OCTET=1` takes every octet
 * (some 12,000 conversations, ten minutes); otherwise each test takes every 60th or 180th, beginning with another one than the
 * test before.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Decoder from "@effect-ws/codec/Decoder"
import * as Frame from "@effect-ws/codec/Frame"
import * as Primitives from "@effect-ws/codec/Primitives"
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import { ConnectionClosed } from "@effect-ws/connection/ConnectionError"
import type { Answer, Compression } from "@effect-ws/connection/host/Compression"
import type { Deadlines } from "@effect-ws/connection/host/Deadlines"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import type { Message } from "@effect-ws/connection/Message"
import * as Loopback from "@effect-ws/connection/testing/Loopback"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { type Fault, FaultyTransport, kinds } from "./faultyTransport.js"
import { watch } from "./fibers.js"
import { type Extension, read } from "./model.js"
import { host, opening, turn } from "./pair.js"
import { concat, hex, roles } from "./wire.js"

const endings = ["us", "peer", "both", "a violation"] as const

/** Whether messages are compressed, in name: no octet changes, but each is deflated and inflated in another turn. */
const ways = ["as they are", "deflating"] as const
type Way = (typeof ways)[number]

const extension: Extension = { worthFrom: 0, inflate: (_before, octets) => octets, deflate: (octets) => octets }

const compressionFor = (way: Way): Compression | undefined => {
  if (way === "as they are") return undefined
  let freed = false
  const later = <A>(value: A): Answer<A> => ({
    _tag: "Later",
    listen: (listener) => {
      setImmediate(() => {
        if (!freed) listener(value)
      })
    }
  })
  return {
    isWorth: () => true,
    deflate: (octets) => later(octets.slice()),
    inflate: (octets) => later({ _tag: "Inflated", parts: octets.length === 0 ? [] : [octets.slice()] }),
    free: () => {
      freed = true
    }
  }
}

const said: ReadonlyArray<Message> = ["hello", Uint8Array.of(1, 2, 3), "in two parts"]

const converse = (
  role: (typeof roles)[number],
  fault: Fault | undefined,
  ending: (typeof endings)[number],
  way: Way = "as they are"
) =>
  Effect.gen(function*() {
    const fibersOfAll = yield* watch
    const [near, far] = Loopback.make({ highWaterMark: 8 })
    const transport = new FaultyTransport(near, fault)
    const made = yield* host(role, { outboxSize: 12, outboxResume: 4 }) // so small that senders wait
    const outcomes: Array<CloseOutcome> = []
    const received: Array<Message> = []
    const echoed: Array<Message> = []
    const outcome = yield* fibersOfAll.over(Effect.scoped(Effect.gen(function*() {
      const us = Hosting.unsafeMake(transport, made, options(way))
      const peer = Hosting.unsafeMake(far, yield* host(role === "client" ? "server" : "client"), options(way))
      Hosting.listen(us, (outcome) => outcomes.push(outcome))
      const fibers = yield* Effect.all([
        Effect.fork(Effect.exit(us.run((message) => void received.push(message)))),
        Effect.fork(Effect.exit(peer.run((message) => {
          echoed.push(message)
          peer.trySend(message)
        }))),
        Effect.fork(Effect.exit(us.ping)),
        Effect.fork(Effect.exit(Effect.all([
          us.send("hello"),
          us.send(Uint8Array.of(1, 2, 3)),
          us.sendStream("text", Stream.make("in two", " parts")),
          us.flush
        ])))
      ])
      yield* turn
      if (ending === "a violation") far.write([role === "server" ? hex("8380 00000000") : hex("8300")])
      if (ending === "peer" || ending === "both") yield* Effect.fork(peer.close(4000, "enough"))
      if (ending === "us" || ending === "both") yield* Effect.fork(us.close(4001))
      yield* turn
      yield* TestClock.adjust("1 seconds")
      transport.release()
      yield* turn
      const closing = yield* Effect.fork(us.close()) // joins what goes on, or ends what nobody has ended
      for (let i = 0; i < 10; i++) {
        yield* Effect.zipRight(TestClock.adjust("1 seconds"), turn)
        if (transport.closedCalls > 0) expect(timersOf(made.deadlines)).toBe(0)
      }
      const outcome = yield* Fiber.join(closing)
      yield* Effect.zipRight(TestClock.adjust("10 seconds"), turn)
      for (const fiber of fibers) {
        const exit = yield* Fiber.join(fiber as Fiber.Fiber<Exit.Exit<unknown, unknown>>)
        expect(Exit.isFailure(exit) && (Cause.isDie(exit.cause) || Cause.isInterrupted(exit.cause))).toBe(false)
      }
      const late = yield* Effect.exit(us.send("late"))
      expect(Exit.isFailure(late) && Cause.squash(late.cause)).toBeInstanceOf(ConnectionClosed)
      yield* peer.outcome
      return outcome
    })))
    yield* Effect.zipRight(TestClock.adjust("1 hours"), turn)
    const left = yield* fibersOfAll.left
    return { transport, outcome, outcomes, received, echoed, deadlines: made.deadlines, left }
  })

const options = (way: Way) => ({ incoming: "whole" as const, opening, compression: compressionFor(way) })

/** What its octets come to, up to the first that break off. */
const hasClose = (octets: ReadonlyArray<Uint8Array>): boolean => {
  const [parts] = Decoder.parts(Primitives.plain, Decoder.start, concat(...octets))
  const closes = parts.map((part) => part._tag === "Header" && part.header.opcode === Frame.opcode.close)
  const index = closes.indexOf(true)
  const behind = parts.slice(index + 1)
  return index >= 0 && behind.some((part) => part._tag === "Payload" && part.last)
}

/** Of what has passed alone. */
const rightOutcome = (role: (typeof roles)[number], how: Way, { ending, heard, said }: FaultyTransport) => {
  const octets = Array.from(concat(...heard))
  const { end } = read(octets, { role, extension, maxMessageSize: Infinity })
  const both = end._tag === "Close"
  return {
    _tag: end._tag === "Fail"
      ? "Failed"
      : both
      ? role === "server" || ending !== undefined ? "Clean" : "DropTimeout"
      : ending === undefined
      ? "CloseTimeout"
      : "Dropped",
    // What was decided, and waits behind a message that is being deflated, counts as sent, as what waits in a socket does.
    ...(how === "deflating" ? {} : { local: hasClose(said) ? { _tag: "Status" } : undefined }),
    remote: both ? { _tag: "Status" } : undefined
  }
}

const isPrefix = (messages: ReadonlyArray<Message>): void => expect(messages).toEqual(said.slice(0, messages.length))

const timersOf = (deadlines: Deadlines): number => {
  const { queues } = deadlines as unknown as { readonly queues: ReadonlyMap<number, ReadonlySet<unknown>> }
  return [...queues.values()].reduce((count, { size }) => count + size, 0)
}

/** How many octets pass when nothing goes wrong. */
const sizeOf = (role: (typeof roles)[number], ending: (typeof endings)[number], how: Way, way: "in" | "out") =>
  Effect.gen(function*() {
    const key = `${role} ${ending} ${how}`
    const { heard, said } = sizes.get(key) ?? (yield* converse(role, undefined, ending, how)).transport
    sizes.set(key, { heard, said })
    return concat(...(way === "in" ? heard : said)).length
  })
const sizes = new Map<string, Pick<FaultyTransport, "heard" | "said">>()

const every = process.env["EVERY_OCTET"] !== undefined

// Most of their time a clock is waited for: several wait at once.
describe.concurrent("every fault at every octet: one outcome, the right one, and nothing is left", () => {
  let phase = 0
  for (const role of roles) {
    for (const ending of endings) {
      for (const how of ways) {
        // Of what differs little, fewer
        const step = every ? 1 : ending === "a violation" || how === "deflating" ? 360 : 120
        for (const way of ["in", "out"] as const) {
          for (const kind of kinds[way]) {
            const first = phase++ % step
            it.scoped(
              `${role}, ${kind} of what comes ${way}, ${ending} closing, messages ${how}`,
              () =>
                Effect.gen(function*() {
                  const most = yield* sizeOf(role, ending, how, way)
                  const seen = new Set<string>()
                  for (let at = first; at < most + step; at += step) {
                    const run = yield* converse(role, { way, at, kind }, ending, how)
                    const says = `${role} ${kind} ${way} ${ending} ${how} at ${at}`
                    expect([says, run.outcomes]).toEqual([says, [run.outcome]])
                    expect([says, run.outcome]).toMatchObject([says, rightOutcome(role, how, run.transport)])
                    if (kind === "reset" && run.outcome._tag === "Dropped") {
                      expect([says, run.outcome.cause._tag]).toEqual([says, "Reset"])
                    }
                    expect([
                      says,
                      run.transport.isGone,
                      run.transport.callsAfterClosed,
                      timersOf(run.deadlines),
                      run.left
                    ]).toEqual([says, true, 0, 0, 0])
                    isPrefix(run.received)
                    isPrefix(run.echoed)
                    if (kind === "split" || kind === "delay") {
                      expect([says, run.outcome._tag]).toEqual([says, usual(ending)])
                    }
                    seen.add(run.outcome._tag)
                  }
                  expect(seen).toContain(usual(ending))
                }),
              60_000
            )
          }
        }
      }
    }
  }
})

const usual = (ending: (typeof endings)[number]): string => ending === "a violation" ? "Failed" : "Clean"
