import { describe, expect, it } from "@effect/vitest"
import type { Command, Peer } from "@effect-ws/interop/Peer"
import * as Table from "@effect-ws/interop/Table"

const side = { modes: ["plain"], command: (): Command => ["true"] } as const

const peers: ReadonlyArray<Peer> = [
  { name: "a", title: "A", debian: [], client: side, server: side },
  { name: "b", title: "B", debian: [], client: side }
]

const results: Table.Results = {
  a: {
    version: "1.2",
    cells: { "client plain": "passed", "client tls": ["drops", "hangs"], "server plain": ["hangs"] }
  }
}

describe("a table", () => {
  it("has a row for each role, marks, the faults, and what was not run", () => {
    expect(Table.markdown(peers, results, [["C", "not to be had"]]).split("\n")).toEqual([
      "| peer | as | plain | deflate | no takeover | 9 bits | 12 bits | TLS | subprotocol | HTTP/2 |",
      "|---|---|---|---|---|---|---|---|---|---|",
      "| A 1.2 | client | ✓ | – | – | – | – | (1) (2) | – | – |",
      "| A 1.2 | server | (2) | – | – | – | – | – | – | – |",
      "",
      "1. drops",
      "2. hangs",
      "",
      "Not in the table:",
      "",
      "- C: not to be had.",
      "- B: not run."
    ])
  })

  it("differs where a cell does, and not for a version or a peer that was not run", () => {
    expect(Table.differences(results, { a: { version: "9", cells: results["a"]?.cells ?? {} } })).toEqual([])
    expect(Table.differences(results, {})).toEqual([])
    expect(Table.differences(results, { a: { version: "1.2", cells: { "client plain": ["hangs"] } } })).toEqual([
      "a client plain: hangs; in the table: passed",
      "a client tls: nothing; in the table: drops; hangs",
      "a server plain: nothing; in the table: hangs"
    ])
    expect(Table.differences({}, { b: { version: "1", cells: { "client plain": "passed" } } })).toEqual([
      "b client plain: passed; in the table: nothing"
    ])
  })

  it("stands in its page between two marks", () => {
    const page = (table: string) => `# A\n<!-- by npm run interop -->\n${table}\n<!-- up to here -->\nB`
    expect(Table.replaced(page("x\ny"), "z")).toBe(page("z"))
    expect(Table.replaced("# A\n", "z")).toBeUndefined()
  })

  it("keeps nothing of what failed", () => {
    expect(Table.resultOf({ _tag: "Passed" })).toBe("passed")
    expect(Table.resultOf({ _tag: "Faulty", faults: ["x"] })).toEqual(["x"])
    expect(Table.resultOf({ _tag: "Failed", errors: ["x"] })).toBeUndefined()
  })
})
