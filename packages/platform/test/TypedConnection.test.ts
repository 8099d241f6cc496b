import * as MsgPack from "@effect/platform/MsgPack"
import { describe, expect, it } from "@effect/vitest"
import type { Connection } from "@effect-ws/connection/Connection"
import type { ByteMessage } from "@effect-ws/connection/Message"
import * as Reconnecting from "@effect-ws/platform/Reconnecting"
import * as TypedConnection from "@effect-ws/platform/TypedConnection"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { inspect } from "node:util"
import { make as makeClient, turn } from "./loopbackClient.js"

const Question = Schema.Struct({ id: Schema.Number, at: Schema.DateFromString })
const Answer = Schema.Struct({ id: Schema.Number, text: Schema.String })

const pair = Effect.gen(function*() {
  const client = yield* makeClient()
  const connection = yield* client.client.connect("ws://a.example/")
  return { connection, server: client.at(0).server }
})

const json = { incoming: Schema.parseJson(Answer), outgoing: Schema.parseJson(Question) }
const at = new Date(0)

it("takes no connection with text as bytes: its schemas are of text, or of binary", () => {
  const make = (connection: Connection<ByteMessage>) =>
    // @ts-expect-error its messages are no strings
    TypedConnection.make(connection, json)
  expect(make).toBeTypeOf("function")
})

describe("JSON text", () => {
  it.scoped("sends and receives values", () =>
    Effect.gen(function*() {
      const { connection, server } = yield* pair
      const typed = TypedConnection.make(connection, json)
      yield* typed.send({ id: 1, at })
      expect(yield* server.receive).toBe("{\"id\":1,\"at\":\"1970-01-01T00:00:00.000Z\"}")
      yield* server.sendAll(["{\"id\":1,\"text\":\"a\"}", "{\"id\":2,\"text\":\"b\"}"])
      expect(yield* typed.receive).toEqual({ id: 1, text: "a" })
      expect([...yield* Stream.runCollect(Stream.take(typed.messages, 1))]).toEqual([{ id: 2, text: "b" }])
    }))

  it.scoped("by a sink, and by run", () =>
    Effect.gen(function*() {
      const { connection, server } = yield* pair
      const near = TypedConnection.make(connection, json)
      const far = TypedConnection.make(server, { incoming: json.outgoing, outgoing: json.incoming })
      yield* Effect.forkScoped(far.run(({ id }) => far.send({ id, text: "yes" })))
      yield* Stream.run(Stream.map(Stream.make(1, 2), (id) => ({ id, at })), near.sink)
      const read = yield* Stream.runCollect(Stream.take(near.messages, 2))
      expect([...read].map(({ id }) => id)).toEqual([1, 2])
    }))

  const unreadable = [
    ["what is no JSON", "{", "a message cannot be read"],
    ["what the schema does not allow", "{\"id\":\"1\",\"text\":\"a\"}", "[\"id\"]"],
    ["a binary message", Uint8Array.of(0x7b, 0x7d), "Expected string"]
  ] as const
  for (const [name, message, says] of unreadable) {
    it.scoped(`${name}: a typed error, and the connection goes on`, () =>
      Effect.gen(function*() {
        const { connection, server } = yield* pair
        const typed = TypedConnection.make(connection, json)
        yield* server.sendAll([message, "{\"id\":2,\"text\":\"b\"}"])
        const error = yield* Effect.flip(typed.receive)
        expect(error._tag).toBe("UnreadableMessage")
        expect(error.message).toContain(says)
        expect(yield* typed.receive).toEqual({ id: 2, text: "b" })
      }))
  }

  it.scoped("an unreadable message tells what was expected, where, and how large it was; content when asked for, and cut", () =>
    Effect.gen(function*() {
      const { connection, server } = yield* pair
      const typed = TypedConnection.make(connection, json)
      const secret = "secret".repeat(10_000)
      yield* server.sendAll([JSON.stringify({ id: secret, text: "a" }), "é", Uint8Array.of(1, 2, 3)])
      const error = yield* Effect.flip(typed.receive)
      if (error._tag !== "UnreadableMessage") throw error
      expect(error).toMatchObject({ kind: "text", size: 60_020, expected: "number", at: "[\"id\"]" })
      expect(error.message).toBe("a message cannot be read: Expected number at [\"id\"] (text, 60020 bytes)")
      for (const shown of [error.message, String(error), JSON.stringify(error), inspect(error), error.stack ?? ""]) {
        expect(shown).not.toContain("secret")
      }
      expect(error.explain()).toContain("secretsecret")
      expect(error.explain().length).toBeLessThan(1100)
      expect(error.explain(50).length).toBeLessThan(100)
      expect(error.error).toBeInstanceOf(ParseResult.ParseError)
      expect(yield* Effect.flip(typed.receive)).toMatchObject({ size: 2 })
      expect(yield* Effect.flip(typed.receive)).toMatchObject({ kind: "binary", size: 3 })
    }))

  it.scoped("messages gives what is before an unreadable one, and fails; results goes on", () =>
    Effect.gen(function*() {
      const { connection, server } = yield* pair
      const typed = TypedConnection.make(connection, json)
      const batch = ["{\"id\":1,\"text\":\"a\"}", "{", "{\"id\":3,\"text\":\"c\"}"]
      const read: Array<unknown> = []
      yield* server.sendAll(batch)
      yield* turn
      const error = yield* Effect.flip(
        Stream.runForEach(typed.messages, (value) => Effect.sync(() => read.push(value)))
      )
      expect([read, error._tag]).toEqual([[{ id: 1, text: "a" }], "UnreadableMessage"])
      yield* server.sendAll(batch)
      const results = yield* Stream.runCollect(Stream.take(typed.results, 3))
      expect([...results].map(Either.isRight)).toEqual([true, false, true])
    }))

  it.scoped("run fails at an unreadable one, behind those before it", () =>
    Effect.gen(function*() {
      const { connection, server } = yield* pair
      const typed = TypedConnection.make(connection, json)
      const read: Array<number> = []
      yield* server.sendAll(["{\"id\":1,\"text\":\"a\"}", "{", "{\"id\":3,\"text\":\"c\"}"])
      const error = yield* Effect.flip(typed.run(({ id }) => void read.push(id)))
      expect([read, error._tag]).toEqual([[1], "UnreadableMessage"])
      expect(yield* typed.receive).toEqual({ id: 3, text: "c" })
    }))

  it.scoped("a value that the schema does not allow is not sent", () =>
    Effect.gen(function*() {
      const { connection, server } = yield* pair
      const outgoing = Schema.parseJson(Schema.Struct({ id: Schema.Int }))
      const typed = TypedConnection.make(connection, { ...json, outgoing })
      const error = yield* Effect.flip(typed.send({ id: 0.5 }))
      expect(error).toMatchObject({ _tag: "UnwritableMessage" })
      expect(error.message).toContain("a value cannot be sent")
      yield* typed.send({ id: 2 })
      expect(yield* server.receive).toBe("{\"id\":2}")
    }))

  it.scoped("a closed connection fails as ever", () =>
    Effect.gen(function*() {
      const { connection, server } = yield* pair
      const typed = TypedConnection.make(connection, json)
      yield* server.close(4000)
      expect((yield* Effect.flip(typed.receive))._tag).toBe("PeerClosed")
      expect((yield* Effect.flip(typed.send({ id: 1, at })))._tag).toBe("ConnectionClosed")
    }))
})

describe("msgpack", () => {
  const incoming = MsgPack.schema(Answer)
  const outgoing = MsgPack.schema(Question)

  it.scoped("sends and receives octets", () =>
    Effect.gen(function*() {
      const { connection, server } = yield* pair
      const near = TypedConnection.make(connection, { incoming, outgoing })
      const far = TypedConnection.make(server, { incoming: outgoing, outgoing: incoming })
      yield* near.send({ id: 1, at })
      expect(yield* far.receive).toEqual({ id: 1, at })
      yield* far.send({ id: 1, text: "a" })
      expect(yield* near.receive).toEqual({ id: 1, text: "a" })
    }))

  it.scoped("text, and octets that are no msgpack, cannot be read", () =>
    Effect.gen(function*() {
      const { connection, server } = yield* pair
      const typed = TypedConnection.make(connection, { incoming, outgoing })
      yield* server.sendAll(["{}", Uint8Array.of(0xc1), Uint8Array.of(0x82, 0xa2), new Uint8Array(0)])
      for (let i = 0; i < 4; i++) expect((yield* Effect.flip(typed.receive))._tag).toBe("UnreadableMessage")
    }))
})

describe("closing on what cannot be read", () => {
  for (const code of [1003, 1007, 1008] as const) {
    it.scoped(`${code}`, () =>
      Effect.gen(function*() {
        const { connection, server } = yield* pair
        const typed = TypedConnection.make(server, { ...json, closeOnUnreadable: code })
        yield* connection.send("secret")
        expect((yield* Effect.flip(typed.receive))._tag).toBe("UnreadableMessage")
        expect(yield* connection.outcome).toMatchObject({
          _tag: "Clean",
          closedFirst: "peer",
          remote: { code, reason: "a message cannot be read" }
        })
      }))
  }
})

it.scoped("closeOnUnreadable that must not be sent is refused when it is given", () =>
  Effect.gen(function*() {
    const { server } = yield* pair
    for (const code of [1006, NaN, "1007", null]) {
      expect(() => TypedConnection.make(server, { ...json, closeOnUnreadable: code as 1007 })).toThrow(
        "closeOnUnreadable"
      )
    }
  }))

it("types: what the schemas need is needed by those who read and send", () => {
  class Secret extends Context.Tag("Secret")<Secret, string>() {}
  const incoming = Schema.transformOrFail(Schema.String, Schema.String, {
    decode: (text) => Effect.map(Secret, (secret) => text + secret),
    encode: (text) => Effect.map(Secret, (secret) => text + secret)
  })
  const typed = (connection: Parameters<typeof TypedConnection.make>[0]) =>
    TypedConnection.make(connection, { incoming, outgoing: Schema.String })
  const receive = (connection: Parameters<typeof TypedConnection.make>[0]): Effect.Effect<string, unknown, Secret> =>
    typed(connection).receive
  // @ts-expect-error a number is no message
  const wrong = () => TypedConnection.make({} as never, { incoming: Schema.NumberFromString, outgoing: Schema.Number })
  expect([receive, wrong]).toHaveLength(2)
})

describe("what else is typed", () => {
  it.scoped("trySend, and a message that is prepared for many", () =>
    Effect.gen(function*() {
      const { connection, server } = yield* pair
      const typed = TypedConnection.make(connection, json)
      expect(yield* typed.trySend({ id: 1, at })).toBe("accepted")
      const prepared = yield* typed.prepare({ id: 2, at }, { compression: false })
      expect([prepared.kind, prepared.compression]).toEqual(["text", false])
      expect(connection.trySend(prepared)).toBe("accepted")
      const far = TypedConnection.make(server, { incoming: json.outgoing, outgoing: json.incoming })
      expect([(yield* far.receive).id, (yield* far.receive).id]).toEqual([1, 2])
      const wrong = { id: "1" as never, at }
      expect((yield* Effect.flip(typed.trySend(wrong)))._tag).toBe("UnwritableMessage")
      expect((yield* Effect.flip(typed.prepare(wrong)))._tag).toBe("UnwritableMessage")
      yield* Effect.fork(server.receive)
      yield* connection.close()
      expect(yield* typed.trySend({ id: 3, at })).toBe("closed")
    }))

  it.scoped("over a connection that comes back: values of whichever connection, and its errors", () =>
    Effect.gen(function*() {
      const client = yield* makeClient()
      const reconnecting = yield* Reconnecting.make(client.client.connect("ws://a.example/"))
      const typed = TypedConnection.over(reconnecting, json)
      yield* typed.send({ id: 1, at })
      expect(yield* client.at(0).server.receive).toContain("\"id\":1")
      yield* client.at(0).server.sendAll(["{\"id\":1,\"text\":\"a\"}", "{", "{\"id\":2,\"text\":\"b\"}"])
      expect(yield* typed.receive).toEqual({ id: 1, text: "a" })
      expect((yield* Effect.flip(typed.receive))._tag).toBe("UnreadableMessage")
      expect(yield* typed.receive).toEqual({ id: 2, text: "b" })
      client.at(0).drop()
      // Long enough for the next attempt, and too short for a timeout of its opening, however slowly that goes.
      yield* TestClock.adjust("2 seconds")
      yield* turn
      const seen: Array<number> = []
      const running = yield* Effect.fork(typed.run(({ id }) => void seen.push(id)))
      yield* client.at(1).server.sendAll(["{\"id\":3,\"text\":\"c\"}", "{\"id\":4,\"text\":\"d\"}"])
      yield* turn
      expect(seen).toEqual([3, 4])
      yield* Effect.fork(reconnecting.close(4000, "enough"))
      yield* turn
      const failure = yield* Effect.flip(typed.send({ id: 5, at }))
      expect(failure._tag).toBe("Stopped")
      yield* Fiber.interrupt(running)
    }))
})
