/**
 * What pages and docstrings name is there: symbols, files, scripts, anchors. And their examples compile.
 *
 * A name with a module (`Module.symbol`, `Module.Type.member`) is looked up in that module, ours or Effect's; a `{@link …}` by the
 * compiler. Any other name is looked for where a reader would: that of a docstring in its own file, among the members of exported
 * types, or, with a capital, among all types and variants; that of a page in its own blocks of code and in all sources and scripts.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import ts from "typescript"
import { describe, expect, it } from "vitest"
import { isClosed, packages, readManifest, root } from "./repository.js"

/** Names of others. */
const foreign = new Set([
  ...["true", "false", "null", "undefined", "new", "string", "number", "NaN", "Infinity", "__proto__", "constructor"],
  // Node
  ...[
    "Buffer",
    "Blob",
    "URL",
    "Uint8Array",
    "rawHeaders",
    "maxHeaderSize",
    "headersTimeout",
    "autoSelectFamily",
    "upgrade",
    "allowHTTP1",
    "maxConcurrentStreams",
    "node:http2"
  ],
  ...["constants", "_processChunk", "timingSafeEqual"],
  // Browsers
  ...["online", "pagehide", "pageshow", "WebSocketError"],
  // HTTP, and extensions
  ...["Location", "h2c", "traceparent", "localhost", "client_max_window_bits"],
  // ws, and other libraries
  ...["noServer", "handleUpgrade", "verifyClient", "handleProtocols", "maxRedirects", "createWebSocketStream"],
  ...["isTrusted", "webSocketImpl", "WebSocketPolyfill", "$proxy_add_x_forwarded_for"],
  ...["bufferutil", "jsfuzz", "minizlib", "ioredis", "tweetnacl"],
  // NATS
  "max_payload",
  // Effect 4
  ...[
    "SocketOpenError",
    "SocketReadError",
    "SocketWriteError",
    "startImmediately",
    "upgradeWith",
    "effect3",
    "fromJsonString"
  ]
])

// ---------------------------------------------------------------------------------------------------------------
// What there is
// ---------------------------------------------------------------------------------------------------------------

const read = (file: string): string => readFileSync(join(root, file), "utf8")

const generated = new Set([".git", "node_modules", "dist", ".tsbuildinfo", "coverage", "reports", "out"])

const below = (folder: string): ReadonlyArray<string> =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`
    if (generated.has(entry.name)) return []
    return entry.isDirectory() ? below(path) : [path]
  })

/** From the root, with `/`. */
const files = below("")
const folders = new Set(files.flatMap((file) => file.split("/").map((_, i, parts) => parts.slice(0, i).join("/"))))
const sources = files.filter((file) => /^packages\/[^/]+\/src\/.*\.ts$/.test(file))
const pages = files.filter((file) => /^(docs\/.*|[A-Z]+)\.md$/.test(file))
const scripts = Object.keys(readManifest(".").scripts ?? {})

/** Without blocks of code, whose lines stay so that others keep their numbers. */
const prose = (page: string): string => read(page).replace(/^```[\s\S]*?^```/gm, (block) => block.replace(/[^\n]/g, ""))

const docstrings = (text: string): ReadonlyArray<RegExpExecArray> => [...text.matchAll(/\/\*\*[\s\S]*?\*\//g)]

interface Mention {
  readonly where: string
  /** Where names without a module are looked for: in the tokens of this file, or anywhere. */
  readonly file: string | undefined
  readonly code: string
}

const lineOf = (text: string, index: number): number => text.slice(0, index).split("\n").length

const inPage = (page: string): ReadonlyArray<Mention> => {
  const text = prose(page)
  return [...text.matchAll(/`([^`\n]+)`/g)].map(({ 1: code = "", index }) => ({
    where: `${page}:${lineOf(text, index)}`,
    file: undefined,
    code
  }))
}

const inDocstrings = (file: string): ReadonlyArray<Mention> => {
  const text = read(file)
  return docstrings(text).flatMap(({ 0: docstring, index: start }) => {
    const words = docstring.replace(/@example[\s\S]*?(?=\n \* @|\*\/)/, (example) => example.replace(/[^\n]/g, ""))
    return [...words.matchAll(/`([^`\n]+)`/g)].map(({ 1: code = "", index }) => ({
      where: `${file}:${lineOf(text, start + index)}`,
      file,
      code
    }))
  })
}

// ---------------------------------------------------------------------------------------------------------------
// Examples
// ---------------------------------------------------------------------------------------------------------------

interface Example {
  readonly where: string
  /** None such is on disk. */
  readonly path: string
  readonly text: string
}

/** Of docstrings; of pages those that import what they need, and are no file that is compiled anyway. */
const examples: ReadonlyArray<Example> = [
  ...sources.flatMap((file) => {
    const text = read(file)
    return docstrings(text).flatMap(({ 0: docstring, index }) => {
      const [, example] = /@example\n([\s\S]*?)(?=\n \* @|\n? *\*\/)/.exec(docstring) ?? []
      return example === undefined
        ? []
        : [{ where: `${file}:${lineOf(text, index)}`, text: example.replace(/^ *\* ?/gm, "") }]
    })
  }),
  ...pages.flatMap((page) => {
    const text = read(page)
    return [...text.matchAll(/(<!-- packages\/\S+ -->\n+)?^```(ts|js)\n([\s\S]*?)^```/gm)].flatMap(
      ({ 1: quoted, 3: example = "", index }) =>
        quoted === undefined && /^import /m.test(example)
          ? [{ where: `${page}:${lineOf(text, index)}`, text: example }]
          : []
    )
  })
].map((example, i) => ({ ...example, path: join(root, "packages/example-echo/test", `example-${i}.ts`) }))

const program = (): ts.Program => {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile)
  const own = {
    composite: false,
    incremental: false,
    noEmit: true,
    noUnusedLocals: false,
    noUnusedParameters: false,
    types: ["node"]
  }
  const compilerOptions = { ...config.compilerOptions, ...own }
  const { options } = ts.parseJsonConfigFileContent({ compilerOptions, files: [] }, ts.sys, root)
  const texts = new Map(examples.map(({ path, text }) => [path, text]))
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile } = host
  host.fileExists = (path) => texts.has(path) || fileExists(path)
  host.readFile = (path) => texts.get(path) ?? readFile(path)
  return ts.createProgram([...sources.map((file) => join(root, file)), ...texts.keys()], options, host)
}

const compiled = program()
const checker = compiled.getTypeChecker()

const sourceOf = (path: string): ts.SourceFile => {
  const source = compiled.getSourceFile(path)
  if (source === undefined) throw new Error(`${path} is not compiled`)
  return source
}

// ---------------------------------------------------------------------------------------------------------------
// Names
// ---------------------------------------------------------------------------------------------------------------

/** Identifiers, and the words of string literals. */
const tokensOf = (file: string): ReadonlySet<string> => {
  const tokens = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) tokens.add(node.text)
    if (ts.isLiteralExpression(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
      tokens.add(node.text)
      for (const word of node.text.match(/[\w$]+/g) ?? []) tokens.add(word)
    }
    ts.forEachChild(node, visit)
  }
  visit(sourceOf(join(root, file)))
  return tokens
}

const tokens = new Map(sources.map((file) => [file, tokensOf(file)]))
/** Of the language and of Node. */
const globals = new Set(
  checker.getSymbolsInScope(sourceOf(join(root, sources[0] ?? "")), ts.SymbolFlags.Value)
    .filter(({ declarations = [] }) => declarations.every((one) => one.getSourceFile().isDeclarationFile))
    .map(({ name }) => name)
)

/** Of all sources, and of the scripts. */
const anywhere = new Set([
  ...[...tokens.values()].flatMap((own) => [...own]),
  ...files.filter((file) => /^\.config\/[^/]+\.mjs$/.test(file)).flatMap((file) => read(file).match(/[\w$]+/g) ?? [])
])

const typesOf = (type: ts.Type): ReadonlyArray<ts.Type> => [type, ...(type.isUnion() ? type.types : [])]
const propertiesOf = (types: ReadonlyArray<ts.Type>): ReadonlyArray<string> =>
  types.flatMap((type) => checker.getPropertiesOfType(type).map(({ name }) => name))

/** Of interfaces, variants and instances, as far as they are public. */
const members = new Set<string>()

/** Of a type and of the value of the same name. */
const membersOf = (symbol: ts.Symbol, isPublic: boolean): ReadonlySet<string> => {
  const target = (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol)
  const ofType = target.flags & ts.SymbolFlags.Type
    ? propertiesOf(typesOf(checker.getDeclaredTypeOfSymbol(target)))
    : []
  const ofValue = target.flags & ts.SymbolFlags.Value ? propertiesOf(typesOf(checker.getTypeOfSymbol(target))) : []
  if (isPublic) { for (const name of ofType) members.add(name) }
  return new Set([...ofType, ...ofValue])
}

type Members = ReadonlyMap<string, ReadonlySet<string>>

/** Modules of the same name in two packages count as one. */
const modules = new Map<string, Members>()
for (const file of sources.filter((file) => !file.endsWith("/index.ts"))) {
  const symbol = checker.getSymbolAtLocation(sourceOf(join(root, file)))
  const exported = symbol === undefined ? [] : checker.getExportsOfModule(symbol)
  const name = basename(file, ".ts")
  const [, folder = "", , ...path] = file.split("/")
  const isPublic = !isClosed(folder, path.join("/"))
  const own = exported.map((one) => [one.name, membersOf(one, isPublic)] as const)
  modules.set(name, new Map([...modules.get(name) ?? [], ...own]))
}

/** Of Effect's modules, those that ours stand in for. */
const effectMembers = new Set(["runRaw", "error", "close"])

/** Declarations of Effect's modules, as text. */
const effects = [
  "effect",
  ...["platform", "platform-node", "platform-node-shared", "rpc", "cluster", "experimental"]
    .map((name) => `@effect/${name}`)
]
  .flatMap((name) => {
    const folder = join(root, "node_modules", name, "dist/dts")
    return existsSync(folder) ? readdirSync(folder).map((file) => join(folder, file)) : []
  })
  .filter((path) => path.endsWith(".d.ts"))
const effectModules = new Map<string, string>()
for (const path of effects) {
  const name = basename(path, ".d.ts")
  effectModules.set(name, `${effectModules.get(name) ?? ""}\n${readFileSync(path, "utf8")}`)
}
const declares = (text: string, name: string): boolean =>
  new RegExp(`(?:const|class|interface|type|function|namespace|readonly|get|as) ${name.replace("$", "\\$")}\\b`).test(
    text
  )
const isEffects = (name: string): boolean =>
  effectModules.has(name) || [...effectModules.values()].some((text) => declares(text, name))

/** What pages call an instance. */
const instances: Readonly<Record<string, readonly [module: string, types: ReadonlyArray<string>]>> = {
  connection: ["Connection", ["Connection", "StreamedConnection"]],
  limits: ["Limits", ["Limits"]]
}

const isOurs = (name: string): boolean => modules.has(name) || [...modules.values()].some((own) => own.has(name))

const isMember = (module: string, [name = "", member]: ReadonlyArray<string>): boolean => {
  const own = modules.get(module)
  if (own !== undefined) {
    const members = own.get(name)
    if (members !== undefined) return member === undefined || members.has(member)
    // `Connection.run`, of the type that the module is named for.
    if (own.get(module)?.has(name)) return true
  }
  // `CloseOutcome.$match`, `HandshakeReason.$match`: of a value that some module exports.
  if (member === undefined && [...modules.values()].some((each) => each.get(module)?.has(name) ?? false)) return true
  const effect = effectModules.get(module)
  return effect !== undefined && [name, member ?? name].every((each) => declares(effect, each))
}

/** Whether the page shows it: a name of an example, or of another program's configuration. */
const isShown = (name: string, page: string): boolean =>
  files.includes(page) &&
  [...read(page).matchAll(/^```[\s\S]*?^```/gm)].some(([block]) =>
    new RegExp(`(?<![\\w$])${name.replaceAll("$", "\\$")}(?![\\w$])`).test(block)
  )

const isKnown = (name: string, { file, where }: Mention): boolean => {
  if (foreign.has(name) || globals.has(name) || modules.has(name)) return true
  if (file === undefined) return anywhere.has(name) || isEffects(name) || isShown(name, where.split(":")[0] ?? "")
  return (tokens.get(file)?.has(name) ?? false) || members.has(name) || effectMembers.has(name) ||
    (/^[A-Z]/.test(name) && (anywhere.has(name) || isEffects(name)))
}

/** Whether what stands between backticks is there; `undefined` says that it names nothing that can be looked up. */
const judge = (mention: Mention): boolean | undefined => {
  const { code, where } = mention
  const path = pathOf(code)
  if (path !== undefined) return isFile(path, where)
  const [, script] = /^npm run ([\w:]+)/.exec(code) ?? []
  if (script !== undefined) return scripts.includes(script)
  const [, quoted] = /^"([\w-]+)"$/.exec(code) ?? []
  if (quoted !== undefined) return anywhere.has(quoted)
  const [, expression] = /^(?:yield\* |new )?([A-Za-z_$][\w$]*(?:\.[\w$]+)*)(?:\(.*\)|: .*)?$/.exec(code) ?? []
  if (expression === undefined) return undefined
  const [first = "", ...rest] = expression.split(".")
  if (rest.length === 0) return isKnown(first, mention)
  if (/^[A-Z]/.test(first)) return isOurs(first) || effectModules.has(first) ? isMember(first, rest) : undefined
  const [module = "", types = []] = instances[first] ?? []
  if (types.length === 0) return /^websocket\./.test(expression) ? anywhere.has(expression) : undefined
  return types.some((type) => modules.get(module)?.get(type)?.has(rest[0] ?? "") ?? false)
}

// ---------------------------------------------------------------------------------------------------------------
// Files
// ---------------------------------------------------------------------------------------------------------------

const tops = ["docs", "src", "test", "internal", ".config", ".ci", ".github", "report", "packages", ...packages]

/** A file with its ending, or a path that begins where paths do. `X` stands for any. */
const pathOf = (code: string): string | undefined => {
  if (!/^[\w.@/-]+$/.test(code) || /\bX\./.test(code)) return undefined
  if (/^[\w./-]+\.(ts|md|mjs|yml)$/.test(code)) return code
  return code.includes("/") && tops.includes(code.split("/")[0] ?? "") ? code.replace(/\/$/, "") : undefined
}

const endings = ["", ".ts", ".test.ts", ".quiet.test.ts"]

const isFile = (path: string, where: string): boolean => {
  const [page = ""] = where.split(":")
  const own = page.split("/").slice(0, 2).join("/")
  const known = (from: string) => folders.has(from) || endings.some((ending) => files.includes(from + ending))
  return [path, `packages/${path}`, `${own}/${path}`, `${own}/src/${path}`, join(dirname(page), path)].some(known) ||
    files.some((file) => file.endsWith(`/${path}`) || file.endsWith(`/${path}.ts`)) ||
    [...folders].some((folder) => folder.endsWith(`/${path}`))
}

/** As GitHub makes them of headings. */
const anchorsOf = (page: string): ReadonlyArray<string> =>
  [...prose(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading.toLowerCase().replace(/[^\w\- ]/g, "").replaceAll(" ", "-")
  )

// ---------------------------------------------------------------------------------------------------------------

const wrong = (mentions: ReadonlyArray<Mention>): ReadonlyArray<string> =>
  mentions.filter((mention) => judge(mention) === false).map(({ code, where }) => `${where}: ${code}`)

describe("what is named exists", () => {
  it("on pages", () => {
    const mentions = pages.flatMap(inPage)
    expect(mentions.filter((mention) => judge(mention) === true).length).toBeGreaterThan(500)
    expect(wrong(mentions)).toEqual([])
  })

  it("in docstrings", () => {
    const mentions = sources.flatMap(inDocstrings)
    expect(mentions.filter((mention) => judge(mention) === true).length).toBeGreaterThan(300)
    expect(wrong(mentions)).toEqual([])
  })

  it("behind {@link}", () => {
    const broken: Array<string> = []
    let links = 0
    for (const file of sources) {
      const source = sourceOf(join(root, file))
      const visit = (node: ts.Node): void => {
        if (ts.isJSDocLink(node)) {
          links++
          if (node.name === undefined || checker.getSymbolAtLocation(node.name) === undefined) {
            broken.push(`${file}:${source.getLineAndCharacterOfPosition(node.pos).line + 1}: ${node.getText(source)}`)
          }
        }
        for (const child of [...ts.getJSDocCommentsAndTags(node), ...node.getChildren(source)]) visitOnce(child)
      }
      const seen = new Set<ts.Node>()
      const visitOnce = (node: ts.Node): void => {
        if (seen.has(node)) return
        seen.add(node)
        visit(node)
        if (ts.isJSDoc(node) && typeof node.comment === "object") node.comment.forEach(visitOnce)
      }
      visitOnce(source)
    }
    expect(links).toBeGreaterThan(80)
    expect(broken).toEqual([])
  })

  it("on the other end of a link", () => {
    const broken = pages.flatMap((page) =>
      [...prose(page).matchAll(/\]\(([^)\s#:]*)(?:#([^)\s]+))?\)/g)].flatMap(({ 0: link, 1: path = "", 2: anchor }) => {
        const target = path === "" ? page : join(dirname(page), path).replace(/\/$/, "")
        const isThere = files.includes(target)
          ? anchor === undefined || anchorsOf(target).includes(anchor)
          : folders.has(target)
        return isThere ? [] : [`${page}: ${link}`]
      })
    )
    expect(broken).toEqual([])
  })
})

describe("examples", () => {
  it("compile", () => {
    expect(examples.length).toBeGreaterThan(40)
    const errors = examples.flatMap(({ path, where }) =>
      [...compiled.getSyntacticDiagnostics(sourceOf(path)), ...compiled.getSemanticDiagnostics(sourceOf(path))].map(
        ({ messageText }) => `${where}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`
      )
    )
    expect(errors).toEqual([])
  })
})

describe("the checks themselves", () => {
  const page = { where: "docs/page.md:1", file: undefined }
  const cases: ReadonlyArray<readonly [code: string, verdict: boolean | undefined]> = [
    ["Hosting.unsafeMake", true],
    ["Connection.make", false],
    ["Connection.run", true],
    ["Connection.Connection.run(handler)", true],
    ["Connection.Connection.walk", false],
    ["yield* connection.close(code, reason)", true],
    ["connection.shut()", false],
    ["Effect.never", true],
    ["Effect.neverEver", false],
    ["incoming: \"streamed\"", true],
    ["incomming: \"streamed\"", false],
    ["\"streamed\"", true],
    ["\"streamd\"", false],
    ["npm run bench -- --loads x", true],
    ["npm run benchmark", false],
    ["packages/connection/src/Protocol.ts", true],
    ["connection/src/Protocols.ts", false],
    ["Inbox.ts", true],
    ["test/faults.test.ts", true],
    ["Sec-WebSocket-Key", undefined],
    ["socket.terminate()", undefined]
  ]
  for (const [code, verdict] of cases) it(code, () => expect(judge({ ...page, code })).toBe(verdict))

  it("a name of a docstring is looked for in its own file", () => {
    const file = "packages/connection/src/host/Hosting.ts"
    const verdicts = ["unmake", "close", "Protocol"].map((code) => judge({ where: file, file, code }))
    expect(verdicts).toEqual([false, true, true])
  })
})
