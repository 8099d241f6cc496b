/**
 * Which code of ours no input has reached: what V8 counts while targets run (the inspector's precise coverage). A target that never
 * comes to a branch proves nothing about it; either its inputs are to be made otherwise, or the branch is for others to test.
 */
import { readFileSync } from "node:fs"
import { type Profiler, Session } from "node:inspector"
import { fileURLToPath } from "node:url"

/** What targets are there for. */
const examined =
  /\/(codec\/dist\/(Decoder|Legality|Frame|HttpHead|ExtensionHeader|PermessageDeflate|CloseStatus|Utf8)|connection\/dist\/(Protocol|Assembler|internal\/batch)|platform-node\/dist\/internal\/inflater)\.js$/

export interface Missed {
  readonly file: string
  /** Of what is compiled, as is the text. */
  readonly line: number
  readonly text: string
}

/** Runs `work`, and gives the branches and functions that it did not come to. */
export const missedBy = (work: () => void): ReadonlyArray<Missed> => {
  const session = new Session()
  session.connect()
  session.post("Profiler.enable")
  session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true })
  work()
  const missed: Array<Missed> = []
  session.post("Profiler.takePreciseCoverage", (_error, { result }) => missed.push(...result.flatMap(missedIn)))
  session.disconnect()
  return missed
}

const missedIn = ({ functions, url }: Profiler.ScriptCoverage): ReadonlyArray<Missed> => {
  if (!examined.test(url)) return []
  const source = readFileSync(fileURLToPath(url), "utf8")
  return functions.flatMap(({ ranges }) => ranges).filter(({ count }) => count === 0).map((
    { endOffset, startOffset }
  ) => ({
    file: url.slice(url.lastIndexOf("packages/") + "packages/".length).replace("/dist/", "/"),
    line: source.slice(0, startOffset).split("\n").length,
    text: source.slice(startOffset, Math.min(endOffset, startOffset + 80)).replaceAll(/\s+/g, " ")
  }))
}
