/**
 * What a release publishes, and under which tag. In: the manifests of the packages, as text. Out: names, versions, tags; or why there
 * is nothing to publish.
 *
 * The major version is Effect's: of one commit, 3.x is for Effect 3 and 4.x for Effect 4. Who installs without a version gets Effect 4
 * from npm, and so `latest` is 4.x, and `effect3` is 3.x. What has no Effect in it is one package for both.
 */
import { manifestOf } from "./Manifest.js"

export interface Published {
  readonly name: string
  readonly version: string
  readonly edition: 3 | 4
  readonly tag: "latest" | "effect3"
}

/** `edition`: the names of the packages, below `packages/`, that the Effect 4 edition has. */
export const plan = (
  manifests: ReadonlyMap<string, string>,
  edition: ReadonlyArray<string>
): ReadonlyArray<Published> =>
  [...manifests].flatMap(([folder, text]): ReadonlyArray<Published> => {
    const { name, private: isPrivate, version } = JSON.parse(text)
    if (isPrivate === true) return []
    const other = edition.includes(folder) ? JSON.parse(manifestOf(text)).version : version
    return other === version
      ? [{ name, version, edition: 3, tag: "latest" }]
      : [
        { name, version, edition: 3, tag: "effect3" },
        { name, version: other, edition: 4, tag: "latest" }
      ]
  })

/** The version that all packages get, where changesets gave them this one: before the first release there was no Effect in it. */
export const numbered = (version: string): string => /^[0-2]\./.test(version) ? "3.0.0" : version

/** Why a version cannot be released. */
export const objection = (version: string): string | undefined =>
  /^3\.\d+\.\d+$/.test(version)
    ? undefined
    : `the version is ${version}, and its major must be 3, Effect's: ` +
      (version.startsWith("4.")
        ? "a changeset was major. What breaks users raises the minor"
        : "run npm run release -- --version")
