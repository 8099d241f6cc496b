/** The pages of `docs/examples`, and those of `docs/guides` that quote examples, quote them as they are. */
import { describe, expect, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const root = new URL("../../../", import.meta.url)
const folder = new URL("docs/examples/", root)
const pages = readdirSync(fileURLToPath(folder)).filter((name) => name.endsWith(".md"))
const read = (url: URL): string => readFileSync(url, "utf8")

const quotes = (text: string) =>
  [...text.matchAll(/<!-- (packages\/examples\/\S+) -->\n+```\w+\n([\s\S]*?)```/g)]
    .map(([, file = "", quoted = ""]) => ({ file, quoted }))

describe("docs/examples", () => {
  for (const page of pages) {
    const text = read(new URL(page, folder))

    it(`${page} quotes code as it is`, () => {
      expect(quotes(text)).not.toEqual([])
      for (const { file, quoted } of quotes(text)) expect(quoted).toBe(read(new URL(file, root)))
    })

    it(`${page} links to what is there`, () => {
      for (const [, link = ""] of text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
        expect([link, existsSync(new URL(link, new URL(page, folder)))]).toEqual([link, true])
      }
    })

    it(`${page} is on the map`, () => {
      expect(read(new URL("docs/README.md", root))).toContain(`(examples/${page})`)
    })
  }
})

describe("docs/guides", () => {
  const guides = new URL("docs/guides/", root)
  const quoting = readdirSync(fileURLToPath(guides))
    .map((page) => ({ page, quoted: quotes(read(new URL(page, guides))) }))
    .filter(({ quoted }) => quoted.length > 0)
  for (const { page, quoted } of quoting) {
    it(`${page} quotes code of the examples as it is`, () => {
      for (const { file, quoted: code } of quoted) expect(code).toBe(read(new URL(file, root)))
    })
  }
})
