/**
 * Edits of sources that are found by what the code is. In: sources, and an edit. Out: the file with the edit made, or why it
 * cannot be.
 *
 * Code is compared as the compiler parses it: neither its layout nor the names of its locals nor the file it is in make a
 * difference. It does not know what an edit is for, nor does it read or write files.
 */
import ts from "typescript"

/**
 * One edit. Its code is an expression, statements or properties in a row, a member of a class, or "name = value", which also
 * finds a declaration. In it, a name with a dollar in front stands for any one piece, the same wherever it is repeated: so are
 * locals written.
 */
export type Edit = Code & {
  /**
   * For code that is there more than once: names around it, from the outside in, as "Outbox.fill". They are those of folders,
   * files, classes, functions, members and properties, and of a module's constants; any may be left out.
   */
  readonly in?: string
}

type Code =
  /** What decides whether this code is reached (an "if", "?:", "&&" or "||") decides against it. */
  | { readonly never: string }
  /** A statement, a member, one side of "&&" or "||", or one of a list is gone. */
  | { readonly drop: string }
  | { readonly replace: string; readonly by: string }

export interface Source {
  /** From `packages/` on. */
  readonly file: string
  readonly text: string
}

export interface Edited extends Source {
  readonly _tag: "Edited"
  readonly line: number
}

export interface Lost {
  readonly _tag: "Lost"
  readonly says: string
}

/** Sources, parsed. */
export interface Sources {
  readonly byKind: ReadonlyMap<ts.SyntaxKind, ReadonlyArray<ts.Node>>
  /** What stands in a row: statements, properties. */
  readonly rows: ReadonlyArray<ReadonlyArray<ts.Node>>
}

export const parse = (sources: ReadonlyArray<Source>): Sources => {
  const byKind = new Map<ts.SyntaxKind, Array<ts.Node>>()
  const rows: Array<ReadonlyArray<ts.Node>> = []
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isTypeAliasDeclaration(node) || ts.isInterfaceDeclaration(node)) return
    const alike = byKind.get(kindOf(node))
    if (alike === undefined) byKind.set(kindOf(node), [node])
    else alike.push(node)
    if (hasStatements(node)) rows.push(node.statements)
    if (ts.isObjectLiteralExpression(node)) rows.push(node.properties)
    ts.forEachChild(node, visit)
  }
  for (const { file, text } of sources) visit(ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true))
  return { byKind, rows }
}

export const apply = (sources: Sources, edit: Edit): Edited | Lost => {
  const code = codeOf(edit)
  const pattern = parsed(code)
  if (pattern === undefined) return lost(`this is no code: ${code}`)
  const found = matchesOf(sources, pattern).filter(({ nodes }) => isWithin(nodes[0], edit.in))
  const [match, ...more] = found
  if (match === undefined) return lost(`no such code${edit.in === undefined ? "" : ` in ${edit.in}`}: ${code}`)
  if (more.length > 0) {
    return lost(`there is more than one, say which with \`in\`: ${code} at ${found.map(whereOf).join(", ")}`)
  }
  const change = changeOf(match, edit)
  if (typeof change === "string") return lost(`${change}: ${code} at ${whereOf(match)}`)
  const { fileName: file, text } = match.nodes[0].getSourceFile()
  const { from, instead, to } = change
  return { _tag: "Edited", file, line: lineOf(match), text: text.slice(0, from) + instead + text.slice(to) }
}

const lost = (says: string): Lost => ({ _tag: "Lost", says })

const codeOf = (edit: Edit): string => "never" in edit ? edit.never : "drop" in edit ? edit.drop : edit.replace

/** More than one node stand in a row. */
type Nodes = readonly [ts.Node, ...ReadonlyArray<ts.Node>]

/** What the names with a dollar stand for. */
type Bound = Map<string, ts.Node>

interface Match {
  readonly nodes: Nodes
  readonly bound: Bound
}

const parsed = (code: string): Nodes | undefined => {
  const expression = statementsOf(`(${code}\n)`)?.[0]
  if (expression !== undefined && ts.isExpressionStatement(expression)) return [bare(expression.expression)]
  const object = statementsOf(`({${code}\n})`)?.[0]
  if (object !== undefined && ts.isExpressionStatement(object)) {
    const literal = bare(object.expression)
    const [first, ...others] = ts.isObjectLiteralExpression(literal) ? literal.properties : []
    if (first !== undefined && !ts.isMethodDeclaration(first)) return [first, ...others]
  }
  const [first, ...others] = statementsOf(code) ?? []
  if (first !== undefined) return [first, ...others]
  const holder = statementsOf(`class Holder {${code}\n}`)?.[0]
  const member = holder !== undefined && ts.isClassDeclaration(holder) ? holder.members[0] : undefined
  return member && [member]
}

const statementsOf = (code: string): ReadonlyArray<ts.Statement> | undefined =>
  ts.transpileModule(code, { reportDiagnostics: true }).diagnostics?.length === 0
    ? ts.createSourceFile("code.ts", code, ts.ScriptTarget.ESNext, true).statements
    : undefined

const matchesOf = ({ byKind, rows }: Sources, pattern: Nodes): ReadonlyArray<Match> => {
  const [first, ...others] = pattern
  if (others.length > 0) {
    return rows.flatMap((row) => row.flatMap((_, at) => matchOf(pattern, row.slice(at, at + pattern.length))))
  }
  const kinds = isAssignment(first) ? [first.kind, ...assigning] : [kindOf(first)]
  return kinds.flatMap((kind) => byKind.get(kind) ?? []).flatMap((node) => matchOf(pattern, [node]))
}

const matchOf = (pattern: Nodes, [first, ...others]: ReadonlyArray<ts.Node>): ReadonlyArray<Match> => {
  if (first === undefined) return []
  const bound: Bound = new Map()
  const nodes: Nodes = [first, ...others]
  if (!allAlike(pattern, nodes, bound)) return []
  return [{ nodes: isAssignment(pattern[0]) ? assigned(first) ?? nodes : nodes, bound }]
}

const allAlike = (patterns: ReadonlyArray<ts.Node>, nodes: ReadonlyArray<ts.Node>, bound: Bound): boolean =>
  patterns.length === nodes.length &&
  patterns.every((pattern, index) => {
    const node = nodes[index]
    return node !== undefined && isAlike(bare(pattern), bare(node), bound)
  })

const isAlike = (pattern: ts.Node, node: ts.Node, bound: Bound): boolean => {
  if (ts.isIdentifier(pattern) && pattern.text.startsWith("$")) {
    const before = bound.get(pattern.text)
    if (before === undefined) bound.set(pattern.text, node)
    return before === undefined || isAlike(before, node, new Map())
  }
  const target = isAssignment(pattern) ? assigned(node) : undefined
  if (isAssignment(pattern) && target !== undefined) return allAlike([pattern.left, pattern.right], target, bound)
  return kindOf(pattern) === kindOf(node) && ownText(pattern) === ownText(node) &&
    allAlike(partsOf(pattern), partsOf(node), bound)
}

/** Without parentheses, which the tree makes superfluous. */
const bare = (node: ts.Node): ts.Node => ts.isParenthesizedExpression(node) ? bare(node.expression) : node

/** A shorthand property is a property. */
const kindOf = (node: ts.Node): ts.SyntaxKind =>
  ts.isShorthandPropertyAssignment(node) ? ts.SyntaxKind.PropertyAssignment : node.kind

const partsOf = (node: ts.Node): ReadonlyArray<ts.Node> => {
  if (ts.isShorthandPropertyAssignment(node)) return [node.name, node.name]
  const parts: Array<ts.Node> = []
  ts.forEachChild(node, (part) => {
    parts.push(part)
  })
  return parts
}

const ownText = (node: ts.Node): string => {
  if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) return String(node.operator)
  return ts.isIdentifier(node) || ts.isPrivateIdentifier(node) || ts.isLiteralExpression(node) ||
      ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)
    ? node.text
    : ""
}

const assigning = [ts.SyntaxKind.VariableDeclaration, ts.SyntaxKind.PropertyDeclaration, ts.SyntaxKind.Parameter]

const isAssignment = (node: ts.Node): node is ts.BinaryExpression =>
  ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken && ts.isIdentifier(node.left)

/** Name and value of a declaration. */
const assigned = (node: ts.Node): readonly [ts.Node, ts.Node] | undefined =>
  (ts.isVariableDeclaration(node) || ts.isPropertyDeclaration(node) || ts.isParameter(node)) &&
    node.initializer !== undefined
    ? [node.name, node.initializer]
    : undefined

const isWithin = (node: ts.Node, names: string | undefined): boolean => {
  if (names === undefined) return true
  const around = namesAround(node)
  let from = 0
  return names.split(".").every((name) => {
    from = around.indexOf(name, from) + 1
    return from > 0
  })
}

const namesAround = (node: ts.Node): ReadonlyArray<string> => {
  if (ts.isSourceFile(node)) return node.fileName.replace(/\.ts$/, "").split("/")
  const isNamed = ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node) || ts.isClassElement(node) ||
    ts.isPropertyAssignment(node) || (ts.isVariableDeclaration(node) && ts.isSourceFile(node.parent.parent.parent))
  const name = isNamed ? node.name : undefined
  const own = name !== undefined && (ts.isIdentifier(name) || ts.isStringLiteral(name) || ts.isPrivateIdentifier(name))
  return own ? [...namesAround(node.parent), name.text] : namesAround(node.parent)
}

const lineOf = ({ nodes: [node] }: Match): number => {
  const file = node.getSourceFile()
  return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1
}

const whereOf = (match: Match): string => `${match.nodes[0].getSourceFile().fileName}:${lineOf(match)}`

const standIn = /\$[A-Za-z]\w*/g

const namesIn = (code: string): ReadonlyArray<string> => code.match(standIn) ?? []

interface Change {
  readonly from: number
  readonly to: number
  readonly instead: string
}

/** Or why there is none. */
const changeOf = ({ bound, nodes }: Match, edit: Edit): Change | string => {
  const [node] = nodes
  if ("never" in edit) return deciding(node)
  if ("drop" in edit) return nodes.length > 1 && nodes.every(ts.isStatement) ? over(nodes, "") : dropping(node)
  const unknown = namesIn(edit.by).find((name) => !bound.has(name))
  if (unknown !== undefined) return `${unknown} stands for nothing`
  return over(nodes, edit.by.replace(standIn, (name) => inPlace(bound.get(name) ?? node)))
}

const over = (nodes: Nodes, instead: string): Change => ({
  from: nodes[0].getStart(),
  to: (nodes[nodes.length - 1] ?? nodes[0]).getEnd(),
  instead
})

/** What is no single word has parentheses, so that it stays one piece. */
const inPlace = (node: ts.Node): string =>
  ts.isBinaryExpression(node) || ts.isConditionalExpression(node) ? `(${node.getText()})` : node.getText()

const deciding = (node: ts.Node): Change | string => {
  const { parent } = node
  if (ts.isIfStatement(parent)) {
    if (parent.thenStatement === node) return over([parent.expression], "false")
    if (parent.elseStatement === node) return over([parent.expression], "true")
  }
  if (ts.isConditionalExpression(parent)) {
    if (parent.whenTrue === node) return over([parent.condition], "false")
    if (parent.whenFalse === node) return over([parent.condition], "true")
  }
  if (ts.isBinaryExpression(parent) && parent.right === node) {
    if (parent.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken) return over([parent.left], "false")
    if (parent.operatorToken.kind === ts.SyntaxKind.BarBarToken) return over([parent.left], "true")
  }
  return ts.isSourceFile(parent) || ts.isFunctionLike(parent)
    ? "nothing decides whether it is reached"
    : deciding(parent)
}

const dropping = (node: ts.Node): Change | string => {
  const { parent } = node
  if (ts.isParenthesizedExpression(parent) || ts.isExpressionStatement(parent)) return dropping(parent)
  if (ts.isBinaryExpression(parent)) {
    const { kind } = parent.operatorToken
    const isLogical = kind === ts.SyntaxKind.AmpersandAmpersandToken || kind === ts.SyntaxKind.BarBarToken
    return isLogical
      ? over([parent], (parent.left === node ? parent.right : parent.left).getText())
      : "it is neither a statement nor one side of && or ||"
  }
  if (ts.isClassElement(node)) return over([node], "")
  if (ts.isStatement(node)) return over([node], hasStatements(parent) ? "" : "{}")
  if (ts.isArrayLiteralExpression(parent)) return listed(parent.elements, node)
  if (ts.isObjectLiteralExpression(parent)) return listed(parent.properties, node)
  return "it is neither a statement nor one side of && or ||"
}

/** Without it, nor its comma. */
const listed = (all: ReadonlyArray<ts.Node>, node: ts.Node): Change => {
  const at = all.indexOf(node)
  const next = all[at + 1]
  const before = all[at - 1]
  return {
    from: next === undefined && before !== undefined ? before.getEnd() : node.getStart(),
    to: next === undefined ? node.getEnd() : next.getStart(),
    instead: ""
  }
}

const hasStatements = (node: ts.Node): node is ts.SourceFile | ts.Block | ts.CaseOrDefaultClause =>
  ts.isSourceFile(node) || ts.isBlock(node) || ts.isCaseOrDefaultClause(node)
