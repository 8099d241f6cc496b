import { describe, expect, it } from "@effect/vitest"
import * as Cases from "../src/Cases.js"
import * as C from "../src/cases/Case.js"
import * as Payload from "../src/cases/Payload.js"
import * as Sections from "../src/cases/Sections.js"
import { compareIds } from "../src/verdict/Results.js"

/** How many cases each section of Autobahn|Testsuite 25.10.1 has. */
const counts: Record<string, number> = {
  "1.1": 8,
  "1.2": 8,
  "2": 11,
  "3": 7,
  "4.1": 5,
  "4.2": 5,
  "5": 20,
  "6.1": 3,
  "6.2": 4,
  "6.3": 2,
  "6.4": 4,
  "6.5": 5,
  "6.6": 11,
  "6.7": 4,
  "6.8": 2,
  "6.9": 4,
  "6.10": 3,
  "6.11": 5,
  "6.12": 8,
  "6.13": 5,
  "6.14": 10,
  "6.15": 1,
  "6.16": 3,
  "6.17": 5,
  "6.18": 5,
  "6.19": 5,
  "6.20": 7,
  "6.21": 8,
  "6.22": 34,
  "6.23": 7,
  "7.1": 6,
  "7.3": 6,
  "7.5": 1,
  "7.7": 13,
  "7.9": 9,
  "7.13": 2,
  "9.1": 6,
  "9.2": 6,
  "9.3": 9,
  "9.4": 9,
  "9.5": 6,
  "9.6": 6,
  "9.7": 6,
  "9.8": 6,
  "10.1": 1,
  "12.1": 18,
  "12.2": 18,
  "12.3": 18,
  "12.4": 18,
  "12.5": 18,
  "13.1": 18,
  "13.2": 18,
  "13.3": 18,
  "13.4": 18,
  "13.5": 18,
  "13.6": 18,
  "13.7": 18
}

describe("Cases", () => {
  it("has Autobahn's 517, as many in each section", () => {
    const found: Record<string, number> = {}
    for (const { id } of Cases.autobahn) {
      const section = id.split(".").slice(0, -1).join(".")
      found[section] = (found[section] ?? 0) + 1
    }
    expect(found).toEqual(counts)
    expect(Cases.autobahn.length).toBe(517)
  })

  it("is in order, each id once", () => {
    const ids = Cases.all.map(({ id }) => id)
    expect(ids).toEqual([...ids].sort(compareIds))
    expect(new Set(ids).size).toBe(ids.length)
  })

  it("counts places from 1 in the whole list", () => {
    expect(Cases.position("1.1.1")).toBe(1)
    expect(Cases.position("12.1.1")).toBe(302)
    expect(Cases.position("13.7.18")).toBe(517)
    expect(Cases.position("8.1")).toBe(0)
  })

  it("has a title for every section and chapter", () => {
    for (const { id } of Cases.all) {
      expect(Sections.chapterOf(id).title).not.toMatch(/^Section/)
      expect(Sections.sectionOf(id).title).not.toMatch(/^Section/)
    }
  })

  it("sends valid and invalid UTF-8 as the expectation says (6.5 to 6.23)", () => {
    const decoder = new TextDecoder("utf-8", { fatal: true })
    const valid = Cases.autobahn.filter(({ id }) => /^6\.([5-9]|1\d|2[0-3])\./.test(id)).map(({ close, script }) => {
      const [action] = script._tag === "Events" ? script.actions : []
      const octets = action?._tag === "Message" ? Payload.octets(action.payload) : new Uint8Array(0)
      const decodes = (() => {
        try {
          decoder.decode(octets)
          return true
        } catch {
          return false
        }
      })()
      expect(close.closedByMe).toBe(decodes)
      expect(close.wrongInitiatorIsFatal).toBe(!decodes)
      return decodes
    })
    expect([valid.filter((each) => each).length, valid.length]).toEqual([63, 132])
  })

  it("compares events to the octet", () => {
    const one = [C.received(false, Payload.text("**")), C.pong(Payload.empty)]
    expect(C.sameEvents(one, [C.received(false, Payload.repeat(Payload.text("*"), 2)), C.pong(Payload.empty)])).toBe(
      true
    )
    expect(C.sameEvents(one, [C.received(true, Payload.text("**")), C.pong(Payload.empty)])).toBe(false)
    expect(C.sameEvents(one, [...one].reverse())).toBe(false)
    expect(C.sameEvents(one, one.slice(0, 1))).toBe(false)
  })
})
