#!/usr/bin/env node
/**
 * `npx effect-ws …`: the command of `@effect-ws/cli`. If that is installed, it is run; otherwise npm fetches it, once, into its cache. So
 * applications do not carry it (docs/internals/decisions/command.md).
 */
import { spawn } from "node:child_process"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"

const name = "@effect-ws/cli"

/** The program, where it is installed beside this package or where it is called. */
const installed = (): string | undefined => {
  for (const from of [import.meta.url, join(process.cwd(), "package.json")]) {
    try {
      const require = createRequire(from)
      const manifest = require.resolve(`${name}/package.json`)
      return join(dirname(manifest), require(manifest).bin["effect-ws"])
    } catch {
      // It is not there.
    }
  }
  return undefined
}

const program = installed()
const args = process.argv.slice(2)
const isWindows = process.platform === "win32"
const child = program === undefined
  ? spawn(isWindows ? "npm.cmd" : "npm", ["exec", "--yes", "--", name, ...args], { stdio: "inherit", shell: isWindows })
  : spawn(process.execPath, [program, ...args], { stdio: "inherit" })

// Ctrl-C reaches both; who closes a connection then is the command, and we wait for it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal))
child.on("error", (error) => {
  console.error(`${name} is not installed, and npm cannot be run: ${error.message}`)
  process.exitCode = 127
})
child.on("exit", (code, signal) => {
  process.exitCode = code ?? (signal === "SIGINT" ? 130 : 1)
})
