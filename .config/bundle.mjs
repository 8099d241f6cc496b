/**
 * How large our part of a page is: the browser client and what applications use with it, bundled and minified as they would, without
 * Effect's own modules. Compares it with what is committed in `.config/bundle.json`.
 *
 *     npm run bundle                 measures, and compares; exit code 1 if it is off by more than a twentieth
 *     npm run bundle -- --update     writes what is found, there and in docs/guides/browser.md
 *     npm run bundle -- --inputs     what each bundle is made of, by file
 *
 * Nothing of Node may be in it: that a bundle can be made at all says so.
 */
import { build } from "esbuild"
import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..")
const committed = join(root, ".config/bundle.json")
const page = join(root, "docs/guides/browser.md")

const client = `
  export { layer } from "@effect-ws/platform-browser/BrowserWebSocketClient"
  export { connect } from "@effect-ws/platform/WebSocketClient"
`
const kept = `export { make as keep } from "@effect-ws/platform/Reconnecting"`
const typed = `export { make as typed } from "@effect-ws/platform/TypedConnection"`

/** What a page imports. */
const entries = {
  "the client": client,
  "the client and Reconnecting": client + kept,
  "the client, Reconnecting and TypedConnection": `${client}${kept}\n${typed}`
}

/** A difference that is worth to be noticed. */
export const margin = 0.05

/** Bytes of each bundle: as they are, and as they are sent. */
export const measure = async () =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(entries).map(async ([name, contents]) => {
        const { metafile, outputFiles: [file] } = await build({
          stdin: { contents, resolveDir: join(root, "packages/platform-browser") },
          bundle: true,
          minify: true,
          write: false,
          metafile: true,
          format: "esm",
          platform: "browser", // `node:*` does not resolve
          conditions: ["@effect-ws/source"],
          external: ["effect", "@effect/*"],
          absWorkingDir: root
        })
        const [output] = Object.values(metafile.outputs)
        return [name, {
          minified: file.contents.length,
          gzipped: gzipSync(file.contents).length,
          inputs: output.inputs
        }]
      })
    )
  )

/** What is off: one line for each. */
export const compare = (found, expected = JSON.parse(readFileSync(committed, "utf8"))) =>
  [...new Set([...Object.keys(found), ...Object.keys(expected)])].flatMap((name) => {
    const [is, was] = [found[name]?.minified ?? 0, expected[name]?.minified ?? 0]
    return Math.abs(is - was) <= was * margin ? [] : [`${name}: ${is} bytes, and ${was} are committed`]
  })

const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`

/** The rows of the table in docs. */
export const rows = (sizes) =>
  Object.entries(sizes).map(([name, { gzipped, minified }]) => `| ${name} | ${kB(minified)} | ${kB(gzipped)} |`).join(
    "\n"
  )

export const documented = () => /<!-- bundle -->\n([\s\S]*?)\n<!-- \/bundle -->/.exec(readFileSync(page, "utf8"))?.[1]

const head = "| a page with | minified | and gzipped |\n|---|---|---|\n"

/** What stands in docs, of the sizes that are committed. */
export const table = (sizes = JSON.parse(readFileSync(committed, "utf8"))) => head + rows(sizes)

const main = async (args) => {
  const found = await measure()
  for (const [name, { gzipped, inputs, minified }] of Object.entries(found)) {
    console.log(`${name}: ${minified} bytes, ${gzipped} gzipped`)
    if (!args.includes("--inputs")) continue
    const parts = Object.entries(inputs).sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput)
    for (const [path, { bytesInOutput }] of parts) console.log(`  ${String(bytesInOutput).padStart(6)} ${path}`)
  }
  if (args.includes("--update")) {
    const sizes = Object.fromEntries(
      Object.entries(found).map(([name, { gzipped, minified }]) => [name, { minified, gzipped }])
    )
    writeFileSync(committed, `${JSON.stringify(sizes, undefined, 2)}\n`)
    const text = readFileSync(page, "utf8")
    writeFileSync(
      page,
      text.replace(/(<!-- bundle -->\n)[\s\S]*?(\n<!-- \/bundle -->)/, (_, open, close) => open + table(sizes) + close)
    )
    return
  }
  const off = compare(found)
  if (off.length === 0) return
  console.error([...off, "If that is meant, run: npm run bundle -- --update"].join("\n"))
  process.exitCode = 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2))
