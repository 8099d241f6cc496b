/** The compiled service, started as a user starts it: a process of its own on a free port. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

export const program = (name: string): string => fileURLToPath(new URL(`../dist/bin/${name}.js`, import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end. */
export const run = async (name: string, args: ReadonlyArray<string>): Promise<Ended> => {
  const child = spawn(process.execPath, [program(name), ...args], { stdio: ["ignore", "pipe", "pipe"] })
  const stdout: Array<string> = []
  const stderr: Array<string> = []
  child.stdout.setEncoding("utf8").on("data", (text: string) => stdout.push(text))
  child.stderr.setEncoding("utf8").on("data", (text: string) => stderr.push(text))
  const [code] = await once(child, "close")
  return { code, stdout: stdout.join(""), stderr: stderr.join("") }
}

export interface Service {
  readonly ws: string
  readonly http: string
  readonly inspector: string
  readonly process: ChildProcess
  /** Ctrl-C; answers with the exit code. */
  readonly interrupt: () => Promise<number | null>
}

export const start = async (...args: ReadonlyArray<string>): Promise<Service> => {
  const child = spawn(process.execPath, [program("serve"), "--port", "0", ...args], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  const urls: Array<string> = []
  for await (const line of createInterface({ input: child.stdout })) {
    urls.push(...(/\w+:\/\/\S+/.exec(line) ?? []))
    if (urls.length === 3) break
  }
  const [ws = "", http = "", inspector = ""] = urls
  const exited = once(child, "exit")
  const interrupt = async (): Promise<number | null> => {
    child.kill("SIGINT")
    const [code] = await exited
    return code
  }
  return { ws, http, inspector, process: child, interrupt }
}
