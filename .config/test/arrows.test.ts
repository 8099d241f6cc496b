/**
 * Which package may import what (docs/internals/architecture.md). Project references alone do not hold this: node_modules links
 * every package to every other.
 *
 *     example-echo, examples, effect-ws -> platform-node, platform-browser -> platform -> connection -> codec
 *     topics-redis, topics-nats -> platform
 *     conformance -> codec, by a list of modules
 *     cli -> conformance, platform-node
 *     soak -> benchmark, by a list of modules
 */
import { builtinModules } from "node:module"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { type Import, importsOf, isClosed, packageOf, packages, root } from "./repository.js"

interface Arrows {
  /** Packages of ours, each with the modules that may be imported of it, or all. */
  readonly ours: Readonly<Record<string, "all" | ReadonlyArray<string>>>
  /** Packages of others; a scope ends in `/*`. */
  readonly others: ReadonlyArray<string>
  /** Whether it may use `node:*`. */
  readonly host: boolean
}

const arrows: Record<string, Arrows> = {
  codec: { ours: {}, others: ["@noble/*", "@scure/*"], host: false },
  connection: { ours: { codec: "all" }, others: ["effect"], host: false },
  platform: { ours: { codec: "all", connection: "all" }, others: ["effect", "@effect/platform"], host: false },
  "platform-node": {
    ours: { codec: "all", connection: "all", platform: "all" },
    others: ["effect", "@effect/platform", "@effect/platform-node"],
    host: true
  },
  // A page has no Node: nothing of `node:*`, and no package that needs it.
  "platform-browser": {
    ours: { codec: "all", connection: "all", platform: "all" },
    others: ["effect"],
    host: false
  },
  // Each for one engine, which users of others do not install.
  "topics-redis": {
    ours: { codec: ["Options"], connection: "all", platform: "all" },
    others: ["effect", "@redis/client"],
    host: true
  },
  "topics-nats": {
    ours: { codec: ["Options"], connection: "all", platform: "all" },
    others: ["effect", "@nats-io/*"],
    host: true
  },
  // It passes on, and has nothing of its own. Node is its command's, which starts the program of another package.
  "effect-ws": {
    ours: { codec: "all", connection: "all", platform: "all", "platform-node": "all", "platform-browser": "all" },
    others: [],
    host: true
  },
  // The examiner must not lean on what it examines: frames and heads as values, nothing that judges or keeps state.
  conformance: {
    ours: {
      codec: [
        ...["FinalResponse", "Frame", "HttpHead", "Mask", "AcceptKey", "Primitives"],
        // How what was seen is shown: values -> text.
        ...["ConnectionPage", "ConnectionRecord", "Json", "Markup", "Page", "style"].map((name) => `report/${name}`)
      ]
    },
    others: ["effect", "@effect/platform", "@effect/platform-node", "@effect/cli"],
    host: true
  },
  // Of the examiner it runs the program.
  cli: {
    ours: { codec: "all", connection: "all", platform: "all", "platform-node": "all", conformance: "all" },
    others: ["effect", "@effect/platform", "@effect/platform-node", "@effect/cli"],
    host: true
  },
  "example-echo": {
    ours: { connection: "all", platform: "all", "platform-node": "all" },
    others: ["effect", "@effect/platform", "@effect/platform-node", "@effect/cli"],
    host: true
  },
  examples: {
    ours: {
      connection: "all",
      platform: "all",
      "platform-node": "all",
      "platform-browser": "all",
      "topics-redis": "all",
      // The engine that the chat on several processes starts.
      benchmark: ["Engines"]
    },
    others: [
      "effect",
      "@effect/platform",
      "@effect/platform-node",
      "@effect/cli",
      "@effect/rpc",
      "esbuild",
      "express",
      "fastify",
      "hono",
      "@hono/node-server"
    ],
    host: true
  },
  benchmark: {
    ours: { codec: "all", connection: "all", platform: "all", "platform-node": "all" },
    others: ["effect", "@effect/platform", "@effect/platform-node", "@effect/cli", "ws", "bufferutil"],
    host: true
  },
  soak: {
    ours: {
      codec: "all",
      connection: "all",
      platform: "all",
      "platform-node": "all",
      // How a process is started and asked, and how what was measured is told.
      benchmark: ["Bench", "Child", "Engines", "Measurement", "Orders", "Report", "Statistics"],
      "topics-redis": "all",
      "topics-nats": "all"
    },
    others: ["effect", "@effect/platform", "@effect/platform-node", "@effect/cli", "ws"],
    host: true
  },
  fuzz: {
    ours: { codec: "all", connection: "all", "platform-node": "all" },
    others: ["effect", "@effect/platform-node", "@effect/cli"],
    host: true
  },
  interop: {
    ours: { codec: ["CloseStatus"], connection: "all", platform: "all", "platform-node": "all" },
    others: ["effect", "@effect/platform", "@effect/platform-node", "@effect/cli"],
    host: true
  },
  // What it edits it reads as text; the rules are imported as types.
  defences: {
    ours: { codec: "all", connection: "all", platform: "all" },
    others: ["effect", "@effect/platform", "@effect/platform-node", "@effect/cli", "typescript"],
    host: true
  },
  // What it translates it reads as text.
  effect4: { ours: {}, others: ["typescript"], host: true }
}

/** What tests may import of ours beyond what their sources may. */
const forTests: Record<string, Arrows["ours"]> = {
  "example-echo": { conformance: "all", "platform-browser": "all" },
  // A server for pages.
  "platform-browser": { "platform-node": "all" },
  // Where the engines are started.
  "topics-redis": { benchmark: ["Engines"] },
  "topics-nats": { benchmark: ["Engines"] }
}

/**
 * What tests of any package may import of another's tests: plain values, one for each rule of the protocol; a certificate; a proxy; and
 * what every backplane has to pass.
 */
const sharedByTests = [
  "packages/codec/test/specimens.js",
  "packages/platform-node/test/certificate.js",
  "packages/platform-node/test/connectProxy.js",
  "packages/platform/test/backplanes.js"
]

describe("arrows", () => {
  it("every package has its arrows", () => {
    expect(Object.keys(arrows)).toEqual(packages)
  })

  for (const [name, { host, others, ours }] of Object.entries(arrows)) {
    it(`${name}/src`, () => {
      expect(refused(importsOf(name, "src"), (specifier) => {
        const own = moduleOfOurs(specifier)
        if (own !== undefined) return mayImport(ours, own)
        if (specifier.startsWith("node:")) return host
        const other = packageOf(specifier)
        return others.includes(other) || others.includes(`${other.split("/")[0]}/*`)
      }, join("packages", name, "src"))).toEqual([])
    })

    // Tests may use any tool and peer; of our packages, what their source may, and their own by its public name.
    it(`${name}/test`, () => {
      const allowed = { ...ours, ...forTests[name], [name]: "all" as const }
      const imports = importsOf(name, "test").filter(({ file, specifier }) =>
        !sharedByTests.includes(join(file, "..", specifier).replaceAll("\\", "/"))
      )
      expect(refused(imports, (specifier) => {
        const own = moduleOfOurs(specifier)
        return own === undefined || mayImport(allowed, own)
      }, join("packages", name))).toEqual([])
    })
  }
})

/** The imports that are not allowed, one line each. */
const refused = (
  imports: ReadonlyArray<Import>,
  allows: (specifier: string) => boolean,
  folder: string
): ReadonlyArray<string> =>
  imports
    .filter(({ file, specifier }) =>
      specifier.startsWith(".")
        ? !join(root, file, "..", specifier).startsWith(join(root, folder))
        : builtinModules.includes(specifier) || !allows(specifier)
    )
    .map(({ file, specifier }) => `${file} -> ${specifier}`)

interface OwnModule {
  readonly name: string
  /** "" for the package itself. */
  readonly module: string
}

const moduleOfOurs = (specifier: string): OwnModule | undefined => {
  const [scope, name, ...path] = specifier.split("/")
  return scope === "@effect-ws" && name !== undefined ? { name, module: path.join("/") } : undefined
}

const mayImport = (ours: Arrows["ours"], { module, name }: OwnModule): boolean => {
  const modules = ours[name]
  if (modules === undefined || isClosed(name, module)) return false
  return modules === "all" || modules.includes(module)
}
