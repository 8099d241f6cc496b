/** Links between pages of a built site. In: its folder. Out: each link that leads nowhere, page and anchor alike, with where it stands. */
import { readdirSync, readFileSync } from "node:fs"
import { join, posix } from "node:path"

export const brokenLinks = (folder) => {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((path) => path.replaceAll("\\", "/"))
  const pages = new Map(
    files.filter((path) => path.endsWith(".html")).map((path) => [path, readFileSync(join(folder, path), "utf8")])
  )
  const anchors = new Map(
    [...pages].map(([path, html]) => [path, new Set([...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id))])
  )
  const all = new Set(files)
  return [...pages].flatMap(([page, html]) =>
    [...new Set([...html.matchAll(/<a [^>]*?href="([^"]*)"/g)].map(([, href]) => decoded(href)))]
      .filter((href) => !/^([a-z]+:|\/\/)/.test(href))
      .filter((href) => {
        const [path, anchor] = href.split("#")
        const target = path === ""
          ? page
          : fileOf(all, posix.join("/", path.startsWith("/") ? path : posix.join(posix.dirname(page), path)))
        return target === undefined ||
          (anchor !== undefined && anchor !== "" && anchors.get(target)?.has(decodeURIComponent(anchor)) === false)
      })
      .map((href) => `${page}: ${href}`)
  )
}

const decoded = (href) => href.replaceAll("&amp;", "&").replaceAll("&#39;", "'").replaceAll("&quot;", "\"")

/** As a static server finds it. */
const fileOf = (all, path) =>
  [path.slice(1), `${path.slice(1)}.html`, posix.join(path, "index.html").slice(1)].find((file) => all.has(file))
