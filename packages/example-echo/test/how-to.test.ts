/** The programs of `docs/how-to` and `docs/migration.md` do what is said of them, and stand there as they are run here. */
import { describe, expect, it } from "@effect/vitest"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { WebSocket } from "ws"
import * as socketAfter from "./how-to/from-socket.after.js"
import * as socketBefore from "./how-to/from-socket.before.js"
import * as socketKept from "./how-to/from-socket.kept.js"
import * as wsAfter from "./how-to/from-ws.after.js"
import * as wsBefore from "./how-to/from-ws.before.js"
import * as gracefulShutdown from "./how-to/graceful-shutdown.js"
import * as observability from "./how-to/observability.js"
import * as proxyAndAuthorization from "./how-to/proxy-and-authorization.js"
import * as reconnecting from "./how-to/reconnecting.js"
import * as typedMessages from "./how-to/typed-messages.js"

describe("how-to", () => {
  it.live("reconnecting", () =>
    Effect.gen(function*() {
      const { messages, states } = yield* reconnecting.program
      expect(messages).toEqual(["one with /?token=1", "two with /?token=2"])
      expect(states.filter((state, i) => state !== states[i - 1]).join(" ")).toMatch(
        /^(Connecting )?Open Waiting Connecting Open( Waiting)?( Connecting)?( Open)? Closed$/
      )
    }))

  it.live("typed messages", () =>
    Effect.gen(function*() {
      const { answer, outcome } = yield* typedMessages.program
      expect(answer).toEqual({ id: 1, sum: 6, at: new Date(0) })
      expect(outcome).toMatchObject({ _tag: "Clean", closedFirst: "peer", remote: { code: 1007 } })
    }))

  it.live("observability", () =>
    Effect.gen(function*() {
      const { received, sent, spans } = yield* observability.program
      expect([received, sent]).toEqual([1, 1])
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

  it.live("proxy, redirects and authorization", () =>
    Effect.gen(function*() {
      const { greeting, refused } = yield* proxyAndAuthorization.program
      expect(greeting).toBe("hello ada, at /new")
      expect(refused).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/new: refused with status 401$/)
    }))
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
        const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
        yield* Effect.forkScoped(server.serve({
          accept: ({ subprotocols }) => Effect.succeed({ value: undefined, subprotocol: subprotocols[0] }),
          handler: (connection) => connection.run((message) => connection.send(`${message}!`))
        }))
        const port = server.address._tag === "Tcp" ? server.address.port : 0
        expect(yield* ask(`ws://127.0.0.1:${port}/`, "hello")).toBe("hello!")
      }))
  }
})

const docs = fileURLToPath(new URL("../../../docs/", import.meta.url))
const programs = fileURLToPath(new URL("./how-to/", import.meta.url))

/** Each is introduced by a line that names its file. */
const quotes = (page: string): ReadonlyArray<readonly [file: string, text: string]> =>
  [
    ...readFileSync(page, "utf8").matchAll(
      /<!-- packages\/example-echo\/test\/how-to\/(\S+) -->\n+```ts\n([\s\S]*?)```/g
    )
  ]
    .map(([, file = "", text = ""]) => [file, text])

describe("the docs", () => {
  const pages = [
    ...readdirSync(`${docs}how-to`).filter((name) => name.endsWith(".md")).map((name) => `${docs}how-to/${name}`),
    `${docs}migration.md`
  ]
  for (const page of pages) {
    it(`${page.slice(docs.length)} quotes programs as they are run`, () => {
      for (const [file, text] of quotes(page)) expect(text).toBe(readFileSync(programs + file, "utf8"))
    })
  }

  it("show every program", () => {
    const shown = new Set(pages.flatMap((page) => quotes(page).map(([file]) => file)))
    expect(readdirSync(programs).filter((file) => !shown.has(file))).toEqual(["proxy.ts"])
  })

  it("link to pages that are there", () => {
    for (const page of pages) {
      for (const [, link = ""] of readFileSync(page, "utf8").matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
        expect([page, link, existsSync(new URL(link, `file://${page}`))]).toEqual([page, link, true])
      }
    }
  })
})
