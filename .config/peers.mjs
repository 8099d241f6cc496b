/**
 * The programs that conformance runs start, and how they are started. Each server says its URL in a line of its own on standard
 * output.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { dirname, resolve } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "..")

export const service = ["packages/example-echo/dist/bin/serve.js", "--port", "0", "--host", "127.0.0.1"]
export const testee = ["packages/example-echo/dist/bin/testee.js"]
export const examiner = ["packages/conformance/dist/bin/effect-ws-conformance.js"]

/** Starts a server, and waits until it says where it is. What else it says is shown if wanted: a service logs every breach. */
export const start = async (args, shown) => {
  const process_ = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] })
  const lines = createInterface({ input: process_.stdout })
  const url = await new Promise((resolveUrl, reject) => {
    process_.once("exit", (code) => reject(new Error(`${args[0]} ended with ${code} before it listened`)))
    lines.on("line", (line) => {
      const found = /wss?:\/\/\S+/.exec(line)
      if (found !== null) resolveUrl(found[0])
      else if (shown) console.log(line)
    })
  })
  return { process: process_, url }
}

/** Runs a program to its end; the answer is its exit code. What it says is shown, or not: "inherit" or "ignore". */
export const untilEnd = async (args, output = "inherit") => {
  const [code] = await once(spawn(process.execPath, args, { cwd: root, stdio: ["ignore", output, output] }), "exit")
  return code ?? 130
}
