/** What is on the command line, and of which version this is. */
import { readFileSync } from "node:fs"

/** People write `testee URL --agent NAME`; Effect wants the options before the argument. */
export const optionsFirst = ([node = "", script = "", ...args]: ReadonlyArray<string>): ReadonlyArray<string> => {
  const [first] = args
  return first === undefined || first.startsWith("-")
    ? [node, script, ...args]
    : [node, script, ...args.slice(1), first]
}

export const version = (): string =>
  JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version
