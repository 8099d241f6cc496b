/**
 * The files of the Effect 4 edition. In: the files of the packages, by path below `packages/`, and the modules that are the edition's
 * own. Out: the edition's files, and what could not be translated.
 *
 * It does not read or write files, nor does it know a compiler.
 */
import { manifestOf } from "./Manifest.js"
import { type Prose, reworded } from "./prose.js"
import type { Tables } from "./Table.js"
import { type Problem, translate } from "./Translate.js"

export type Files = ReadonlyMap<string, string>

/** By path: why this file, or this folder (which ends with a slash), has no counterpart in the edition. */
export type LeftOut = Readonly<Record<string, string>>

export interface Edition {
  readonly files: Files
  readonly problems: ReadonlyArray<Problem>
}

/** Those that the edition has, by their folder. The last is measured, and not packed. */
export const packages: ReadonlyArray<string> = [
  "codec",
  "connection",
  "platform",
  "platform-node",
  "platform-browser",
  "effect-ws",
  "example-echo",
  "benchmark"
]

/** Packages without Effect: copied, with their version. */
export const shared: ReadonlyArray<string> = ["codec"]

/** An example of the edition's own, in place of the one in a file's documentation, is named like the file with this behind it. */
const exampleEnding = ".example"

export const make = (
  given: Files,
  own: Files,
  leftOut: LeftOut,
  tables: Tables,
  skipped: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
  prose: Prose = {}
): Edition => {
  const files = new Map<string, string>()
  const problems: Array<Problem> = []
  const stands = [...own.keys()].map((path) => path.replace(exampleEnding, ""))
  for (const path of [...stands, ...Object.keys(leftOut), ...Object.keys(prose)]) {
    if (![...given.keys()].some((one) => isOf(one, path))) {
      problems.push({ file: path, line: 1, name: path, why: "it stands for a file that is not there" })
    }
  }
  for (const [path, text] of given) {
    if (isLeftOut(path, leftOut)) continue
    const mine = own.get(path)
    if (mine !== undefined) files.set(path, mine)
    else if (path.endsWith("/package.json")) files.set(path, manifestOf(text))
    else if (path.endsWith("/tsconfig.test.json")) files.set(path, withUnused(text))
    else if (!path.endsWith(".ts") || shared.includes(packageOf(path))) files.set(path, text)
    else {
      const example = own.get(path + exampleEnding)
      const said = (prose[path] ?? []).reduce((before, [written, instead]) => {
        const after = reworded(before, written, instead)
        if (after === undefined) problems.push({ file: path, line: 1, name: written, why: "this is not written there" })
        return after ?? before
      }, text)
      const exported = withoutExports(path, said, leftOut)
      const translated = translate(
        path,
        example === undefined ? exported : withExample(exported, ""),
        tables,
        skipped[path]
      )
      files.set(path, example === undefined ? translated.text : withExample(translated.text, example))
      problems.push(...translated.problems)
    }
  }
  return { files, problems }
}

const isLeftOut = (path: string, leftOut: LeftOut): boolean => Object.keys(leftOut).some((one) => isOf(path, one))

const isOf = (path: string, given: string): boolean => given.endsWith("/") ? path.startsWith(given) : path === given

const packageOf = (path: string): string => path.split("/", 1)[0] ?? ""

/** What is left out is not exported by the package's index. */
const withoutExports = (path: string, text: string, leftOut: LeftOut): string =>
  !path.endsWith("/src/index.ts") ?
    text :
    text.replace(/^export .* from "\.\/(.*)\.js"\n/gm, (line, module: string) =>
      isLeftOut(path.replace(/index\.ts$/, `${module}.ts`), leftOut) ? "" : line)

const withExample = (text: string, example: string): string =>
  text.replace(
    /( \* @example\n)(?: \*(?! @|\/).*\n)*/,
    (_, tag: string) =>
      `${tag}${example.trimEnd().split("\n").map((line) => ` *${line === "" ? "" : ` ${line}`}\n`).join("")} *\n`
  )

/** What only a test uses that is skipped is used by nobody. */
const withUnused = (text: string): string => {
  const settings = JSON.parse(text)
  const compilerOptions = { ...settings.compilerOptions, noUnusedLocals: false }
  return `${JSON.stringify({ ...settings, compilerOptions }, undefined, 2)}\n`
}
