/** The table of defences keeps step with the sources and with docs/security.md. `npm run defences` tries what it says. */
import { describe, expect, it } from "@effect/vitest"
import * as ClientHandshake from "@effect-ws/codec/ClientHandshake"
import * as HttpHead from "@effect-ws/codec/HttpHead"
import * as PermessageDeflate from "@effect-ws/codec/PermessageDeflate"
import * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
import * as Violation from "@effect-ws/codec/Violation"
import { urlRules } from "@effect-ws/connection/HandshakeError"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { attacks, withoutEdit } from "../src/attacks.js"
import { type Defence, nameOf } from "../src/Defence.js"
import * as Defences from "../src/Defences.js"
import { limits } from "../src/limits.js"
import { rules } from "../src/rules.js"
import { repository } from "../src/Scratch.js"
import * as Trial from "../src/Trial.js"

const read = (file: string): string => readFileSync(join(repository, file), "utf8")

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

  it("are there for every rule, and for no other", () => {
    const tables = {
      "Violation.rules": Violation.rules,
      "HttpHead.rules": HttpHead.rules,
      "HttpHead.encodeRules": HttpHead.encodeRules,
      "ServerHandshake.rules": ServerHandshake.rules,
      "ServerHandshake.answerRules": ServerHandshake.answerRules,
      "ClientHandshake.rules": ClientHandshake.rules,
      "ClientHandshake.requestRules": ClientHandshake.requestRules,
      "PermessageDeflate.rules": PermessageDeflate.rules,
      "HandshakeError.urlRules": urlRules
    }
    const all = Object.entries(tables).flatMap(([table, rules]) => Object.keys(rules).map((rule) => `${table}.${rule}`))
    expect([...new Set(rules.map(({ against }) => against))].sort()).toEqual(all.sort())
  })

  it("are there for every row of docs/security.md, and for no other", () => {
    const rows = (title: string): ReadonlyArray<string> =>
      (read("docs/security.md").split(`\n## ${title}\n`)[1]?.split("\n| what")[0]?.split("\n## ")[0] ?? "")
        .split("\n").filter((line) => line.startsWith("| ")).slice(1)
    for (const [title, defences] of [["Limits", limits], ["Attacks", attacks]] as const) {
      const of = defences.map(({ against }) => against)
      const named = (row: string) => [...of, ...withoutEdit].some((name) => row.startsWith(`| ${name}`))
      expect(rows(title).length).toBeGreaterThan(10)
      expect(rows(title).filter((row) => !named(row))).toEqual([])
      expect(of.filter((name) => rows(title).filter((row) => row.startsWith(`| ${name}`)).length !== 1)).toEqual([])
    }
  })
})

describe("a trial", () => {
  const defence: Defence = { against: "x", file: "a/src/x.ts", edit: ["a", "b"], test: ["a/test/x.test.ts", "holds"] }
  const endless: Defence = { ...defence, shows: "a hang" }
  const stray: Defence = { ...defence, shows: "a stray error" }
  const report = (name: string, failure: string | undefined, others: Partial<Trial.Report> = {}): Trial.Report => ({
    tests: [{ file: "a/test/x.test.ts", name, failure, took: 1 }],
    unloaded: [],
    stray: false,
    ...others
  })
  const wrong = "AssertionError: wrong"
  const late = "Error: Test timed out in 20000ms."

  it("catches by the test that is named, and by no other", () => {
    expect(Trial.judge(defence, report("it holds", wrong))).toEqual({ _tag: "Caught", says: wrong })
    expect(Trial.judge(defence, report("it holds", undefined))._tag).toBe("Survived")
    expect(Trial.judge(defence, report("another", wrong))._tag).toBe("Survived")
  })

  it("counts a hang, and an error outside of tests, only where that is said", () => {
    expect([defence, endless].map((one) => Trial.judge(one, undefined)._tag)).toEqual(["Survived", "Caught"])
    expect([defence, endless].map((one) => Trial.judge(one, report("it holds", late))._tag))
      .toEqual(["Survived", "Caught"])
    const outside = report("it holds", undefined, { stray: true })
    expect([defence, endless, stray].map((one) => Trial.judge(one, outside)._tag))
      .toEqual(["Survived", "Survived", "Caught"])
  })

  it("says nothing when the edited sources do not load, or the tests are not there, or fail without the edit", () => {
    expect(Trial.judge(defence, report("it holds", undefined, { unloaded: ["syntax"] }))._tag).toBe("Unfit")
    expect(Trial.obstacle(defence, report("it holds", undefined))).toBeUndefined()
    expect(Trial.obstacle(defence, report("another", undefined))).toContain("no test of")
    expect(Trial.obstacle(defence, report("it holds", wrong))).toBe(wrong)
    expect(Trial.obstacle(defence, undefined)).toContain("do not end")
  })
})
