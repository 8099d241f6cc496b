/** Headers as somebody gave them -> header lines, whatever was given: what is no header becomes a line that no rule lets pass. */

type Line = readonly [name: string, value: string]

export const lines = (given: unknown): ReadonlyArray<Line> => {
  const lines: Array<Line> = []
  for (const entry of entries(given)) {
    if (!Array.isArray(entry) || entry.length !== 2) {
      lines.push([notAPair, ""])
      continue
    }
    const [name, value]: ReadonlyArray<unknown> = entry
    if (value === undefined) continue
    lines.push([typeof name === "string" ? name : notAString, typeof value === "string" ? value : neverWritten])
  }
  return lines
}

const entries = (given: unknown): Iterable<unknown> => {
  if (given === undefined) return []
  if (typeof given !== "object" || given === null) return [given]
  if ("then" in given && typeof given.then === "function") {
    given.then(undefined, () => {}) // it is refused: nobody else takes its failure, which would end the process
    return [given]
  }
  return Symbol.iterator in given ? given as Iterable<unknown> : Object.entries(given)
}

// Neither is a token.
const notAPair = "(no pair of name and value)"
const notAString = "(no string)"

const neverWritten = "\0"
