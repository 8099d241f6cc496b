/** Several processes, as tests start them. */
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(new URL("../dist/bin/example.js", import.meta.url))

/** The example as a user starts it: compiled, in a process of its own, with two more that serve on a free port. */
export const start = Effect.gen(function*() {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-ws-processes-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
  )
  const journal = join(folder, "notes.txt")
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [program, "processes", "--port", "0", "--count", "2"], {
        env: { ...process.env, EXAMPLE_JOURNAL: journal, NODE_CLUSTER_SCHED_POLICY: "rr" },
        stdio: ["ignore", "pipe", "inherit"]
      })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL")) // its workers go when it is gone
  )
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const line = Effect.promise(async () => String((await lines.next()).value))
  const exited = once(child, "exit")
  const [, url = ""] = /^Open (\S+) /.exec(yield* line) ?? []
  return {
    url,
    line,
    notes: () => readFileSync(journal, "utf8").trimEnd().split("\n"),
    signal: (name: NodeJS.Signals) => Effect.sync(() => child.kill(name)),
    exited: Effect.promise(() => exited)
  }
})
