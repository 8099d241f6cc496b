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

const leading = ["how-to/reading", "how-to/sending", "how-to/authentication"].map((link) => page(link))
const guides = pagesOf("how-to").filter(({ link }) =>
  !["/how-to/add-a-case", "/how-to/troubleshooting", ...leading.map((one) => one.link)].includes(link)
)

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
      { text: "Guides", link: "/how-to/browser" },
      { text: "Reference", link: "/options" },
      ...(existsSync(join(pages, "api")) ? [{ text: "API", link: "/api/" }] : [])
    ],
    sidebar: [
      {
        text: "Start",
        items: [page("index", "What it is"), page("tutorial"), page("migration"), page("how-to/troubleshooting")]
      },
      { text: "Guides", items: [...leading, ...guides] },
      { text: "Examples", items: pagesOf("examples") },
      {
        text: "Reference",
        items: [
          ...["options", "closing", "compression", "security", "reliability", "performance", "interop", "effect4"].map((
            link
          ) => page(link)),
          ...api()
        ]
      },
      {
        text: "Internals",
        collapsed: true,
        items: [
          ...["architecture", "conformance", "how-to/add-a-case", "releasing"].map((link) => page(link)),
          { text: "Decisions", collapsed: true, link: "/decisions/", items: pagesOf("decisions") }
        ]
      }
    ]
  }
})
