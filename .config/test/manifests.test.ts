/**
 * What the manifests promise: dependencies that cover the sources, closed internals, one version of everything.
 */
import { existsSync, readdirSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { importsOf, type Manifest, packageOf, packages, readManifest, root } from "./repository.js"

const require = createRequire(import.meta.url)

const manifests: ReadonlyArray<readonly [folder: string, manifest: Manifest]> = packages.map((name) => [
  name,
  readManifest(join("packages", name))
])

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

    it("keeps its internals closed", () => {
      expect(manifest.exports?.["./internal/*"]).toBeNull()
      expect(() => require.resolve(`${manifest.name}/internal/anything`)).toThrow(
        expect.objectContaining({ code: "ERR_PACKAGE_PATH_NOT_EXPORTED" })
      )
      // "./*" also matches deeper paths, so a folder of internals anywhere else would be open.
      const elsewhere = readdirSync(join(root, "packages", folder, "src"), { recursive: true, encoding: "utf8" })
        .filter((path) => /[\\/]internal$/.test(path))
      expect(elsewhere).toEqual([])
    })

    it("packs its output and its sources, nothing else", () => {
      expect(manifest.files).toEqual(["dist", "src"])
      expect(existsSync(join(root, "packages", folder, ".npmignore"))).toBe(false)
    })
  })
}

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
