/**
 * Source of Effect 3 -> the same source of Effect 4, by a table of names. Whatever it imports of a module of Effect is either in the
 * table or a problem, with its line and its name. What is not Effect's stays as it was, to the letter.
 *
 * It works on the syntax tree: a name counts if it comes from an import. It knows no types; what a table cannot tell, the compiler
 * does, later. It does not know which modules there are, nor does it read or write files.
 */
import ts from "typescript"
import type { Call, Member, Methods, Module, Rewrite, Tables, Use } from "./Table.js"

export interface Problem {
  readonly file: string
  readonly line: number
  readonly name: string
  readonly why: string
}

export interface Translated {
  readonly text: string
  readonly problems: ReadonlyArray<Problem>
}

/** Modules that a table must know: all others are left alone. */
export const isOfEffect = (specifier: string): boolean => /^(effect$|effect\/|@effect\/)/.test(specifier)

/** Packages whose members are their modules: `{ Effect } from "effect"`. */
const isBarrel = (specifier: string): boolean => specifier === "effect" || /^@effect\/(?!vitest)[\w-]+$/.test(specifier)

/** How a problem is told: one line. */
export const told = ({ file, line, name, why }: Problem): string => `${file}:${line}: ${name}: ${why}`

/** What an import binds: a module, or one member of it. */
type Binding =
  | { readonly _tag: "Module"; readonly module: string }
  | { readonly _tag: "Member"; readonly module: string; readonly name: string }

/** What is imported of Effect 4. */
interface Imported {
  /** By module: the local name, and whether values are used of it. */
  readonly modules: Map<string, { readonly local: string; isValue: boolean }>
  /** By module: `{ a, b as c }`. */
  readonly members: Map<string, Map<string, { readonly text: string; isValue: boolean }>>
}

/** `skipped`: tests that are not run, by their title, and why. */
export const translate = (
  file: string,
  text: string,
  tables: Tables,
  skipped: Readonly<Record<string, string>> = {}
): Translated => {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const translation = new Translation(source, tables, skipped)
  return {
    text: inDocumentation(translation.text(), file, tables, translation.problems),
    problems: translation.problems
  }
}

class Translation {
  readonly problems: Array<Problem> = []
  /** Of those to be skipped. */
  private readonly found = new Set<string>()
  private readonly bound = new Map<string, Binding>()
  private readonly imports: ReadonlyArray<ts.ImportDeclaration>
  private readonly imported: Imported = { modules: new Map(), members: new Map() }
  /** Local names that are taken. */
  private readonly taken = new Set<string>()
  /** The names of a namespace that this file gives a module: they stay. */
  private readonly locals = new Map<string, string>()

  /** An `Either` of Effect 3 may be meant where "Left" is written. */
  private readonly hasEither: boolean

  constructor(
    private readonly source: ts.SourceFile,
    private readonly tables: Tables,
    private readonly skipped: Readonly<Record<string, string>>
  ) {
    this.hasEither = /"effect\/Either"|\.either\b/.test(source.text)
    this.imports = source.statements.filter((statement) => ts.isImportDeclaration(statement))
      .filter((declaration) => isOfEffect(specifierOf(declaration)))
    const visit = (node: ts.Node): void => {
      if (ts.isIdentifier(node) && isDeclared(node)) this.taken.add(node.text)
      ts.forEachChild(node, visit)
    }
    visit(source)
    for (const declaration of this.imports) this.bind(declaration)
  }

  text(): string {
    const [first] = this.imports
    const statements = this.source.statements.map((statement) => {
      if (statement === first) return imports
      if (ts.isImportDeclaration(statement) && this.imports.includes(statement)) return ""
      if (ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined) this.checkExport(statement)
      return this.print(statement)
    })
    for (const title of Object.keys(this.skipped)) {
      if (!this.found.has(title)) this.problem(this.source, title, "there is no such test to be skipped")
    }
    return statements
      .map((printed) =>
        printed === imports && first !== undefined ? this.leading(first) + this.printImports() : printed
      )
      .join("") + this.source.text.slice(this.source.endOfFileToken.getFullStart())
  }

  private checkExport(statement: ts.ExportDeclaration): void {
    const specifier = statement.moduleSpecifier
    if (specifier !== undefined && ts.isStringLiteral(specifier) && isOfEffect(specifier.text)) {
      this.problem(statement, specifier.text, "what is exported from there is not translated")
    }
  }

  // Imports

  private bind(declaration: ts.ImportDeclaration): void {
    const module = specifierOf(declaration)
    const bindings = declaration.importClause?.namedBindings
    if (bindings === undefined) {
      this.problem(declaration, module, "only modules and their members are translated")
    } else if (ts.isNamespaceImport(bindings)) {
      this.bindModule(bindings.name, module)
    } else {
      const isTypes = declaration.importClause?.isTypeOnly === true
      for (const element of bindings.elements) {
        const name = (element.propertyName ?? element.name).text
        if (isBarrel(module)) this.bindModule(element.name, `${module}/${name}`)
        else this.bindMember(element, module, name, isTypes || element.isTypeOnly)
      }
    }
  }

  private bindModule(local: ts.Identifier, module: string): void {
    const known = this.tables.modules[module]
    this.bound.set(local.text, { _tag: "Module", module })
    if (known === undefined) this.problem(local, module, "there is no such module in the table")
    else if (usualName(known.to ?? module) === usualName(module) && !isEmptied(known)) {
      this.locals.set(known.to ?? module, local.text)
    }
  }

  private bindMember(element: ts.ImportSpecifier, module: string, name: string, isType: boolean): void {
    const local = element.name.text
    const known = this.tables.modules[module]
    if (known === undefined) return this.problem(element, module, "there is no such module in the table")
    const member = memberOf(known, name)
    if (member === undefined) return this.problem(element, `${module}#${name}`, "there is no such name in the table")
    this.bound.set(local, { _tag: "Member", module, name })
    const place = typeof member === "string" ? member : member.to
    if (place === undefined) return
    const [target, targetName] = placeOf(place, known.to ?? module)
    const members = this.imported.members.get(target) ?? new Map<string, { readonly text: string; isValue: boolean }>()
    this.imported.members.set(target, members)
    members.set(local, { text: targetName === local ? local : `${targetName} as ${local}`, isValue: !isType })
  }

  /** The local name of a module of Effect 4. */
  private local(module: string, node: ts.Node, isValue: boolean): string {
    const known = this.imported.modules.get(module)
    if (known !== undefined) {
      known.isValue ||= isValue
      return known.local
    }
    const wanted = this.locals.get(module) ?? usualName(module)
    const binding = this.bound.get(wanted)
    const isOwn = binding?._tag === "Module" && (this.tables.modules[binding.module]?.to ?? binding.module) === module
    const isFree = isOwn || (!this.taken.has(wanted) && (binding === undefined || this.isGone(binding)))
    const local = isFree ? wanted : `${wanted}_`
    if (!isFree && this.taken.has(local)) this.problem(node, module, `the name ${wanted} is taken`)
    this.imported.modules.set(module, { local, isValue })
    return local
  }

  /** The import has no place of its own in Effect 4: its name is free. */
  private isGone(binding: Binding): boolean {
    const known = this.tables.modules[binding.module]
    return binding._tag === "Module" && known !== undefined && known.to === undefined && isEmptied(known)
  }

  private printImports(): string {
    const lines: Array<readonly [module: string, line: string]> = []
    for (const [module, { isValue, local }] of this.imported.modules) {
      lines.push([module, `import ${isValue ? "" : "type "}* as ${local} from "${module}"`])
    }
    for (const [module, members] of this.imported.members) {
      for (const isValue of [false, true]) {
        const names = [...members.values()].filter((member) => member.isValue === isValue).map((member) => member.text)
        if (names.length === 0) continue
        lines.push([module, `import ${isValue ? "" : "type "}{ ${names.sort().join(", ")} } from "${module}"`])
      }
    }
    return lines.sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0).map(([, line]) => line).join("\n")
  }

  // Code

  /** A piece of the source with all that stands before it. */
  private print(node: ts.Node): string {
    const written = this.written(node)
    return written === undefined ? this.copy(node) : this.leading(node) + written
  }

  private leading(node: ts.Node): string {
    return this.source.text.slice(node.getFullStart(), node.getStart(this.source))
  }

  /** As it was, but for what is in it. */
  private copy(node: ts.Node): string {
    let text = ""
    let at = node.getFullStart()
    ts.forEachChild(node, (child) => {
      text += this.source.text.slice(at, child.getFullStart()) + this.print(child)
      at = child.end
    })
    return text + this.source.text.slice(at, node.end)
  }

  /** What stands before it left out. */
  private bare(node: ts.Node): string {
    return this.written(node) ?? this.copy(node).slice(node.getStart(this.source) - node.getFullStart())
  }

  /** What is written in place of a piece, or nothing if it is copied. */
  private written(node: ts.Node): string | undefined {
    if (ts.isCallExpression(node)) return this.callOf(node)
    if (ts.isTypeReferenceNode(node)) return this.typeOf(node, node.typeName, node.typeArguments)
    if (ts.isExpressionWithTypeArguments(node)) return this.typeOf(node, node.expression, node.typeArguments)
    if (ts.isPropertyAccessExpression(node) || ts.isQualifiedName(node)) return this.nameOf(node)
    if (ts.isIndexedAccessTypeNode(node)) return this.serviceOf(node)
    if (ts.isMethodDeclaration(node) || ts.isPropertyDeclaration(node)) return this.declared(node)
    if (ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node)) return this.propertyOf(node)
    if (ts.isStringLiteral(node)) return this.sideOf(node)
    if (ts.isIdentifier(node)) return this.checkIdentifier(node)
    return undefined
  }

  /** The rewrite of what is called, if it has one for calls. */
  private callOf(node: ts.CallExpression): string | undefined {
    const [title] = node.arguments
    const written = title === undefined ? undefined : titleOf(title)
    if (title !== undefined && written !== undefined && Object.hasOwn(this.skipped, written)) {
      this.found.add(written)
      return `it.skip(${title.getText()}, () => {}) // ${this.skipped[written]}`
    }
    const outer = this.rewriteOf(node.expression)
    if (outer?.call !== undefined) return outer.call(this.callUse(node, node, undefined))
    if (ts.isCallExpression(node.expression)) {
      const inner = this.rewriteOf(node.expression.expression)
      if (inner?.curried !== undefined) return inner.curried(this.callUse(node, node.expression, node))
    }
    const method = ts.isPropertyAccessExpression(node.expression) ? this.methodOf(node.expression) : undefined
    if (typeof method !== "object" || !ts.isPropertyAccessExpression(node.expression)) return undefined
    return method.call?.({
      ...this.use(node, node.typeArguments),
      on: this.bare(node.expression.expression) + between(node.expression),
      args: node.arguments.map((argument) => this.bare(argument))
    })
  }

  private typeOf(
    node: ts.Node,
    name: ts.Node,
    types: ts.NodeArray<ts.TypeNode> | undefined
  ): string | undefined {
    const rewrite = this.rewriteOf(name)
    return rewrite?.type === undefined ? undefined : rewrite.type(this.use(node, types))
  }

  /** `X.member`, wherever it stands. */
  private nameOf(node: ts.PropertyAccessExpression | ts.QualifiedName): string | undefined {
    const found = this.find(node)
    if (found === undefined) {
      const method = ts.isPropertyAccessExpression(node) ? this.methodOf(node) : undefined
      if (method === undefined || !ts.isPropertyAccessExpression(node)) return undefined
      if (typeof method === "string") return `${this.bare(node.expression)}${between(node)}${method}`
      return method.value?.({ ...this.use(node, undefined), on: this.bare(node.expression) + between(node), args: [] })
    }
    const { member, module, name } = found
    if (member === undefined) return this.refuse(node, `${module}#${name}`, "there is no such name in the table")
    if (typeof member === "object" && member.value !== undefined && !isTyped(node)) {
      return member.value(this.use(node, undefined))
    }
    const place = typeof member === "string" ? member : member.to
    if (place === undefined) return this.refuse(node, `${module}#${name}`, "this way to use it is not in the table")
    return this.at(place, this.tables.modules[module]?.to ?? module, node)
  }

  /** The service of a tag was its `Type`. */
  private serviceOf(node: ts.IndexedAccessTypeNode): string | undefined {
    const isType = ts.isLiteralTypeNode(node.indexType) && node.indexType.getText(this.source) === `"Type"`
    return isType ? `${this.bare(node.objectType)}["Service"]` : undefined
  }

  /** A method that a class of Effect wants. */
  private declared(node: ts.MethodDeclaration | ts.PropertyDeclaration): string | undefined {
    const method = ts.isIdentifier(node.name) ? this.method(node.name.text) : undefined
    if (typeof method !== "string") return undefined
    const text = this.copy(node)
    const at = node.name.getStart(this.source) - node.getFullStart()
    return (text.slice(0, at) + method + text.slice(at + node.name.getText(this.source).length))
      .slice(node.getStart(this.source) - node.getFullStart())
  }

  /** A member of a value that is written out. */
  private propertyOf(node: ts.PropertyAssignment | ts.ShorthandPropertyAssignment): string | undefined {
    if (!ts.isIdentifier(node.name)) return undefined
    const name = node.name.text
    if (name === "mode" && ts.isPropertyAssignment(node) && node.initializer.getText() === `"either"`) {
      return `mode: "result"`
    }
    if (name === "context" && isSpan(node.parent)) {
      return `annotations: ${ts.isPropertyAssignment(node) ? this.bare(node.initializer) : name}`
    }
    const method = this.method(name)
    const side = this.hasEither && isOfEither(node.parent) ? sides.get(name) : undefined
    const other = typeof method === "string" ? method : side ?? (this.hasEither ? handlers.get(name) : undefined)
    if (other === undefined) return undefined
    return ts.isPropertyAssignment(node) ? `${other}: ${this.bare(node.initializer)}` : `${other}: ${name}`
  }

  /** `"Left"` and `"Right"`, as an `Either` is tagged. */
  private sideOf(node: ts.StringLiteral): string | undefined {
    const side = this.hasEither ? sides.get(node.text) : undefined
    return side === undefined ? undefined : JSON.stringify(side)
  }

  private checkIdentifier(node: ts.Identifier): string | undefined {
    const binding = this.bound.get(node.text)
    if (binding?._tag === "Module" && !isName(node)) {
      return this.refuse(node, node.text, "a module is used as a value")
    }
    if (binding?._tag === "Member" && !isName(node) && !isDeclared(node)) {
      const known = this.tables.modules[binding.module]
      const member = known === undefined ? undefined : memberOf(known, binding.name)
      if (typeof member === "object" && member.value !== undefined) return member.value(this.use(node, undefined))
      if (typeof member === "object" && member.to === undefined) {
        return this.refuse(node, `${binding.module}#${binding.name}`, "this way to use it is not in the table")
      }
    }
    return undefined
  }

  // The table

  private find(
    node: ts.Node
  ): { readonly module: string; readonly name: string; readonly member: Member | undefined } | undefined {
    if (ts.isIdentifier(node)) {
      const binding = this.bound.get(node.text)
      if (binding?._tag !== "Member") return undefined
      const known = this.tables.modules[binding.module]
      return { ...binding, member: known === undefined ? undefined : memberOf(known, binding.name) }
    }
    const path = pathOf(node)
    const [local, ...names] = path ?? []
    const binding = local === undefined ? undefined : this.bound.get(local)
    if (binding?._tag !== "Module" || names.length === 0) return undefined
    // Of `Effect.Effect.Success`, both names; of `exit.value.x`, only types have namespaces.
    if (names.length > 1 && !ts.isQualifiedName(node)) return undefined
    const name = names.join(".")
    const known = this.tables.modules[binding.module]
    return { module: binding.module, name, member: known === undefined ? name : memberOf(known, name) }
  }

  private rewriteOf(node: ts.Node): Rewrite | undefined {
    const member = this.find(node)?.member
    return typeof member === "object" ? member : undefined
  }

  private methodOf(node: ts.PropertyAccessExpression): Methods[string] | undefined {
    return this.find(node) === undefined ? this.method(node.name.text) : undefined
  }

  private method(name: string): Methods[string] | undefined {
    return Object.hasOwn(this.tables.methods, name) ? this.tables.methods[name] : undefined
  }

  private at(place: string, module: string, node: ts.Node): string {
    const [target, name] = placeOf(place, module)
    return `${this.local(target, node, !isTyped(node))}.${name}`
  }

  private use(node: ts.Node, types: ts.NodeArray<ts.TypeNode> | undefined): Use {
    return {
      types: (types ?? []).map((type) => this.bare(type)),
      isResult: isResult(node),
      at: (place) => this.at(place, "", node),
      text: (piece) => this.bare(piece),
      refuse: (why) => this.refuse(node, nameAt(node), why),
      imports: (module) => [...this.bound.values()].some((binding) => binding.module === module)
    }
  }

  private callUse(node: ts.CallExpression, first: ts.CallExpression, second: ts.CallExpression | undefined): Call {
    const heritage = node.parent
    const declaration = ts.isExpressionWithTypeArguments(heritage) ? heritage.parent.parent : undefined
    return {
      ...this.use(node, first.typeArguments),
      args: first.arguments.map((argument) => this.bare(argument)),
      nodes: first.arguments,
      next: second === undefined ? undefined : {
        types: (second.typeArguments ?? []).map((type) => this.bare(type)),
        args: second.arguments.map((argument) => this.bare(argument))
      },
      className: declaration !== undefined && ts.isClassLike(declaration) ? declaration.name?.text : undefined
    }
  }

  private refuse(node: ts.Node, name: string, why: string): string {
    this.problem(node, name, why)
    return node.getText(this.source)
  }

  private problem(node: ts.Node, name: string, why: string): void {
    const { line } = this.source.getLineAndCharacterOfPosition(node.getStart(this.source))
    this.problems.push({ file: this.source.fileName, line: line + 1, name, why })
  }
}

const imports = "\0imports"

/** How an `Either` says what a `Result` says. */
const sides = new Map([["Left", "Failure"], ["Right", "Success"], ["left", "failure"], ["right", "success"]])
const handlers = new Map([["onLeft", "onFailure"], ["onRight", "onSuccess"]])

/** A `Span` that is written out. */
const isSpan = (node: ts.Node): boolean =>
  ts.isObjectLiteralExpression(node) &&
  node.properties.some((one) =>
    ts.isPropertyAssignment(one) && one.name.getText() === "_tag" && one.initializer.getText() === `"Span"`
  )

/** It says so, or is what one is compared with. */
const isOfEither = (node: ts.Node): boolean =>
  ts.isObjectLiteralExpression(node) && (
    node.properties.some((one) =>
      ts.isPropertyAssignment(one) && one.name.getText() === "_tag" &&
      /^"(Left|Right)"$/.test(one.initializer.getText())
    ) || (ts.isCallExpression(node.parent) && /\.(toMatchObject|toEqual)$/.test(node.parent.expression.getText()))
  )

/** Code in comments is code too: each example of documentation is translated like a file. */
const inDocumentation = (text: string, file: string, tables: Tables, problems: Array<Problem>): string =>
  text.replace(examples, (all, tag: string, indent: string, body: string, at: number) => {
    if (!/^ *\* import /m.test(body)) return all
    const code = body.split("\n").slice(0, -1).map((line) => line.slice(indent.length + 1).replace(/^ /, ""))
    const translated = translate(file, code.join("\n") + "\n", tables)
    const before = text.slice(0, at).split("\n").length
    problems.push(...translated.problems.map((problem) => ({ ...problem, line: problem.line + before })))
    return tag +
      translated.text.split("\n").slice(0, -1).map((line) => `${indent}*${line === "" ? "" : ` ${line}`}\n`).join("")
  })

/** From `@example` to the next tag or the comment's end. */
const examples = /^(( *)\* @example\n)((?:\2\*(?! @|\/).*\n)*)/gm

/** A test's title, as it is written. */
const titleOf = (node: ts.Expression): string | undefined =>
  ts.isStringLiteralLike(node) ? node.text : ts.isTemplateExpression(node) ? node.getText().slice(1, -1) : undefined

const specifierOf = (declaration: ts.ImportDeclaration): string =>
  ts.isStringLiteral(declaration.moduleSpecifier) ? declaration.moduleSpecifier.text : ""

/** What the table says of a member: `undefined` if it says nothing. */
const memberOf = (module: Module, name: string): Member | undefined => {
  if (module.names !== undefined && Object.hasOwn(module.names, name)) return module.names[name]
  return module.kept?.split(/\s+/).includes(name) === true ? name : undefined
}

/** Nothing of it stays in a module of its name. */
const isEmptied = ({ kept, names }: Module): boolean =>
  kept === undefined &&
  Object.values(names ?? {}).every((member) =>
    typeof member === "string" ? member.includes("#") : member.to?.includes("#") ?? true
  )

const placeOf = (place: string, module: string): readonly [module: string, name: string] => {
  const [before = "", after] = place.split("#")
  return after === undefined ? [module, before] : [before, after]
}

/** As Effect itself names its modules. */
const usualName = (module: string): string => {
  const name = module.slice(module.lastIndexOf("/") + 1)
  return name === "Array" ? "Arr" : name === "fast-check" ? "FastCheck" : name
}

/** `a.b.c`, or nothing if it is not made of names. */
const pathOf = (node: ts.Node): ReadonlyArray<string> | undefined => {
  if (ts.isIdentifier(node)) return [node.text]
  const [left, right] = ts.isPropertyAccessExpression(node)
    ? [node.expression, node.name]
    : ts.isQualifiedName(node)
    ? [node.left, node.right]
    : []
  if (left === undefined || right === undefined) return undefined
  const path = pathOf(left)
  return path === undefined ? undefined : [...path, right.text]
}

/** The first type argument of `Effect.Effect`. */
const isResult = ({ parent, ...node }: ts.Node): boolean =>
  parent !== undefined && ts.isTypeReferenceNode(parent) && parent.typeArguments?.[0]?.pos === node.pos &&
  parent.typeName.getText() === "Effect.Effect"

/** The dot, and the line break before it if there is one. */
const between = (node: ts.PropertyAccessExpression): string =>
  node.getSourceFile().text.slice(node.expression.end, node.name.getStart())

const nameAt = (node: ts.Node): string =>
  (ts.isCallExpression(node) ? node.expression : node).getText().split("\n")[0] ?? ""

/** A type argument's use, as `typeof X.y` in a type: of no value. */
const isTyped = (node: ts.Node): boolean => ts.isPartOfTypeNode(node) || isWithinType(node)

const isWithinType = (node: ts.Node): boolean => {
  for (let at: ts.Node | undefined = node; at !== undefined; at = at.parent) {
    if (ts.isTypeNode(at) && !ts.isExpressionWithTypeArguments(at)) return true
    if (ts.isExpressionWithTypeArguments(at)) {
      const clause = at.parent
      return ts.isHeritageClause(clause) &&
        (ts.isInterfaceDeclaration(clause.parent) || clause.token === ts.SyntaxKind.ImplementsKeyword)
    }
    if (ts.isStatement(at) || ts.isBlock(at)) return false
  }
  return false
}

/** A declaration's own name (not an import's). */
const isDeclared = (node: ts.Identifier): boolean =>
  (ts.isVariableDeclaration(node.parent) || ts.isParameter(node.parent) || ts.isBindingElement(node.parent) ||
    ts.isFunctionDeclaration(node.parent) || ts.isClassDeclaration(node.parent) ||
    ts.isInterfaceDeclaration(node.parent) || ts.isTypeAliasDeclaration(node.parent) ||
    ts.isTypeParameterDeclaration(node.parent) || ts.isModuleDeclaration(node.parent)) &&
  node.parent.name === node

/** Not a variable: the name of a property, a member, or a label of a tuple. */
const isName = (node: ts.Identifier): boolean => {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return true // its left side was judged with it
  if (ts.isQualifiedName(parent)) return true
  if (ts.isBindingElement(parent)) return parent.propertyName === node || parent.name === node
  if (ts.isShorthandPropertyAssignment(parent)) return false
  if (ts.isImportSpecifier(parent) || ts.isNamespaceImport(parent)) return true
  if (ts.isTypePredicateNode(parent) || ts.isTypeReferenceNode(parent)) return false
  if (isDeclared(node)) return true
  return (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isPropertyDeclaration(parent) ||
    ts.isMethodDeclaration(parent) || ts.isMethodSignature(parent) || ts.isEnumMember(parent) ||
    ts.isGetAccessor(parent) || ts.isNamedTupleMember(parent)) && parent.name === node
}
