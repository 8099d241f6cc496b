/**
 * `npm run effect4`: writes the edition to a folder `out` of its own, installs what it needs, compiles it, and packs it.
 */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { advice } from "../advice.js"
import * as Edition from "../Edition.js"
import { leftOut, skipped } from "../leftOut.js"
import { ranges } from "../Manifest.js"
import { prose } from "../prose.js"
import { all } from "../tables/all.js"

const help = `npm run effect4 [-- OPTIONS]

Writes the Effect 4 edition to packages/effect4/out, installs what it needs, compiles it, and packs it.

  --write      only writes it
  --compile    writes, installs and compiles it
  --test       writes, installs, compiles, and runs its tests; all that follows goes to Vitest
  --lock       what is installed becomes what is to be installed
  --left-out   says which files have no counterpart in it, and why
  --help       says this
`

const root = fileURLToPath(new URL("../../../../", import.meta.url))
const home = join(root, "packages/effect4")
const out = join(home, "out")
const lock = join(home, "package-lock.out.json")

const { packages } = Edition
const parts = ["src", "test"]
/** Of codec they are the same for both; those of the benchmark are of what measures. */
const withoutTests = ["codec", "benchmark"]
const papers = ["package.json", "LICENSE", "tsconfig.json", "tsconfig.test.json"]

/** Whom tests talk to. */
const peers = ["@types/websocket", "@types/ws", "playwright-core", "undici", "websocket", "ws"]

class Failed extends Error {}

const main = (): void => {
  const [, , ...argv] = process.argv
  const at = argv.indexOf("--test")
  const rest = at < 0 ? [] : argv.slice(at + 1)
  const { values } = parseArgs({
    args: at < 0 ? argv : argv.slice(0, at + 1),
    options: {
      write: { type: "boolean" },
      compile: { type: "boolean" },
      test: { type: "boolean" },
      lock: { type: "boolean" },
      "left-out": { type: "boolean" },
      help: { type: "boolean" }
    }
  })
  if (values.help === true) return console.log(help)
  if (values["left-out"] === true) {
    for (const [path, why] of Object.entries(leftOut)) console.log(`${path}: ${why}`)
    for (const [path, tests] of Object.entries(skipped)) {
      for (const [title, why] of Object.entries(tests)) console.log(`${path}, ${JSON.stringify(title)}: ${why}`)
    }
    return
  }
  step("write", write)
  if (values.write === true) return
  step("install", () => install(values.lock === true))
  step("compile", () => run(join(out, "node_modules/.bin/tsc"), ["-b"], out))
  if (values.compile === true) return
  if (values.test === true) return step("test", () => run(join(out, "node_modules/.bin/vitest"), ["run", ...rest], out))
  step("pack", pack)
}

const write = (): void => {
  const own = read(join(home, "own"))
  const given = new Map(
    packages.flatMap((name) => [
      ...papers.map((paper) => `${name}/${paper}`),
      ...parts.flatMap((part) =>
        filesBelow(join(root, "packages", name, part)).map((file) => `${name}/${part}/${file}`)
      )
    ]).filter((path) => existsSync(join(root, "packages", path))).map((path) => [
      path,
      readFileSync(join(root, "packages", path), "utf8")
    ])
  )
  const { files, problems } = Edition.make(given, own, leftOut, all, skipped, prose)
  const written = new Map([...files].map(([path, text]) => [join("packages", path), text]))
  for (const [path, text] of rootFiles()) written.set(path, text)
  for (const path of filesBelow(join(out, "packages"))) {
    if (/(^|\/)(\.tsbuildinfo|node_modules)\//.test(path)) continue
    if (!written.has(join("packages", sourceOf(path)))) rmSync(join(out, "packages", path))
  }
  for (const [path, text] of written) {
    const file = join(out, path)
    if (existsSync(file) && readFileSync(file, "utf8") === text) continue // what did not change is not compiled again
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  for (const read of ["docs", "README.md"]) { // by tests
    if (!existsSync(join(out, read))) symlinkSync(join(root, read), join(out, read))
  }
  if (problems.length > 0) throw new Failed(advice(problems))
}

/** What a file was compiled from, or the file itself. */
const sourceOf = (path: string): string => path.replace(/\/dist\/(.*?)(\.d)?\.(js|ts)(\.map)?$/, "/src/$1.ts")

/** The root's own: it is an npm root, beside the one that it is written from. */
const rootFiles = (): ReadonlyArray<readonly [path: string, text: string]> => {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  const compiler = JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8"))
  const shown = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`
  return [
    [
      "package.json",
      shown({
        name: "effect-ws-4",
        private: true,
        type: "module",
        workspaces: packages.map((name) => `packages/${name}`),
        devDependencies: {
          ...ranges,
          "@effect/vitest": "^4.0.5",
          "@types/node": "^22.0.0", // what Vitest 5 asks for
          ...Object.fromEntries(peers.map((name) => [name, manifest.devDependencies[name]])),
          "fast-check": "^3.23.2", // as Effect 3 has it,
          "node-22": "npm:node@^22.0.0",
          node: "^24.0.0", // Vitest 5 and @effect/platform-node 4 ask for 22 or more
          "@typescript/native": manifest.devDependencies["@typescript/native"], // compiles; tests use the other's API
          typescript: manifest.devDependencies.typescript,
          vitest: "^5.0.0"
        }
      })
    ],
    [
      "tsconfig.json",
      shown({
        ...compiler,
        references: packages.flatMap((name) => [
          { path: `packages/${name}` },
          ...(!withoutTests.includes(name)
            ? [{ path: `packages/${name}/tsconfig.test.json` }]
            : [])
        ])
      })
    ],
    ["vitest.config.ts", vitest],
    [".npmrc", readFileSync(join(root, ".npmrc"), "utf8")]
  ]
}

/** As vitest.workspace.ts has it, for Vitest 5. */
const vitest = `import { configDefaults, defineConfig } from "vitest/config"

const inMemory = ["connection", "platform"]

export default defineConfig({
  ssr: { resolve: { conditions: ["@effect-ws/source"], externalConditions: ["@effect-ws/source"] } },
  resolve: { conditions: ["@effect-ws/source"] },
  test: {
    maxWorkers: "100%",
    testTimeout: 60000,
    env: { LONG: "1" }, // whole, as only CI runs them
    projects: ["connection", "platform", "platform-node", "platform-browser", "example-echo"].map((name) => ({
      extends: true,
      test: {
        name,
        root: \`packages/\${name}\`,
        include: ["test/**/*.test.ts"],
        exclude: ["**/*.quiet.test.ts", ...configDefaults.exclude],
        pool: inMemory.includes(name) ? "threads" : "forks",
        isolate: !inMemory.includes(name)
      }
    }))
  }
})
`

/** Nothing is done if what was installed last is what is wanted. */
const install = (keep: boolean): void => {
  const manifests = ["package.json", ...packages.map((name) => `packages/${name}/package.json`)]
  const wanted = createHash("sha256")
    .update(manifests.map((file) => readFileSync(join(out, file), "utf8")).join(""))
    .update(existsSync(lock) ? readFileSync(lock) : "")
    .digest("hex")
  const stamp = join(out, "node_modules/.installed")
  if (!keep && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return
  if (existsSync(lock)) writeFileSync(join(out, "package-lock.json"), readFileSync(lock))
  run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline"], out)
  if (keep) writeFileSync(lock, readFileSync(join(out, "package-lock.json")))
  writeFileSync(stamp, wanted)
}

const pack = (): void => {
  const folder = join(out, "packed")
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  const open = packages.filter((name) =>
    JSON.parse(readFileSync(join(out, "packages", name, "package.json"), "utf8")).private !== true
  )
  const flags = open.flatMap((name) => ["-w", `packages/${name}`])
  run("npm", ["pack", "--silent", "--pack-destination", folder, ...flags], out)
}

const step = (what: string, action: () => void): void => {
  const start = performance.now()
  action()
  console.log(`ok    ${what} (${((performance.now() - start) / 1000).toFixed(1)} s)`)
}

const run = (command: string, args: ReadonlyArray<string>, cwd: string): void => {
  const PATH = `${join(out, "node_modules/.bin")}:${process.env["PATH"] ?? ""}`
  const { status } = spawnSync(command, args, { cwd, stdio: "inherit", env: { ...process.env, PATH } })
  if (status !== 0) throw new Failed(`${relative(root, command)} ${args.join(" ")} ended with ${status}`)
}

/** All files below a folder, by their path in it. */
const read = (folder: string): Map<string, string> =>
  new Map(filesBelow(folder).map((file) => [file, readFileSync(join(folder, file), "utf8")]))

const filesBelow = (folder: string): ReadonlyArray<string> =>
  !existsSync(folder) ? [] : readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => !path.includes("node_modules") && statSync(join(folder, path)).isFile())

try {
  main()
} catch (error) {
  if (!(error instanceof Failed)) throw error
  console.error(error.message)
  process.exitCode = 1
}
