/** The command as users have it: compiled, in a process of its own. */
import * as Effect from "effect/Effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export const program = fileURLToPath(new URL("../dist/bin/effect-ws.js", import.meta.url))

/** What takes a process each: `npm test` has few of them, `npm run test:long` all. */
export const isLong = process.env["LONG"] !== undefined

export interface Done {
  readonly code: number
  readonly out: Buffer
  readonly err: string
}

/** Runs to the end. Of `input` it is given all at once. */
export const run = (args: ReadonlyArray<string>, input: string | Uint8Array = "") =>
  Effect.acquireUseRelease(
    Effect.sync(() => start(process.execPath, [program, ...args])),
    ({ child, done }) =>
      Effect.promise(() => {
        child.stdin?.on("error", () => {}) // it may end before it has read all
        child.stdin?.end(input)
        return done
      }),
    stop
  )

/** An empty one, for as long as the scope. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-ws-cli-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
)

/** Files of a folder that is gone with the scope, and their paths. */
export const files = <K extends string>(contents: Readonly<Record<K, string>>) =>
  Effect.map(folder, (folder) => {
    const path = (name: K): string => join(folder, `${name}.pem`)
    for (const name in contents) writeFileSync(path(name), contents[name])
    return path
  })

/** How `connect` with each of these options ended, and the last line that is told to whoever ran it. */
export const codes = (url: string, cases: Readonly<Record<string, ReadonlyArray<string>>>) =>
  Effect.map(
    Effect.forEach(Object.entries(cases), ([name, args]) =>
      Effect.map(run(["connect", url, ...args]), ({ code, err }) =>
        [name, code, err.trimEnd().split("\n").at(-1) ?? ""] as const), {
      concurrency: 3
    }),
    (all) =>
      Object.fromEntries(all.map(([name, ...rest]) => [name, rest]))
  )

/** Starts, and is ended with the scope. */
export const running = (args: ReadonlyArray<string>) =>
  Effect.acquireRelease(Effect.sync(() => start(process.execPath, [program, ...args])), stop)

export const noTerminal = !existsSync("/usr/bin/script")

/** The same in a terminal, which `script` makes. */
export const inTerminal = (args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      start("/usr/bin/script", ["-qfec", [process.execPath, program, ...args].map(quoted).join(" "), "/dev/null"])
    ),
    stop
  )

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

const start = (command: string, args: ReadonlyArray<string>) => {
  const child = spawn(command, args, { stdio: "pipe", env: { ...process.env, TERM: "xterm" } })
  const out: Array<Buffer> = []
  let err = ""
  child.stdout.on("data", (data: Buffer) => out.push(data))
  child.stderr.on("data", (data) => err += String(data))
  const done = once(child, "close").then(([code]): Done => ({ code: Number(code ?? -1), out: Buffer.concat(out), err }))
  /** What was written so far, on both. */
  const said = (): string => `${Buffer.concat(out)}${err}`
  return { child, done, said, until: (text: string | RegExp) => until(() => matches(said(), text)) }
}

const matches = (said: string, text: string | RegExp): boolean =>
  typeof text === "string" ? said.includes(text) : text.test(said)

/** The time of the test is the limit. */
const until = (isSo: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => isSo() ? Effect.void : Effect.delay(until(isSo), "20 millis"))

const stop = ({ child, done }: { readonly child: ChildProcess; readonly done: Promise<Done> }) =>
  Effect.promise(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL")
    await done
  })
