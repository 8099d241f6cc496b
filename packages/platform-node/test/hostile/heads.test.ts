/** What the head of a request may do to a server: docs/reference/security.md names the tests of this file. */
import { describe, expect, it } from "@effect/vitest"
import { Refusal } from "@effect-ws/platform/WebSocketServer"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { once } from "node:events"
import * as Http from "node:http"
import * as Net from "node:net"
import * as Tls from "node:tls"
import { connect, request } from "../rawClient.js"
import { until } from "../rawServer.js"
import { type Arena, attack, certificate, descriptors, make, pour, quietly, type ServerOptions, text } from "./arena.js"

const MiB = 1024 * 1024

/** The status of a refusal that is complete, behind which the server ends its side. */
const refusal = (arena: Arena, octets: string) =>
  Effect.scoped(Effect.gen(function*() {
    const client = yield* arena.dial(octets)
    const { headers, status } = yield* client.response
    expect(headers["connection"]).toMatch(/^close/)
    expect((yield* client.rest).length).toBe(Number(headers["content-length"]))
    return status
  }))

const lines = (count: number, line: string): ReadonlyArray<string> => new Array<string>(count).fill(line)

describe("header lines", () => {
  // Node keeps lines by the 31: where that many, or twice as many, are the limit, it may not show that there were more.
  for (const headerLines of [100, 62]) {
    attack(
      `ws CVE-2024-37890: 2,100 header lines, of ${headerLines} allowed: 431, and the process lives`,
      (arena) =>
        Effect.gen(function*() {
          expect(yield* refusal(arena, request({}, undefined, lines(2_100, "a: b")))).toBe(431)
          expect(yield* refusal(arena, request({}, undefined, lines(2_100, "Connection: Upgrade")))).toBe(431)
          expect(yield* refusal(arena, request({}, undefined, lines(100_000, "a: b")))).toBe(431)
          // What counts may stand behind what Node keeps.
          const behind = [...lines(2_100, "a: b"), "Upgrade: websocket"]
          expect(yield* refusal(arena, request({ Upgrade: undefined }, undefined, behind))).toBe(431)
        }),
      { head: { headerLines } }
    )
  }

  const awkward = ["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf", "__defineGetter__"]

  attack(
    "prototype names (ws 2017): `constructor` and its kin are plain names",
    (arena) =>
      Effect.gen(function*() {
        const client = yield* arena.open({
          "Sec-WebSocket-Extensions": awkward.map((name) => `${name}; ${name}=${name}; ${name}`).join(", "),
          "Sec-WebSocket-Protocol": awkward.join(", "),
          ...Object.fromEntries(awkward.map((name) => [name, "x"]))
        })
        client.write(text("hello"))
        expect(yield* client.frame).toBe("text hello")
        expect(arena.opened[0]?.extensions).toBe("")
      }),
    {},
    {
      accept: ({ headers, subprotocols }) =>
        Effect.sync(() => {
          expect(subprotocols).toEqual(awkward)
          expect(awkward.map((name) => headers[name.toLowerCase()])).toEqual(awkward.map(() => "x"))
          expect(headers["isprototypeof"]).toBeUndefined()
          return { value: undefined }
        })
    }
  )
})

describe("bodies", () => {
  attack(
    "aiohttp CVE-2026-69243: an upgrade with a body is refused with 400, and what follows is not taken for frames",
    (arena) =>
      Effect.gen(function*() {
        const smuggled = Buffer.from(text("smuggled")).toString("latin1")
        for (
          const header of [
            { "Content-Length": "14" },
            { "Content-Length": "00014" },
            { "Content-Length": "0, 14" },
            { "Transfer-Encoding": "chunked" },
            { "Transfer-Encoding": "identity" },
            { "Transfer-Encoding": "chunked", "Content-Length": "14" }
          ]
        ) expect(yield* refusal(arena, `${request(header)}${smuggled}`)).toBe(400)
        expect([arena.opened, arena.messages]).toEqual([[], []])
      }),
    { limits: { dropTimeout: 30_000 } } // so long that it is not the cut which ends the server's side
  )

  it.scopedLive("aiohttp CVE-2026-69243: attached, a body cannot hide behind more header lines than Node keeps", () =>
    quietly(Effect.gen(function*() {
      const reached: Array<string> = []
      const http = yield* httpServer((request, response) => {
        reached.push(request.url ?? "")
        request.resume().on("end", () => response.end("route"))
      }, 40)
      const server = yield* NodeWebSocketServer.attach(http.server)
      yield* Effect.forkScoped(server.serveMessages((connection, message) => void connection.trySend(message)))
      const padding = lines(300, "a: b")
      const hidden = text("smuggled")
      const upgrade = yield* connect(http.where, request({}, undefined, [...padding, "Content-Length: 14"]))
      upgrade.write(hidden)
      expect((yield* upgrade.response).status).toBe(431)
      // What is handed back to the routes must have its framing, or its body is the next request.
      const second = "GET /second HTTP/1.1\r\nHost: a\r\n\r\n"
      const other = yield* connect(
        http.where,
        request({ Upgrade: "h2c" }, "POST /first HTTP/1.1", [...padding, `Content-Length: ${second.length}`])
      )
      other.write(second)
      const { status } = yield* other.response
      expect(reached).not.toContain("/second")
      expect([200, 431]).toContain(status)
    })))
})

const httpServer = (
  listener: (request: Http.IncomingMessage, response: Http.ServerResponse) => void,
  maxHeadersCount?: number
) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const server = Http.createServer(listener)
      if (maxHeadersCount !== undefined) server.maxHeadersCount = maxHeadersCount
      await once(server.listen(0, "127.0.0.1"), "listening")
      return { server, where: { port: (server.address() as Net.AddressInfo).port, host: "127.0.0.1" } }
    }),
    ({ server }) =>
      Effect.async<void>((resume) => {
        server.closeAllConnections()
        server.close(() => resume(Effect.void))
      })
  )

describe("refusals", () => {
  attack(
    "Kubernetes CVE-2018-1002105: a refused upgrade always closes the socket, and nothing behind it is heard",
    (arena) =>
      Effect.gen(function*() {
        const refused: ReadonlyArray<readonly [octets: string, status: number]> = [
          [request({}, "GET /no HTTP/1.1"), 401],
          [request({ Origin: "https://evil.example" }), 403],
          [request({ "Sec-WebSocket-Version": "8" }), 426],
          [request({ "Sec-WebSocket-Key": "x" }), 400],
          [request({}, "POST / HTTP/1.1"), 405],
          [request({ "Content-Length": "5" }), 400],
          [request({ Upgrade: "h2c" }), 426],
          [request({}, "GET /defect HTTP/1.1"), 500]
        ]
        const before = descriptors()
        for (const [octets, status] of refused) {
          const client = yield* arena.dial(octets)
          expect([octets, (yield* client.response).status]).toEqual([octets, status])
          // As a proxy would that took the connection for an upgraded one.
          client.write(Buffer.concat([text("smuggled"), Buffer.from(request())]))
          expect(yield* client.rest).not.toContain("HTTP/1.1 101")
          yield* until(() => {
            if (!client.closed) client.write("GET / HTTP/1.1\r\n\r\n")
            return client.closed // nobody is there any more: a reset
          })
        }
        expect([arena.opened, arena.messages]).toEqual([[], []])
        yield* until(() => descriptors() <= before)
      }),
    { limits: { dropTimeout: 100 } },
    {
      accept: ({ url }) =>
        url === "/no"
          ? Effect.fail(new Refusal({ status: 401, body: "who are you?" }))
          : url === "/defect"
          ? Effect.die("a defect")
          : Effect.succeed({ value: undefined })
    }
  )

  attack(
    "a refused client that has much to send is read to nowhere, and gets its whole answer behind it",
    (arena) =>
      Effect.gen(function*() {
        const client = yield* arena.dial()
        client.socket.pause()
        client.write(request({ "Sec-WebSocket-Key": "x" }))
        const octets = new Uint8Array(MiB)
        const sent = yield* Effect.timeoutOption(Effect.repeatN(pour(client, octets), 31), "8 seconds")
        expect(Option.isSome(sent)).toBe(true)
        client.socket.resume()
        const { headers, status } = yield* client.response
        expect([status, (yield* client.rest).length]).toEqual([400, Number(headers["content-length"])])
        expect(client.socket.errored).toBeNull()
        client.end()
        yield* client.gone
      }),
    { limits: { dropTimeout: 30_000 } }
  )

  attack(
    "upgrade smuggling: what is pipelined behind a request that was told to be the last is not served",
    (arena) =>
      Effect.gen(function*() {
        const client = yield* arena.dial(`GET / HTTP/1.1\r\nHost: a\r\n\r\n${request()}`)
        client.write(text("hello"))
        const answer = yield* client.rest
        expect(answer).toMatch(/^HTTP\/1\.1 426 /)
        expect(answer).not.toContain("HTTP/1.1 101 ")
        client.end()
        expect([arena.opened, arena.messages]).toEqual([[], []])
      })
  )

  attack(
    "undici CVE-2026-1527: CR, LF and NUL in a subprotocol or header of the answer are refused before writing",
    (arena) =>
      Effect.gen(function*() {
        for (const path of ["/subprotocol", "/value", "/name", "/nul", "/refusal"]) {
          const status = yield* refusal(arena, request({ "Sec-WebSocket-Protocol": "a" }, `GET ${path} HTTP/1.1`))
          expect([path, status]).toEqual([path, 500])
        }
        expect(arena.opened).toEqual([])
      }),
    {},
    {
      accept: ({ url }) => {
        switch (url) {
          case "/subprotocol":
            return Effect.succeed({ value: undefined, subprotocol: "a\r\nSet-Cookie: b=c" })
          case "/value":
            return Effect.succeed({ value: undefined, headers: [["x", "a\r\nSet-Cookie: b=c"]] })
          case "/name":
            return Effect.succeed({ value: undefined, headers: [["x: y\r\nz", "a"]] })
          case "/nul":
            return Effect.succeed({ value: undefined, headers: [["x", "a\0"]] })
          default:
            return Effect.fail(new Refusal({ status: 401, headers: [["x", "a\nb: c"]] }))
        }
      }
    }
  )

  attack(
    "Vite CVE-2025-24010: a cross-origin browser is refused by default, without substring matching",
    (arena) =>
      Effect.gen(function*() {
        const host = "app.example:8443"
        for (
          const origin of [
            "https://evil.example",
            "https://app.example", // another port
            "https://app.example:8443.evil.example",
            "https://evil-app.example:8443",
            "https://evil.example/app.example:8443",
            "https://evil.example#app.example:8443",
            "https://evil.example?app.example:8443",
            "https://app.example:8443@evil.example",
            "https://evil.example:8443\\@app.example:8443",
            "https://app.example:84430",
            "https://app.example:08443x",
            "https://app.exampl",
            "null",
            "",
            "file://",
            "chrome-extension://app.example:8443",
            "app.example:8443",
            "//app.example:8443",
            "https://app.example:8443, https://evil.example"
          ]
        ) expect([origin, yield* refusal(arena, request({ Host: host, Origin: origin }))]).toEqual([origin, 403])
        expect(
          yield* refusal(
            arena,
            request({ Host: host, Origin: "https://app.example:8443" }, undefined, [
              "Origin: https://evil.example"
            ])
          )
        ).toBe(403)
        // Whom the client trusts does not count.
        expect(
          yield* refusal(
            arena,
            request({ Host: host, Origin: "https://evil.example", "X-Forwarded-Host": "evil.example" })
          )
        )
          .toBe(403)
        yield* arena.open({ Host: host, Origin: "https://app.example:8443" })
        yield* arena.open({ Host: host, Origin: "HTTPS://APP.example:8443" })
      })
  )
})

describe("credentials", () => {
  attack(
    "websockets CVE-2021-33880: the server compares no credentials: they are the user's, unread and unaltered",
    (arena) =>
      Effect.gen(function*() {
        const header = "Basic dTpwYXNz"
        const status = (authorization: string) =>
          Effect.scoped(Effect.flatMap(arena.dial(request({ Authorization: authorization })), (client) =>
            Effect.map(client.response, ({ status }) =>
              status)))
        expect(yield* status(header)).toBe(101)
        expect(yield* status("")).toBe(101)
        expect(yield* status("Bearer a b;c\"")).toBe(101)
        expect(asked).toEqual([header, "", "Bearer a b;c\""])
      }),
    {},
    {
      accept: ({ headers }) =>
        Effect.sync(() => {
          asked.push(headers["authorization"] ?? "")
          return { value: undefined }
        })
    }
  )
})

const asked: Array<string> = []

describe("resets", () => {
  const line =
    "engine.io CVE-2022-21676, CVE-2022-41940: a reset at any octet of an upgrade is no exception, and leaves no fiber"

  const resets = (name: string, options: ServerOptions, dial: (port: number) => Net.Socket) =>
    it.scopedLive(name, () =>
      quietly(Effect.gen(function*() {
        let deciding = 0
        let decided = 0
        const arena = yield* make({ limits: { dropTimeout: 200 }, ...options }, {
          accept: () =>
            Effect.acquireUseRelease(
              Effect.sync(() => void deciding++),
              () => Effect.as(Effect.sleep("2 millis"), { value: undefined }),
              () => Effect.sync(() => void decided++)
            )
        })
        const before = descriptors()
        const octets = Buffer.concat([Buffer.from(request()), text("hello"), text("hello", { fin: false })])
        for (let end = 0; end <= octets.length; end += 3) {
          const raw = dial(arena.port)
          const socket = options.tls === undefined ? raw : Tls.connect({ socket: raw, ca: certificate.cert })
          raw.on("error", () => {})
          socket.on("error", () => {})
          // Some amid the TLS handshake, the others behind it.
          if (end % 2 === 0) {
            yield* until(() => options.tls === undefined ? !raw.connecting : (socket as Tls.TLSSocket).authorized)
          }
          socket.write(octets.subarray(0, end))
          // At once, in the turn that reads it, while it is decided on, and behind the 101.
          if (end % 4 > 0) yield* Effect.promise(() => new Promise(setImmediate))
          if (end % 4 > 1) yield* Effect.sleep(3 * (end % 4 - 1))
          if (raw.connecting) raw.destroy()
          else raw.resetAndDestroy()
        }
        // And one that has surely opened, however busy the machine is.
        const raw = dial(arena.port)
        const socket = options.tls === undefined ? raw : Tls.connect({ socket: raw, ca: certificate.cert })
        for (const each of [raw, socket]) each.on("error", () => {})
        const opened = arena.opened.length
        socket.write(octets)
        yield* until(() => arena.opened.length > opened)
        raw.resetAndDestroy()
        yield* arena.goesOn
        yield* until(() => deciding === decided && arena.opened.length === arena.outcomes.length)
        for (const outcome of arena.outcomes) expect(outcome).toMatchObject({ _tag: "Dropped", closedFirst: "none" })
        yield* until(() => descriptors() <= before)
      })), 60_000)

  resets(`${line}: ws`, {}, (port) => Net.connect(port, "127.0.0.1"))
  resets(`${line}: wss`, { tls: certificate }, (port) => Net.connect(port, "127.0.0.1"))
})
