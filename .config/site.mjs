/**
 * The site: README, docs/, and the API that docstrings tell of, as static pages with a search that needs no server.
 *
 *     npm run site                  builds it in .config/site/out/site, and checks its links
 *     npm run site -- --no-api      without the API: quicker, while you write
 *     npm run site -- --help
 *
 * To look at it: npx vitepress preview .config/site
 *
 * In: the pages as they are, and the sources. Out: HTML. TypeDoc reads docstrings, VitePress makes pages of Markdown; here stands how
 * the two fit together, and that no link leads nowhere. What comes first is what a guest looks for; how it is made stands last.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, posix, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { Application, Comment, Converter, LogLevel } from "typedoc"
import { build } from "vitepress"
import { published } from "./published.mjs"
import { brokenLinks } from "./site/links.mjs"

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..")
const out = join(root, ".config/site/out")
const pages = join(out, "pages")
const site = join(out, "site")

const usage = readFileSync(fileURLToPath(import.meta.url), "utf8").match(/^ \*( {5}npm run.*)$/gm)
  .map((line) => line.slice(2)).join("\n")

/** Where the sources are to be read. */
const repository = "https://github.com/effect-ws/effect-ws/blob/main"

const main = async () => {
  const { values } = parseArgs({
    options: {
      help: { type: "boolean" },
      "no-api": { type: "boolean" }
    }
  })
  if (values.help) return console.log(usage)
  rmSync(out, { recursive: true, force: true })
  writePages()
  if (!values["no-api"]) await writeApi()
  await build(join(root, ".config/site"), { outDir: site, srcDir: pages })
  const broken = brokenLinks(site)
  if (broken.length > 0) throw new Error(`links that lead nowhere:\n  ${broken.join("\n  ")}`)
  console.log(`built ${relative(root, site)}: every link leads somewhere`)
}

/** README and docs/, with links as they are on the site. */
const writePages = () => {
  const all = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".md"))
  for (const path of all) write(placeOf(`docs/${path}`), linked(`docs/${path}`))
  write("index.md", linked("README.md"))
}

/** Of a file of the repository: its place among the pages. */
const placeOf = (file) =>
  file === "README.md" ? "index.md" : file.replace(/^docs\//, "").replace(/(^|\/)README\.md$/, "$1index.md")

/** The text of a page. Links to other pages stay; those to sources lead to the repository. */
const linked = (file) => {
  const from = placeOf(file)
  return outsideCode(
    readFileSync(join(root, file), "utf8"),
    (text) =>
      text.replace(/\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)]*)?\)/g, (_, path, anchor = "") => {
        const target = posix.normalize(posix.join(posix.dirname(file), path)).replace(/\/$/, "")
        const isPage = /^(README\.md|docs\/.*\.md)$/.test(target)
        if (!isPage && target !== "docs") return `](${repository}/${target}${anchor})`
        const place = target === "docs" ? "index.md" : placeOf(target)
        const way = posix.relative(posix.dirname(from), place)
        return `](${way.startsWith(".") ? way : `./${way}`}${anchor})`
      })
  ).replace(/^```(haproxy|caddyfile|mermaid)$/gm, "```text")
}

/** Code may look like a link, or like HTML, and is left as it is. */
const outsideCode = (text, change) =>
  text.split(/(^```[\s\S]*?^```|`[^`\n]+`)/m).map((part, i) => i % 2 === 1 ? part : change(part)).join("")

const write = (path, text) => {
  const file = join(pages, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** The packages whose API is told. `effect-ws` passes on what these have; the others are commands. */
const told = ["codec", "connection", "platform", "platform-browser", "platform-node"].map((name) =>
  `@effect-ws/${name}`
)

/** A page for each module that can be imported. */
const writeApi = async () => {
  const modules = published(root).filter(({ name }) => told.includes(name)).flatMap(({ modules, name }) =>
    modules.map(({ path, source }) => ({ name: name + path.slice(1), source }))
  )
  const tsconfig = join(out, "tsconfig.json")
  writeFileSync(
    tsconfig,
    JSON.stringify({
      extends: "../../../tsconfig.json",
      compilerOptions: { composite: false, incremental: false, noEmit: true, types: ["node"], lib: ["ES2023", "DOM"] },
      files: modules.map(({ source }) => source),
      references: []
    })
  )
  const app = await Application.bootstrapWithPlugins({
    entryPoints: modules.map(({ source }) => source),
    tsconfig,
    plugin: ["typedoc-plugin-markdown"],
    readme: "none",
    logLevel: LogLevel.Warn,
    excludeInternal: true,
    excludePrivate: true,
    excludeExternals: true,
    disableSources: true,
    githubPages: false,
    sort: ["alphabetical"],
    blockTags: ["@since", "@category", "@example", "@deprecated"],
    excludeTags: ["@since"],
    entryFileName: "index",
    outputFileStrategy: "modules",
    hidePageHeader: true,
    hideBreadcrumbs: true,
    useCodeBlocks: true,
    useHTMLAnchors: true,
    parametersFormat: "table",
    validation: { invalidLink: true, notExported: false }
  })
  const names = new Map(modules.map(({ name, source }) => [source, name]))
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) {
      const { fileName } = project.getSymbolIdFromReflection(module) ?? {}
      module.name = names.get(fileName) ?? module.name
      module.comment = new Comment([{ kind: "text", text: opening(fileName) }])
    }
  })
  const project = await app.convert()
  if (project === undefined || app.logger.hasErrors()) throw new Error("the API could not be read")
  mkdirSync(join(pages, "api"), { recursive: true })
  await app.outputs.writeOutput({ name: "markdown", path: join(pages, "api") }, project)
}

/** What a module says of itself at its top. */
const opening = (file) =>
  (/^\/\*\*([\s\S]*?)\*\//.exec(readFileSync(file, "utf8"))?.[1] ?? "")
    .replace(/^ *\* ?/gm, "").replace(/^@\w[\s\S]*/m, "").trim()

await main()
