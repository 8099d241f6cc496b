/**
 * What the web platform's own tests say of creating a WebSocket (web-platform-tests, `websockets/`: `Create-*`, `constructor*`,
 * `opening-handshake/*`, `security/*`, `interfaces/WebSocket/url/*`), taken as facts and asked in our own words. Each `describe` names
 * theirs.
 *
 * Not for a program outside of a browser: blocked ports (`Create-*blocked-port`, `constructor/008`: any may be connected to), mixed
 * content, cookies, `referrer`, the document's encoding (`constructor/016`: always UTF-8), multi-globals, workers, `unload-a-document`
 * and the back/forward cache, and one connection at a time to a host (`constructor/014`).
 */
import { afterEach, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as raw from "./rawServer.js"
import { echo, life, makeClass, next, opened, schemes, serve, thrown, turns } from "./webSockets.js"

describe("Create-invalid-urls, Create-wrong-scheme, Create-non-absolute-url, constructor/004 to 007", () => {
  it.scoped("are a SyntaxError", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const wrong = [
        "",
        "/",
        "?",
        "echo",
        "//a.example/",
        "#test",
        "ws://foo bar.example/",
        "wss://foo bar.example/",
        "ws://",
        "ws://a.example:99999/",
        "ftp://a.example/",
        "mailto:a@a.example",
        "about:blank",
        "file:///etc/hosts",
        "data:,",
        "blob:https://a.example/1",
        "ws://a.example/#",
        "ws://a.example/#test",
        "https://a.example/?q#",
        null,
        undefined,
        1,
        {}
      ]
      for (const url of wrong) expect([url, thrown(() => new WebSocket(url as string))]).toEqual([url, "SyntaxError"])
    }))
})

describe("Create-http-urls, Create-verify-url-set-*, constructor/019, interfaces/WebSocket/url/001, 002", () => {
  it.scoped("are serialised, as ws: or wss:", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const urls: Record<string, string> = {
        "http://127.0.0.1:1/": "ws://127.0.0.1:1/",
        "https://127.0.0.1:1": "wss://127.0.0.1:1/",
        "http://127.0.0.1:80/": "ws://127.0.0.1/",
        "https://127.0.0.1:443/a": "wss://127.0.0.1/a",
        "ws://127.0.0.1:80/": "ws://127.0.0.1/",
        "wss://127.0.0.1:443/": "wss://127.0.0.1/",
        "wss://127.0.0.1:80/": "wss://127.0.0.1:80/",
        "WS://LOCALHOST:1/Echo": "ws://localhost:1/Echo",
        "ws://127.0.0.1:1/a/../b?c=%20": "ws://127.0.0.1:1/b?c=%20",
        "ws://127.0.0.1:1/with space": "ws://127.0.0.1:1/with%20space",
        "ws://127.0.0.1:1?åäö": "ws://127.0.0.1:1/?%C3%A5%C3%A4%C3%B6",
        "ws://127.0.0.1:1/\uD800": "ws://127.0.0.1:1/%EF%BF%BD",
        "ws://127.0.0.1:1/?token=secret": "ws://127.0.0.1:1/?token=secret",
        " \tws://127.0.0.1:1/\n": "ws://127.0.0.1:1/",
        "ws://user:word@127.0.0.1:1/": "ws://user:word@127.0.0.1:1/",
        "ws://a%3Ab@127.0.0.1:1/": "ws://a%3Ab@127.0.0.1:1/"
      }
      for (const [given, url] of Object.entries(urls)) {
        const socket = new WebSocket(given)
        expect(socket.url).toBe(url)
        socket.close()
      }
    }))
})

describe("Create-valid-url-relative, Create-non-absolute-url", () => {
  afterEach(() => Reflect.deleteProperty(globalThis, "location"))

  it.scoped("are relative to the location, where the host has one", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      Object.defineProperty(globalThis, "location", {
        configurable: true,
        value: { href: "https://127.0.0.1:1/a/b#c" }
      })
      for (const [given, url] of [["d", "a/d"], ["/d", "d"], ["?e", "a/b?e"], ["", "a/b"]]) {
        const socket = new WebSocket(given ?? "")
        expect(socket.url).toBe(`wss://127.0.0.1:1/${url}`)
        socket.close()
      }
      expect(thrown(() => new WebSocket("#d"))).toBe("SyntaxError")
    }))
})

describe("constructor.any, constructor/001, interfaces: what the constructor is and converts", () => {
  it.scoped("is a constructor and nothing else", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const url = "ws://127.0.0.1:1/"
      expect(thrown(() => (WebSocket as unknown as (url: string) => unknown)(url))).toBe("TypeError")
      expect(thrown(() => new (WebSocket as unknown as new() => unknown)())).toBe("TypeError")
      expect([WebSocket.length, WebSocket.name]).toEqual([1, "WebSocket"])
      const socket = new (WebSocket as unknown as new(...all: Array<unknown>) => WebSocket)(url, "echo", "one too many")
      expect(socket instanceof WebSocket && socket instanceof EventTarget).toBe(true)
      expect(String(socket)).toBe("[object WebSocket]")
      class Mine extends WebSocket {
        mine = 1
      }
      const mine = new Mine(url)
      expect([mine instanceof Mine, mine instanceof WebSocket, mine.mine, mine.readyState]).toEqual([true, true, 1, 0])
      mine.close()
      socket.close()
    }))

  it.scoped("takes a URL, and whatever has a text", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      for (
        const url of [new URL("ws://127.0.0.1:1/"), { toString: () => "ws://127.0.0.1:1/" }, ["ws://127.0.0.1:1/"]]
      ) {
        const socket = new WebSocket(url as URL)
        expect(socket.url).toBe("ws://127.0.0.1:1/")
        socket.close()
      }
      const throwing = {
        toString: () => {
          throw new RangeError()
        }
      }
      expect(thrown(() => new WebSocket(throwing as never))).toBe("RangeError")
      expect(thrown(() => new WebSocket(Symbol() as never))).toBe("TypeError")
    }))
})

describe("Create-*-protocol-*, Create-protocols-repeated*, constructor/020, 021", () => {
  it.scoped("what is no token, or comes twice, is a SyntaxError", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const separators = "()<>@,;:\\\"/[]?={} \t".split("").map((one) => `a${one}b`)
      const wrong = [
        ...separators,
        "",
        "\u0080echo",
        "/echo",
        "with space",
        "\u0000",
        "\u007f",
        "Ünicode",
        "\uD800",
        {},
        ["echo", "echo"],
        ["echo", "ECHO"],
        ["a", "b", ""],
        [["a", "b"]],
        new Set(["a", "b c"])
      ]
      for (const protocols of wrong) {
        const call = () => new WebSocket("ws://127.0.0.1:1/", protocols as string)
        expect([protocols, thrown(call)]).toEqual([protocols, "SyntaxError"])
      }
      for (const protocols of [Symbol(), [Symbol()], { [Symbol.iterator]: 1 }]) {
        expect(thrown(() => new WebSocket("ws://127.0.0.1:1/", protocols as never))).toBe("TypeError")
      }
    }))

  it.scopedLive("a sequence is whatever can be iterated over; what is no sequence is text", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const url = yield* serve((connection, { subprotocols }) => connection.send(subprotocols.join(" ")))
      const given: Array<readonly [unknown, string]> = [
        ["echo", "echo"],
        [["a", "b"], "a b"],
        [[], ""],
        [undefined, ""],
        [null, "null"],
        [1, "1"],
        [new Set(["x", 2]), "x 2"],
        [
          (function*() {
            yield "y"
            yield { toString: () => "z" }
          })(),
          "y z"
        ],
        [{ toString: () => "text", [Symbol.iterator]: null }, "text"]
      ]
      for (const [protocols, offered] of given) {
        const socket = new WebSocket(url, protocols as string)
        expect((yield* next(socket, "message")).data).toBe(offered)
      }
    }))
})

describe.each(schemes)("over %s:", (scheme) => {
  it.scopedLive("Create-*valid-url*, opening-handshake/002, extensions/001, protocol/001: opens", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const url = yield* serve(echo, { scheme })
      const socket = new WebSocket(url)
      expect([socket.readyState, socket.protocol, socket.extensions, socket.bufferedAmount]).toEqual([0, "", "", 0])
      expect(socket.binaryType).toBe("blob")
      yield* opened(socket)
      expect([socket.readyState, socket.protocol, typeof socket.extensions]).toEqual([1, "", "string"])
      const ended = yield* Effect.fork(life(socket))
      yield* Effect.yieldNow()
      socket.close()
      expect(yield* Fiber.join(ended)).toEqual({ kinds: ["close"], code: 1005, reason: "", wasClean: true })
    }))

  it.scopedLive("Create-*valid-url-protocol*, Create-*array-protocols, constructor/022: the one that is chosen", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const url = yield* serve(echo, { scheme })
      for (const protocols of ["foobar", ["foobar", "foobar2"]]) {
        const socket = new WebSocket(url, protocols)
        expect(socket.protocol).toBe("")
        yield* opened(socket)
        expect(socket.protocol).toBe("foobar")
      }
    }))

  it.scopedLive("constructor/010, 012: none is chosen though some were offered", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const url = yield* serve(echo, { scheme, chooses: false })
      expect(yield* life(new WebSocket(url, "foobar"))).toMatchObject({ kinds: ["error", "close"], code: 1006 })
      yield* opened(new WebSocket(url))
    }))

  it.scopedLive("constructor/013: many at once", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const url = yield* serve(echo, { scheme })
      const lives = yield* Effect.forEach(
        Array.from({ length: 25 }, (_, id) => id),
        (id) => {
          const socket = new WebSocket(url)
          socket.onopen = () => socket.send(`${id}`)
          socket.onmessage = ({ data }) => socket.close(3000 + Number(data))
          return life(socket)
        },
        { concurrency: "unbounded" }
      )
      for (const [id, one] of lives.entries()) {
        expect(one).toEqual({ kinds: ["open", "message", "close"], code: 3000 + id, reason: "", wasClean: true })
      }
    }))

  it.scopedLive("constructor/011, 017, 018, Create-url-with-space: what the server is asked for", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const base = yield* serve((connection, { url }) => connection.send(url), { scheme })
      for (
        const [asked, url] of [["", "/"], ["?åäö", "/?%C3%A5%C3%A4%C3%B6"], ["/a b", "/a%20b"], ["?x=%00", "/?x=%00"]]
      ) {
        expect((yield* next(new WebSocket(`${base}${asked}`), "message")).data).toBe(url)
      }
    }))

  it.scopedLive("basic-auth, opening-handshake/003: user and password of the URL; an Origin only if one was given", () =>
    Effect.gen(function*() {
      const headers = (request: { readonly headers: Readonly<Record<string, string | undefined>> }) =>
        JSON.stringify([request.headers["authorization"], request.headers["origin"]])
      const url = yield* serve((connection, request) => connection.send(headers(request)), { scheme })
      const Plain = yield* makeClass()
      const basic = `Basic ${Buffer.from("foo:bar").toString("base64")}`
      expect((yield* next(new Plain(url.replace("//", "//foo:bar@")), "message")).data).toBe(`["${basic}",null]`)
      const WithOrigin = yield* makeClass({ origin: "https://a.example" })
      expect((yield* next(new WithOrigin(url), "message")).data).toBe("[null,\"https://a.example\"]")
    }))
})

describe("opening-handshake/001, 005, security/001, 002, interfaces/WebSocket/events/020: what cannot be opened", () => {
  const refusals: Record<string, (accept: string) => string> = {
    "no HTTP": () => "FOO BAR BAZ\r\n\r\n",
    "a response of HTTP": () => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "another answer than the key's": () => raw.switching("dGhlIHNhbXBsZSBub25jZQ=="),
    "an extension that was not offered": (accept) => raw.switching(accept, "Sec-WebSocket-Extensions: x-foo"),
    "a subprotocol that was not offered": (accept) => raw.switching(accept, "Sec-WebSocket-Protocol: foobar")
  }
  for (const [name, answer] of Object.entries(refusals)) {
    it.scopedLive(name, () =>
      Effect.gen(function*() {
        const WebSocket = yield* makeClass()
        const { url } = yield* raw.answering(answer, true)
        const socket = new WebSocket(url)
        const error = yield* Effect.fork(next(socket, "error"))
        expect(yield* life(socket)).toEqual({ kinds: ["error", "close"], code: 1006, reason: "", wasClean: false })
        expect(yield* Fiber.join(error)).toMatchObject({ error: { _tag: "HandshakeError" } })
      }))
  }

  it.scopedLive("a refused connection: both events, however late the listeners are added in this turn", () =>
    Effect.gen(function*() {
      const Refused = yield* makeClass()
      const Invalid = yield* makeClass({ headers: { Host: "a.example" } })
      for (const WebSocket of [Refused, Invalid]) {
        const socket = new WebSocket("ws://127.0.0.1:1/")
        for (let i = 0; i < 20; i++) yield* Effect.promise(() => Promise.resolve())
        expect(socket.readyState).toBe(0)
        expect(yield* life(socket)).toMatchObject({ kinds: ["error", "close"], code: 1006 })
      }
    }))

  it.scopedLive("a class whose scope has closed opens none", () =>
    Effect.gen(function*() {
      const WebSocket = yield* Effect.scoped(makeClass())
      const socket = new WebSocket("ws://127.0.0.1:1/")
      expect(yield* life(socket)).toMatchObject({ kinds: ["error", "close"], code: 1006 })
      yield* turns(3)
    }))
})
