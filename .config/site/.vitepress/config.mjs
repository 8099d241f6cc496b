/** What the site looks like, and the order in which it tells: guests first, those who work on it last. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitepress"

const pages = resolve(dirname(fileURLToPath(import.meta.url)), "../out/pages")

/** A page by the title that it gives itself. */
const page = (link, text) => {
  const file = join(pages, `${link}.md`)
  if (!existsSync(file)) throw new Error(`there is no page ${link}.md`)
  return { link: `/${link}`, text: text ?? /^# (.*)$/m.exec(readFileSync(file, "utf8"))?.[1] ?? link }
}

const pagesOf = (folder) =>
  readdirSync(join(pages, folder)).filter((file) => file.endsWith(".md") && file !== "index.md").sort()
    .map((file) => page(`${folder}/${file.slice(0, -3)}`))

/** The guides that stand under "Start"; of the others, those that everybody needs come first. */
const starting = ["migration", "troubleshooting", "faq"].map((name) => page(`guides/${name}`))
const leading = ["reading", "sending", "closing", "broadcast", "typed-messages", "reconnecting", "authentication"]
  .map((name) => page(`guides/${name}`))
const placed = [...starting, ...leading].map(({ link }) => link)
const guides = [...leading, ...pagesOf("guides").filter(({ link }) => !placed.includes(link))]

const reference = [
  "options",
  "closing",
  "errors",
  "compression",
  "security",
  "performance",
  "hosts",
  "interop",
  "effect4"
]
const internals = ["architecture", "http2", "conformance", "add-a-case", "reliability", "releasing"]

/** Modules by package; their pages lie in folders as their names say. */
const api = () => {
  const folder = join(pages, "api")
  if (!existsSync(folder)) return []
  const links = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".md") && path !== "index.md").sort()
  const packages = new Map()
  for (const path of links) {
    const [, name, ...rest] = path.replace(/(\/index)?\.md$/, "").split("/")
    const items = packages.get(name) ?? []
    items.push({ text: rest.join("/") || "index", link: `/api/${path.replace(/(index)?\.md$/, "")}` })
    packages.set(name, items)
  }
  return [...packages].map(([name, items]) => ({ text: `@effect-ws/${name}`, collapsed: true, items }))
}

/** Anchors as GitHub names them, where the same pages are read. */
const slugify = (heading) => heading.trim().toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/\s/g, "-")

export default defineConfig({
  title: "effect-ws",
  description: "WebSockets for Effect: a pure codec, a connection with typed ends, and clients and servers",
  lang: "en",
  srcDir: "./out/pages",
  outDir: "./out/site",
  cacheDir: "./out/cache",
  cleanUrls: false,
  ignoreDeadLinks: "localhostLinks", // of the tutorial; ours are checked again
  appearance: true,
  lastUpdated: false,
  metaChunk: true,
  markdown: { anchor: { slugify }, theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" } },
  themeConfig: {
    outline: [2, 3],
    search: { provider: "local", options: { miniSearch: { searchOptions: { boost: { title: 4, text: 2 } } } } },
    nav: [
      { text: "Tutorial", link: "/tutorial" },
      { text: "Guides", link: "/guides/reading" },
      { text: "Reference", link: "/reference/options" },
      ...(existsSync(join(pages, "api")) ? [{ text: "API", link: "/api/" }] : [])
    ],
    sidebar: [
      { text: "Start", items: [page("index", "What it is"), page("tutorial"), ...starting] },
      { text: "Guides", items: guides },
      { text: "Examples", items: pagesOf("examples") },
      { text: "Reference", items: [...reference.map((name) => page(`reference/${name}`)), ...api()] },
      {
        text: "Internals",
        collapsed: true,
        items: [
          ...internals.map((name) => page(`internals/${name}`)),
          { text: "Decisions", collapsed: true, link: "/internals/decisions/", items: pagesOf("internals/decisions") }
        ]
      }
    ]
  }
})
