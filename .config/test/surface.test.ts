/** `npm run surface` and `npm run circles`: what they find here is as committed; and in a small repository they find what they should. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { main as circlesMain } from "../circles.mjs"
import { main as surfaceMain } from "../surface.mjs"

const run = (script: "surface" | "circles", ...args: Array<string>) => {
  let said = ""
  const status = main[script](args, (text: string, code: number) => {
    said = text
    return code
  })
  return { status, said }
}

const main = { surface: surfaceMain, circles: circlesMain }

describe("this repository", () => {
  it("has the public surface that is committed (else: npm run surface -- --update)", () => {
    expect(run("surface")).toEqual({ status: 0, said: expect.stringContaining("as committed") })
  })

  it("has no circle of imports but those of types that are committed (npm run circles)", () => {
    expect(run("circles")).toEqual({ status: 0, said: expect.stringContaining("no other circle") })
  })
})

describe("a small repository", () => {
  const folder = mkdtempSync(join(tmpdir(), "surface-"))
  afterAll(() => rmSync(folder, { recursive: true }))

  const write = (files: Record<string, string>) => {
    for (const [file, text] of Object.entries(files)) {
      const path = join(folder, file)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
    }
  }

  const types = (path: string) => ({ types: `./dist/${path}.d.ts`, default: `./dist/${path}.js` })
  const manifest = (exports: object, more: object = {}) =>
    JSON.stringify({ name: "@small/one", exports: { ".": types("index"), ...exports }, ...more })

  beforeEach(() => {
    rmSync(folder, { recursive: true })
    write({
      "package.json": JSON.stringify({ workspaces: ["packages/one", "packages/two"] }),
      "packages/one/package.json": manifest({ "./room/*": null, "./*": types("*") }),
      "packages/two/package.json": JSON.stringify({ name: "@small/two", private: true }),
      "packages/one/src/index.ts": "",
      "packages/one/src/A.ts": "",
      "packages/one/src/room/B.ts": "",
      "packages/one/dist/index.d.ts": "export * as A from \"./A.js\"\nexport * from \"other/C\"\n",
      "packages/one/dist/A.d.ts": `
        import { b } from "./room/B.js"
        /** Of a comment nothing is shown. */
        export declare const z: (size: number) => import("./room/B.js").Closed
        export declare class K { private secret; #hidden; readonly open: boolean; constructor(a: string) }
        export { b }
        export type T = string | undefined
      `,
      "packages/one/dist/room/B.d.ts": "export declare const b: number\nexport interface Closed { readonly c: 1 }\n",
      "packages/one/.tsbuildinfo/src": ""
    })
  })

  const surface = (...args: Array<string>) => run("surface", "--root", folder, ...args)
  const circles = (...args: Array<string>) => run("circles", "--root", folder, ...args)

  it("is shown module by module, without what is closed", () => {
    expect(surface("--update")).toMatchObject({ status: 0 })
    expect(readFileSync(join(folder, ".config/surface/one.txt"), "utf8")).toBe(
      `# The public surface of @small/one. Written by: npm run surface -- --update

## @small/one

export * from "other/C";
namespace A

## @small/one/A

class K {
    readonly open: boolean;
    constructor(a: string);
}
type T = string | undefined;
const b: number;
const z: (size: number) => import("./room/B.js").Closed;
`
    )
    expect(surface()).toMatchObject({ status: 0 })
  })

  it("shows a namespace whole if its module is open under no name of its own", () => {
    write({ "packages/one/package.json": manifest({}) })
    surface("--update")
    expect(readFileSync(join(folder, ".config/surface/one.txt"), "utf8")).toContain(
      "namespace A {\n    class K {\n        readonly open: boolean;\n"
    )
  })

  it("shows what changed, and what to run", () => {
    surface("--update")
    write({ "packages/one/dist/room/B.d.ts": "export declare const b: string\n" })
    const { status, said } = surface()
    expect([status, said]).toEqual([
      1,
      `one.txt: @small/one/A
  - const b: number;
  + const b: string;

The public surface changed. If that is meant, run: npm run surface -- --update  (and add a changeset)`
    ])
  })

  it("tells a module that is opened, and a package that is not published any more", () => {
    surface("--update")
    write({ "packages/one/package.json": manifest({ "./*": types("*") }) })
    expect(surface().said).toContain("one.txt: @small/one/room/B\n  + ## @small/one/room/B\n")
    write({ "packages/one/package.json": manifest({}, { private: true }) })
    expect(surface().said).toContain("  - ## @small/one/A\n")
  })

  it("is not judged by declarations that are older than the sources", () => {
    utimesSync(join(folder, "packages/one/src/A.ts"), new Date(), new Date(Date.now() + 60_000))
    expect(surface()).toMatchObject({
      status: 2,
      said: "@small/one: not compiled since the sources changed. Run: npm run build"
    })
  })

  it("has a real circle", () => {
    write({
      "packages/one/src/A.ts": "import { b } from \"./room/B.js\"\n",
      "packages/one/src/room/B.ts": "export { c } from \"../C.js\"\n",
      "packages/one/src/C.ts": "import { type A } from \"./A.js\"\n"
    })
    const { status, said } = circles()
    expect(status).toBe(1)
    expect(said).toContain(
      `1 real circles
  packages/one/src/A.ts -> room/B.ts
  packages/one/src/C.ts -> A.ts
  packages/one/src/room/B.ts -> C.ts
`
    )
    expect(circles("--update").status).toBe(1)
  })

  it("has a circle of types, which may be committed, and then may shrink but not grow", () => {
    const withC = { "packages/one/src/C.ts": "import { a } from \"./A.js\"\n" }
    write({
      "packages/one/src/A.ts": "import type { B } from \"./room/B.js\"\nimport type { C } from \"./C.js\"\n",
      "packages/one/src/room/B.ts": "import { a } from \"../A.js\"\n"
    })
    expect(circles()).toMatchObject({ status: 1, said: expect.stringContaining("1 new circles of types\n") })
    expect(circles("--update").status).toBe(0)
    expect(circles().status).toBe(0)
    write(withC)
    expect(circles().status).toBe(1)
    circles("--update")
    rmSync(join(folder, "packages/one/src/room/B.ts"))
    expect(circles().status).toBe(0)
  })

  it("has no circle where imports go one way", () => {
    write({ "packages/one/src/A.ts": "import { b } from \"./room/B.js\"\nimport { c } from \"@small/two\"\n" })
    expect(circles()).toMatchObject({ status: 0, said: "no other circle" })
  })
})

it("says how to use it", () => {
  for (const script of ["surface", "circles"] as const) {
    expect(run(script, "--help").said).toContain(`npm run ${script} -- --update`)
  }
})
