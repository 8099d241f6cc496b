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

describe("an id in the log", () => {
  it.scopedLive("stays the same, whatever NATS says of when the stream was made", () =>
    Effect.gen(function*() {
      const server = yield* scriptedNats
      const stream: { config?: unknown; created: string } = { created: "0001-01-01T00:00:00Z" } // as 2.9 says while it makes one
      const notFound = { error: { code: 404, err_code: 10059, description: "stream not found" } }
      server.answer((subject, asked) => {
        if (!subject.startsWith("$JS.API.STREAM.")) return {}
        if (/CREATE|UPDATE/.test(subject)) stream.config = JSON.parse(asked)
        return stream.config === undefined ? notFound : { ...stream, state: {} }
      })
      const ids: Array<string> = []
      const receiver = { ...listening(), onMessage: (_: string, __: Uint8Array, id = "") => void ids.push(id) }
      const keeping = { isKept: () => true, last: 10, millis: undefined }
      const link = yield* NatsBackplane.make({ servers: [`nats://127.0.0.1:${server.port}`] }).open(receiver, keeping)
      yield* Effect.async<void>((resume) => link.subscribe("t", () => resume(Effect.void)))
      const hear = (place: number) => {
        server.republish("effect-ws.l.t", place, "text")
        return eventually(`${place} came`, () => ids.length === place)
      }
      yield* hear(1)
      stream.created = "2026-11-28T08:43:24.123456789Z"
      server.refuse(0)
      yield* eventually("it is down", () => !link.isUp)
      yield* eventually("it is up again", () => link.isUp)
      yield* hear(2)
      const [first = "", second = ""] = ids
      expect(link.log?.isAfter(second, first)).toBe(true)
      expect(link.log?.isAfter(first, second)).toBe(false)
      expect([first, second]).toEqual([first.replace(/\d$/, "1"), first.replace(/\d$/, "2")])
      expect(first).toMatch(/^\d{13}-1$/)
    }))
})
