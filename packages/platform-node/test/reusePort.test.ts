/** Several servers on one port, by `reusePort`: here in one process, which is the same to the system. */
import { describe, expect, it } from "@effect/vitest"
import * as NodeHttpServer from "@effect-ws/platform-node/NodeHttpServer"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Http from "node:http"
import type { ListenOptions } from "node:net"
import { knowsReusePort } from "../src/transport/optionRules.js"

const isKnown = knowsReusePort(process.versions.node)
/** Of those that Node runs on, some have it in some versions: they are not asked. */
const isOffered = isKnown && ["linux", "freebsd"].includes(process.platform)
const isRefused = isKnown && ["darwin", "win32"].includes(process.platform)

const listen = (port: number) =>
  Effect.map(
    NodeWebSocketServer.make({ port, host: "127.0.0.1", reusePort: true }),
    ({ address }) => address._tag === "Tcp" ? address.port : 0
  )

/** Types of Node 20 do not have it. */
const listenOptions: ListenOptions & { readonly reusePort: boolean } = { port: 0, reusePort: true }

describe("reusePort", () => {
  it("is known from Node 22.12 on, but not to 23.0", () => {
    const versions = ["20.20.2", "21.7.3", "22.11.0", "22.12.0", "22.23.3", "23.0.0", "23.1.0", "24.0.0", "26.10.0"]
    expect(versions.filter(knowsReusePort)).toEqual(["22.12.0", "22.23.3", "23.1.0", "24.0.0", "26.10.0"])
  })

  it.scoped.runIf(isOffered)(
    "two servers listen on one port; without it, the second cannot",
    () =>
      Effect.gen(function*() {
        const port = yield* listen(0)
        expect(yield* listen(port)).toBe(port)
        const error = yield* Effect.flip(NodeWebSocketServer.make({ port, host: "127.0.0.1" }))
        expect(error).toMatchObject({ _tag: "ServeError", cause: { code: "EADDRINUSE" } })
      })
  )

  it.scoped.runIf(isRefused)("fails to listen where the system does not offer it", () =>
    Effect.gen(function*() {
      expect(yield* Effect.flip(listen(0))).toMatchObject({ _tag: "ServeError" })
    }))

  it.scoped.skipIf(isKnown)(
    "is an InvalidOption before that, which tells the version and what to do",
    () =>
      Effect.gen(function*() {
        const errors = [
          yield* Effect.flip(listen(0)),
          yield* Effect.flip(NodeHttpServer.make(Http.createServer, listenOptions))
        ]
        for (const error of errors) {
          expect(error).toMatchObject({ _tag: "InvalidOption", option: "reusePort", value: "true" })
          expect(error.message).toContain(`this is ${process.versions.node}. With node:cluster`)
        }
      })
  )

  it.scoped("false is fine in any version", () => NodeWebSocketServer.make({ port: 0, reusePort: false }))
})
