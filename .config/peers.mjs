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

/** What a person has to put right. It is told in a line, without a stack. */
export class Unusable extends Error {}

/** Runs a program whose exit code is the answer; 2 when it was not usable. What was started ends with it. */
export const main = async (run) => {
  try {
    process.exitCode = await run()
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    console.error(error.message)
    process.exitCode = 2
    for (const child of children) child.kill("SIGKILL")
  }
}

const children = new Set()

/** Starts a program; it is ended with us if we fail. */
export const launch = (command, args, options) => {
  const child = spawn(command, args, { cwd: root, ...options })
  children.add(child)
  child.once("exit", () => children.delete(child))
  return child
}

const thisNode = [process.execPath]

/**
 * Starts a server, and waits until it says where it is. What else it says is shown if wanted: a service logs every breach. `host` is the
 * command that runs it.
 */
export const start = async (args, shown, [command, ...flags] = thisNode) => {
  const process_ = launch(command, [...flags, ...args], { stdio: ["ignore", "pipe", "inherit"] })
  const lines = createInterface({ input: process_.stdout })
  const url = await new Promise((resolveUrl, reject) => {
    process_.once("exit", (code) => reject(new Unusable(`${args[0]} ended with ${code} before it listened`)))
    lines.on("line", (line) => {
      const found = /wss?:\/\/\S+/.exec(line)
      if (found !== null) resolveUrl(found[0])
      else if (shown) console.log(line)
    })
  })
  return { process: process_, url }
}

/** Runs a program to its end; the answer is its exit code. What it says is shown, or not: "inherit" or "ignore". */
export const untilEnd = async (args, output = "inherit", [command, ...flags] = thisNode) => {
  const [code] = await once(launch(command, [...flags, ...args], { stdio: ["ignore", output, output] }), "exit")
  return code ?? 130
}
