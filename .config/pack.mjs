/**
 * Whether what we would publish works for those who install it. Builds, packs every public package into a folder of its
 * own outside the repository, judges the tarballs (publint, are-the-types-wrong, a list of files), installs them all into
 * an empty project, and there imports, runs and type-checks them as a user would, and calls the command.
 *
 *     npm run check:pack [-- --keep]           --keep leaves the folder for a look
 *     npm run check:pack -- --edition 4        the same of the Effect 4 edition, which `npm run effect4` writes
 *
 * The registry is the one of the user's npm configuration.
 */
import { execFile } from "node:child_process"
import { once } from "node:events"
import { access, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { publint } from "publint"
import { formatMessage } from "publint/utils"
import { WebSocketServer } from "ws"

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..")

/**
 * The editions: where their packages are, how they are built, what their users have besides, and the compilers that must accept their
 * types: the oldest that Effect itself is for, ours, and the newer majors that users may have.
 */
const editions = {
  3: {
    workspace: root,
    build: ["run", "--silent", "build"],
    peers: ["effect", "@effect/platform", "@effect/platform-node", "@types/node"],
    line: /^npm install effect-ws@effect3 [^#\n]*[^# \n]/m,
    compilers: {
      "typescript-5.4": "npm:typescript@~5.4.5",
      "typescript-5": "npm:typescript@~5.9.3",
      "typescript-6": "npm:typescript@6",
      "typescript-7": "npm:typescript@7"
    }
  },
  4: {
    workspace: join(root, "packages/effect4/out"),
    build: ["run", "--silent", "effect4", "--", "--compile"],
    peers: ["effect", "@effect/platform-node", "@types/node"],
    line: /^npm install effect-ws effect(?=\s)/m,
    compilers: {
      "typescript-5": "npm:typescript@~5.9.3",
      "typescript-6": "npm:typescript@6",
      "typescript-7": "npm:typescript@7"
    }
  }
}

const given = process.argv.indexOf("--edition")
const edition = given < 0 ? "3" : process.argv[given + 1]
const { build, compilers, line, peers, workspace } = editions[edition] ?? {}
if (workspace === undefined) throw new Error(`no edition ${edition}: it is one of ${Object.keys(editions).join(", ")}`)

const main = async () => {
  const folder = await mkdtemp(join(tmpdir(), "effect-ws-pack-"))
  try {
    await step("build", () => run("npm", build, root))
    const packages = await step("pack", () => pack(folder))
    await step("files", () => each(packages, checkFiles))
    await step("publint", () => each(packages, lint))
    await step("are the types wrong", () => each(packages, checkTypes))
    const project = join(folder, "consumer")
    await step("install", () => install(project, packages))
    await step("import every module", () => importAll(project, packages))
    await step("run echo.mjs", () => run("node", ["echo.mjs"], project))
    if (packages.some(({ name }) => name === "@effect-ws/cli")) {
      await step("npx effect-ws connect, to a server of ws", () => tryCommand(folder, project))
    }
    const small = join(folder, "small")
    await step("install as README says", () => installAsTold(small, packages))
    for (const node of await nodes()) {
      const { stdout } = await execute(node, ["--version"], { cwd: small })
      await step(`run README's program and first.mjs by Node ${stdout.trim()}`, () => runFirst(node, small))
    }
    for (const [i, compiler] of Object.keys(compilers).entries()) {
      const tried = i === 0 ? resolutions : resolutions.filter(([, resolution]) => resolution !== "Node16")
      const names = tried.map(([, resolution]) => resolution).join(", ")
      await step(
        `types under ${compiler}, ${names}`,
        () => Promise.all(tried.map((one) => compile(project, compiler, one)))
      )
    }
  } finally {
    if (process.argv.includes("--keep")) console.log(`kept ${folder}`)
    else await rm(folder, { recursive: true, force: true })
  }
}

/** Packs the public packages: for each its name, tarball, the files in it, its sources and its modules. */
const pack = async (folder) => {
  const { workspaces } = JSON.parse(await readFile(join(workspace, "package.json"), "utf8"))
  const manifests = await Promise.all(workspaces.map(async (name) => ({
    folder: join(workspace, name),
    manifest: JSON.parse(await readFile(join(workspace, name, "package.json"), "utf8"))
  })))
  const open = manifests.filter(({ manifest }) => manifest.private !== true)
  const flags = open.flatMap(({ manifest }) => ["-w", manifest.name])
  const packed = Object.values(
    JSON.parse(await run("npm", ["pack", "--json", "--pack-destination", folder, ...flags], workspace))
  )
  return Promise.all(open.map(async ({ folder: source, manifest }) => {
    const { filename, files } = packed.find(({ name }) => name === manifest.name)
    const sources = (await readdir(join(source, "src"), { recursive: true }))
      .filter((path) => path.endsWith(".ts"))
      .map((path) => path.slice(0, -3))
      .sort()
    return {
      name: manifest.name,
      tarball: join(folder, filename),
      files: files.map(({ path }) => path),
      sources,
      modules: sources.filter((path) => path !== "index" && !isClosed(manifest, path)),
      closed: sources.filter((path) => isClosed(manifest, path))
    }
  }))
}

/** Whether users cannot import a module: the manifest closes its room, or opens nothing but the index. */
const isClosed = ({ exports }, path) =>
  path !== "index" && !(`./${path}` in exports) &&
  (!("./*" in exports) ||
    Object.entries(exports).some(([key, target]) => target === null && path.startsWith(key.slice(2, -1))))

/** Each source with its four outputs, the manifest and the papers: no more (tests, build info, stale output), no less. */
const checkFiles = ({ files, name, sources }) => {
  const due = new Set([
    "package.json",
    "LICENSE",
    ...sources.flatMap((path) => [
      `src/${path}.ts`,
      ...[".js", ".js.map", ".d.ts", ".d.ts.map"].map((ending) => `dist/${path}${ending}`)
    ])
  ])
  const papers = ["README.md", "CHANGELOG.md"]
  const wrong = [
    ...files.filter((file) => !due.has(file) && !papers.includes(file)).map((file) =>
      `${name}: should not hold ${file}`
    ),
    ...[...due].filter((file) => !files.includes(file)).map((file) => `${name}: lacks ${file}`)
  ]
  if (wrong.length > 0) throw new Error(wrong.join("\n"))
}

const lint = async ({ name, tarball }) => {
  const { messages, pkg } = await publint({
    level: "warning",
    strict: true,
    pack: { tarball: new Uint8Array(await readFile(tarball)).buffer }
  })
  if (messages.length > 0) {
    throw new Error(messages.map((message) => `${name}: ${formatMessage(message, pkg, { color: false })}`).join("\n"))
  }
}

/** It skips wildcard exports, so every module is named. */
const checkTypes = ({ modules, tarball }) =>
  run(join(root, "node_modules/.bin/attw"), [
    tarball,
    "--profile",
    "esm-only",
    "--no-definitely-typed",
    "--format",
    "ascii",
    "--entrypoints",
    ".",
    ...modules
  ], root)

/** An empty project with all tarballs, installed by one command, and what `smoke/` holds. */
const install = async (project, packages) => {
  const { devDependencies } = JSON.parse(await readFile(join(workspace, "package.json"), "utf8"))
  await mkdir(project)
  await cp(join(root, ".config/smoke"), project, { recursive: true })
  await cp(join(root, `.config/smoke-${edition}`), project, { recursive: true })
  await writeFile(
    join(project, "package.json"),
    JSON.stringify({ name: "consumer", private: true, type: "module", dependencies: {} })
  )
  await writeFile(
    join(project, "modules.ts"),
    specifiers(packages).map((specifier, i) => `export * as m${i} from "${specifier}"\n`).join("")
  )
  await run("npm", [
    "install",
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
    "--prefer-offline",
    ...packages.map(({ tarball }) => tarball),
    ...peers.map((name) => `${name}@${devDependencies[name]}`),
    ...Object.entries(compilers).map(([alias, spec]) => `${alias}@${spec}`)
  ], project)
}

/**
 * README's line for this edition, word for word, in an empty project; but that ours, which is not published yet, comes from the
 * tarballs, and no more of them than it needs. A user must not have to understand what npm says: peers that do not fit, a Node that is
 * too old, what is deprecated. (That it asks about the install script of a dependency of Effect 3's platform is npm's own affair.)
 */
const installAsTold = async (project, packages) => {
  const told = line.exec(await readFile(join(root, "README.md"), "utf8"))?.[0]
  if (told === undefined) throw new Error(`README.md has no line ${line}`)
  const [, install, ours, ...others] = told.split(" ")
  const needed = ["codec", "connection", "platform", "platform-browser", "platform-node"].map((name) =>
    `@effect-ws/${name}`
  )
  const tarballs = packages.filter(({ name }) => [ours.replace(/@.*/, ""), ...needed].includes(name))
  await mkdir(project)
  await cp(join(root, ".config/smoke/first.mjs"), join(project, "first.mjs"))
  await writeFile(join(project, "package.json"), JSON.stringify({ name: "small", private: true, type: "module" }))
  const { stderr } = await execute(
    "npm",
    [install, "--no-audit", "--no-fund", "--prefer-offline", ...tarballs.map(({ tarball }) => tarball), ...others],
    { cwd: project }
  )
  if (/npm (error|warn (?!install-scripts))/i.test(stderr)) throw new Error(`${told}\n${stderr}`)
}

/** README's program says what README says it does. */
const runFirst = async (node, project) => {
  const [, program = ""] = /```js\n([\s\S]*?)```/.exec(await readFile(join(root, "README.md"), "utf8")) ?? []
  await writeFile(join(project, "readme.mjs"), program.replaceAll("8080", String(await freePort())))
  const said = await run(node, ["readme.mjs"], project)
  const logged = Array.from(said.matchAll(/INFO.*[ =](\w+)$/gm), ([, message]) => message)
  if (logged.join() !== "hello,Clean") throw new Error(`it should log hello and Clean, and says\n${said}`)
  await run(node, ["first.mjs"], project)
}

/**
 * The command as its users call it, where it is installed and in an empty folder; there by the umbrella's program, which without the other
 * packages beside it would fetch them, once they are published. The server is one that others wrote.
 */
const tryCommand = async (folder, project) => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" })
  server.on("connection", (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })))
  try {
    await once(server, "listening")
    const empty = join(folder, "empty")
    await mkdir(empty)
    const connect = ["connect", `ws://127.0.0.1:${server.address().port}/`, "--execute", "hello"]
    const umbrella = join(project, "node_modules/effect-ws/dist/bin/effect-ws.js")
    for (
      const said of [
        await run("npx", ["--no-install", "effect-ws", ...connect], project),
        await run("node", [umbrella, ...connect], empty)
      ]
    ) {
      if (said !== "hello\n") throw new Error(`it should say hello, and says\n${said}`)
    }
  } finally {
    for (const client of server.clients) client.terminate()
    server.close()
  }
}

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

/** The one that runs this, and those that the Effect 4 edition has installed. */
const nodes = async () => {
  const installed = ["node-22", "node"].map((name) => join(root, "packages/effect4/out/node_modules", name, "bin/node"))
  const there = await Promise.all(installed.map((path) => access(path).then(() => [path], () => [])))
  return [process.execPath, ...there.flat()]
}

/** How users resolve modules, each with the kind of module that goes with it; Node16 only under the oldest compiler. */
const resolutions = [["NodeNext", "NodeNext"], ["Node16", "Node16"], ["ESNext", "Bundler"]]

/**
 * Judges all declarations (`skipLibCheck` is false) and reports what is said of ours and of the project. What a compiler says of
 * the declarations of others (Effect's, Node's) is theirs to mend.
 */
const compile = async (project, compiler, [module, moduleResolution]) => {
  const tsc = join(project, "node_modules", compiler, "bin/tsc")
  const flags = ["--pretty", "false", "--module", module, "--moduleResolution", moduleResolution]
  const output = await run("node", [tsc, "-p", project, ...flags], project).then(() => "", (error) => error.message)
  const errors = output.split("\n").filter((line) => /error TS\d+/.test(line))
  const ours = errors.filter((line) =>
    !line.startsWith("node_modules/") || /^node_modules\/(@effect-ws|effect-ws)\//.test(line)
  )
  if (ours.length > 0 || (output !== "" && errors.length === 0)) throw new Error(ours.join("\n") || output)
}

/** Imports all that is public, and finds every other module closed. */
const importAll = (project, packages) => {
  const closed = packages.flatMap(({ closed, name }) => closed.map((path) => `${name}/${path}`))
  const script = `
    for (const specifier of ${JSON.stringify(specifiers(packages))}) await import(specifier)
    for (const specifier of ${JSON.stringify(closed)}) {
      const code = await import(specifier).then(() => "imported", (error) => error.code)
      if (code !== "ERR_PACKAGE_PATH_NOT_EXPORTED") throw new Error(specifier + " is open: " + code)
    }
  `
  return run("node", ["--input-type=module", "--eval", script], project)
}

const specifiers = (packages) =>
  packages.flatMap(({ modules, name }) => [name, ...modules.map((module) => `${name}/${module}`)])

const execute = promisify(execFile)

/** The standard output of a command; its whole output in the error if it fails. */
const run = async (command, args, cwd) => {
  try {
    return (await execute(command, args, { cwd, maxBuffer: 1 << 28 })).stdout
  } catch (error) {
    throw new Error(`${command} ${args.slice(0, 3).join(" ")}\n${error.stdout ?? ""}${error.stderr ?? error}`)
  }
}

/** One after the other, all of them, and then one error for all that failed. */
const each = async (packages, check) => {
  const failed = []
  for (const one of packages) {
    try {
      await check(one)
    } catch (error) {
      failed.push(error.message)
    }
  }
  if (failed.length > 0) throw new Error(failed.join("\n"))
}

const step = async (what, action) => {
  const start = performance.now()
  try {
    const result = await action()
    console.log(`ok    ${what} (${((performance.now() - start) / 1000).toFixed(1)} s)`)
    return result
  } catch (error) {
    console.error(`FAIL  ${what}\n${error.message}`)
    process.exitCode = 1
    throw stop
  }
}

const stop = Symbol("a step failed and said so")

await main().catch((error) => {
  if (error !== stop) throw error
})
