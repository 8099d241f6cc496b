/** Hosts that are no browsers, and have a WebSocket of their own: as `npm run hosts` has installed them. */
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import type { Start } from "./visit.js"

export interface Host {
  readonly name: string
  readonly path: string
  readonly arguments: ReadonlyArray<string>
}

const installed = resolve(import.meta.dirname, "../../../../node_modules/.cache/hosts/node_modules")

export const hosts: ReadonlyArray<Host> = [
  { name: "Node 22", path: join(installed, "node-22/bin/node"), arguments: [] },
  { name: "Node 24", path: join(installed, "node-24/bin/node"), arguments: [] },
  { name: "Deno", path: join(installed, ".bin/deno"), arguments: ["run", "--allow-all", "--no-config", "--quiet"] },
  { name: "Bun", path: join(installed, ".bin/bun"), arguments: [] }
]

export const isInstalled = ({ path }: Host): boolean => existsSync(path)

/** Runs a program for pages there. A page's URLs are relative to it. */
export const starting = (host: Host): Start => (url, script) => {
  const folder = mkdtempSync(join(tmpdir(), "effect-ws-host-"))
  const file = join(folder, "program.mjs")
  const relative = `const fetchOf = globalThis.fetch
globalThis.fetch = (path, init) => fetchOf(new URL(path, ${JSON.stringify(url)}), init)
`
  writeFileSync(file, relative + script)
  const child = spawn(host.path, [...host.arguments, file], { stdio: ["ignore", "inherit", "inherit"], cwd: folder })
  return () => {
    child.kill("SIGKILL")
    rmSync(folder, { recursive: true, force: true })
  }
}
