/**
 * Several processes on one port, which are started by the same command: in the first one this starts the others.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import cluster from "node:cluster"
import * as Primary from "./Primary.js"
import * as Worker from "./Worker.js"

const journal = "EXAMPLE_JOURNAL"

export const run = (port: number, count: number) =>
  Effect.gen(function*() {
    const kept = process.env[journal]
    if (cluster.isWorker && kept !== undefined) {
      yield* Worker.start(port, kept)
    } else {
      const files = yield* FileSystem.FileSystem
      const file = kept ?? `${yield* files.makeTempDirectoryScoped()}/notes.txt`
      const found = yield* Primary.start(count, { [journal]: file })
      yield* Console.log(`Open http://localhost:${found}/ (Ctrl-C ends it)`)
    }
    return yield* Effect.never
  }).pipe(Effect.scoped)
