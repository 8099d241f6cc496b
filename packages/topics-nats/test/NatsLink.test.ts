/** What a node is told of its messages, by a server that answers when the test says so. */
import { describe, expect, it } from "@effect/vitest"
import type { Receiver } from "@effect-ws/platform/Backplane"
import * as NatsBackplane from "@effect-ws/topics-nats/NatsBackplane"
import * as Effect from "effect/Effect"
import { eventually } from "../../platform/test/backplanes.js"
import { scriptedNats } from "./scriptedNats.js"

const heedless: Receiver = { onMessage: () => {}, onUp: () => {}, onDown: () => {} }

describe("a message is told to be sent", () => {
  it.scopedLive("when the ping behind it is answered, and not at one before it", () =>
    Effect.gen(function*() {
      const server = yield* scriptedNats
      const servers = [`nats://127.0.0.1:${server.port}`]
      const link = yield* NatsBackplane.make({ servers, client: { pingInterval: 60_000 } }).open(heedless, undefined)
      // Behind all pings of the beginning.
      yield* Effect.async<void>((resume) => link.subscribe("t", () => resume(Effect.void)))
      server.hold()
      const told: Array<string> = []
      const publish = (name: string, pings: number) => {
        link.publish("t", new TextEncoder().encode(name), () => void told.push(name))
        return eventually(`${pings} pings wait`, () => server.held() === pings)
      }
      yield* publish("a", 1)
      yield* publish("b", 2)
      server.pong()
      yield* eventually("the first is told", () => told.length === 1)
      yield* publish("c", 2)
      server.pong()
      yield* eventually("the second is told", () => told.length >= 2)
      expect(told).toEqual(["a", "b"])
      server.pong()
      yield* eventually("the third is told", () => told.length === 3)
      expect(told).toEqual(["a", "b", "c"])
    }))
})
