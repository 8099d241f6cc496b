/** Cells with peers of our own: programs of one line. */
import { describe, expect, it } from "@effect/vitest"
import * as Cell from "@effect-ws/interop/Cell"
import type { Paths, Peer } from "@effect-ws/interop/Peer"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { selfSigned } from "../../platform-node/test/certificate.js"

const npm = dirname(dirname(createRequire(import.meta.url).resolve("ws/package.json")))

const inFolder = <A>(use: (paths: Paths) => Effect.Effect<A>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const work = mkdtempSync(join(tmpdir(), "effect-ws-interop-"))
      const { cert, key } = selfSigned()
      mkdirSync(join(work, "tls"))
      writeFileSync(join(work, "tls/cert.pem"), cert)
      writeFileSync(join(work, "tls/key.pem"), key)
      return work
    }),
    (work) => use({ work, npm, foreign: new URL("../foreign", import.meta.url).pathname }),
    (work) => Effect.sync(() => rmSync(work, { recursive: true }))
  )

const program = (source: string): Peer => ({
  name: "program",
  title: "Program",
  debian: [],
  client: { modes: ["subprotocol"], command: (urls) => [process.execPath, "-e", source, ...urls] },
  server: { modes: ["subprotocol"], command: (port) => [process.execPath, "-e", source, String(port)] }
})

const errors = (tried: ReadonlyArray<{ readonly checks: ReadonlyArray<{ readonly error: string | undefined }> }>) =>
  tried.flatMap(({ checks }) => checks.flatMap(({ error }) => error ?? []))

describe("a cell", () => {
  it.live("passes with a peer that does all rightly, in both roles", () =>
    inFolder((paths) =>
      Effect.gen(function*() {
        const client = (urls: ReadonlyArray<string>) =>
          [process.execPath, join(paths.foreign, "web.mjs"), "ws", "client", ...urls] as const
        const server = (port: number) =>
          [process.execPath, join(paths.foreign, "wsserver.mjs"), "ws", "server", String(port)] as const
        const peer: Peer = {
          ...program(""),
          client: { modes: ["subprotocol"], command: client },
          server: { modes: ["subprotocol"], command: server }
        }
        for (const role of ["client", "server"] as const) {
          const tried = yield* Cell.run({ peer, role, mode: "subprotocol" }, paths, "20 seconds")
          expect([role, tried.length, errors(tried)]).toEqual([role, 1, []])
        }
      })
    ))

  it.live("says what a program said that did not come; one that hangs is over when its time is", () =>
    inFolder((paths) =>
      Effect.gen(function*() {
        const failing = program("console.log('no such library'); process.exit(1)")
        for (const role of ["client", "server"] as const) {
          const tried = yield* Cell.run({ peer: failing, role, mode: "subprotocol" }, paths, "20 seconds")
          expect(errors(tried)).toEqual([expect.stringMatching(/^never: .*no such library/)])
        }
        const hanging = program("setInterval(() => {}, 1000)")
        const tried = yield* Cell.run({ peer: hanging, role: "client", mode: "subprotocol" }, paths, "300 millis")
        expect(errors(tried)).toEqual([expect.stringMatching(/^never: .*over after 300ms/)])
      })
    ))

  it.live("leaves nobody behind when it is interrupted", () =>
    inFolder((paths) =>
      Effect.gen(function*() {
        // It starts another, and both do nothing for ever.
        const peer = program(
          `const { pid } = require("child_process").spawn("sleep", ["600"])
           require("fs").writeFileSync("pid.new", String(pid))
           require("fs").renameSync("pid.new", "pid")
           setInterval(() => {}, 1000)`
        )
        const file = join(paths.work, "pid")
        const running = yield* Effect.fork(Cell.run({ peer, role: "client", mode: "subprotocol" }, paths, "1 minute"))
        while (!existsSync(file)) yield* Effect.sleep("10 millis")
        const pid = Number(readFileSync(file, "utf8"))
        expect(isAlive(pid)).toBe(true)
        yield* Fiber.interrupt(running)
        while (isAlive(pid)) yield* Effect.sleep("10 millis")
      })
    ))
})

const isAlive = (pid: number): boolean => {
  try {
    // A zombie has no command line.
    return readFileSync(`/proc/${pid}/cmdline`, "utf8") !== ""
  } catch {
    return false
  }
}
