import { expect, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

it("the first program of the README runs, as it stands there", async () => {
  const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8")
  const program = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? ""
  expect(program.trimEnd().split("\n").length).toBeLessThanOrEqual(24)
  // Beside the compiled package, from where the names of our packages can be resolved.
  const folder = mkdtempSync(join(fileURLToPath(new URL("../dist/", import.meta.url)), "readme-"))
  try {
    const file = join(folder, "first.mjs")
    writeFileSync(file, program.replaceAll("8080", String(await freePort())))
    const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 20_000 })
    expect(Array.from(stdout.matchAll(/INFO.*[ =](\w+)$/gm), ([, message]) => message)).toEqual([
      "hello",
      "Clean"
    ])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
