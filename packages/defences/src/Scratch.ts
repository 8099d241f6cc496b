/**
 * A copy of the packages, in which defences are switched off. In: the repository. Out: a folder where Vitest finds the copied
 * sources, which is gone when the scope closes.
 *
 * Nothing is installed: its `node_modules` is links to what is installed here, but for our own packages, which are those of the
 * copy. It does not know what is edited, nor why.
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { fileURLToPath } from "node:url"
import type { Edited, Source } from "./Edit.js"

export const repository = fileURLToPath(new URL("../../../", import.meta.url))

export interface Scratch {
  readonly root: string
}

type Files = FileSystem.FileSystem | Path.Path

const scope = "@effect-ws"
const ofRoot = ["package.json", "tsconfig.json", "vitest.workspace.ts"]
const ofPackage = ["package.json", "tsconfig.json", "tsconfig.test.json", "src", "test"]

export const make: Effect.Effect<Scratch, PlatformError, Files | Scope.Scope> = Effect.gen(function*() {
  const files = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const root = yield* Effect.flatMap(files.makeTempDirectoryScoped({ prefix: "effect-ws-defences-" }), files.realPath)
  const copy = (name: string) => files.copy(path.join(repository, name), path.join(root, name))
  const link = (name: string) =>
    files.symlink(path.join(repository, "node_modules", name), path.join(root, "node_modules", name))

  for (const name of ofRoot) yield* copy(name)
  yield* files.makeDirectory(path.join(root, "node_modules", scope), { recursive: true })
  for (const name of yield* files.readDirectory(path.join(repository, "node_modules"))) {
    // What begins with a dot is npm's and the tools' own: a cache that two share is none.
    if (name !== scope && !name.startsWith(".")) yield* link(name)
  }
  for (const name of yield* files.readDirectory(path.join(repository, "packages"))) {
    yield* files.makeDirectory(path.join(root, "packages", name), { recursive: true })
    for (const part of ofPackage) yield* copy(path.join("packages", name, part))
    yield* files.symlink(path.join(root, "packages", name), path.join(root, "node_modules", scope, name))
  }
  return { root }
})

/** The packages that defend. */
const defending = ["codec", "connection", "platform", "platform-node"]

/** The sources in which a defence is looked for. */
export const sources: Effect.Effect<ReadonlyArray<Source>, PlatformError, Files> = Effect.gen(function*() {
  const files = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folder = path.join(repository, "packages")
  const found: Array<Source> = []
  for (const name of defending) {
    for (const below of yield* files.readDirectory(path.join(folder, name, "src"), { recursive: true })) {
      if (!below.endsWith(".ts")) continue
      const file = path.join(name, "src", below)
      found.push({ file, text: yield* files.readFileString(path.join(folder, file)) })
    }
  }
  return found
})

/** Whether a test's file is there. */
export const hasTest = (file: string): Effect.Effect<boolean, PlatformError, Files> =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    return yield* files.exists(path.join(repository, "packages", file))
  })

/** Has an edited file in the copy, until the scope closes. */
export const put = (
  { root }: Scratch,
  { file, text }: Edited
): Effect.Effect<void, PlatformError, Files | Scope.Scope> =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const name = path.join(root, "packages", file)
    const before = yield* files.readFileString(name)
    yield* Effect.acquireRelease(
      files.writeFileString(name, text),
      () => Effect.orDie(files.writeFileString(name, before))
    )
  })
