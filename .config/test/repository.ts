/**
 * What the tests of the repository read: packages, their manifests, their files and what these import. It judges nothing.
 */
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import ts from "typescript"

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..")

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly workspaces?: ReadonlyArray<string>
  readonly exports?: Record<string, unknown>
  readonly scripts?: Record<string, string>
  readonly files?: ReadonlyArray<string>
  readonly dependencies?: Record<string, string>
  readonly peerDependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
}

export const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"))

/** The names of the packages' folders, in the order of the root manifest. */
export const packages: ReadonlyArray<string> = (readManifest(".").workspaces ?? []).map((folder) =>
  folder.replace("packages/", "")
)

/** Whether users cannot import a module of a package, by its path below `src`: its room is closed, or all but the index is. */
export const isClosed = (folder: string, path: string): boolean => {
  const { exports = {} } = readManifest(join("packages", folder))
  if (path === "" || path === "index" || `./${path}` in exports) return false
  return !("./*" in exports) ||
    Object.entries(exports).some(([key, target]) => target === null && path.startsWith(key.slice(2, -1)))
}

/** An import, `export … from`, `import()`, `require()` or `import("…").Type` in one file. */
export interface Import {
  /** From the repository's root, with `/`. */
  readonly file: string
  readonly specifier: string
}

/** All imports below `packages/<name>/<part>`, those of types included. */
export const importsOf = (name: string, part: "src" | "test"): ReadonlyArray<Import> =>
  filesBelow(join(root, "packages", name, part)).flatMap((path) =>
    ts.preProcessFile(readFileSync(path, "utf8"), true, true).importedFiles.map(({ fileName }) => ({
      file: relative(root, path).replaceAll("\\", "/"),
      specifier: fileName
    }))
  )

/** `effect/Effect` is of `effect`, `@effect-ws/codec/Frame` of `@effect-ws/codec`. */
export const packageOf = (specifier: string): string =>
  specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/")

const filesBelow = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((path) => /\.[cm]?[jt]sx?$/.test(path))
      .map((path) => join(folder, path))
  } catch {
    return []
  }
}
