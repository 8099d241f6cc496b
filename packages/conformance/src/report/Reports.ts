/**
 * Writes the reports of a run to a folder: `index.json` and `index.html`, a file of both kinds for each agent and case, and
 * `junit.xml`.
 *
 * What stands in them is made by `Json`, `Html` and `JUnit`.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import type { Results } from "../Results.js"
import * as Json from "./Json.js"

/**
 * The folder is created when missing; files of earlier runs are overwritten, others left alone.
 *
 * @since 0.1.0
 * @category reports
 */
export const write = (
  folder: string,
  results: Results
): Effect.Effect<void, PlatformError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* files.makeDirectory(folder, { recursive: true })
    const put = (name: string, text: string) => files.writeFileString(path.join(folder, name), text)
    yield* put("index.json", Json.format(Json.index(results)))
    yield* Effect.forEach(
      results.all(),
      (result) => put(`${Json.fileName(result.agent, result.case.id)}.json`, Json.format(Json.detail(result))),
      { concurrency: 16, discard: true }
    )
  })
