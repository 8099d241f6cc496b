/**
 * What a table of names is: for each module of Effect 3 and each of its members, what stands in its place in Effect 4. A member
 * that is not in the table is not known, and is not guessed.
 *
 * Places are written `module#member`, as "effect/Latch#makeUnsafe".
 */
import type ts from "typescript"

/** By the module's specifier. */
export type Table = Readonly<Record<string, Module>>

export interface Module {
  /** The module that has its place; its own name if nothing is said. */
  readonly to?: string
  /** Members that are as they were, in one text, separated by blanks. A type of a namespace is `Effect.Success`. */
  readonly kept?: string
  /** Members that are not. */
  readonly names?: Readonly<Record<string, Member>>
}

/** Another name of the module, another place, or what is written instead. */
export type Member = string | Rewrite

/** Each says what stands for one kind of use; a kind without one is as `to` says, and not known without `to`. */
export interface Rewrite {
  /** `X.member(…)`, or with `curried`, `X.member(…)(…)`. */
  readonly call?: (use: Call) => string
  readonly curried?: (use: Call) => string
  /** `X.member`, not called. */
  readonly value?: (use: Use) => string
  /** `X.Member<…>` as a type. */
  readonly type?: (use: Use) => string
  /** Another name or place, for all other uses. */
  readonly to?: string
}

/** A use of a name: what a rewrite may ask, and write. */
export interface Use {
  /** Its type arguments, translated. */
  readonly types: ReadonlyArray<string>
  /** Of a type: whether it is what an Effect succeeds with. */
  readonly isResult: boolean
  /** The code that is a place of Effect 4, imported if it was not. */
  readonly at: (place: string) => string
  /** A piece of the source, translated. */
  readonly text: (node: ts.Node) => string
  /** Whether this file imports a module of Effect 3. */
  readonly imports: (module: string) => boolean
  /** It cannot be translated here. */
  readonly refuse: (why: string) => string
}

export interface Call extends Use {
  /** All arguments, translated; of the first call where two are curried. */
  readonly args: ReadonlyArray<string>
  /** The same, as they were. */
  readonly nodes: ReadonlyArray<ts.Expression>
  /** The second call's: its type arguments and arguments. */
  readonly next: { readonly types: ReadonlyArray<string>; readonly args: ReadonlyArray<string> } | undefined
  /** The class that extends what is called. */
  readonly className: string | undefined
}

/** Members of values, whose type the translator does not know: only names that nothing but Effect has. */
export type Methods = Readonly<Record<string, string | Method>>

/** What is written instead; nothing, if it is left as it is. */
export interface Method {
  /** `value.method(…)` */
  readonly call?: (use: MethodCall) => string | undefined
  /** `value.member`, not called. */
  readonly value?: (use: MethodCall) => string | undefined
}

export interface MethodCall extends Use {
  /** What it is a member of, translated, with the dot. */
  readonly on: string
  readonly args: ReadonlyArray<string>
}

export interface Tables {
  readonly modules: Table
  readonly methods: Methods
}
