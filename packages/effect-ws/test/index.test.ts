/** All that applications import is there, under one name and under its own; and it works. */
import { describe, expect, it } from "@effect/vitest"
import * as connection from "@effect-ws/connection"
import * as platform from "@effect-ws/platform"
import * as platformBrowser from "@effect-ws/platform-browser"
import * as platformNode from "@effect-ws/platform-node"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Everything from "../src/index.js"

const sources = join(import.meta.dirname, "../src")
const modules = readdirSync(sources).filter((file) => file.endsWith(".ts")).map((file) => file.replace(/\.ts$/, ""))
  .filter((name) => name !== "index")

/** For those who bring a host or a transport, or describe what they log. */
const forHosts = ["CloseDescription", "Connecting", "NodePrimitives", "NodeTransport", "Protocol", "Serving"]

describe("effect-ws", () => {
  it("has every module by its own name, and by one name all but what needs @effect/platform-node or is for pages", () => {
    expect(Object.keys(Everything).sort()).toEqual(
      modules.filter((name) => name !== "NodeHttpServer" && !name.startsWith("Browser")).sort()
    )
  })

  it("leaves out only what hosts need", () => {
    const all = [connection, platform, platformNode, platformBrowser].flatMap((module) => Object.keys(module))
    expect(all.filter((name) => !modules.includes(name) && !forHosts.includes(name))).toEqual([])
  })

  it("passes each module on whole, and nothing else", () => {
    for (const name of modules) {
      const text = readFileSync(join(sources, `${name}.ts`), "utf8")
      expect(text.replace(/\/\*\*[\s\S]*?\*\//, "").trim()).toMatch(
        new RegExp(`^export \\* from "@effect-ws/[a-z-]+/${name}"$`)
      )
    }
  })

  it.scopedLive("is enough for a server and a client", () => {
    const { NodeWebSocketClient, NodeWebSocketServer, WebSocketClient, WebSocketServer } = Everything
    return Effect.gen(function*() {
      const server = yield* WebSocketServer.WebSocketServer
      yield* Effect.forkScoped(
        WebSocketServer.serve((connection) => connection.run((message) => connection.send(message)))
      )
      const { address } = server
      const port = address._tag === "Tcp" ? address.port : 0
      const client = yield* WebSocketClient.connect(`ws://127.0.0.1:${port}`)
      yield* client.send("hello")
      expect(yield* client.receive).toBe("hello")
      expect(yield* client.close()).toMatchObject({ _tag: "Clean" })
    }).pipe(
      Effect.provide(
        Layer.merge(NodeWebSocketServer.layer({ port: 0, host: "127.0.0.1" }), NodeWebSocketClient.layer())
      )
    )
  })
})
