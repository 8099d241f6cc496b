/** The command line, as a program would be told. */
import * as Command from "@effect/cli/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { command } from "../src/cli/Cli.js"
import * as Testee from "./testee.js"

const run = (...args: ReadonlyArray<string>) =>
  Command.run(command, { name: "effect-ws-conformance", version: "0" })(["node", "effect-ws-conformance", ...args])

describe("a port that is none", () => {
  it.live("is an error, and no defect", () =>
    Effect.gen(function*() {
      for (const port of ["99999", "-1"]) {
        expect(yield* Effect.flip(run("server", "--port", port))).toMatchObject({ _tag: "InvalidValue" })
      }
    }).pipe(Effect.provide(NodeContext.layer)))
})

describe("--update", () => {
  it.scopedLive("makes what is found what is expected, and leaves the rest", () =>
    Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      const folder = yield* files.makeTempDirectoryScoped()
      const file = `${folder}/expected.json`
      const judge = (port: number, cases: string, ...more: ReadonlyArray<string>) =>
        run(
          "client",
          "--url",
          `ws://127.0.0.1:${port}`,
          "--outdir",
          folder,
          "--expected",
          file,
          "--cases",
          cases,
          ...more
        )
      const read = Effect.map(files.readFileString(file), (text): unknown => JSON.parse(text))
      const [fine, wrong] = [{ behavior: "OK", behaviorClose: "OK" }, { behavior: "FAILED", behaviorClose: "OK" }]

      const good = yield* Testee.server()
      expect(yield* Effect.flip(judge(good, "1.1.1"))).toMatchObject({
        message: expect.stringContaining("expected.json")
      })
      yield* judge(good, "1.1.1,2.1", "--update")
      expect(yield* read).toEqual({ server: { "1.1.1": fine, "2.1": fine } })
      yield* judge(good, "1.1.1,2.1")

      const bad = yield* Testee.server("EchoTwice")
      expect(yield* Effect.flip(judge(bad, "1.1.1"))).toMatchObject({ _tag: "NotAsExpected" })
      yield* judge(bad, "1.1.1", "--update")
      expect(yield* read).toEqual({ server: { "1.1.1": wrong, "2.1": fine } })
      yield* judge(bad, "1.1.1")
    }).pipe(Effect.provide(NodeContext.layer)))

  it.live("needs a file", () =>
    Effect.gen(function*() {
      for (const role of ["client", "server"]) {
        expect(yield* Effect.flip(run(role, "--update"))).toMatchObject({
          message: "--update needs --expected FILE, the file to be written"
        })
      }
    }).pipe(Effect.provide(NodeContext.layer)))
})
