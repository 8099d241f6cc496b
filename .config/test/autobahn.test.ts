/**
 * `npm run autobahn`: whatever is wrong with its arguments or with the reference is said in a line, and soon. Each run is a
 * process that loads much: `npm run test:weekly` has all of them.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { root } from "./repository.js"

const reports = mkdtempSync(join(tmpdir(), "autobahn-"))
afterAll(() => rmSync(reports, { recursive: true }))

/** Runs a script of `.config`, as npm does once all is compiled. */
const run = async (script: string, args: ReadonlyArray<string>, env: Record<string, string>) => {
  const child = spawn(process.execPath, [join(root, ".config", script), ...args], {
    env: { ...process.env, REPORTS: reports, ...env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  const said = { out: "", err: "" }
  child.stdout.on("data", (text) => (said.out += text))
  child.stderr.on("data", (text) => (said.err += text))
  const [code] = await once(child, "close")
  return { code, ...said }
}

const autobahn = (wstest: string, ...args: ReadonlyArray<string>) => run("autobahn.mjs", args, { WSTEST: wstest })
const long = process.env["LONG"] !== undefined
const standIn = `${process.execPath} ${join(import.meta.dirname, "wstest.mjs")}`

describe("npm run autobahn", () => {
  it("does not start with a pattern that the reference does not know", async () => {
    for (const pattern of long ? ["8.*", "14.*", "6.99.1", "nonsense"] : ["14.*"]) {
      const { code, err } = await autobahn(standIn, "1.1.1", pattern)
      expect([code, err]).toEqual([2, `no case of Autobahn|Testsuite fits ${pattern}\n`])
    }
  })

  it("says what is wrong with WSTEST", async () => {
    const missing = await autobahn("no-such-program --at-all", "1.1.1")
    expect(missing.code).toBe(2)
    expect(missing.err).toMatch(/^WSTEST names no-such-program --at-all, which does not answer --help: .*ENOENT.*\n$/)
    const failing = await autobahn(`${process.execPath} --no-such-option`, "1.1.1")
    expect(failing.code).toBe(2)
    expect(failing.err).toMatch(/^WSTEST names .* which does not answer --help: it ended with \d+\n$/)
  })

  it("says so when what WSTEST names writes no report", async () => {
    const { code, err } = await autobahn("true", "1.1.1")
    expect(code).toBe(2)
    expect(err).toMatch(/^the reference ended with 0 and wrote no .*index\.json that can be read: is it wstest\?\n$/)
  })

  it.runIf(long)("compares what both have found, in both roles", async () => {
    const differs = await run("autobahn.mjs", ["1.1.1"], { WSTEST: standIn, OTHERWISE: "FAILED" })
    expect(differs).toMatchObject({ code: 1 })
    for (const role of ["servers", "clients"]) {
      expect(differs.out).toContain(`${role}: 1 cases, 1 verdicts differ\n  1.1.1    Autobahn FAILED/OK, ours OK/OK\n`)
    }
  }, 600_000)

  it.runIf(long)("takes patterns, and ends with 0 where nothing differs", async () => {
    const same = await autobahn(standIn, "1.1.1", "7.7.*1")
    expect(same).toMatchObject({ code: 0 })
    expect(same.out).toBe("\nservers: 6 cases, 0 verdicts differ\n\nclients: 6 cases, 0 verdicts differ\n")
  }, 600_000)
})

describe("npm run conformance", () => {
  it("says what is wrong with its arguments", async () => {
    const peer = await run("conformance.mjs", ["--peer", "nobody"], {})
    expect([peer.code, peer.err]).toEqual([
      2,
      "no peer nobody: it is one of effect-ws, node-22, node-24, deno, bun, effect-4, ws\n"
    ])
    const cases = await run("conformance.mjs", ["--cases", "8.1"], {})
    expect([cases.code, cases.err]).toEqual([2, "no case matches 8.1\n"])
  }, 600_000)
})
