/**
 * A package's manifest -> that of the Effect 4 edition: the same name, Effect's major, other peers.
 */

/** What the edition asks of those who install it, and of itself. */
export const ranges: Readonly<Record<string, string>> = {
  effect: "^4.1.0",
  "@effect/platform-node": "^4.1.0"
}

/** What Effect 4 has in `effect`. */
const merged: ReadonlyArray<string> = [
  "@effect/platform",
  "@effect/cli",
  "@effect/rpc",
  "@effect/cluster",
  "@effect/experimental"
]

/** Of one commit: 0.1.2 or 3.1.2 for Effect 3 is 4.1.2 for Effect 4. */
export const versionOf = (version: string): string => version.replace(/^\d+/, "4")

interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

export const manifestOf = (text: string): string => {
  const manifest: Manifest & { readonly devDependencies?: unknown } = JSON.parse(text)
  const { devDependencies: _, ...kept } = manifest
  const isShared = manifest.dependencies?.["effect"] === undefined &&
    manifest.peerDependencies?.["effect"] === undefined
  const edition = isShared ? kept : {
    ...kept,
    version: versionOf(kept.version),
    ...changed("dependencies", kept.dependencies),
    ...changed("peerDependencies", kept.peerDependencies)
  }
  return `${JSON.stringify(edition, undefined, 2)}\n`
}

const changed = (key: string, given: Readonly<Record<string, string>> | undefined) =>
  given === undefined ? {} : {
    [key]: Object.fromEntries(
      Object.entries(given)
        .filter(([name]) => !merged.includes(name))
        .map(([name, range]) => [name, ranges[name] ?? (isOurs(name) ? versionOf(range) : range)])
    )
  }

const isOurs = (name: string): boolean => name.startsWith("@effect-ws/") && name !== "@effect-ws/codec"
