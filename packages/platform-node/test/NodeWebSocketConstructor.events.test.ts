/**
 * What the web platform's own tests say of events (web-platform-tests, `websockets/interfaces/WebSocket/events/*`,
 * `interfaces/CloseEvent/*`, `readyState/*`), asked in our own words, and what the DOM says of listeners.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as raw from "./rawServer.js"
import { echo, life, makeClass, next, opened, schemes, serve, turns } from "./webSockets.js"

/** A text message, and a frame whose opcode is reserved. */
const textAndNonsense = Uint8Array.of(0x81, 4, 0x74, 0x65, 0x73, 0x74, 0x83, 3, 0x4c, 0x4f, 0x4c)

/** A server that opens, writes this, and ends. */
const writing = (octets: Uint8Array) =>
  raw.answering((accept) => Buffer.concat([Buffer.from(raw.switching(accept)), octets]), true)

describe("events/015, 017, 018: what events are", () => {
  it.scopedLive("their classes, targets, phases and states", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const { port, url } = yield* writing(textAndNonsense)
      const socket = new WebSocket(url)
      const seen: Array<unknown> = []
      const states: Array<number> = []
      for (const kind of ["open", "message", "error", "close"] as const) {
        socket.addEventListener(kind, function(this: unknown, event: Event) {
          states.push(socket.readyState)
          seen.push([
            String(event),
            event.type,
            event instanceof Event,
            [this, event.target, event.currentTarget, event.srcElement].every((one) => one === socket),
            event.eventPhase,
            event.bubbles || event.cancelable || event.defaultPrevented
          ])
        })
      }
      const message = yield* Effect.fork(next(socket, "message"))
      const error = yield* Effect.fork(next(socket, "error"))
      const close = yield* next(socket, "close")
      expect(seen).toEqual([
        ["[object Event]", "open", true, true, 2, false],
        ["[object MessageEvent]", "message", true, true, 2, false],
        ["[object Event]", "error", true, true, 2, false],
        ["[object CloseEvent]", "close", true, true, 2, false]
      ])
      expect(states).toEqual([1, 1, 3, 3])
      const { data, lastEventId, origin, ports, source } = yield* Fiber.join(message)
      expect({ data, lastEventId, origin, ports, source })
        .toEqual({ data: "test", lastEventId: "", origin: `ws://127.0.0.1:${port}`, ports: [], source: null })
      expect(Object.isFrozen(ports) && (yield* Fiber.join(message)) instanceof MessageEvent).toBe(true)
      expect(yield* Fiber.join(error)).toMatchObject({
        error: { _tag: "ProtocolFailure" },
        message: expect.any(String)
      })
      expect([close.code, close.reason, close.wasClean]).toEqual([1006, "", false])
    }))
})

describe.each(schemes)("over %s:", (scheme) => {
  it.scopedLive("events/016: onopen and the like are called in the order in which they were first set", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const socket = new WebSocket(yield* serve((connection) => connection.run(() => connection.close()), { scheme }))
      const seen: Array<number> = []
      const see = (number: number) => () => void seen.push(number)
      for (const [at, kind] of (["open", "close"] as const).entries()) {
        socket.addEventListener(kind, see(10 * at + 1))
        socket[`on${kind}`] = see(10 * at + 9)
        socket.addEventListener(kind, see(10 * at + 3))
        socket[`on${kind}`] = see(10 * at + 2) // replaced: its place stays
      }
      socket.onclose = null
      socket.onclose = see(14) // removed and set: it comes last
      yield* opened(socket)
      socket.send("Goodbye")
      yield* next(socket, "close")
      expect(seen).toEqual([1, 2, 3, 11, 13, 14])
    }))

  it.scopedLive("readyState/*, close-nested: states are those of the events", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const socket = new WebSocket(yield* serve(echo, { scheme }))
      const states = [socket.readyState]
      socket.onopen = () => {
        states.push(socket.readyState)
        socket.send("x")
      }
      socket.onmessage = () => {
        states.push(socket.readyState)
        socket.close()
        states.push(socket.readyState)
        socket.close()
        states.push(socket.readyState)
      }
      let closes = 0
      socket.onclose = () => {
        closes++
        states.push(socket.readyState)
        socket.close()
        states.push(socket.readyState)
      }
      yield* next(socket, "close")
      yield* turns(5)
      expect([states, closes]).toEqual([[0, 1, 1, 2, 2, 3, 3], 1])
    }))
})

describe("DOM: EventTarget", () => {
  it.scopedLive("takes once, signal, and objects with handleEvent", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const socket = new WebSocket(yield* serve(echo))
      const seen: Array<string> = []
      const controller = new AbortController()
      socket.addEventListener("message", () => seen.push("once"), { once: true })
      socket.addEventListener("message", () => seen.push("signal"), { signal: controller.signal })
      socket.addEventListener("message", {
        handleEvent: (event: Event) => void seen.push(`object ${(event as MessageEvent).data}`)
      })
      yield* opened(socket)
      socket.send("1")
      yield* next(socket, "message")
      controller.abort()
      socket.send("2")
      yield* next(socket, "message")
      expect(seen).toEqual(["once", "signal", "object 1", "object 2"])
    }))

  it.scopedLive("stopImmediatePropagation stops the listeners behind", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const socket = new WebSocket(yield* serve(echo))
      let seen = 0
      socket.addEventListener("open", (event) => event.stopImmediatePropagation())
      socket.onopen = () => seen++
      yield* opened(socket).pipe(Effect.timeoutOption("100 millis"))
      expect([socket.readyState, seen]).toEqual([1, 0])
    }))

  it.scopedLive("what a listener throws is an uncaught exception; other listeners and the connection go on", () =>
    Effect.gen(function*() {
      const before = process.listeners("uncaughtException")
      const uncaught: Array<unknown> = []
      process.removeAllListeners("uncaughtException").on("uncaughtException", (error) => uncaught.push(error.message))
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          process.removeAllListeners("uncaughtException")
          for (const listener of before) process.on("uncaughtException", listener)
        })
      )
      const WebSocket = yield* makeClass()
      const socket = new WebSocket(yield* serve(echo))
      const other = new WebSocket(socket.url)
      const seen: Array<string> = []
      for (const kind of ["open", "message", "close"] as const) {
        socket[`on${kind}`] = () => {
          throw new Error(kind)
        }
        socket.addEventListener(kind, () => seen.push(kind))
      }
      yield* next(socket, "open")
      socket.send("1")
      yield* next(socket, "message")
      socket.send("2")
      yield* next(socket, "message")
      socket.close(3000)
      expect(yield* next(socket, "close")).toMatchObject({ code: 3000, wasClean: true })
      yield* turns(2)
      expect(seen).toEqual(["open", "message", "message", "close"])
      expect(uncaught).toEqual(seen)
      if (other.readyState !== 1) yield* opened(other)
    }))
})

describe("HTML: what waits for an event runs before the next", () => {
  it.scopedLive("who waits for one is there for the next: open, what the server sent along, and the close behind it", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const frames = ["one", "two", "three"].flatMap((text) => [0x81, text.length, ...Buffer.from(text)])
      const { url } = yield* writing(Uint8Array.from([...frames, 0x88, 2, 0x0f, 0xa0]))
      const socket = new WebSocket(url)
      const once = (kind: "open" | "message" | "close") =>
        new Promise<Event>((resolve) => socket.addEventListener(kind, resolve, { once: true }))
      const seen: Array<unknown> = []
      yield* Effect.promise(async () => {
        await once("open")
        for (let i = 0; i < 3; i++) {
          seen.push((await once("message") as MessageEvent).data)
          for (let hops = 0; hops < 10; hops++) await undefined
        }
        seen.push(socket.readyState)
        seen.push((await once("close") as CloseEvent).code)
      })
      expect(seen).toEqual(["one", "two", "three", 1, 4000])
    }))

  it.scopedLive("messages that come behind close() are not told", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const url = yield* serve((connection) => connection.sendAll(["one", "two", "three"]))
      const socket = new WebSocket(url)
      socket.onmessage = () => socket.close()
      expect(yield* life(socket)).toMatchObject({ kinds: ["open", "message", "close"], wasClean: true })
    }))

  it.scopedLive("a socket that is closed by the open event hears of no message", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const done = yield* Deferred.make<unknown>()
      const url = yield* serve((connection) =>
        Effect.zipRight(
          connection.send("hello"),
          Effect.flatMap(connection.outcome, (one) => Deferred.succeed(done, one))
        )
      )
      const socket = new WebSocket(url)
      socket.onopen = () => socket.close(4001, "enough")
      expect(yield* life(socket)).toMatchObject({ kinds: ["open", "close"], code: 4001, wasClean: true })
      expect(yield* Deferred.await(done)).toMatchObject({ _tag: "Clean", remote: { code: 4001, reason: "enough" } })
    }))
})
