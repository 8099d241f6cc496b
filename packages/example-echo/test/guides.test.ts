/** The programs of `docs/guides` do what is said of them, and stand there as they are run here. */
import * as HttpServer from "@effect/platform/HttpServer"
import * as RpcClient from "@effect/rpc/RpcClient"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import { describe, expect, it } from "@effect/vitest"
import * as Authorization from "@effect-ws/platform/Authorization"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import type { ConnectOptions } from "@effect-ws/platform/WebSocketClient"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import { WebSocketServer } from "@effect-ws/platform/WebSocketServer"
import * as WireLog from "@effect-ws/platform/WireLog"
import * as NodeHttpServer from "@effect-ws/platform-node/NodeHttpServer"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketConstructor from "@effect-ws/platform-node/NodeWebSocketConstructor"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { createServer } from "node:http"
import { fileURLToPath } from "node:url"
import { WebSocket } from "ws"
import { selfSigned } from "../../platform-node/test/certificate.js"
import * as authentication from "./guides/authentication.js"
import * as broadcast from "./guides/broadcast.js"
import * as browser from "./guides/browser.js"
import * as closing from "./guides/closing.js"
import * as socketAfter from "./guides/from-socket.after.js"
import * as socketBefore from "./guides/from-socket.before.js"
import * as socketKept from "./guides/from-socket.kept.js"
import * as wsAfter from "./guides/from-ws.after.js"
import * as wsBefore from "./guides/from-ws.before.js"
import * as gracefulShutdown from "./guides/graceful-shutdown.js"
import * as httpServer from "./guides/http-server.js"
import * as http2 from "./guides/http2.js"
import * as http2Attach from "./guides/http2-attach.js"
import * as inspector from "./guides/inspector.js"
import * as observability from "./guides/observability.js"
import * as operations from "./guides/operations.js"
import * as proxyAndAuthorization from "./guides/proxy-and-authorization.js"
import * as reading from "./guides/reading.js"
import * as reconnecting from "./guides/reconnecting.js"
import * as rpc from "./guides/rpc.js"
import * as rpcAfter from "./guides/rpc-app.after.js"
import * as rpcBefore from "./guides/rpc-app.before.js"
import * as rpcRestart from "./guides/rpc-restart.js"
import * as rpcUsers from "./guides/rpc-users.js"
import * as seeing from "./guides/seeing.js"
import * as sendToAll from "./guides/send-to-all.js"
import * as sending from "./guides/sending.js"
import * as slowConsumers from "./guides/slow-consumers.js"
import * as sockets from "./guides/sockets.js"
import * as streaming from "./guides/streaming.js"
import * as testing from "./guides/testing.js"
import * as textAsBytes from "./guides/text-as-bytes.js"
import * as topicsKept from "./guides/topics-kept.js"
import * as topicsPresence from "./guides/topics-presence.js"
import * as topicsRooms from "./guides/topics-rooms.js"
import * as typedMessages from "./guides/typed-messages.js"
import * as webSocketClass from "./guides/web-socket-class.js"
import * as webSocketConstructor from "./guides/web-socket-constructor.js"

const docs = fileURLToPath(new URL("../../../docs/", import.meta.url))
const programs = fileURLToPath(new URL("./guides/", import.meta.url))

const portOf = ({ address }: HttpServer.HttpServer): number => address._tag === "TcpAddress" ? address.port : 0

/** A server that answers with what it was told, and an exclamation mark. */
const exclaiming = Effect.gen(function*() {
  const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
  yield* Effect.forkScoped(server.serve({
    accept: ({ subprotocols }) => Effect.succeed({ value: undefined, subprotocol: subprotocols[0] }),
    handler: (connection) => connection.run((message) => connection.send(`${message}!`))
  }))
  return `ws://127.0.0.1:${server.address._tag === "Tcp" ? server.address.port : 0}/`
})

describe("guides", () => {
  it.live("reconnecting", () =>
    Effect.gen(function*() {
      const { messages, states } = yield* reconnecting.program
      expect(messages).toEqual(["one with /?token=1", "two with /?token=2"])
      expect(states.filter((state, i) => state !== states[i - 1]).join(" ")).toMatch(
        /^(Connecting )?Open Waiting Connecting Open( Waiting)?( Connecting)?( Open)? Closed$/
      )
    }))

  it.scopedLive("browser", () =>
    Effect.gen(function*() {
      let asked = 0
      const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
      yield* Effect.forkScoped(server.serve({
        accept: () => Effect.succeed({ value: ++asked }),
        handler: (connection, nth) =>
          Effect.gen(function*() {
            yield* connection.send(`${yield* connection.receive}: ${nth}`)
            yield* connection.close(nth === 1 ? 1012 : 1000)
          })
      }))
      const port = server.address._tag === "Tcp" ? server.address.port : 0
      // The class that pages have, on hosts that have none: Node 20.
      const webSocket = yield* Effect.provide(NodeWebSocketConstructor.makeClass(), NodeWebSocketClient.layer())
      const shown: Array<string> = []
      const states: Array<string> = []
      yield* browser.follow(
        `ws://127.0.0.1:${port}/`,
        (price) => shown.push(price),
        (state) => states.push(state),
        { webSocket }
      )
      expect(shown).toEqual(["subscribe EUR/USD: 1", "subscribe EUR/USD: 2"])
      expect(states).toContain("Waiting")
    }))

  it.live("authentication", () =>
    Effect.gen(function*() {
      const { greetings, refused } = yield* authentication.program
      const ways = ["header", "cookie", "subprotocol", "query"]
      expect(greetings).toEqual(ways.map((way) => `${way}: hello ada`))
      expect(refused).toContain("refused with status 401: \"the token is unknown or too old\"")
    }))

  it.live("reading", () =>
    Effect.gen(function*() {
      const all = ["one", "two", "three", "four"]
      const receive = ["one and two", "three", "four"]
      expect(yield* reading.program).toEqual({ run: all, receive, messages: all, pull: all })
    }))

  it.live("sending", () =>
    Effect.gen(function*() {
      const { heard, told } = yield* sending.program
      expect(heard).toEqual(["one", "two", "three", "four", "five", "six", "seven", "eight"])
      const closed = "nothing was sent: the connection is closed (Clean)"
      expect(told).toEqual(["accepted", "0 bytes wait", closed, "closed"])
    }))

  it.live("closing", () =>
    Effect.gen(function*() {
      expect(yield* closing.program).toEqual({
        returned: { reading: "the normal end", outcome: "Clean", next: "done" },
        token: { reading: "closed with 4001: the token is too old", outcome: "Clean", next: "sign in again" },
        cut: { reading: "dropped", outcome: "Dropped", next: "connect again" },
        left: { _tag: "Clean", closedFirst: "us", code: 4000 }
      })
    }))

  it.live("broadcast", () =>
    Effect.gen(function*() {
      const { accepted, heard } = yield* broadcast.program
      const news = "the server restarts at noon"
      expect(heard).toEqual(["hello, blue", news, news, news])
      expect(accepted).toEqual([2, 1])
    }))

  it.live("topics: rooms", () =>
    Effect.gen(function*() {
      expect(yield* topicsRooms.program).toEqual(["you are in rooms.blue", "you are in rooms.blue", "hello"])
    }))

  it.live("topics: a feed that is kept", () =>
    Effect.gen(function*() {
      expect(yield* topicsKept.program).toEqual(["1.08", "1.09", "1.10"])
    }))

  it.live("topics: presence", () =>
    Effect.gen(function*() {
      expect(yield* topicsPresence.program).toEqual(["ann", "ann, bob", "ann, bob (typing)"])
    }))

  it.live("send to all", () =>
    Effect.gen(function*() {
      expect(yield* sendToAll.program).toEqual(["news", "news"])
    }))

  it.live("seeing", () =>
    Effect.gen(function*() {
      expect((yield* seeing.program).toSorted()).toEqual(["client /cut Dropped", "server /cut Aborted"])
    }))

  it.live("streaming", () =>
    Effect.gen(function*() {
      expect(yield* streaming.program).toBe("41943040 bytes")
    }))

  it.live("typed messages", () =>
    Effect.gen(function*() {
      const { answer, outcome } = yield* typedMessages.program
      expect(answer).toEqual({ id: 1, sum: 6, at: new Date(0) })
      expect(outcome).toMatchObject({ _tag: "Clean", closedFirst: "peer", remote: { code: 1007 } })
    }))

  it.scopedLive("HTTP/2", () =>
    Effect.gen(function*() {
      const { cert, key } = selfSigned()
      const { url } = Context.get(yield* Layer.build(http2.echo({ cert, key })), WebSocketServer)
      const answers = yield* http2.ten(Option.getOrThrow(url), cert)
      expect(answers).toEqual(Array.from({ length: 10 }, (_, i) => `hello ${i}`))
    }))

  it.scopedLive("HTTP/2 beside your own routes", () =>
    Effect.gen(function*() {
      const { cert, key } = selfSigned()
      const answers = yield* http2.ten(yield* http2Attach.attached({ cert, key }), cert)
      expect(answers).toEqual(Array.from({ length: 10 }, (_, i) => `hello ${i}`))
    }))

  it.scopedLive("the inspector", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => void lines.push(String(message)))
      yield* Layer.build(Layer.provide(inspector.alone, Logger.replace(Logger.defaultLogger, logger)))
      const served = HttpServer.serve(inspector.app).pipe(
        Layer.provideMerge(NodeHttpServer.layer(() => createServer(), { port: 0, host: "127.0.0.1" })),
        Layer.provide(WireLog.layer())
      )
      const port = portOf(Context.get(yield* Layer.build(served), HttpServer.HttpServer))
      const urls = [/http:\S+/.exec(lines.join())?.[0] ?? "", `http://127.0.0.1:${port}/inspector/`]
      const pages = yield* Effect.promise(() => Promise.all(urls.map((url) => fetch(url).then((page) => page.text()))))
      for (const page of pages) expect(page).toContain("<title>")
    }))

  it.live("running a server", () =>
    Effect.gen(function*() {
      const { cert, key } = selfSigned()
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => void lines.push(String(message)))
      const layer = Layer.provide(
        operations.server(0, { cert, key, ca: cert }),
        Logger.replace(Logger.defaultLogger, logger)
      )
      const { url } = Context.get(yield* Layer.build(layer), WebSocketServer)
      expect(lines).toEqual([`Listening on ${Option.getOrThrow(url)}`])
      const connectWith = (tls: NodeWebSocketClient.TlsOptions) =>
        Effect.provide(
          WebSocketClient.connect(Option.getOrThrow(url)),
          NodeWebSocketClient.layer({ tls: { ca: cert, ...tls } })
        )
      expect(yield* Effect.flatMap(connectWith({ cert, key }), ({ receive }) => receive)).toBe("hello CN=localhost")
      expect((yield* Effect.flip(connectWith({}))).message).toContain("403")
    }).pipe(Effect.scoped))

  it.effect("testing", () =>
    Effect.gen(function*() {
      expect(yield* testing.greets).toEqual(["hello ann", "ann: hi"])
      expect(yield* testing.asksWho).toBe(400)
      expect(yield* testing.closesTheSilent).toMatchObject({ _tag: "Clean", remote: { code: 4000, reason: "silent" } })
      expect((yield* testing.losesTheNetwork)._tag).toBe("Dropped")
    }))

  it.live("text as bytes", () =>
    Effect.gen(function*() {
      expect(yield* textAsBytes.program).toEqual({ heard: ["né", Uint8Array.of(1, 2, 3), "né"], size: 9 })
    }))

  it.live("observability", () =>
    Effect.gen(function*() {
      const { received, sent, spans } = yield* observability.program
      const again = yield* observability.program // metrics are those of the process, and other tests count, too
      expect([again.received - received, again.sent - sent]).toEqual([1, 1])
      const [connect, accept, ...closes] = spans
      expect(connect).toMatchObject({
        name: "websocket.connect",
        "url.path": "/chat",
        "http.response.status_code": 101
      })
      expect(accept).toMatchObject({ name: "websocket.accept", "url.path": "/chat", "client.address": "127.0.0.1" })
      expect(closes.map(({ name }) => name)).toContain("websocket.close")
      expect(closes[0]).toMatchObject({ "websocket.outcome": "Clean", "websocket.close.remote.code": 4000 })
      expect(JSON.stringify(spans)).not.toContain("secret")
    }))

  it.live("graceful shutdown", () =>
    Effect.gen(function*() {
      const { last, outcome } = yield* gracefulShutdown.program
      expect(last).toBe("see you")
      expect(outcome).toMatchObject({ _tag: "Clean", closedFirst: "peer", remote: { code: 1001 } })
    }))

  for (const way of ["cut", "close"] as const) {
    it.live(`slow consumers: ${way}`, () =>
      Effect.gen(function*() {
        const { gone, heard, lost, stillThere } = yield* slowConsumers.program(slowConsumers[way])
        expect([gone.length, stillThere]).toEqual([1, 1])
        expect(heard).toBeGreaterThan(1)
        expect(gone[0]).toMatchObject({
          _tag: "Aborted",
          droppedBy: "us",
          local: way === "cut" ? undefined : { code: 4008, reason: "you are too slow" },
          why: { _tag: "Application", reason: "it does not take the feed" }
        })
        expect(lost).toMatchObject({ _tag: "ConnectionDropped" })
      }))
  }

  it.live("proxy, redirects and authorization", () =>
    Effect.gen(function*() {
      const { greeting, refused } = yield* proxyAndAuthorization.program
      expect(greeting).toBe("hello ada, at /new")
      expect(refused).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/new: refused with status 401$/)
    }))

  it.live("Socket and SocketServer", () =>
    Effect.gen(function*() {
      expect(yield* sockets.program).toEqual([["hello ada", "4000 see you"], ["hello bob", "4000 see you"]])
    }))

  it.scopedLive("WebSocketConstructor", () =>
    Effect.gen(function*() {
      expect(yield* webSocketConstructor.program(yield* exclaiming)).toEqual(["hello! (chat), 1000", "anybody?!"])
    }))

  it.scopedLive("a WebSocket class", () =>
    Effect.gen(function*() {
      const url = yield* exclaiming
      expect(yield* webSocketClass.program(url)).toBe(`hello! from ${new URL(url).href}`)
    }))

  it.scopedLive("routes and WebSockets on one port", () =>
    Effect.gen(function*() {
      const port = portOf(Context.get(yield* Layer.build(httpServer.server), HttpServer.HttpServer))
      const response = yield* Effect.promise(() => fetch(`http://127.0.0.1:${port}/`))
      expect([response.status, yield* Effect.promise(() => response.text())]).toEqual([200, "hello"])

      const client = yield* NodeWebSocketClient.make()
      const connect = (token: string, options: ConnectOptions<"whole"> = {}) =>
        client.connect(`ws://127.0.0.1:${port}/chat`, {
          authorization: Authorization.bearer(Redacted.make(token)),
          ...options
        })
      const refused = yield* Effect.flip(connect("abracadabra"))
      expect(refused.reason).toMatchObject({ _tag: "Refused", status: 401 })
      const foreign = yield* Effect.flip(connect("sesame", { headers: { Origin: "https://evil.example" } }))
      expect(foreign.reason).toMatchObject({ _tag: "Refused", status: 403 })

      const connection = yield* connect("sesame", {
        headers: { Origin: "https://app.example" },
        subprotocols: ["chat.v3", "chat.v2"]
      })
      expect([Option.getOrUndefined(connection.subprotocol), connection.opening.headers]).toEqual([
        "chat.v2",
        expect.arrayContaining([["Set-Cookie", "seen=1; Secure; HttpOnly"]])
      ])
      yield* connection.send("hi")
      expect(yield* connection.receive).toBe("ada: hi")
      yield* connection.send("x".repeat(64 * 1024 + 1))
      expect(yield* Effect.flip(connection.receive)).toMatchObject({ code: 1009 })
    }))

  for (
    const [name, serialization] of Object.entries({
      ndjson: RpcSerialization.layerNdjson,
      json: RpcSerialization.layerJson,
      msgpack: RpcSerialization.layerMsgPack
    })
  ) {
    it.live(`RPC, restarted: ${name}`, () =>
      Effect.gen(function*() {
        const { after, before, sum } = yield* rpc.program(serialization)
        expect([before, sum]).toEqual(["token 1", 500_500])
        expect(after).toMatch(/^token \d+$/)
        expect(after).not.toBe(before)
      }))
  }
})

it.live("RPC on a port of its own: what a restart cuts off is made again", () =>
  Effect.gen(function*() {
    expect(yield* rpcRestart.program).toEqual({ answer: "done", retried: true })
  }))

describe("RPC whose handlers know who calls", () => {
  const call = (token: string) =>
    Effect.gen(function*() {
      const port = portOf(Context.get(yield* Layer.build(rpcUsers.server), HttpServer.HttpServer))
      const protocol = yield* Layer.build(
        RpcClient.layerProtocolSocket().pipe(
          Layer.provide(PlatformSocket.layer(`ws://127.0.0.1:${port}/rpc`, {
            authorization: Authorization.bearer(Redacted.make(token))
          })),
          Layer.provide([NodeWebSocketClient.layer(), RpcSerialization.layerNdjson])
        )
      )
      return yield* Effect.provide(RpcClient.make(rpcUsers.group), protocol)
    })

  it.scopedLive("tells them, whatever the client says", () =>
    Effect.gen(function*() {
      const { WhoAmI } = yield* call("sesame")
      expect(yield* WhoAmI()).toBe("ada")
      const spoofing = WhoAmI(undefined, { headers: { "x-connection": "another", "x-user": "bob" } })
      expect(yield* Effect.flip(spoofing)).toMatchObject({ _tag: "Nobody" })
    }))

  it.scopedLive("lets nobody else in", () =>
    Effect.gen(function*() {
      const { WhoAmI } = yield* call("abracadabra")
      expect(String(yield* Effect.flip(WhoAmI()))).toContain("Error in socket")
    }))
})

describe("the application of @effect/rpc's README", () => {
  const variants = { before: rpcBefore, after: rpcAfter }
  for (const [serving, { server }] of Object.entries(variants)) {
    for (const [calling, { client }] of Object.entries(variants)) {
      it.scopedLive(`runs: served as ${serving}, called as ${calling}`, () =>
        Effect.gen(function*() {
          const port = portOf(Context.get(yield* Layer.build(server(0)), HttpServer.HttpServer))
          expect(yield* client(`ws://127.0.0.1:${port}/rpc`)).toEqual({
            users: ["Alice", "Bob", "Charlie"],
            nobody: "User not found: 4"
          })
        }))
    }
  }

  it("changes its layers and nothing else", () => {
    const [before = [], after = []] = ["before", "after"].map((name) =>
      readFileSync(`${programs}rpc-app.${name}.ts`, "utf8").split("\n")
    )
    const isImport = (line: string): boolean => line.startsWith("import ")
    const gone = before.filter((line) => !after.includes(line))
    const come = after.filter((line) => !before.includes(line))
    const changed = (lines: ReadonlyArray<string>) => lines.filter((line) => !isImport(line)).map((line) => line.trim())
    expect(changed(gone)).toEqual([
      "Layer.provide(Socket.layerWebSocket(url)),",
      "Layer.provide(NodeSocket.layerWebSocketConstructor),"
    ])
    expect(changed(come)).toEqual([
      "Layer.provide(PlatformSocket.layer(url)),",
      "Layer.provide(NodeWebSocketClient.layer()),"
    ])

    // The rest is the same, line by line; and the page shows all of the difference.
    expect(before.filter((line) => !isImport(line) && !gone.includes(line)))
      .toEqual(after.filter((line) => !isImport(line) && !come.includes(line)))
    const [, shown = ""] = /```diff\n([\s\S]*?)```/.exec(readFileSync(`${docs}guides/rpc.md`, "utf8")) ?? []
    const lines = shown.split("\n")
    const signed = (sign: string) => lines.filter((line) => line.startsWith(sign)).map((line) => line.slice(1))
    expect([signed("-"), signed("+")]).toEqual([gone, come])
  })
})

/** Two join, one speaks, both hear it; then the server goes. */
const visit = async (port: number, stop: () => void) => {
  const codes: Array<number> = []
  const join = (query: string) =>
    new Promise<{ readonly socket: WebSocket; readonly heard: Promise<string>; readonly gone: Promise<void> }>(
      (done) => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/${query}`)
        const heard = new Promise<string>((resolve) => socket.on("message", (data) => resolve(String(data))))
        const gone = new Promise<void>((resolve) =>
          socket.on("close", (code) => {
            codes.push(code)
            resolve()
          })
        )
        socket.on("error", () => {})
        socket.on("open", () => done({ socket, heard, gone }))
        socket.on("close", () => done({ socket, heard, gone }))
      }
    )
  const ada = await join("?name=ada")
  const bob = await join("?name=bob")
  const nobody = await join("")
  await nobody.gone
  ada.socket.send("hello")
  const heard = await Promise.all([ada.heard, bob.heard])
  stop()
  await Promise.all([ada.gone, bob.gone])
  return { heard, codes }
}

describe("migration from ws", () => {
  it("before", async () => {
    let stop = (): void => {}
    const port = await new Promise<number>((resolve) => (stop = wsBefore.start(0, resolve)))
    expect(await visit(port, stop)).toEqual({ heard: ["ada: hello", "ada: hello"], codes: [1008, 1001, 1001] })
  })

  it.live("after", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const port = yield* Scope.extend(wsAfter.start(0), scope)
      const stop = (): void => void Effect.runFork(Scope.close(scope, Exit.void))
      // Who is not let in never has a connection, which `ws` tells as 1006.
      expect(yield* Effect.promise(() => visit(port, stop))).toEqual({
        heard: ["ada: hello", "ada: hello"],
        codes: [1006, 1001, 1001]
      })
    }))
})

describe("migration from Socket.makeWebSocket", () => {
  for (const [name, { ask }] of Object.entries({ before: socketBefore, kept: socketKept, after: socketAfter })) {
    it.scopedLive(name, () =>
      Effect.gen(function*() {
        expect(yield* ask(yield* exclaiming, "hello")).toBe("hello!")
      }))
  }
})

/** Each is introduced by a line that names its file. */
const quotes = (page: string): ReadonlyArray<readonly [file: string, text: string]> =>
  [
    ...readFileSync(page, "utf8").matchAll(
      /<!-- packages\/example-echo\/test\/guides\/(\S+) -->\n+```\w+\n([\s\S]*?)```/g
    )
  ]
    .map(([, file = "", text = ""]) => [file, text])

describe("the docs", () => {
  const pages = readdirSync(`${docs}guides`).filter((name) => name.endsWith(".md")).map((name) =>
    `${docs}guides/${name}`
  )
  for (const page of pages) {
    it(`${page.slice(docs.length)} quotes programs as they are run`, () => {
      for (const [file, text] of quotes(page)) expect(text).toBe(readFileSync(programs + file, "utf8"))
    })
  }

  it("show every program", () => {
    const shown = new Set(pages.flatMap((page) => quotes(page).map(([file]) => file)))
    const files = readdirSync(programs, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
      .map(({ name, parentPath }) => `${parentPath}/${name}`.slice(programs.length).replace(/^\//, ""))
    expect(files.filter((file) => !shown.has(file))).toEqual(["proxy.ts", "rpc-app.before.ts"])
  })

  it("link to pages that are there", () => {
    for (const page of pages) {
      for (const [, link = ""] of readFileSync(page, "utf8").matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
        expect([page, link, existsSync(new URL(link, `file://${page}`))]).toEqual([page, link, true])
      }
    }
  })
})
