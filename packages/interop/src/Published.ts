/**
 * What is committed: `results.json` of this package, and the table that docs/reference/interop.md makes of it.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as Peers from "./Peers.js"
import * as Table from "./Table.js"

/**
 * The page.
 *
 * @since 0.1.0
 * @category constants
 */
export const page = fileURLToPath(new URL("../../../docs/reference/interop.md", import.meta.url))

const file = fileURLToPath(new URL("../results.json", import.meta.url))

/**
 * What is committed cannot be read, or written.
 *
 * @since 0.1.0
 * @category errors
 */
export class PublishedError extends Data.TaggedError("PublishedError")<{ readonly message: string }> {}

/**
 * @since 0.1.0
 * @category results
 */
export const read: Effect.Effect<Table.Results, PublishedError> = Effect.suspend(() =>
  Schema.decodeUnknown(Schema.parseJson(Table.Results))(existsSync(file) ? readFileSync(file, "utf8") : "{}")
).pipe(Effect.mapError(({ message }) => new PublishedError({ message })))

/**
 * The table of results, as the page has it.
 *
 * @since 0.1.0
 * @category results
 */
export const table = (results: Table.Results): string => Table.markdown(Peers.all, results, Peers.absent)

/**
 * @since 0.1.0
 * @category results
 */
export const write = (results: Table.Results): Effect.Effect<void, PublishedError> =>
  Effect.suspend(() => {
    const text = Table.replaced(readFileSync(page, "utf8"), table(results))
    if (text === undefined) {
      return new PublishedError({ message: "docs/reference/interop.md lacks the marks around its table" })
    }
    const inOrder = Object.fromEntries(Object.entries(results).sort(([one], [other]) => one < other ? -1 : 1))
    writeFileSync(file, `${JSON.stringify(inOrder, undefined, 2)}\n`)
    writeFileSync(page, text)
    return Effect.void
  })
