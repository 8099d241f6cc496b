/** HAProxy between our client and our server, each end over one of both versions of HTTP. */
import { describe, expect, it } from "@effect/vitest"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import * as Net from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { echo, portOf, tls } from "./http2.js"

const program = "/usr/sbin/haproxy"

type Version = "h1" | "h2"

/** On a Unix socket, in front of a port that speaks one version. */
const proxy = (port: number, front: Version, back: Version) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const folder = mkdtempSync(join(tmpdir(), "effect-ws-haproxy-"))
      const socketPath = join(folder, "front")
      const config = join(folder, "haproxy.cfg")
      writeFileSync(join(folder, "cert.pem"), tls.cert + tls.key)
      writeFileSync(
        config,
        [
          "global",
          "  maxconn 100",
          "defaults",
          "  mode http",
          "  timeout connect 5s",
          "  timeout client 1h",
          "  timeout server 1h",
          "frontend front",
          `  bind unix@${socketPath} ssl crt ${folder}/cert.pem alpn ${front === "h2" ? "h2" : "http/1.1"}`,
          "  default_backend back",
          "backend back",
          `  server ours 127.0.0.1:${port} ${back === "h2" ? "proto h2 ws h2" : "ws h1"}`,
          ""
        ].join("\n")
      )
      const child = spawn(program, ["-db", "-f", config], { stdio: "ignore" })
      const isOpen = () =>
        new Promise<boolean>((resolve) => {
          const socket = Net.connect(socketPath)
          socket.on("connect", () => resolve(true)).on("error", () => resolve(false)).on("connect", () =>
            socket.destroy())
        })
      while (child.exitCode === null && !(await isOpen())) {
        await new Promise((resolve) =>
          setTimeout(resolve, 20)
        )
      }
      return { child, folder, socketPath }
    }),
    ({ child, folder }) =>
      Effect.sync(() => {
        child.kill("SIGKILL")
        rmSync(folder, { recursive: true, force: true })
      })
  )

if (!existsSync(program)) console.warn("no HAProxy: its tests are skipped")

describe("8441 through HAProxy", () => {
  const ways: ReadonlyArray<readonly [front: Version, back: Version]> = [["h2", "h2"], ["h1", "h2"], ["h2", "h1"]]
  for (const [front, back] of ways) {
    it.scopedLive.skipIf(!existsSync(program))(`from ${front} to ${back}`, () =>
      Effect.gen(function*() {
        const server = yield* echo({ tls: undefined, origins: ["https://localhost"] })
        const { socketPath } = yield* proxy(portOf(server), front, back)
        const { connect } = yield* NodeWebSocketClient.make({
          http2: front === "h2" ? "require" : "never",
          socketPath,
          tls: { ca: tls.cert }
        })
        const [a, b] = yield* Effect.all([connect("wss://localhost/a"), connect("wss://localhost/b")])
        const large = "x".repeat(300_000)
        for (const message of ["a", large, "c"]) {
          yield* a.send(message)
          expect(yield* a.receive).toBe(message)
        }
        expect(yield* a.close()).toMatchObject({ _tag: "Clean" })
        yield* b.send("b")
        expect(yield* b.receive).toBe("b")
        // a refusal passes
        const refused = yield* Effect.flip(connect("wss://localhost/", { origin: "https://evil.example" }))
        expect(refused.reason).toMatchObject({ _tag: "Refused", status: 403 })
      }))
  }
})
