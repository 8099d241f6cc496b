import { describe, expect, it } from "vitest"
import * as Edition from "../src/Edition.js"
import type { Prose } from "../src/prose.js"
import { all } from "../src/tables/all.js"
import { told } from "../src/Translate.js"

const manifest = (rest: object): string => JSON.stringify({ name: "@effect-ws/a", version: "3.2.1", ...rest })

const make = (
  given: Record<string, string>,
  own: Record<string, string> = {},
  leftOut: Record<string, string> = {},
  prose: Prose = {}
) => Edition.make(new Map(Object.entries(given)), new Map(Object.entries(own)), leftOut, all, {}, prose)

describe("an edition", () => {
  it("holds sources translated, and its own in their place", () => {
    const { files } = make(
      { "a/src/A.ts": `import * as E from "effect/Effect"\nE.async`, "a/src/B.ts": "of 3" },
      { "a/src/B.ts": "of 4" }
    )
    expect([...files]).toEqual([["a/src/A.ts", `import * as E from "effect/Effect"\nE.callback`], [
      "a/src/B.ts",
      "of 4"
    ]])
  })

  it("lacks what is left out, and does not export it", () => {
    const index = `export * as A from "./A.js"\nexport * as B from "./B.js"\n`
    const { files, problems } = make(
      { "a/src/index.ts": index, "a/src/A.ts": "", "a/src/B.ts": "" },
      {},
      { "a/src/B.ts": "not yet" }
    )
    expect(problems).toEqual([])
    expect([...files]).toEqual([["a/src/index.ts", `export * as A from "./A.js"\n`], ["a/src/A.ts", ""]])
  })

  it("has examples of its own", () => {
    const source = (example: string) => `/**\n * @example\n${example} *\n * @since 0.1.0\n */\n`
    const { files, problems } = make(
      { "a/src/A.ts": source(` * import * as STM from "effect/STM"\n *\n * STM.void\n`) },
      { "a/src/A.ts.example": "import * as Tx from \"effect/Tx\"\n\nTx.void\n" }
    )
    expect(problems).toEqual([])
    expect(files.get("a/src/A.ts")).toBe(source(` * import * as Tx from "effect/Tx"\n *\n * Tx.void\n`))
  })

  it("lacks folders that are left out", () => {
    const { files, problems } = make(
      { "a/test/b/A.ts": "", "a/test/b/c/A.ts": "", "a/test/b.ts": "" },
      {},
      { "a/test/b/": "not yet" }
    )
    expect(problems).toEqual([])
    expect([...files.keys()]).toEqual(["a/test/b.ts"])
  })

  it("says in its documentation what is so there, however the lines were broken", () => {
    const text = "/**\n * It runs, once and\n * for all (not twice).\n * No more.\n */\n"
    const { files, problems } = make({ "a/src/A.ts": text }, {}, {}, {
      "a/src/A.ts": [["once and for all (not twice).", "again\n      and again."]]
    })
    expect(problems).toEqual([])
    expect(files.get("a/src/A.ts")).toBe("/**\n * It runs, again\n * and again.\n * No more.\n */\n")
  })

  it("says what was to be reworded and is not written", () => {
    const { problems } = make({ "a/src/A.ts": "/** A. */" }, {}, {}, {
      "a/src/A.ts": [["B.", "C."]],
      "a/src/B.ts": []
    })
    expect(problems.map(told)).toEqual([
      "a/src/B.ts:1: a/src/B.ts: it stands for a file that is not there",
      "a/src/A.ts:1: B.: this is not written there"
    ])
  })

  it("says which of its own modules, and of those left out, stand for nothing", () => {
    const { problems } = make({}, { "a/src/A.ts": "" }, { "a/src/B.ts": "not yet" })
    expect(problems.map(told)).toEqual([
      "a/src/A.ts:1: a/src/A.ts: it stands for a file that is not there",
      "a/src/B.ts:1: a/src/B.ts: it stands for a file that is not there"
    ])
  })
})

describe("a manifest", () => {
  const written = (rest: object): unknown =>
    JSON.parse(make({ "a/package.json": manifest(rest) }).files.get("a/package.json") ?? "")

  it("has Effect's major, and asks for what is Effect 4's", () => {
    expect(written({
      dependencies: { "@effect-ws/codec": "3.2.1", "@effect-ws/b": "3.2.1" },
      peerDependencies: {
        effect: "^3.22.4",
        "@effect/platform": "^0.97.2",
        "@effect/platform-node": "^0.108.2",
        bufferutil: "^4.1.0"
      },
      devDependencies: { effect: "^3.22.4" }
    })).toEqual({
      name: "@effect-ws/a",
      version: "4.2.1",
      dependencies: { "@effect-ws/codec": "3.2.1", "@effect-ws/b": "4.2.1" },
      peerDependencies: { effect: "^4.1.0", "@effect/platform-node": "^4.1.0", bufferutil: "^4.1.0" }
    })
  })

  it("of a package without Effect is the same for both", () => {
    expect(written({ dependencies: { other: "1" }, devDependencies: { effect: "^3.22.4" } })).toEqual({
      name: "@effect-ws/a",
      version: "3.2.1",
      dependencies: { other: "1" }
    })
  })
})
