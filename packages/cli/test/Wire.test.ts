/** What `connect --wire` shows, of connections in memory. */
import { describe, expect, it } from "@effect/vitest"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as WireLog from "@effect-ws/platform/WireLog"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { vi } from "vitest"
import * as Wire from "../src/connect/Wire.js"

const service = (options: WireLog.Options) =>
  WebSocketServer.layer((connection) => connection.run((message) => connection.send(message))).pipe(
    Layer.provideMerge(WebSocketTest.layer()),
    Layer.provideMerge(WireLog.layer({ payloadSize: 64, ...options }))
  )

/** A connection whose frames are shown, and how often its report was made. */
const followed = Effect.gen(function*() {
  const connection = yield* WebSocketClient.connect("ws://test/")
  const looks = vi.spyOn(yield* WireLog.WireLog, "reportOfConnection")
  const shown: Array<string> = []
  const following = yield* Effect.fork(Wire.follow(connection, (line) => Effect.sync(() => void shown.push(line))))
  const echo = (text: string) => Effect.zipRight(connection.send(text), connection.receive)
  yield* TestClock.adjust("1 second")
  return { connection, echo, shown, looks: () => looks.mock.calls.length, following }
})

/** What was sent and received, and what is said to be left out. */
const texts = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.flatMap((line) => {
    const [, arrow, text] = / ms ([<>]) text .* {2}(.*)$/.exec(line) ?? []
    return text === undefined ? line.startsWith("…") ? [line] : [] : [`${arrow} ${text}`]
  })

const both = (...all: ReadonlyArray<string>): ReadonlyArray<string> => all.flatMap((text) => [`> ${text}`, `< ${text}`])

describe("the frames of a connection", () => {
  it.scoped("are looked at when octets went by, and once more when it has ended", () =>
    Effect.gen(function*() {
      const { connection, echo, following, looks, shown } = yield* followed
      const before = looks()
      yield* TestClock.adjust("10 seconds")
      expect(looks() - before).toBe(0)
      yield* echo("one")
      yield* TestClock.adjust("10 seconds")
      expect(looks() - before).toBe(1)
      expect(texts(shown)).toEqual(both("one"))
      yield* connection.close()
      yield* Fiber.join(following)
      expect(looks() - before).toBe(2)
      expect(shown.at(-1)).toContain(" < close ")
    }).pipe(Effect.provide(service({}))))

  it.scoped("are shown once each, also when the middle of the log was left out", () =>
    Effect.gen(function*() {
      const { connection, echo, following, shown } = yield* followed
      const sent = Array.from({ length: 60 }, (_, i) => `message ${i}`)
      for (const text of sent) {
        yield* echo(text)
        yield* TestClock.adjust("100 millis")
      }
      const { leftOut } = Option.getOrThrow(yield* WireLog.reportOf(connection))
      expect(leftOut).toBeGreaterThan(100)
      yield* connection.close()
      yield* Fiber.join(following)
      expect(texts(shown)).toEqual(both(...sent))
    }).pipe(Effect.provide(service({ logSize: 1000 }))))

  it.scoped("say in its place how many records were left out between two looks", () =>
    Effect.gen(function*() {
      const { connection, echo, shown } = yield* followed
      for (let i = 0; i < 40; i++) yield* echo(`message ${i}`)
      const { leftOut } = Option.getOrThrow(yield* WireLog.reportOf(connection))
      yield* TestClock.adjust("100 millis")
      const lines = texts(shown)
      const at = lines.indexOf(`… ${leftOut} records left out`)
      expect(lines.slice(0, at)).toEqual(both("message 0", "message 1", "message 2", "message 3"))
      expect(lines.slice(at + 1)).toEqual(both("message 36", "message 37", "message 38", "message 39"))
    }).pipe(Effect.provide(service({ logSize: 0 }))))
})
