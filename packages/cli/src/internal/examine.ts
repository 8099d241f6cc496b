/**
 * `effect-ws examine`: the examiner's own program, as it is, with the arguments that follow. It reads them, writes its reports, and sets the exit
 * code by itself.
 */
import * as Effect from "effect/Effect"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"

const name = "@effect-ws/conformance"

export const examine = (args: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const require = createRequire(import.meta.url)
    const manifest = require.resolve(`${name}/package.json`)
    const program = join(dirname(manifest), require(manifest).bin["effect-ws-conformance"])
    process.argv.splice(1, process.argv.length, program, ...args)
    await import(pathToFileURL(program).href)
  })
