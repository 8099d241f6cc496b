/**
 * The table of defences keeps step with the rules and with docs/reference/security.md. Whether each is found in the sources is asked by
 * `npm run defences -- --check`, and `npm run defences` tries what it says.
 */
import { describe, expect, it } from "@effect/vitest"
import * as ClientConnect from "@effect-ws/codec/ClientConnect"
import * as ClientHandshake from "@effect-ws/codec/ClientHandshake"
import * as HttpHead from "@effect-ws/codec/HttpHead"
import * as PermessageDeflate from "@effect-ws/codec/PermessageDeflate"
import * as ServerConnect from "@effect-ws/codec/ServerConnect"
import * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
import * as Violation from "@effect-ws/codec/Violation"
import { urlRules } from "@effect-ws/platform/HandshakeError"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { attacks, withoutEdit } from "../src/attacks.js"
import { nameOf } from "../src/Defence.js"
import * as Defences from "../src/Defences.js"
import { limits } from "../src/limits.js"
import { rules } from "../src/rules.js"
import { repository } from "../src/Scratch.js"

const read = (file: string): string => readFileSync(join(repository, file), "utf8")

describe("defences", () => {
  it("have names of their own", () => {
    expect(new Set(Defences.all.map(nameOf)).size).toBe(Defences.all.length)
  })

  it("are there for every rule, and for no other", () => {
    const tables = {
      "Violation.rules": Violation.rules,
      "HttpHead.rules": HttpHead.rules,
      "HttpHead.encodeRules": HttpHead.encodeRules,
      "ServerHandshake.rules": ServerHandshake.rules,
      "ServerHandshake.answerRules": ServerHandshake.answerRules,
      "ClientHandshake.rules": ClientHandshake.rules,
      "ClientHandshake.requestRules": ClientHandshake.requestRules,
      "ServerConnect.rules": ServerConnect.rules,
      "ClientConnect.rules": ClientConnect.rules,
      "ClientConnect.requestRules": ClientConnect.requestRules,
      "PermessageDeflate.rules": PermessageDeflate.rules,
      "HandshakeError.urlRules": urlRules
    }
    const all = Object.entries(tables).flatMap(([table, rules]) => Object.keys(rules).map((rule) => `${table}.${rule}`))
    expect([...new Set(rules.map(({ against }) => against))].sort()).toEqual(all.sort())
  })

  it("are there for every row of docs/reference/security.md, and for no other", () => {
    const rows = (title: string): ReadonlyArray<string> =>
      (read("docs/reference/security.md").split(`\n## ${title}\n`)[1]?.split("\n| what")[0]?.split("\n## ")[0] ?? "")
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
