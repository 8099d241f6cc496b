/** The zlib contexts that this process makes, so that a test can see what became of them. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { syncBuiltinESMExports } from "node:module"
import Zlib from "node:zlib"

type Context = Zlib.DeflateRaw | Zlib.InflateRaw

export interface Contexts {
  readonly all: ReadonlyArray<Context>
  /** Those that were not closed. */
  readonly open: () => ReadonlyArray<Context>
}

/** From now on, until the scope closes. */
export const tracked: Effect.Effect<Contexts, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => {
    const all: Array<Context> = []
    const { createDeflateRaw, createInflateRaw } = Zlib
    const note = <C extends Context>(context: C): C => {
      all.push(context)
      return context
    }
    const replace = (by: Pick<typeof Zlib, "createDeflateRaw" | "createInflateRaw">) => {
      for (const [name, value] of Object.entries(by)) Object.defineProperty(Zlib, name, { value })
      syncBuiltinESMExports()
    }
    replace({
      createDeflateRaw: (options) => note(createDeflateRaw(options)),
      createInflateRaw: (options) => note(createInflateRaw(options))
    })
    const restore = () => replace({ createDeflateRaw, createInflateRaw })
    return { all, open: () => all.filter(({ destroyed }) => !destroyed), restore }
  }),
  ({ restore }) => Effect.sync(restore)
)
