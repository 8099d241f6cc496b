/**
 * What the manifests promise: dependencies that cover the sources, closed rooms, one version of everything.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { importsOf, type Manifest, packageOf, packages, readManifest, root } from "./repository.js"

const require = createRequire(import.meta.url)

const manifests: ReadonlyArray<readonly [folder: string, manifest: Manifest]> = packages.map((name) => [
  name,
  readManifest(join("packages", name))
])

/** Rooms with modules for others than applications. Whatever else is a folder is closed. */
const open: Readonly<Record<string, ReadonlyArray<string>>> = {
  codec: ["report"],
  connection: ["host", "testing"],
  platform: ["host"]
}

const installed = ({ dependencies, peerDependencies }: Manifest): Record<string, string> => ({
  ...dependencies,
  ...peerDependencies
})

for (const [folder, manifest] of manifests) {
  describe(manifest.name, () => {
    it("depends on what its sources import", () => {
      const covered = installed(manifest)
      const missing = importsOf(folder, "src")
        .filter(({ specifier }) => !/^(\.|node:)/.test(specifier) && !(packageOf(specifier) in covered))
        .map(({ file, specifier }) => `${file} -> ${specifier}`)
      expect(missing).toEqual([])
    })

    it("keeps its rooms closed", () => {
      const rooms = readdirSync(join(root, "packages", folder, "src"), { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && !(open[folder] ?? []).includes(entry.name))
        .map(({ name }) => name)
      for (const room of manifest.private === true ? [] : [...rooms, "internal"]) {
        // Without a pattern nothing is open but what is named.
        if (manifest.exports !== undefined && "./*" in manifest.exports) {
          expect(manifest.exports[`./${room}/*`], room).toBeNull()
        }
        expect(() => require.resolve(`${manifest.name}/${room}/anything`)).toThrow(
          expect.objectContaining({ code: "ERR_PACKAGE_PATH_NOT_EXPORTED" })
        )
      }
    })

    it("packs its output and its sources, nothing else", () => {
      expect(manifest.files).toEqual(["dist", "src"])
      expect(existsSync(join(root, "packages", folder, ".npmignore"))).toBe(false)
    })
  })
}

describe("keys that are shared by all that is loaded", () => {
  it("of services and symbols, bear the name of their module", () => {
    const own = manifests.filter(([folder]) => folder !== "effect4") // which writes Effect's own keys into sources
    const odd = own.flatMap(([folder, { name }]) =>
      readdirSync(join(root, "packages", folder, "src"), { recursive: true, encoding: "utf8" })
        .filter((path) => path.endsWith(".ts"))
        .flatMap((path) =>
          [
            ...readFileSync(join(root, "packages", folder, "src", path), "utf8").matchAll(
              /(?:Tag|Symbol\.for)\("([^"]*)"\)/g
            )
          ]
            .filter(([, key = ""]) => !key.startsWith(`${name}/`))
            .map(([, key]) => `${folder}/src/${path}: ${key}`)
        )
    )
    expect(odd).toEqual([])
  })
})

describe("all packages", () => {
  it("depend on each other's current versions", () => {
    const versions = Object.fromEntries(manifests.map(([, { name, version }]) => [name, version]))
    const stale = manifests.flatMap(([, manifest]) =>
      Object.entries(installed(manifest))
        .filter(([name, range]) => name in versions && versions[name] !== range)
        .map(([name, range]) => `${manifest.name} -> ${name}@${range}`)
    )
    expect(stale).toEqual([])
  })

  it("ask for the same range of any package of others", () => {
    const ranges = new Map<string, Set<string>>()
    for (const manifest of [readManifest("."), ...manifests.map(([, manifest]) => manifest)]) {
      for (const [name, range] of Object.entries({ ...installed(manifest), ...manifest.devDependencies })) {
        ranges.set(name, new Set([...ranges.get(name) ?? [], range]))
      }
    }
    const several = [...ranges].filter(([, all]) => all.size > 1).map(([name, all]) =>
      `${name}: ${[...all].join(", ")}`
    )
    expect(several).toEqual([])
  })
})
