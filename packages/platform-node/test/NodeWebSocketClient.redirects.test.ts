import { describe, expect, it } from "@effect/vitest"
import * as Authorization from "@effect-ws/platform/Authorization"
import type * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { once } from "node:events"
import * as https from "node:https"
import type { AddressInfo } from "node:net"
import { selfSigned } from "./certificate.js"
import { acceptOf, listen, onRequest, switching } from "./rawServer.js"

const connect = (
  options: NodeWebSocketClient.Options,
  url: string,
  connectOptions?: WebSocketClient.ConnectOptions<"whole">
) =>
  Effect.flatMap(
    NodeWebSocketClient.make({ linger: "1 millis", ...options }), // these servers answer no Close
    (client) => client.connect(url, connectOptions)
  )

/** Sends whoever asks for `/` to `location`, and opens at any other path; notes all heads. */
const sendingTo = (location: (own: string) => string, status = 302) =>
  Effect.gen(function*() {
    const heads: Array<string> = []
    let own = ""
    const server = yield* listen((socket) =>
      onRequest(socket, (head) => {
        heads.push(head)
        socket.write(
          head.startsWith("GET / ")
            ? `HTTP/1.1 ${status} Found\r\nLocation: ${location(own)}\r\nContent-Length: 0\r\n\r\n`
            : switching(acceptOf(head))
        )
      })
    )
    own = server.url
    return { ...server, heads }
  })

/** Opens for everybody. */
const open = sendingTo(() => "")

const valueOf = (head: string | undefined, name: string): string | undefined =>
  new RegExp(`\r\n${name}: (.*)\r\n`, "i").exec(head ?? "")?.[1]

const credentials = {
  authorization: Authorization.bearer(Redacted.make("sesame")),
  headers: { "X-Api-Key": "sesame", Cookie: "a=sesame" }
}

describe("redirects", () => {
  it.scopedLive("are the answer unless asked for", () =>
    Effect.gen(function*() {
      const { heads, url } = yield* sendingTo(() => "/other")
      const { reason } = yield* Effect.flip(connect({}, url))
      expect(reason).toMatchObject({ _tag: "Refused", status: 302 })
      expect(heads).toHaveLength(1)
    }))

  for (const status of [301, 302, 303, 307, 308]) {
    it.scopedLive(`${status}: is followed, relative to where it came from, with a new key`, () =>
      Effect.gen(function*() {
        const { heads, url } = yield* sendingTo(() => "other?a=b#c", status)
        const connection = yield* connect({ redirects: 1 }, url)
        expect(connection.opening.target).toBe("/other?a=b")
        const keys = heads.map((head) => valueOf(head, "Sec-WebSocket-Key"))
        expect(new Set(keys).size).toBe(2)
      }))
  }

  it.scopedLive("300 is not", () =>
    Effect.gen(function*() {
      const { url } = yield* sendingTo(() => "/other", 300)
      expect((yield* Effect.flip(connect({ redirects: 1 }, url))).reason).toMatchObject({ status: 300 })
    }))

  it.scopedLive("are followed as often as asked, and no more", () =>
    Effect.gen(function*() {
      const { heads, url } = yield* sendingTo(() => "/")
      const { reason } = yield* Effect.flip(connect({ redirects: 3 }, url))
      expect(reason).toMatchObject({ _tag: "Refused", status: 302 })
      expect(heads).toHaveLength(4)
    }))

  it.scopedLive("take headers and credentials along within the origin", () =>
    Effect.gen(function*() {
      const { heads, port, url } = yield* sendingTo((own) => `${own.replace("ws:", "http:")}other`)
      yield* connect({ redirects: 1 }, url, credentials)
      yield* connect({ redirects: 1 }, `ws://ada:sesame@127.0.0.1:${port}/`)
      expect(heads.map((head) => [valueOf(head, "Authorization"), valueOf(head, "X-Api-Key")])).toEqual([
        ["Bearer sesame", "sesame"],
        ["Bearer sesame", "sesame"],
        [`Basic ${btoa("ada:sesame")}`, undefined],
        [`Basic ${btoa("ada:sesame")}`, undefined]
      ])
    }))

  it.scopedLive("take nothing of them to another origin, nor back, nor from the location itself", () =>
    Effect.gen(function*() {
      const back = { url: "" }
      const other = yield* sendingTo(() => `${back.url}again`)
      const first = yield* sendingTo(() => other.url.replace("//", "//eve:sesame@"))
      back.url = first.url
      yield* connect({ redirects: 2 }, first.url, credentials)
      expect(first.heads[0]).toContain("sesame")
      expect(other.heads).toHaveLength(1)
      expect(first.heads).toHaveLength(2)
      expect([other.heads[0], first.heads[1]].join()).not.toMatch(/sesame|authorization|cookie/i)
      expect(valueOf(other.heads[0], "Host")).toBe(`127.0.0.1:${other.port}`)
    }))

  const notFollowed: ReadonlyArray<readonly [string, string]> = [
    ["another scheme", "ftp://127.0.0.1/"],
    ["what is no URL", "http://[::1/"],
    ["control characters", "http://127.0.0.1/\ta"]
  ]
  for (const [name, location] of notFollowed) {
    it.scopedLive(`to ${name}: not followed`, () =>
      Effect.gen(function*() {
        const { heads, url } = yield* sendingTo(() => location)
        const { reason } = yield* Effect.flip(connect({ redirects: 1 }, url))
        expect(["Refused", "Violation"]).toContain(reason._tag)
        expect(heads).toHaveLength(1)
      }))
  }

  it.scopedLive("two locations: not followed", () =>
    Effect.gen(function*() {
      const { heads, url } = yield* sendingTo(() => "/a\r\nLocation: /b")
      expect((yield* Effect.flip(connect({ redirects: 1 }, url))).reason).toMatchObject({ _tag: "Refused" })
      expect(heads).toHaveLength(1)
    }))

  it.scopedLive("from wss to ws: not followed", () =>
    Effect.gen(function*() {
      const plain = yield* open
      const certificate = selfSigned()
      const server = https.createServer(certificate)
      server.on("upgrade", (_request, socket) =>
        socket.end(`HTTP/1.1 302 Found\r\nLocation: ${plain.url}\r\nContent-Length: 0\r\n\r\n`))
      yield* Effect.acquireRelease(
        Effect.promise(() =>
          once(server.listen(0, "127.0.0.1"), "listening")
        ),
        () => Effect.async<void>((resume) => void server.close(() => resume(Effect.void)))
      )
      const { port } = server.address() as AddressInfo
      const options = { redirects: 1, tls: { ca: certificate.cert } }
      expect((yield* Effect.flip(connect(options, `wss://localhost:${port}/`))).reason).toMatchObject({ status: 302 })
      expect(plain.heads).toEqual([])
    }))

  it.scopedLive("all of it within one timeout", () =>
    Effect.gen(function*() {
      const silent = yield* listen()
      const { url } = yield* sendingTo(() => silent.url)
      const { reason } = yield* Effect.flip(connect({ redirects: 1, openTimeout: "150 millis" }, url))
      expect(reason).toMatchObject({ _tag: "Timeout", during: "answer" })
    }))
})

describe("authorization", () => {
  const heads = (connectOptions: WebSocketClient.ConnectOptions<"whole">, userinfo = "") =>
    Effect.gen(function*() {
      const server = yield* open
      yield* connect({}, `${server.url.replace("//", `//${userinfo}`)}path`, connectOptions)
      return server.heads.map((head) => valueOf(head, "Authorization"))
    })

  it.scopedLive("Basic, in UTF-8", () =>
    Effect.gen(function*() {
      const authorization = Authorization.basic("Aladdin", Redacted.make("öpen sesame"))
      expect(yield* heads({ authorization })).toEqual([
        `Basic ${Buffer.from("Aladdin:öpen sesame").toString("base64")}`
      ])
    }))

  it.scopedLive("Bearer; before the URL's, and after the header's", () =>
    Effect.gen(function*() {
      const authorization = Authorization.bearer(Redacted.make("token"))
      expect(yield* heads({ authorization }, "ada:pass@")).toEqual(["Bearer token"])
      expect(yield* heads({ authorization, headers: { Authorization: "Own x" } })).toEqual(["Own x"])
    }))

  it("is not to be seen in a log", () => {
    expect(String(Authorization.bearer(Redacted.make("sesame")))).toBe("<redacted>")
    expect(JSON.stringify(Authorization.basic("ada", Redacted.make("sesame")))).toBe("\"<redacted>\"")
  })

  it.scoped("one that breaks out of its line is not written, nor shown", () =>
    Effect.gen(function*() {
      const authorization = Authorization.bearer(Redacted.make("sesame\r\nX: y"))
      const error = yield* Effect.flip(connect({}, "ws://127.0.0.1:1/", { authorization }))
      expect(error.reason).toMatchObject({ rule: "HeaderValueInvalid", part: "Authorization" })
      expect(error.message).not.toContain("sesame")
    }))
})
