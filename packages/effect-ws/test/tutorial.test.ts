/** docs/tutorial.md: its files are those beside this one, and do what it says (in `npm run test:long`) when they are run as it says. */
import { describe, expect, it } from "@effect/vitest"
import { build, transformSync } from "esbuild"
import type { ChildProcessWithoutNullStreams } from "node:child_process"
import { spawn } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import type { AddressInfo } from "node:net"
import { createServer } from "node:net"
import { join } from "node:path"

const folder = join(import.meta.dirname, "tutorial")
const page = readFileSync(join(import.meta.dirname, "../../../docs/tutorial.md"), "utf8")

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

/** A program that runs, and all that it has said. */
class Running {
  said = ""
  private readonly process: ChildProcessWithoutNullStreams
  private readonly ended: Promise<unknown>

  constructor(cwd: string, ...args: ReadonlyArray<string>) {
    this.process = spawn(process.execPath, [...args], { cwd })
    this.ended = new Promise((resolve) => this.process.once("close", resolve))
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on("data", (octets) => this.said += String(octets))
    }
  }

  says(text: string): Promise<void> {
    return expect.poll(() => this.said, { timeout: 30_000 }).toContain(text)
  }

  type(text: string): void {
    this.process.stdin.write(`${text}\n`)
  }

  end(): Promise<unknown> {
    this.process.kill("SIGKILL")
    return this.ended
  }
}

describe("the tutorial", () => {
  it("quotes the files as they are", () => {
    const quoted = new Map(
      Array.from(
        page.matchAll(/<!-- packages\/effect-ws\/test\/tutorial\/(\S+) -->\n```\w+\n([\s\S]*?)```/g),
        ([, name = "", text = ""]) => [name, text]
      )
    )
    expect([...quoted.keys()].sort()).toEqual(readdirSync(folder).sort())
    for (const [name, text] of quoted) expect(text, name).toBe(readFileSync(join(folder, name), "utf8"))
  })

  it.skipIf(process.env["LONG"] === undefined)("ends with a chat that outlives its server", async () => {
    const port = String(await freePort())
    // Beside the compiled package, from where the name of our package can be resolved.
    const there = mkdtempSync(join(import.meta.dirname, "../dist/tutorial-"))
    const running: Array<Running> = []
    const start = (...args: ReadonlyArray<string>): Running => {
      const one = new Running(there, ...args)
      running.push(one)
      return one
    }
    try {
      for (const name of readdirSync(folder).filter((name) => name.endsWith(".ts"))) {
        const { code } = transformSync(readFileSync(join(folder, name), "utf8"), { loader: "ts" })
        writeFileSync(join(there, name.replace(/ts$/, "js")), code.replaceAll("8080", port))
      }
      const first = start("server.js")
      await first.says("Listening")
      const ann = start("terminal.js", "Ann")
      const bob = start("terminal.js", "Bob")
      await ann.says("(Open)")
      await bob.says("(Open)")
      bob.type("hello")
      await ann.says("Bob: hello")
      await first.end()
      await ann.says("(Waiting)")
      ann.type("are you there?")
      await start("server.js").says("Listening")
      await ann.says("Ann: are you there?")
    } finally {
      await Promise.all(running.map((one) => one.end()))
      rmSync(there, { recursive: true })
    }
  })

  it("has a page that a bundler takes", async () => {
    const { errors, warnings } = await build({
      entryPoints: [join(folder, "page.ts")],
      bundle: true,
      write: false,
      platform: "browser",
      conditions: ["@effect-ws/source"],
      logLevel: "silent"
    })
    expect([...errors, ...warnings]).toEqual([])
  })
})
