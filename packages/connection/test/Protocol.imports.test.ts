/** What the machine loads, and which of its files need which: read from the imports. */
import { describe, expect, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import ts from "typescript"

interface Import {
  readonly specifier: string
  readonly isOfTypes: boolean
}

const packages = fileURLToPath(new URL("../../", import.meta.url))
const source = `${packages}connection/src/`

const importsOf = (file: string): ReadonlyArray<Import> =>
  ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ESNext).statements.flatMap((statement) => {
    const isImport = ts.isImportDeclaration(statement)
    if (!isImport && !ts.isExportDeclaration(statement)) return []
    const { moduleSpecifier } = statement
    if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) return []
    const isOfTypes = isImport ? statement.importClause?.isTypeOnly === true : statement.isTypeOnly
    return [{ specifier: moduleSpecifier.text, isOfTypes }]
  })

/** The file, or the name of a foreign module. */
const resolve = (from: string, specifier: string): string =>
  specifier.startsWith(".")
    ? fileURLToPath(new URL(specifier.replace(/\.js$/, ".ts"), `file://${from}`))
    : specifier.replace(/^@effect-ws\/(codec)\/(.*)$/, `${packages}$1/src/$2.ts`)

/** All that is loaded with it, or only looked at for its types. */
const closureOf = (file: string, follows: (one: Import) => boolean): ReadonlySet<string> => {
  const reached = new Set<string>()
  const visit = (file: string): void => {
    if (!file.endsWith(".ts")) return
    for (const one of importsOf(file).filter(follows)) {
      const next = resolve(file, one.specifier)
      if (reached.has(next)) continue
      reached.add(next)
      visit(next)
    }
  }
  visit(file)
  return reached
}

const machine = readdirSync(`${source}protocol`).map((name) => `${source}protocol/${name}`)

describe("the machine", () => {
  it("loads nothing but itself and codec: neither Effect nor a host", () => {
    const loaded = [...closureOf(`${source}Protocol.ts`, ({ isOfTypes }) => !isOfTypes)]
    const own = (path: string) => path.startsWith(`${source}protocol/`) || path.startsWith(`${packages}codec/src/`)
    expect(loaded.filter((path) => !own(path))).toEqual([])
    expect(loaded).toContain(`${packages}codec/src/Decoder.ts`)
    expect(loaded).toContain(`${source}protocol/transitions.ts`)
  })

  it("has no file that needs itself, nor one of a room above it, be it for types", () => {
    for (const file of machine) {
      const within = closureOf(file, ({ specifier }) => specifier.startsWith("./"))
      expect([file, within.has(file)]).toEqual([file, false])
      const above = importsOf(file).map(({ specifier }) => specifier)
        .filter((specifier) => /\/(Protocol|Connection)\.js$|\/(shell|receiving|sending)\//.test(specifier))
      expect([file, above]).toEqual([file, []])
    }
  })
})
