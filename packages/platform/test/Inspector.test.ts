/** What an inspector answers, and whom. The pages in a browser: example-echo/test/inspector.page.test.ts. */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import { describe, expect, it } from "@effect/vitest"
import { InvalidOption } from "@effect-ws/connection/InvalidOption"
import * as Inspecting from "@effect-ws/platform/host/Inspecting"
import * as Inspector from "@effect-ws/platform/Inspector"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as WireLog from "@effect-ws/platform/WireLog"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { turn } from "./loopbackClient.js"

const token = "0123456789abcdef-secret"

const service = WebSocketServer.layer((connection) => connection.run((message) => connection.send(message))).pipe(
  Layer.provideMerge(WebSocketTest.layer()),
  Layer.provideMerge(WireLog.layer({ payloadSize: 64 }))
)

interface Given {
  readonly method?: string
  readonly peer?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
}

const ask = (target: string, options: Inspector.Options = {}, given: Given = {}) =>
  Effect.map(WireLog.WireLog, (recorder) => {
    const headers: Readonly<Record<string, string>> = { host: "localhost:9002", ...given.headers }
    return Inspecting.answer(recorder, Inspecting.read(options), {
      method: given.method ?? "GET",
      target,
      peer: "peer" in given ? given.peer : "127.0.0.1",
      header: (name) => headers[name]
    })
  })

describe("without a token", () => {
  const statuses: ReadonlyArray<readonly [who: string, given: Given, status: number]> = [
    ["this machine", {}, 200],
    ["this machine, by IPv6", { peer: "::1", headers: { host: "[::1]:9002" } }, 200],
    ["this machine, by IPv4 in IPv6", { peer: "::ffff:127.0.0.1", headers: { host: "127.0.0.1" } }, 200],
    ["another machine", { peer: "192.168.0.7" }, 403],
    ["one whose address is not known", { peer: undefined }, 403],
    ["a page whose name resolves to this machine", { headers: { host: "evil.example" } }, 403],
    ["a page with a name that looks like it", { headers: { host: "localhost.evil.example" } }, 403],
    ["who comes by way of a proxy that adds X-Forwarded-For", { headers: { "x-forwarded-for": "1.2.3.4" } }, 403],
    ["… X-Forwarded-Host", { headers: { "x-forwarded-host": "inspect.example" } }, 403],
    ["… X-Forwarded-Proto", { headers: { "x-forwarded-proto": "https" } }, 403],
    ["… X-Real-IP", { headers: { "x-real-ip": "1.2.3.4" } }, 403],
    ["… Forwarded", { headers: { forwarded: "for=1.2.3.4" } }, 403],
    ["… Via", { headers: { via: "1.1 proxy" } }, 403],
    ["… nothing in a header of that name", { headers: { via: "" } }, 403],
    ["who asks without a Host", { headers: { host: "" } }, 403]
  ]
  for (const [who, given, status] of statuses) {
    it.effect(`${who}: ${status}`, () =>
      Effect.gen(function*() {
        expect((yield* ask("/", {}, given)).status).toBe(status)
        expect((yield* ask("/live", {}, given)).status).toBe(status)
        expect((yield* ask("/connections/1.json", {}, given)).status).toBe(status === 200 ? 404 : status)
      }).pipe(Effect.provide(service)))
  }
})

describe("with a token", () => {
  const options = { token: Redacted.make(token), path: "/inspector" }
  const elsewhere = { peer: "192.168.0.7", headers: { host: "inspect.example" } }

  it.effect("nobody looks who does not show it, not even from this machine", () =>
    Effect.gen(function*() {
      expect((yield* ask("/inspector/", options)).status).toBe(401)
      for (const wrong of ["", "x", token.slice(1), `${token}x`, token.toUpperCase(), "\u0000".repeat(token.length)]) {
        expect((yield* ask(`/inspector/?token=${encodeURIComponent(wrong)}`, options)).status).toBe(401)
        const headers = { authorization: `Bearer ${wrong}`, cookie: `effect-ws-inspector=${encodeURIComponent(wrong)}` }
        expect((yield* ask("/inspector/", options, { headers })).status).toBe(401)
      }
      expect((yield* ask("/inspector/", options, { headers: { cookie: "effect-ws-inspector=%" } })).status).toBe(401)
    }).pipe(Effect.provide(service)))

  it.effect("whoever opens the link with it gets a cookie that serves from then on", () =>
    Effect.gen(function*() {
      const { headers, status } = yield* ask(`/inspector/?token=${token}`, options, elsewhere)
      expect([status, headers["location"]]).toEqual([303, "/inspector/"])
      const [cookie = "", ...flags] = (headers["set-cookie"] ?? "").split("; ")
      expect(flags).toEqual(["Path=/inspector", "HttpOnly", "SameSite=Strict"])
      const shown = yield* ask("/inspector/", options, {
        ...elsewhere,
        headers: { host: "inspect.example", cookie: `a=b; ${cookie}` }
      })
      expect(shown.status).toBe(200)
      expect(shown.body).not.toContain(token)
    }).pipe(Effect.provide(service)))

  it.effect("a program shows it as a bearer", () =>
    Effect.gen(function*() {
      const headers = { authorization: `Bearer ${token}` }
      expect((yield* ask("/inspector/live", options, { ...elsewhere, headers })).status).toBe(200)
    }).pipe(Effect.provide(service)))
})

describe("what it shows", () => {
  it.scoped("open connections, ends, and the report of each in four forms", () =>
    Effect.gen(function*() {
      const connection = yield* WebSocketClient.connect("ws://test/room?token=s3cret", { subprotocols: [] })
      yield* connection.send("hello")
      yield* connection.receive
      const open = String((yield* ask("/live")).body)
      expect(open).toContain("2 open")
      expect(open).toContain("test:80")
      yield* connection.close(4000)
      yield* turn
      const ended = String((yield* ask("/live")).body)
      expect(ended).toContain("0 open, 2 records")
      expect(ended).toContain("<title>2 Clean</title>")
      expect(`${open}${ended}`).not.toContain("s3cret")
      for (
        const [ending, type] of [["", "text/html"], [".html", "text/html"], [".json", "application/json"], [
          ".pcapng",
          "application/octet-stream"
        ]]
      ) {
        const { body, headers, status } = yield* ask(`/connections/1${ending}`)
        expect(status).toBe(200)
        expect(headers["content-type"]).toContain(type)
        expect(headers["content-security-policy"]).toContain("default-src 'none'")
        expect(body.length).toBeGreaterThan(300)
        expect(Buffer.from(body).includes("s3cret")).toBe(false)
      }
    }).pipe(Effect.provide(service)))

  it.scoped("what peers wrote as text, never as markup", () =>
    Effect.gen(function*() {
      const hostile = "'\"><script>alert(1)</script>"
      yield* Effect.scoped(Effect.gen(function*() {
        const connection = yield* WebSocketClient.connect(`ws://test/a`, { headers: { "User-Agent": hostile } })
        yield* connection.send(hostile)
        yield* connection.close(4000, hostile)
      }))
      for (const target of ["/", "/live", "/connections/1", "/connections/2"]) {
        const body = String((yield* ask(target)).body)
        expect(body.replace(/<script src="[a-z/.]*" defer><\/script>/, "")).not.toContain("<script")
      }
      expect(String((yield* ask("/connections/1")).body)).toContain("&lt;script&gt;")
    }).pipe(Effect.provide(service)))

  it.effect("nothing but what there is, and only to those who read", () =>
    Effect.gen(function*() {
      for (
        const target of ["/elsewhere", "/connections/", "/connections/x", "/connections/1/../..", "/connections/9e9"]
      ) {
        expect((yield* ask(target)).status).toBe(404)
      }
      expect((yield* ask("/", {}, { method: "POST" })).status).toBe(405)
      expect((yield* ask("/", {}, { method: "HEAD" })).status).toBe(200)
      expect((yield* ask("/inspector", { path: "/inspector" })).headers["location"]).toBe("/inspector/")
    }).pipe(Effect.provide(service)))

  it.effect("as an app of an HttpServer", () =>
    Effect.gen(function*() {
      const headers = { authorization: `Bearer ${token}` }
      const request = HttpServerRequest.fromWeb(new Request("http://localhost/style.css", { headers }))
      const response = yield* Effect.provideService(
        Effect.scoped(Inspector.app({ token: Redacted.make(token) })),
        HttpServerRequest.HttpServerRequest,
        request
      )
      expect(response.status).toBe(200)
      expect(response.headers["content-type"]).toContain("text/css")
    }).pipe(Effect.provide(service)))
})

describe("options", () => {
  for (
    const given of [
      { path: "inspector" },
      { path: "/inspector/" },
      { path: "/a\"b" },
      { token: Redacted.make("short") },
      { token: Redacted.make("sixteen letters and ä") },
      { token: "0123456789abcdef" }
    ]
  ) {
    it(`${JSON.stringify(given)} is refused, and no secret told`, () => {
      let found: unknown
      try {
        Inspector.app(given as Inspector.Options)
      } catch (error) {
        found = error
      }
      expect(found).toBeInstanceOf(InvalidOption)
      expect(String(found)).not.toMatch(/short|sixteen letters and|0123456789/)
    })
  }
})
