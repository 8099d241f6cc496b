import { describe, expect, it } from "vitest"
import { all } from "../src/tables/all.js"
import { told, translate } from "../src/Translate.js"

/** Lines of a source, translated; problems are a failure. */
const translated = (...lines: ReadonlyArray<string>): string => {
  const { problems, text } = translate("x.ts", lines.join("\n"), all)
  expect(problems.map(told)).toEqual([])
  return text
}

const problemsOf = (...lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  translate("a/x.ts", lines.join("\n"), all).problems.map(told)

const effect = `import * as Effect from "effect/Effect"`

describe("names", () => {
  it("are renamed where they come from an import", () => {
    expect(translated(effect, "const a = Effect.async<void>((resume) => resume(Effect.void))")).toBe(
      `${effect}\nconst a = Effect.callback<void>((resume) => resume(Effect.void))`
    )
  })

  it("are left alone where they do not", () => {
    const source = `const Effect = { async: 1 }\nconst a = Effect.async`
    expect(translated(source)).toBe(source)
  })

  it("go by the local name of a module", () => {
    expect(translated(`import * as E from "effect/Effect"`, "const a = E.zipRight(E.void, E.void)")).toBe(
      `import * as E from "effect/Effect"\nconst a = E.andThen(E.void, E.void)`
    )
  })

  it("move to other modules, which are imported once, of values or of types", () => {
    expect(translated(
      effect,
      `import * as Runtime from "effect/Runtime"`,
      "const a = (runtime: Runtime.Runtime<never>) => Runtime.runFork(runtime)(Effect.void)",
      "const b = Effect.unsafeMakeLatch(false)"
    )).toBe([
      `import type * as Context from "effect/Context"`,
      effect,
      `import * as Latch from "effect/Latch"`,
      "const a = (runtime: Context.Context<never>) => Effect.runForkWith(runtime)(Effect.void)",
      "const b = Latch.makeUnsafe(false)"
    ].join("\n"))
  })

  it("may be members that are imported", () => {
    expect(translated(`import { format, NodeInspectSymbol } from "effect/Inspectable"`, "format(NodeInspectSymbol)"))
      .toBe([
        `import { format } from "effect/Formatter"`,
        `import { NodeInspectSymbol } from "effect/Inspectable"`,
        "format(NodeInspectSymbol)"
      ].join("\n"))
  })

  it("may be modules that are imported from a package", () => {
    expect(translated(`import { Effect, Exit } from "effect"`, "const a = Effect.catchAll", "const b = Exit.void"))
      .toBe([
        effect,
        `import * as Exit from "effect/Exit"`,
        "const a = Effect.catch",
        "const b = Exit.void"
      ].join("\n"))
  })

  it("in types keep their arguments", () => {
    expect(translated(`import type * as Fiber from "effect/Fiber"`, "type A = Fiber.RuntimeFiber<void, Error>")).toBe(
      `import type * as Fiber from "effect/Fiber"\ntype A = Fiber.Fiber<void, Error>`
    )
  })
})

describe("rewrites", () => {
  it("start fibers at once", () => {
    expect(translated(effect, "Effect.forkDaemon(Effect.zipRight(a, b))", "a.pipe(Effect.fork)")).toBe([
      effect,
      "Effect.forkDetach(Effect.andThen(a, b), { startImmediately: true })",
      "a.pipe(Effect.forkChild({ startImmediately: true }))"
    ].join("\n"))
  })

  it("make services of tags", () => {
    expect(translated(
      `import * as Context from "effect/Context"`,
      `class A extends Context.Tag("a")<A, { readonly b: 1 }>() {}`,
      `type B = A["Type"]`
    )).toBe([
      `import * as Context from "effect/Context"`,
      `class A extends Context.Service<A, { readonly b: 1 }>()("a") {}`,
      `type B = A["Service"]`
    ].join("\n"))
  })

  it("make arrays of chunks", () => {
    expect(translated(
      `import * as Chunk from "effect/Chunk"`,
      "const a = (chunk: Chunk.Chunk<number>) => Chunk.toReadonlyArray(chunk).map((n) => Chunk.of(n))"
    )).toBe("\nconst a = (chunk: ReadonlyArray<number>) => chunk.map((n) => [n])")
  })

  it("are made within each other", () => {
    expect(
      translated(
        effect,
        `import * as Exit from "effect/Exit"`,
        "Effect.catchAllCause(Effect.suspend(() => Exit.flatten(exit)), f)"
      )
    )
      .toContain(
        "Effect.catchCause(Effect.suspend(() => (Exit.isSuccess(exit) ? exit.value : Exit.failCause(exit.cause))), f)"
      )
  })

  it("know members of values by names that nothing else has", () => {
    expect(
      translated(
        `import * as FiberId from "effect/FiberId"`,
        "fiber?.unsafeInterruptAsFork(FiberId.none)",
        "latch.unsafeOpen()",
        "const now = clock.unsafeCurrentTimeNanos()"
      )
    )
      .toBe("\nfiber?.interruptUnsafe()\nlatch.openUnsafe()\nconst now = clock.monotonicTimeNanosUnsafe()")
  })

  it("reach into the examples of documentation", () => {
    expect(translated(
      "/**",
      " * @example",
      ` * ${effect}`,
      " *",
      " * Effect.async(f)",
      " *",
      " * @since 0.1.0",
      " */"
    )).toBe([
      "/**",
      " * @example",
      ` * ${effect}`,
      " *",
      " * Effect.callback(f)",
      " *",
      " * @since 0.1.0",
      " */"
    ].join("\n"))
  })
})

describe("what is not known is a problem", () => {
  it("a module", () => {
    expect(problemsOf(effect, `import * as STM from "effect/STM"`)).toEqual([
      "a/x.ts:2: effect/STM: there is no such module in the table"
    ])
  })

  it("a member", () => {
    expect(problemsOf(effect, "", "Effect.summon(1)")).toEqual([
      "a/x.ts:3: effect/Effect#summon: there is no such name in the table"
    ])
  })

  it("a member that is imported by its name", () => {
    expect(problemsOf(`import { summon } from "effect/Effect"`)).toEqual([
      "a/x.ts:1: effect/Effect#summon: there is no such name in the table"
    ])
  })

  it("a type of a namespace", () => {
    expect(problemsOf(`import type * as Effect from "effect/Effect"`, "type A = Effect.Effect.Unheard<B>")).toEqual([
      "a/x.ts:2: effect/Effect#Effect.Unheard: there is no such name in the table"
    ])
  })

  it("a use that a rewrite does not have", () => {
    expect(problemsOf(`import * as Exit from "effect/Exit"`, "const f = Exit.flatten")).toEqual([
      "a/x.ts:2: effect/Exit#flatten: this way to use it is not in the table"
    ])
  })

  it("a module as a value", () => {
    expect(problemsOf(effect, "use(Effect)")).toEqual(["a/x.ts:2: Effect: a module is used as a value"])
  })

  it("what is exported from Effect", () => {
    expect(problemsOf(`export * from "effect/Effect"`)).toEqual([
      "a/x.ts:1: effect/Effect: what is exported from there is not translated"
    ])
  })

  it("in an example of documentation, with its line", () => {
    expect(problemsOf("/**", " * @example", ` * ${effect}`, " * Effect.summon()", " */")).toEqual([
      "a/x.ts:4: effect/Effect#summon: there is no such name in the table"
    ])
  })
})
