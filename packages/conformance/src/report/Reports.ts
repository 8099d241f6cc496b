/**
 * Writes the reports of a run to a folder: `index.json` and `index.html`, a file of both kinds for each agent and case,
 * `junit.xml`, and `verdicts.json`, which is what a later run may be held to.
 *
 * What stands in them is made by `Json`, `IndexPage`, `CasePage` and `JUnit`.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { format } from "@effect-ws/codec/report/Json"
import * as Effect from "effect/Effect"
import * as Expected from "../verdict/Expected.js"
import type { Results } from "../verdict/Results.js"
import * as CasePage from "./CasePage.js"
import * as IndexPage from "./IndexPage.js"
import * as Json from "./Json.js"
import * as JUnit from "./JUnit.js"
import { style } from "./style.js"

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
    yield* put("index.json", format(Json.index(results)))
    yield* put("verdicts.json", Expected.format(Expected.update({}, results, results.agents())))
    yield* put("index.html", IndexPage.page(results, new Date()))
    yield* put("report.css", style)
    yield* put("junit.xml", JUnit.format(results))
    yield* Effect.forEach(results.agents(), (agent) => {
      const of = results.of(agent)
      return Effect.forEach(of, (result, i) => {
        const name = Json.fileName(agent, result.case.id)
        return Effect.zipRight(
          put(`${name}.json`, format(Json.detail(result))),
          put(`${name}.html`, CasePage.page(result, of[i - 1]?.case.id, of[i + 1]?.case.id))
        )
      }, { concurrency: 16, discard: true })
    }, { discard: true })
  })
