/**
 * What is published: packages, and of each the modules that users can import. In: the manifests. Out: where each module's declarations
 * and its source are.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** The published packages: their folders, names, and modules with their declarations. */
export const published = (root) =>
  JSON.parse(readFileSync(join(root, "package.json"), "utf8")).workspaces.flatMap((workspace) => {
    const folder = join(root, workspace)
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
    return manifest.private === true ? [] : [{ folder, name: manifest.name, modules: modulesOf(folder, manifest) }]
  })

/** What `exports` opens: its names, and for a pattern each source that fits and is not closed. */
const modulesOf = (folder, { exports }) => {
  const sources = readdirSync(join(folder, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"))
    .map((path) => path.replaceAll("\\", "/").slice(0, -3))
  const closed = Object.entries(exports).filter(([, target]) => target === null).map(([key]) => key.slice(2, -1))
  return Object.entries(exports).flatMap(([key, target]) => {
    if (target === null || typeof target.types !== "string") return []
    const declared = (path) => ({
      path: key.replace("*", path),
      file: join(folder, target.types.replace("*", path)),
      source: join(folder, (target["@effect-ws/source"] ?? target.types).replace("*", path))
    })
    if (!key.includes("*")) return [declared("")]
    return sources
      .filter((path) => path !== "index" && !closed.some((room) => path.startsWith(room)))
      .map(declared)
  }).sort((one, other) => one.path < other.path ? -1 : 1)
}
