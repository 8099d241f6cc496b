/** docs/guides/behind-a-proxy.md, with the real proxies: those that are not installed are skipped. */
import { describe, expect, it } from "@effect/vitest"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { chromium } from "playwright-core"
import { WebSocket } from "ws"
import { behindHttp, behindTcp, serve } from "./guides/behind-a-proxy.js"
import * as Proxies from "./proxies.js"

type Settings = typeof behindHttp | typeof behindTcp

const isTcp = (name: Proxies.Name): boolean => name === "stunnel" || name === "haproxy-tcp"

const settingsOf = (name: Proxies.Name): Settings => isTcp(name) ? behindTcp : behindHttp

/** Our server behind a proxy; the port of the proxy. */
const behind = (name: Proxies.Name, settings: Settings, options: Omit<Proxies.Options, "target"> = {}) =>
  Effect.gen(function*() {
    const address = yield* serve(settings)
    return yield* Proxies.start(name, { target: address._tag === "Tcp" ? address.port : 0, ...options })
  })

/** A page on that host would send this Origin. */
const connect = (port: number, origin = `https://localhost:${port}`) =>
  Effect.gen(function*() {
    const client = yield* NodeWebSocketClient.make({
      tls: { ca: Proxies.certificate.cert },
      limits: { keepaliveInterval: 0 }
    })
    return yield* client.connect(`wss://localhost:${port}/`, { origin })
  })

/** What a client is told that comes from an address of its own, and makes up another. */
const spoofing = (port: number) =>
  Effect.promise(async () => {
    const client = new WebSocket(`wss://localhost:${port}/`, {
      ca: Proxies.certificate.cert,
      localAddress: "127.0.0.5",
      family: 4,
      headers: {
        "X-Forwarded-For": "192.0.2.66",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "http",
        Forwarded: "for=192.0.2.66"
      }
    })
    const [message] = await once(client, "message")
    client.close()
    await once(client, "close")
    return String(message)
  })

const quietly = Effect.provide(Logger.remove(Logger.defaultLogger))

for (const name of Proxies.all) {
  const isInstalled = Proxies.isInstalled(name)
  if (!isInstalled) console.warn(`no ${name}: its tests are skipped`)

  describe.skipIf(!isInstalled)(`behind ${name}`, () => {
    it.scopedLive("a page's host is the server's own, and both directions carry large messages", () =>
      quietly(Effect.gen(function*() {
        const port = yield* behind(name, settingsOf(name))
        const connection = yield* connect(port)
        expect(yield* connection.receive).toBe(`127.0.0.1 asks localhost:${port}, secure: ${!isTcp(name)}`)
        const octets = new Uint8Array(1024 * 1024).fill(7)
        yield* connection.send(octets)
        const back = yield* connection.receive
        expect(typeof back === "string" ? 0 : Buffer.compare(back, octets)).toBe(0)
        expect(yield* connection.close(4999, "née")).toMatchObject({
          _tag: "Clean",
          remote: { code: 4999 }
        })
        const foreign = yield* Effect.flip(connect(port, "https://evil.example"))
        expect(foreign.reason).toMatchObject({ _tag: "Refused", status: 403 })
      })))

    it.scopedLive("a client cannot make up its address, host or scheme", () =>
      Effect.gen(function*() {
        const port = yield* behind(name, settingsOf(name))
        expect(yield* spoofing(port)).toBe(`127.0.0.5 asks localhost:${port}, secure: ${!isTcp(name)}`)
      }))
  })
}

const installed = Proxies.all.filter(Proxies.isInstalled)

// Apache and Caddy have no such time for what was upgraded.
const impatient = installed.filter((name) => name !== "apache" && name !== "caddy")

it.scopedLive.skipIf(impatient.length === 0)(
  `keepalive within its idle time keeps a connection open: ${impatient.join(", ")}`,
  () =>
    Effect.forEach(impatient, (name) =>
      Effect.gen(function*() {
        const settings = settingsOf(name)
        const silent = yield* behind(name, { ...settings, limits: { keepaliveInterval: 0 } }, { idle: 1 })
        const pinged = yield* behind(name, { ...settings, limits: { keepaliveInterval: 300 } }, { idle: 1 })
        const [cut, kept] = yield* Effect.all([connect(silent), connect(pinged)])
        const outcome = yield* cut.outcome
        expect([name, outcome._tag]).toEqual([name, expect.stringMatching(/^(Dropped|Failed)$/)])
        yield* Effect.sleep("1 second") // the other was opened after it: by now it would be gone, too
        expect([name, Option.isNone(kept.currentOutcome)]).toEqual([name, true])
        yield* kept.receive
        yield* kept.send("still here")
        expect(yield* kept.receive).toBe("still here")
      }), { concurrency: "unbounded" })
)

for (const [name, line] of [["nginx", /^.*X-Forwarded-Host.*$/m], ["apache", /^$/m]] as const) {
  it.scopedLive.skipIf(!Proxies.isInstalled(name))(
    `${name} rewrites Host: without its header every page gets 403`,
    () =>
      quietly(Effect.gen(function*() {
        const settings: Settings = name === "nginx" ? behindHttp : {}
        const port = yield* behind(name, settings, { edit: (lines) => lines.replace(line, "") })
        const refused = yield* Effect.flip(connect(port))
        expect(refused.reason).toMatchObject({ _tag: "Refused", status: 403 })
      }))
  )
}

/** In the page; as text, since what runs tests would rewrite the name of a module of theirs in it. */
const talk = `new Promise((resolve) => {
  const socket = new WebSocket("wss://" + location.host)
  const said = []
  socket.onmessage = ({ data }) => {
    said.push(data)
    if (said.length === 1) socket.send("hello")
    else socket.close(4000, "bye")
  }
  socket.onerror = () => said.push("error")
  socket.onclose = ({ code }) => resolve([...said, String(code)])
})`

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync)

const visited = process.env["LONG"] === undefined ? [] : installed

it.scopedLive.skipIf(executablePath === undefined || visited.length === 0)(
  `a page in Chromium connects through ${visited.join(", ")}`,
  () =>
    Effect.gen(function*() {
      const browser = yield* Effect.acquireRelease(
        Effect.promise(() => chromium.launch({ executablePath: executablePath ?? "", args: ["--no-sandbox"] })),
        (browser) => Effect.promise(() => browser.close())
      )
      for (const name of visited) {
        const port = yield* behind(name, settingsOf(name))
        const said = yield* Effect.promise(async () => {
          const page = await browser.newPage({ ignoreHTTPSErrors: true })
          await page.goto(`https://localhost:${port}/`) // our answer to what is no upgrade: a page of this origin
          return page.evaluate<ReadonlyArray<string>>(talk)
        })
        expect([name, ...said]).toEqual([
          name,
          `127.0.0.1 asks localhost:${port}, secure: ${!isTcp(name)}`,
          "hello",
          "4000"
        ])
      }
    }),
  180_000
)
