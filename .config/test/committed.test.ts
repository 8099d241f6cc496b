/**
 * What must not be committed: paths of the machine that wrote it, and the host of the registry it installed from.
 */
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { root } from "./repository.js"

/** What git holds, or would on the next `git add`. */
const files = (): ReadonlyArray<string> =>
  execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root, encoding: "utf8" })
    .split("\0")
    .filter((file) => statSync(join(root, file), { throwIfNoEntry: false })?.isFile())

const holding = (pattern: RegExp): ReadonlyArray<string> =>
  files().flatMap((file) => {
    const found = pattern.exec(readFileSync(join(root, file), "latin1"))
    return found === null ? [] : [`${file}: ${found[0]}`]
  })

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")

describe.skipIf(!existsSync(join(root, ".git")))("committed files", () => {
  it("hold no path of a machine", () => {
    expect(holding(/(?<![\w.-])\/(?:work|root|home\/\w+|Users\/\w+)\//)).toEqual([])
  })

  it("name no registry but npm's own", () => {
    expect(holding(/^(?:@[\w-]+:)?registry\s*=\s*\S+|_authToken\s*=\s*\S+/m)).toEqual([])
    const registry = execFileSync("npm", ["config", "get", "registry"], { cwd: root, encoding: "utf8" }).trim()
    const { host } = new URL(registry)
    if (host !== "registry.npmjs.org") expect(holding(new RegExp(escape(host)))).toEqual([])
  })

  it("package-lock.json says what, not from where", () => {
    const elsewhere = lock.flatMap(([path, { link, resolved }]) => link || resolved === undefined ? [] : [path])
    expect(elsewhere).toEqual([])
  })

  // Where a registry lacks a platform's build, npm leaves it out without a word, and `npm ci` then refuses the file.
  it("package-lock.json holds the optional dependencies of every platform", () => {
    const missing = lock.flatMap(([path, { optionalDependencies }]) =>
      Object.keys(optionalDependencies ?? {})
        .filter((name) => !lock.some(([other]) => other.endsWith(`node_modules/${name}`)))
        .map((name) => `${path} -> ${name}`)
    )
    expect(missing).toEqual([])
  })
})

interface Locked {
  readonly link?: boolean
  readonly resolved?: string
  readonly optionalDependencies?: Record<string, string>
}

const lock: ReadonlyArray<readonly [path: string, locked: Locked]> = Object.entries(
  JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages
)
