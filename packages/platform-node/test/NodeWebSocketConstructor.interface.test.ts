/**
 * What the web platform's own tests say of the interface (web-platform-tests, `websockets/`: `idlharness`, `eventhandlers`,
 * `binaryType-wrong-value`, `interfaces/WebSocket/*`), asked in our own words. What comes of events, closing and sending has files of
 * its own beside this one.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { makeClass, thrown } from "./webSockets.js"

const url = "ws://127.0.0.1:1/"
const constants = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 }
const handlers = ["onopen", "onmessage", "onerror", "onclose"] as const
const readOnly = ["url", "readyState", "bufferedAmount", "extensions", "protocol"] as const

/** A class, and an object of it that is closed with the test. */
const make = Effect.gen(function*() {
  const WebSocket = yield* makeClass()
  const socket = yield* Effect.acquireRelease(
    Effect.sync(() => new WebSocket(url)),
    (socket) => Effect.sync(() => socket.close())
  )
  return { WebSocket, socket }
})

describe("interfaces/WebSocket/constants/*", () => {
  it.scoped("are on the class, its prototype and its objects, for good", () =>
    Effect.gen(function*() {
      const { socket, WebSocket } = yield* make
      for (const [name, value] of Object.entries(constants)) {
        for (const holder of [WebSocket, WebSocket.prototype, socket] as ReadonlyArray<object>) {
          expect(Reflect.get(holder, name)).toBe(value)
          expect(Reflect.set(holder, name, 5)).toBe(false)
          expect(Reflect.get(holder, name)).toBe(value)
        }
        for (const holder of [WebSocket, WebSocket.prototype] as ReadonlyArray<object>) {
          expect(Object.getOwnPropertyDescriptor(holder, name))
            .toEqual({ value, enumerable: true, writable: false, configurable: false })
          expect(Reflect.deleteProperty(holder, name)).toBe(false)
          expect(thrown(() => Object.defineProperty(holder, name, { get: () => "foo" }))).toBe("TypeError")
        }
      }
    }))
})

describe("idlharness", () => {
  it.scoped("members are on the prototype, and can be enumerated", () =>
    Effect.gen(function*() {
      const { socket, WebSocket } = yield* make
      const prototype: object = WebSocket.prototype
      expect(Object.keys(socket)).toEqual([])
      for (const name of [...readOnly, "binaryType", ...handlers]) {
        expect(Object.getOwnPropertyDescriptor(prototype, name)).toMatchObject({
          enumerable: true,
          configurable: true,
          get: expect.objectContaining({ name: `get ${name}`, length: 0 }),
          set: readOnly.some((one) => one === name)
            ? undefined
            : expect.objectContaining({ name: `set ${name}`, length: 1 })
        })
      }
      for (const [name, length] of [["send", 1], ["close", 0]] as const) {
        expect(Object.getOwnPropertyDescriptor(prototype, name)).toMatchObject({
          enumerable: true,
          configurable: true,
          writable: true,
          value: expect.objectContaining({ name, length })
        })
      }
      expect(Object.getOwnPropertyDescriptor(prototype, Symbol.toStringTag))
        .toEqual({ value: "WebSocket", configurable: true, enumerable: false, writable: false })
      expect(Object.getOwnPropertyDescriptor(prototype, "constructor"))
        .toEqual({ value: WebSocket, configurable: true, enumerable: false, writable: true })
      expect(Object.getOwnPropertyDescriptor(WebSocket, "prototype")?.writable).toBe(false)
      expect(Object.getPrototypeOf(prototype)).toBe(EventTarget.prototype)
      expect(Object.getPrototypeOf(WebSocket)).toBe(EventTarget)
    }))

  it.scoped("members work on a WebSocket and nothing else", () =>
    Effect.gen(function*() {
      const { WebSocket } = yield* make
      const { prototype } = WebSocket
      for (const name of [...readOnly, "binaryType", ...handlers] as const) {
        expect(thrown(() => prototype[name])).toBe("TypeError")
      }
      for (const name of ["binaryType", ...handlers]) {
        expect(thrown(() => Reflect.set(prototype, name, "blob"))).toBe("TypeError")
      }
      for (const other of [{}, undefined, new EventTarget()]) {
        expect(thrown(() => prototype.send.call(other as never, ""))).toBe("TypeError")
        expect(thrown(() => prototype.close.call(other as never))).toBe("TypeError")
      }
    }))
})

describe("interfaces/WebSocket/{readyState,bufferedAmount,url,extensions,protocol}: read only", () => {
  it.scoped("cannot be set or deleted on an object", () =>
    Effect.gen(function*() {
      const { socket } = yield* make
      for (const name of readOnly) {
        const value = socket[name]
        expect(Reflect.set(socket, name, "foo")).toBe(false)
        Reflect.deleteProperty(socket, name)
        expect(socket[name]).toBe(value)
      }
      expect([socket.readyState, socket.bufferedAmount, socket.url]).toEqual([0, 0, url])
    }))

  it.scoped("can be defined anew, and methods replaced (url/004 to 006, readyState/005, close/002, send/003)", () =>
    Effect.gen(function*() {
      const { socket, WebSocket } = yield* make
      for (const name of readOnly) {
        const before = Object.getOwnPropertyDescriptor(WebSocket.prototype, name)
        let set: unknown
        Object.defineProperty(WebSocket.prototype, name, { get: () => "foo", set: (value) => set = value })
        expect(socket[name]).toBe("foo")
        Reflect.set(socket, name, "bar")
        expect(set).toBe("bar")
        Object.defineProperty(WebSocket.prototype, name, before ?? {})
      }
      for (const name of ["send", "close"] as const) {
        Reflect.set(socket, name, 5)
        expect(socket[name]).toBe(5)
        Reflect.deleteProperty(socket, name)
        expect(typeof socket[name]).toBe("function")
      }
    }))
})

describe("binaryType-wrong-value", () => {
  it.scoped("what is unknown is ignored", () =>
    Effect.gen(function*() {
      const { socket } = yield* make
      expect(socket.binaryType).toBe("blob")
      for (const wrong of ["notBlobOrArrayBuffer", "", "Blob", "uint8array", null, undefined, 1, {}]) {
        socket.binaryType = wrong as never
        expect(socket.binaryType).toBe("blob")
      }
      socket.binaryType = "arraybuffer"
      socket.binaryType = "nothing" as never
      expect(socket.binaryType).toBe("arraybuffer")
      socket.binaryType = { toString: () => "blob" } as never
      expect(socket.binaryType).toBe("blob")
      expect(thrown(() => socket.binaryType = Symbol() as never)).toBe("TypeError")
    }))
})

describe("eventhandlers, interfaces/WebSocket/events/001 to 006, 010 to 014, 019", () => {
  it.scoped("hold a function or nothing", () =>
    Effect.gen(function*() {
      const { socket } = yield* make
      for (const name of handlers) {
        expect(socket[name]).toBe(null)
        const handler = () => {}
        for (const nothing of [null, undefined, 1, ";", true, Symbol()]) {
          socket[name] = handler
          expect(socket[name]).toBe(handler)
          socket[name] = nothing as never
          expect(socket[name]).toBe(null)
        }
        Reflect.deleteProperty(socket, name)
        expect(socket[name]).toBe(null)
      }
    }))

  it.scoped("an object that cannot be called is kept, as HTML has it, and never called", () =>
    Effect.gen(function*() {
      const { socket } = yield* make
      let called = 0
      const handler = { handleEvent: () => called++ }
      for (const name of handlers) {
        socket[name] = handler as never
        expect(socket[name]).toBe(handler)
        socket.dispatchEvent(new Event(name.slice(2)))
      }
      expect(called).toBe(0)
    }))

  it.scoped("are called for every event of their kind, with the socket as this; false cancels it", () =>
    Effect.gen(function*() {
      const { socket } = yield* make
      for (const name of handlers) {
        const seen: Array<unknown> = []
        socket[name] = function(this: unknown, event: Event) {
          seen.push(this, event)
          return false
        }
        const event = new Event(name.slice(2), { cancelable: true })
        expect(socket.dispatchEvent(event)).toBe(false)
        expect(seen).toEqual([socket, event])
      }
    }))

  it.scoped("events/004, 019: listeners can be added and removed", () =>
    Effect.gen(function*() {
      const { socket } = yield* make
      const seen: Array<string> = []
      const listener = (event: Event) => void seen.push(event.type)
      for (const kind of ["open", "message", "error", "close"]) {
        socket.addEventListener(kind, listener)
        socket.removeEventListener(kind, listener)
        socket.dispatchEvent(new Event(kind))
      }
      expect(seen).toEqual([])
    }))
})
