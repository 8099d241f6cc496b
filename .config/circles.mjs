/**
 * Circles of imports between the files of each package. A circle is real if it is there at run time; one of `import type` alone
 * is not, but keeps its files from being read one after the other.
 *
 *     npm run circles                   shows them; exit code 1 on a real one, and on one of types that is not committed
 *     npm run circles -- --update       writes those of types to `.config/circles.txt`
 *     npm run circles -- --root FOLDER  of another repository of the same form
 *     npm run circles -- --help
 *
 * In: the imports of `packages/<name>/src`. Out: a line for each set of files of which each is reached from each other one. A set
 * that is part of a committed one is as committed: circles may shrink unseen, and grow only by `--update`.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import ts from "typescript"

const usage = readFileSync(fileURLToPath(import.meta.url), "utf8").match(/^ \*( {5}npm run.*)$/gm)
  .map((line) => line.slice(2)).join("\n")

/** Its arguments, and where what it says goes: `say(text, code)` answers the exit code. */
export const main = (args, say) => {
  const { values } = parseArgs({
    args,
    options: { help: { type: "boolean" }, update: { type: "boolean" }, root: { type: "string" } }
  })
  if (values.help) return say(usage, 0)
  const root = resolve(values.root ?? join(dirname(fileURLToPath(import.meta.url)), ".."))
  const imports = filesOf(root).flatMap((file) => importsOf(root, file))
  const list = join(root, ".config/circles.txt")
  const real = circles(imports.filter(({ isType }) => !isType))
  const ofTypes = circles(imports).filter((circle) => !real.some((one) => isPart(one, circle)))
  if (values.update) {
    mkdirSync(dirname(list), { recursive: true })
    writeFileSync(list, ofTypes.map((circle) => `${circle.join(" ")}\n`).join(""))
  }
  return judge(imports, real, ofTypes, existsSync(list) ? readFileSync(list, "utf8") : "", say)
}

const judge = (imports, real, ofTypes, committed, say) => {
  const known = committed.split("\n").filter((line) => line !== "").map((line) => line.split(" "))
  const grown = ofTypes.filter((circle) => !known.some((one) => isPart(circle, one)))
  const old = ofTypes.filter((circle) => !grown.includes(circle))
  const parts = [
    ["real circles", real],
    ["new circles of types", grown],
    ["circles of types, as committed", old]
  ]
  const text = parts.filter(([, some]) => some.length > 0).flatMap(([what, some]) => [
    `${some.length} ${what}`,
    ...some.flatMap((circle) => told(imports, circle))
  ])
  if (real.length + grown.length === 0) return say([...text, "no other circle"].join("\n"), 0)
  const advice =
    "Put what both files need where both can import it. What cannot be helped, if of types: npm run circles -- --update"
  return say([...text, "", advice].join("\n"), 1)
}

/** The imports inside of a circle. */
const told = (imports, circle) => [
  ...imports.filter(({ from, to }) => circle.includes(from) && circle.includes(to))
    .map(({ from, isType, to }) => `  ${from} -> ${to.split("/src/")[1]}${isType ? " (types)" : ""}`),
  ""
]

const isPart = (some, all) => some.every((file) => all.includes(file))

const filesOf = (root) =>
  readdirSync(join(root, "packages")).flatMap((name) => {
    const folder = join(root, "packages", name, "src")
    if (!existsSync(folder)) return []
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .map((path) => join("packages", name, "src", path).replaceAll("\\", "/"))
      .sort()
  })

/** The relative imports of a file: `verbatimModuleSyntax` keeps each but `import type` and `export type` at run time. */
const importsOf = (root, file) => {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.Latest)
  const found = new Map()
  const add = (specifier, isType) => {
    if (!specifier.startsWith(".")) return
    const to = relative(root, join(root, dirname(file), specifier)).replaceAll("\\", "/").replace(/\.js$/, ".ts")
    found.set(to, isType && (found.get(to) ?? true))
  }
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier.text, node.importClause?.isTypeOnly ?? false)
    if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      add(node.moduleSpecifier.text, node.isTypeOnly)
    }
    if (ts.isImportTypeNode(node)) add(node.argument.literal.text, true)
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      if (ts.isStringLiteral(node.arguments[0])) add(node.arguments[0].text, false)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return [...found].map(([to, isType]) => ({ from: file, to, isType }))
}

/** The sets of files that reach each other (Tarjan's strongly connected components), of two files and more, sorted. */
const circles = (imports) => {
  const next = new Map()
  for (const one of imports) next.set(one.from, [...next.get(one.from) ?? [], one])
  const seen = new Map()
  const stack = []
  const found = []
  const visit = (file) => {
    const own = { number: seen.size, lowest: seen.size, isOpen: true }
    seen.set(file, own)
    stack.push(file)
    for (const { to } of next.get(file) ?? []) {
      const other = seen.get(to) ?? visit(to)
      if (other.isOpen) own.lowest = Math.min(own.lowest, other.lowest)
    }
    if (own.lowest === own.number) {
      const circle = stack.splice(stack.indexOf(file))
      for (const one of circle) seen.get(one).isOpen = false
      if (circle.length > 1) found.push(circle.sort())
    }
    return own
  }
  for (const file of next.keys()) if (!seen.has(file)) visit(file)
  return found.sort((one, other) => one[0] < other[0] ? -1 : 1)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = main(process.argv.slice(2), (text, code) => {
    if (code === 0) console.log(text)
    else console.error(text)
    return code
  })
}
