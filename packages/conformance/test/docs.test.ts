/** docs/internals/conformance.md names rules, files, tests and cases: all of them exist, and no rule is left out. */
import { describe, expect, it } from "@effect/vitest"
import { existsSync, readFileSync } from "node:fs"
import { resolve } from "node:path"
import * as Cases from "../src/Cases.js"
import * as Testee from "./testee.js"

const root = resolve(import.meta.dirname, "../../..")
const read = (file: string) => readFileSync(resolve(root, file), "utf8")
const page = read("docs/internals/conformance.md")
const rows = page.slice(page.indexOf("| requirement |")).split("\n").slice(2).filter((line) => line.startsWith("|"))
  .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()))

describe("docs/internals/conformance.md", () => {
  it("names every rule of Violation", () => {
    const source = read("packages/codec/src/Violation.ts")
    const rules = [...source.matchAll(/^ {2}([A-Z]\w+): \{/gm)].map(([, name]) => name)
    expect(rules.length).toBeGreaterThan(10)
    expect(rows.map(([, rule]) => rule).filter((rule) => rule !== "").sort()).toEqual(rules.sort())
  })

  it("names files that exist", () => {
    const files = rows.flatMap(([, , source = "", test = ""]) => [...source.split(", "), ...test.split(", ")])
    expect(files.filter((file) => !existsSync(resolve(root, "packages", file)))).toEqual([])
  })

  it("names a file that tells the rule, and a test that tries it", () => {
    const named = rows.filter(([, rule]) => rule !== "")
    const without = (rule: string, list: string) =>
      !list.split(", ").some((file) => new RegExp(`\\b${rule}\\b`).test(read(`packages/${file}`)))
    const wrong = named.flatMap(([, rule = "", source = "", test = ""]) =>
      [source, test].filter((list) => without(rule, list)).map((list) => `${rule}: ${list}`)
    )
    expect(wrong).toEqual([])
  })

  it("names cases that exist", () => {
    const ids = rows.flatMap(([, , , , cases = ""]) => cases.match(/\d+(\.\d+)+/g) ?? [])
    expect(ids.length).toBeGreaterThan(50)
    expect(ids.filter((id) => Cases.find(id) === undefined)).toEqual([])
  })

  it("counts right", () => {
    expect(page).toContain(`and ${Cases.beyond.length} of our own`)
    expect(page).toContain(`breaks a small peer in ${Object.keys(Testee.faults).length} ways`)
  })

  it("expects something of every case, and nothing else", () => {
    for (const peer of ["server", "client"] as const) {
      const expected = JSON.parse(read(`packages/conformance/expected/${peer}.json`))["effect-ws"]
      expect(Object.keys(expected)).toEqual(Cases.all.filter((each) => Cases.appliesTo(each, peer)).map(({ id }) => id))
    }
  })
})
