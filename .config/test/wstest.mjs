/**
 * Stands in for Autobahn's `wstest`, by our own examiner: `node wstest.mjs -m fuzzingclient -s FILE`. With a verdict in OTHERWISE,
 * that is what it says of every case. It ends when it is told so, as the reference does, and not before its reports are written.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"

const [flag, mode, , spec] = process.argv.slice(2)
if (flag === "--help") process.exit(0)
const cli = resolve(import.meta.dirname, "../../packages/conformance/dist/bin/effect-ws-conformance.js")
const child = spawn(process.execPath, [cli, mode === "fuzzingclient" ? "client" : "server", "--spec", spec], {
  stdio: "ignore"
})
process.on("SIGTERM", () => child.kill("SIGINT"))
await once(child, "exit")
if (process.env.OTHERWISE !== undefined) {
  const file = join(JSON.parse(readFileSync(spec, "utf8")).outdir, "index.json")
  const found = JSON.parse(readFileSync(file, "utf8"))
  for (const of of Object.values(found)) for (const id of Object.keys(of)) of[id].behavior = process.env.OTHERWISE
  writeFileSync(file, JSON.stringify(found))
}
