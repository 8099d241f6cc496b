/** docs/reference/options.md has a row for each option of the client for pages, with the unit, the default and the range by which the code judges. */
import { describe, expect, it } from "@effect/vitest"
import type { Rule } from "@effect-ws/codec/Options"
import * as Duration from "effect/Duration"
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { defaults, table } from "../src/client/options.js"

const page = readFileSync(resolve(import.meta.dirname, "../../../docs/reference/options.md"), "utf8")
const [section = ""] = /^## Pages$[^]*?(?=^## )/m.exec(page) ?? []

const shown = (value: unknown): string => Duration.isDuration(value) ? Duration.format(value) : JSON.stringify(value)

describe("docs/reference/options.md, on pages", () => {
  it("has every option as it is judged, and no other", () => {
    const rows = Object.entries<Rule<unknown>>(table).map(([name, { default: value, range, unit }]) =>
      `| \`${name}\` | ${unit} | ${shown(value)} | ${range} |`
    )
    expect(section.split("\n").filter((line) => line.startsWith("| `"))).toEqual(rows)
  })

  it("tells the default that is the page's own", () => {
    expect(section).toContain(`\`inboxSize\` of ${defaults.inboxSize?.toLocaleString("en")}`)
  })
})
