/** The table of defences keeps step with the sources and with docs/security.md. `npm run defences` tries what it says. */
import { describe, expect, it } from "@effect/vitest"
import * as Violation from "@effect-ws/codec/Violation"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { nameOf } from "../src/defences/Defence.js"
import * as Defences from "../src/defences/Defences.js"
import { repository } from "../src/defences/Scratch.js"

const read = (file: string): string => readFileSync(join(repository, file), "utf8")

const against = new Set(Defences.all.map((defence) => defence.against))

describe("defences", () => {
  it("have names of their own", () => {
    expect(new Set(Defences.all.map(nameOf)).size).toBe(Defences.all.length)
  })

  for (const defence of Defences.all) {
    const { edit: [text, instead], file, test: [test, name] } = defence
    it(`${nameOf(defence)}: its text stands in the source once, and there is a test`, () => {
      expect(read(`packages/${file}`).split(text).length - 1).toBe(1)
      expect(instead).not.toBe(text)
      expect(existsSync(join(repository, "packages", test))).toBe(true)
      expect(name).not.toBe("")
    })
  }

  it("are there for every rule", () => {
    const tables = {
      Violation: Violation.rules
    }
    const rules = Object.entries(tables).flatMap(([table, rules]) =>
      Object.keys(rules).map((rule) => `${table}.${rule}`)
    )
    expect(rules.filter((rule) => !against.has(rule))).toEqual([])
    expect([...against].filter((name) => name.includes(".") && !rules.includes(name))).toEqual([])
  })
})
