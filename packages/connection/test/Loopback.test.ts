import { describe, expect, it } from "@effect/vitest"
import * as Loopback from "@effect-ws/connection/testing/Loopback"
import * as Effect from "effect/Effect"
import { turn } from "./pair.js"
import { bytes } from "./wire.js"

/** Notes what an end is told. */
const attach = (end: Loopback.Loopback): Array<string> => {
  const told: Array<string> = []
  end.attach({
    onOctets: (octets) => void told.push(Buffer.from(octets).toString()),
    onDrained: () => void told.push("drained"),
    onEnd: () => void told.push("end"),
    onClosed: (error) => void told.push(error === undefined ? "closed" : `closed: ${String(error)}`)
  })
  return told
}

describe("Loopback", () => {
  it.effect("moves octets in order, half-closes behind them, and closes when both have", () =>
    Effect.gen(function*() {
      const [near, far] = Loopback.make()
      const atNear = attach(near)
      const atFar = attach(far)
      near.write([bytes("a"), bytes("b")])
      near.halfClose()
      near.write([bytes("never")])
      yield* turn
      expect(atFar).toEqual(["a", "b", "end"])
      far.write([bytes("c")])
      far.halfClose()
      yield* turn
      expect(atNear).toEqual(["c", "end", "closed"])
      expect(atFar).toEqual(["a", "b", "end", "closed"])
    }))

  it.effect("keeps what is written before somebody is attached", () =>
    Effect.gen(function*() {
      const [near, far] = Loopback.make()
      near.write([bytes("early")])
      near.halfClose()
      yield* turn
      expect(attach(far)).toEqual([])
      const told = attach(far)
      yield* turn
      expect(told).toEqual(["early", "end"])
    }))

  it.effect("gives the other end memory of its own, and of a plain class", () =>
    Effect.gen(function*() {
      const [near, far] = Loopback.make()
      const got: Array<Uint8Array> = []
      far.attach({ onOctets: (octets) => void got.push(octets), onDrained() {}, onEnd() {}, onClosed() {} })
      const mine = Buffer.from("mine")
      near.write([mine])
      mine.fill(0)
      yield* turn
      expect(got).toEqual([bytes("mine")])
      expect(Object.getPrototypeOf(got[0])).toBe(Uint8Array.prototype)
    }))

  it.effect("is over its mark until half of it has arrived, and tells when all was flushed", () =>
    Effect.gen(function*() {
      const [near, far] = Loopback.make({ highWaterMark: 10 })
      const atNear = attach(near)
      attach(far)
      far.pause()
      expect(near.write([bytes("0123456789")])).toBe(true)
      expect(near.write([bytes("x")])).toBe(false)
      near.whenFlushed(() => void atNear.push("flushed"))
      yield* turn
      expect([near.pending, ...atNear]).toEqual([11])
      far.resume()
      yield* turn
      expect([near.pending, ...atNear]).toEqual([0, "flushed", "drained"])
    }))

  it.effect("splits what was written as it is told", () =>
    Effect.gen(function*() {
      const [near, far] = Loopback.make({ split: (octets) => Array.from(octets, (octet) => Uint8Array.of(octet)) })
      const atFar = attach(far)
      near.write([bytes("abc")])
      yield* turn
      expect(atFar).toEqual(["a", "b", "c"])
    }))

  it.effect("destroy is an end at the other side; reset loses what is under way, and breaks both", () =>
    Effect.gen(function*() {
      const [near, far] = Loopback.make()
      const told = [attach(near), attach(far)]
      near.destroy()
      yield* turn
      expect(told).toEqual([["closed"], ["end"]])
      far.halfClose()
      yield* turn
      expect(told[1]?.[0]).toBe("end")
      expect(told[1]?.[1]).toMatch("closed")

      const [one, other] = Loopback.make()
      const broken = [attach(one), attach(other)]
      one.write([bytes("lost")])
      one.reset("ECONNRESET")
      yield* turn
      expect(broken).toEqual([["closed: ECONNRESET"], ["closed: ECONNRESET"]])
    }))
})
