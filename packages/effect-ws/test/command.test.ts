/** `npx effect-ws`: the program of `@effect-ws/cli` where it is installed, and npm's where it is not. */
import { describe, expect, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join, resolve } from "node:path"

const program = resolve(import.meta.dirname, "../dist/bin/effect-ws.js")

const run = async (program: string, args: ReadonlyArray<string>, cwd: string, path: string) => {
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, PATH: path, NODE_OPTIONS: "" }
  })
  let said = ""
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => said += String(data))
  const [code] = await once(child, "close")
  return { code, said }
}

describe.skipIf(process.platform === "win32")("npx effect-ws", () => {
  it("runs the command that is installed, and ends as that does", async () => {
    const done = await run(program, ["connect", "ws://127.0.0.1:1/"], tmpdir(), process.env["PATH"] ?? "")
    expect(done).toEqual({ code: 3, said: expect.stringContaining("ECONNREFUSED") })
  })

  it("has npm fetch it where it is not, or says that it cannot", async () => {
    const folder = mkdtempSync(join(tmpdir(), "effect-ws-npx-"))
    try {
      const alone = join(folder, "effect-ws.mjs")
      copyFileSync(program, alone)
      const without = await run(alone, ["listen"], folder, folder)
      expect(without).toEqual({ code: 127, said: expect.stringContaining("@effect-ws/cli is not installed") })
      writeFileSync(join(folder, "npm"), "#!/bin/sh\necho \"npm $@\"\nexit 7\n")
      chmodSync(join(folder, "npm"), 0o755)
      const fetched = await run(alone, ["listen", "-p", "1"], folder, [folder, "/bin", "/usr/bin"].join(delimiter))
      expect(fetched).toEqual({ code: 7, said: "npm exec --yes -- @effect-ws/cli listen -p 1\n" })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
