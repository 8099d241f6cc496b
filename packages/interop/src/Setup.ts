/**
 * What peers need before they can be run. In: a peer. Out: that it is ready, and in which version; or why it cannot be had here.
 *
 * Packages come from Debian, by apt-get, and from npm; programs are built from `foreign`. Nothing is installed into the repository
 * but in `node_modules/.cache/interop`.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { type ProgramError, run } from "./internal/children.js"
import type { Command, Paths, Peer } from "./Peer.js"

/**
 * A peer cannot be had here.
 *
 * @since 0.1.0
 * @category errors
 */
export class Unavailable extends Data.TaggedError("Unavailable")<{ readonly message: string }> {}

/**
 * @since 0.1.0
 * @category models
 */
export interface Setup {
  readonly paths: Paths
  /** Readies a peer. Answers with its version. */
  readonly ready: (peer: Peer) => Effect.Effect<string, Unavailable>
}

const root = fileURLToPath(new URL("../../..", import.meta.url))

const foreign = fileURLToPath(new URL("../foreign", import.meta.url))

/**
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<Setup, ProgramError> = Effect.gen(function*() {
  const work = join(root, "node_modules/.cache/interop")
  mkdirSync(join(work, "tls"), { recursive: true })
  const options = { cwd: work }
  yield* makeCertificate(work)
  const paths: Paths = { work, foreign, npm: join(work, "node_modules") }

  const aptUpdate = yield* Effect.cached(run(asRoot("apt-get", "update", "-q"), options))
  const npm = yield* Effect.cached(Effect.suspend(() => {
    copyFileSync(join(foreign, "package.json"), join(work, "package.json"))
    return run(["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"], options)
  }))

  const debian = (packages: ReadonlyArray<string>): Effect.Effect<unknown, ProgramError> =>
    Effect.gen(function*() {
      const lacking: Array<string> = []
      for (const name of new Set(packages)) {
        const isThere = yield* Effect.isSuccess(run(["dpkg-query", "-s", name], options))
        if (!isThere) lacking.push(name)
      }
      if (lacking.length === 0) return
      yield* aptUpdate
      yield* run(asRoot(...install, ...lacking), options)
    })

  const versionOf = ({ debian: [first = ""], npm }: Peer): Effect.Effect<string, ProgramError> =>
    npm === undefined
      ? Effect.map(run(["dpkg-query", "-W", "-f", "${Version}", first], options), upstream)
      : Effect.sync(() => {
        const { version } = JSON.parse(readFileSync(join(paths.npm, npm, "package.json"), "utf8"))
        return String(version)
      })

  return {
    paths,
    ready: (peer) =>
      Effect.gen(function*() {
        yield* debian(peer.debian)
        if (peer.npm !== undefined) yield* npm
        for (const command of peer.build?.(paths) ?? []) yield* run(command, options)
        return yield* versionOf(peer)
      }).pipe(Effect.mapError(({ message }) => new Unavailable({ message })))
  }
})

const asRoot = (...command: Command): Command => process.getuid?.() === 0 ? command : ["sudo", "-n", ...command]

const install = [
  "env",
  "DEBIAN_FRONTEND=noninteractive",
  "apt-get",
  "install",
  "-qy",
  "--no-install-recommends"
] as const

/**
 * The part of a Debian version that is the program's: `1:4.1.48-7+deb12u2` is 4.1.48.
 *
 * @since 0.1.0
 * @category versions
 */
export const upstream = (version: string): string =>
  version.replace(/^[0-9]+:/, "").replace(/-[^-]*$/, "").replace(/[+~](?:dfsg|ds|really).*$/, "")

/**
 * For localhost and 127.0.0.1; it is its own authority, though none of others: Deno refuses one that is. With RSA, which all peers
 * know.
 */
const makeCertificate = (work: string): Effect.Effect<void, ProgramError> =>
  Effect.suspend(() => {
    const folder = join(work, "tls")
    if (existsSync(join(folder, "ca.pem"))) return Effect.void
    writeFileSync(join(folder, "openssl.cnf"), certificate)
    const command: Command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650"]
    const files = ["-config", "openssl.cnf", "-keyout", "key.pem", "-out", "cert.pem"]
    return Effect.map(
      run([...command, ...files], { cwd: folder }),
      () => copyFileSync(join(folder, "cert.pem"), join(folder, "ca.pem"))
    )
  })

const certificate = `
[req]
prompt = no
distinguished_name = name
x509_extensions = extensions
[name]
CN = localhost
[extensions]
basicConstraints = critical, CA:FALSE
subjectAltName = DNS:localhost, IP:127.0.0.1
`
