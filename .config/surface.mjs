/**
 * The public surface: every name that users can import of a published package, with its declaration. Compares it with what is
 * committed in `.config/surface/`, one file for each package.
 *
 *     npm run surface                   compiles, compares, and shows what is different; exit code 1 if anything is
 *     npm run surface -- --update       writes what is found
 *     npm run surface -- --root FOLDER  of another repository of the same form
 *     npm run surface -- --help
 *
 * In: the declarations that the compiler wrote (`dist/*.d.ts`), and `exports` of each `package.json`. Out: those of modules that are
 * not closed, in the order of their names, without comments. A name that comes from a closed room is shown as it is declared there.
 * It does not judge whether a change is a breaking one.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { basename, dirname, join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import ts from "typescript"
import { published } from "./published.mjs"

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
  const packages = published(root)
  const stale = packages.filter(isStale).map(({ name }) => name)
  if (stale.length > 0) return say(`${stale.join(", ")}: not compiled since the sources changed. Run: npm run build`, 2)
  const found = new Map(packages.map((one) => [`${one.name.replace(/^@[^/]*\//, "")}.txt`, surface(one)]))
  const folder = join(root, ".config/surface")
  return values.update ? update(folder, found, say) : compare(folder, found, say)
}

const update = (folder, found, say) => {
  mkdirSync(folder, { recursive: true })
  for (const file of readdirSync(folder)) if (!found.has(file)) rmSync(join(folder, file))
  for (const [file, text] of found) writeFileSync(join(folder, file), text)
  return say(`wrote ${found.size} files in .config/surface`, 0)
}

const compare = (folder, found, say) => {
  const files = [...new Set([...found.keys(), ...(existsSync(folder) ? readdirSync(folder) : [])])].sort()
  const differences = files.flatMap((file) => {
    const committed = existsSync(join(folder, file)) ? readFileSync(join(folder, file), "utf8") : ""
    return difference(file, committed, found.get(file) ?? "")
  })
  if (differences.length === 0) return say(`${found.size} packages: the public surface is as committed`, 0)
  const shown = differences.slice(0, 100)
  if (shown.length < differences.length) shown.push(`… and ${differences.length - shown.length} lines more`)
  const advice = "The public surface changed. If that is meant, run: npm run surface -- --update  (and add a changeset)"
  return say([...shown, "", advice].join("\n"), 1)
}

/** Whether a source is newer than what the compiler noted last. */
const isStale = ({ folder }) => {
  const noted = statSync(join(folder, ".tsbuildinfo/src"), { throwIfNoEntry: false })?.mtimeMs ?? 0
  return readdirSync(join(folder, "src"), { recursive: true, encoding: "utf8" })
    .some((path) => path.endsWith(".ts") && statSync(join(folder, "src", path)).mtimeMs > noted)
}

/** One package as text. Nothing outside of it is read: no type is computed, declarations are shown as they stand. */
const surface = ({ folder, modules, name }) => {
  const options = { noLib: true, noResolve: false, types: [], module: ts.ModuleKind.NodeNext }
  const host = ts.createCompilerHost(options)
  host.resolveModuleNameLiterals = (literals, from) =>
    literals.map(({ text }) => {
      const file = join(dirname(from), text.replace(/\.js$/, ".d.ts"))
      return text.startsWith(".") && existsSync(file)
        ? { resolvedModule: { resolvedFileName: file, extension: ".d.ts" } }
        : { resolvedModule: undefined }
    })
  const program = ts.createProgram(modules.map(({ file }) => file), options, host)
  const checker = program.getTypeChecker()
  const listed = new Set(modules.map(({ file }) => file))
  const shown = modules.map(({ file, path }) => {
    const source = program.getSourceFile(file)
    if (source === undefined) throw new Error(`${relative(folder, file)} is missing. Run: npm run build`)
    return [`## ${path === "." ? name : name + path.slice(1)}`, "", ...linesOf(checker, source, listed), ""].join("\n")
  })
  return [`# The public surface of ${name}. Written by: npm run surface -- --update`, "", ...shown].join("\n")
}

/** The exports of a module, in the order of their names; before them what it passes on of other packages. */
const linesOf = (checker, source, listed) => {
  const passedOn = source.statements.filter((statement) =>
    ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined &&
    !statement.moduleSpecifier.text.startsWith(".")
  ).map((statement) => print(statement, source)).sort()
  const own = checker.getExportsOfModule(checker.getSymbolAtLocation(source) ?? { exports: new Map() })
    .toSorted((one, other) => one.name < other.name ? -1 : 1)
    .flatMap((symbol) => {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
      const declarations = target.declarations ?? []
      // Of another package: it is passed on, and told above.
      if (declarations.length === 0) return []
      if (declarations.some(ts.isSourceFile)) {
        const [module] = declarations
        const name = basename(module.fileName, ".d.ts")
        if (listed.has(module.fileName)) return [`namespace ${symbol.name}${name === symbol.name ? "" : ` = ${name}`}`]
        // A module that users have no other way to.
        const inside = linesOf(checker, module, listed).join("\n").split("\n").map((line) => `    ${line}`)
        return [`namespace ${symbol.name} {`, ...inside, "}"]
      }
      const renamed = target.name === symbol.name ? [] : [`${symbol.name} is ${target.name}:`]
      return [...renamed, ...declarations.flatMap(withBase).map((one) => print(one, one.getSourceFile()))]
    })
  return [...passedOn, ...own]
}

/** `class Tag extends Tag_base`: the compiler puts into a constant of its own what the class is made of. */
const withBase = (declaration) => {
  const base = ts.isClassDeclaration(declaration)
    ? declaration.heritageClauses?.[0]?.types[0]?.expression.getText()
    : undefined
  const constant = base?.endsWith("_base") ? declaration.getSourceFile().locals?.get(base)?.declarations ?? [] : []
  return [...constant, declaration].map(statementOf)
}

/** `const a: A` stands two levels below its statement. */
const statementOf = (declaration) => ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration

const printer = ts.createPrinter({ removeComments: true })

/** Without `export declare`, which all have, and without what a class keeps to itself. */
const print = (node, source) => {
  const { transformed: [visible] } = ts.transform(node, [withoutPrivate, withSortedUnions(source)])
  return printer.printNode(ts.EmitHint.Unspecified, visible, source)
    .replace(/^(export )?(declare )?/, "")
    .replace(/^\{/, "export {")
    .replace(/^\*/, "export *")
}

const withoutPrivate = (context) => (node) => {
  const visit = (child) => {
    const isPrivate = ts.isClassElement(child) &&
      ((child.name !== undefined && ts.isPrivateIdentifier(child.name)) ||
        (ts.getCombinedModifierFlags(child) & ts.ModifierFlags.Private) !== 0)
    return isPrivate ? undefined : ts.visitEachChild(child, visit, context)
  }
  return visit(node)
}

/** The compiler writes a union that it computed in the order in which it met the members, which differs from build to build. */
const withSortedUnions = (source) => (context) => (node) => {
  const text = (type) => printer.printNode(ts.EmitHint.Unspecified, type, source)
  const visit = (child) => {
    const visited = ts.visitEachChild(child, visit, context)
    if (!ts.isUnionTypeNode(visited)) return visited
    const sorted = visited.types.map((type) => [text(type), type]).sort(([one], [other]) => one < other ? -1 : 1)
    return context.factory.createUnionTypeNode(sorted.map(([, type]) => type))
  }
  return visit(node)
}

/** What only one of two texts has, line by line and below the module it is of; the order does not matter, since it is sorted. */
const difference = (file, committed, found) => {
  const [before, after] = [committed, found].map(located)
  const only = (some, others, sign) =>
    some.filter(({ key }) => !others.some((other) => other.key === key)).map(({ line, module }) => ({
      module,
      line: `${sign} ${line}`
    }))
  const lines = [...only(before, after, "-"), ...only(after, before, "+")]
  const modules = [...new Set(lines.map(({ module }) => module))]
  return modules.flatMap((module) => [
    `${file}: ${module}`,
    ...lines.filter((one) => one.module === module).map(({ line }) => `  ${line}`)
  ])
}

const located = (text) => {
  let module = ""
  return text.split("\n").flatMap((line) => {
    if (line.startsWith("#")) module = line.replace(/^#+ /, "")
    return line === "" ? [] : [{ line, module, key: `${module}\n${line}` }]
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = main(process.argv.slice(2), (text, code) => {
    if (code === 0) console.log(text)
    else console.error(text)
    return code
  })
}
