/**
 * Other hosts than the Node that runs this: installs them from npm, into a folder of their own.
 *
 *     npm run hosts
 *
 * Then `npm run test:long` tries the client for pages on each of them, and `npm run conformance -- --peer deno` has our echo service and
 * our client examined there.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { launch, main, root } from "./peers.mjs"

const folder = join(root, "node_modules/.cache/hosts")
const program = (path) => join(folder, "node_modules", path)

/** Each as a command that runs a program. */
export const hosts = {
  "node-22": [program("node-22/bin/node")],
  "node-24": [program("node-24/bin/node")],
  deno: [program(".bin/deno"), "run", "--allow-all", "--quiet"],
  bun: [program(".bin/bun")]
}

/** Those that were tried; their binaries are packages of npm. */
const dependencies = { "node-22": "npm:node@^22", "node-24": "npm:node@^24", bun: "1.4.5", deno: "2.9.6" }

const install = async () => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies }))
  const child = launch("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"]
  })
  return new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 1)))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(install)
