/** What a node is told of its messages, by a server that answers when the test says so. */
import { describe, expect, it } from "@effect/vitest"
import * as NatsBackplane from "@effect-ws/topics-nats/NatsBackplane"
import * as Effect from "effect/Effect"
import { eventually, listening } from "../../platform/test/backplanes.js"
import { scriptedNats } from "./scriptedNats.js"

describe("a message is told to be sent", () => {
  it.scopedLive("when the ping behind it is answered, and not at one before it", () =>
    Effect.gen(function*() {
      const server = yield* scriptedNats
      const servers = [`nats://127.0.0.1:${server.port}`]
      const link = yield* NatsBackplane.make({ servers, client: { pingInterval: 60_000 } }).open(listening(), undefined)
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

describe("a server that refuses a node's name and password", () => {
  it.scopedLive("is asked again, however often it has refused", () =>
    Effect.gen(function*() {
      const server = yield* scriptedNats
      const { told, ...receiver } = listening()
      const link = yield* NatsBackplane.make({ servers: [`nats://127.0.0.1:${server.port}`] }).open(receiver, undefined)
      yield* eventually("it is up", () => link.isUp)
      server.refuse(3)
      yield* eventually("it is down", () => !link.isUp)
      yield* eventually("it is up again", () => link.isUp)
      expect(told.filter((what) => what !== "trouble")).toEqual(["up", "down", "up"])
    }))
})
