/**
 * A release of both editions, from one commit. See docs/internals/releasing.md.
 *
 *     npm run release                     what would be published, under which tag; packs it to reports/release
 *     npm run release -- --version        turns the changesets into versions and changelogs, with Effect's major
 *     npm run release -- --publish        publishes what is not published yet
 */
import { execFileSync } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { packages } from "../packages/effect4/dist/Edition.js"
import { numbered, objection, plan } from "../packages/effect4/dist/Release.js"

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..")
const workspaces = { 3: root, 4: join(root, "packages/effect4/out") }

const run = (command, args, cwd = root) => execFileSync(command, args, { cwd, stdio: ["ignore", "inherit", "inherit"] })

/** In the order in which they are built, so that none is published before what it needs. */
const manifests = () => {
  const { workspaces } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  return new Map(workspaces.map((path) => [
    path.replace("packages/", ""),
    readFileSync(join(root, path, "package.json"), "utf8")
  ]))
}

/** All packages have one version, and ask for exactly that of each other. */
const setVersions = () => {
  run("npx", ["changeset", "version"])
  const [first = ""] = manifests().values()
  const { version } = JSON.parse(first)
  const wanted = numbered(version)
  if (wanted !== version) {
    for (const [folder, text] of manifests()) {
      writeFileSync(
        join(root, "packages", folder, "package.json"),
        text.replaceAll(
          new RegExp(`("version"|"(?:@effect-ws/[\\w-]+|effect-ws)"): "${version}"`, "g"),
          `$1: "${wanted}"`
        )
      )
    }
    for (const folder of manifests().keys()) {
      const log = join(root, "packages", folder, "CHANGELOG.md")
      if (!readdirSync(dirname(log)).includes("CHANGELOG.md")) continue
      writeFileSync(log, readFileSync(log, "utf8").replaceAll(`## ${version}\n`, `## ${wanted}\n`))
    }
  }
  run("npm", ["install", "--package-lock-only", "--no-audit", "--no-fund"])
}

const isThere = ({ name, version }) => {
  try {
    return execFileSync("npm", ["view", `${name}@${version}`, "version"], { stdio: ["ignore", "pipe", "ignore"] })
      .length > 0
  } catch {
    return false
  }
}

const release = (publishes) => {
  const all = plan(manifests(), packages)
  const wrong = all.filter(({ edition }) => edition === 3).map(({ version }) => objection(version)).find(Boolean)
  if (wrong !== undefined && publishes) throw new Error(wrong)
  if (wrong !== undefined) console.log(`it could not be published yet: ${wrong}\n`)
  for (const { name, tag, version } of all) console.log(`${name}@${version}  ${tag}`)
  run("npm", ["run", "--silent", "effect4", "--", "--compile"])
  for (const edition of [3, 4]) {
    const folder = join(root, "reports/release", String(edition))
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    const names = all.filter((one) => one.edition === edition).map(({ name }) => name)
    run(
      "npm",
      ["pack", "--silent", "--pack-destination", folder, ...names.flatMap((name) => ["-w", name])],
      workspaces[edition]
    )
  }
  for (const one of publishes ? all.filter((one) => !isThere(one)) : []) {
    const file = `${one.name.replace("@", "").replace("/", "-")}-${one.version}.tgz`
    run("npm", [
      "publish",
      join(root, "reports/release", String(one.edition), file),
      "--tag",
      one.tag,
      "--access",
      "public"
    ])
  }
}

if (process.argv.includes("--version")) setVersions()
else release(process.argv.includes("--publish"))
