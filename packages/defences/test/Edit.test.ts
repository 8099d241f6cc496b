import { describe, expect, it } from "@effect/vitest"
import * as Edit from "../src/Edit.js"

const edited = (text: string, edit: Edit.Edit, ...others: ReadonlyArray<string>): string => {
  const sources = [text, ...others].map((text, index) => ({ file: `a/src/${index}.ts`, text }))
  const result = Edit.apply(Edit.parse(sources), edit)
  return result._tag === "Edited" ? result.text : `LOST ${result.says}`
}

describe("code is found", () => {
  const edit: Edit.Edit = { replace: "$header.length >= topBit", by: "false" }

  it("whatever its locals are called, and however it is laid out", () => {
    expect(edited("const f = (head) => head.length >= topBit", edit)).toBe("const f = (head) => false")
    expect(edited("const f = (h) => (h\n  .length /* octets */) >=\n  (topBit)", edit)).toBe("const f = (h) => false")
    expect(edited("f('a')", { replace: "f(\"a\")", by: "1" })).toBe("1")
  })

  it("in whichever file it is", () => {
    const result = Edit.apply(
      Edit.parse([{ file: "a/src/x.ts", text: "f()" }, { file: "b/src/internal/y.ts", text: "\ng.length >= topBit" }]),
      edit
    )
    expect(result).toEqual({ _tag: "Edited", file: "b/src/internal/y.ts", line: 2, text: "\nfalse" })
  })

  it("with the same piece for the same name, however large", () => {
    expect(edited("f(a, b); f(c.d, c.d)", { replace: "f($x, $x)", by: "g($x)" })).toBe("f(a, b); g(c.d)")
    expect(edited("f(a + b, a + b)", { replace: "f($x, $x)", by: "2 * $x" })).toBe("2 * (a + b)")
  })

  it("as statements or properties in a row, as a member, and as what a name is declared to be", () => {
    expect(edited("{ a(); b(); c() }", { replace: "a(); b()", by: "d();" })).toBe("{ d(); c() }")
    expect(edited("f({ a: 1, b, c: 3 })", { replace: "a: 1, b: $b", by: "d: $b" })).toBe("f({ d: b, c: 3 })")
    expect(edited("class A { b() {} }", { replace: "b() {}", by: "b() { c() }" })).toBe("class A { b() { c() } }")
    for (const text of ["export const size = 16", "class A { private size = 16 }", "size = 16", "(size = 16) => 1"]) {
      expect(edited(text, { replace: "size = 16", by: "size = 0" })).toBe(text.replace("16", "0"))
    }
  })

  it("by the names around it, where it is there more than once", () => {
    const text = "class A { b() { f() } }; class C { b() { f() } }; const d = { e: f() }"
    expect(edited(text, { replace: "f()", by: "1" })).toContain("there is more than one")
    expect(edited(text, { replace: "f()", by: "1", in: "b" })).toContain("there is more than one")
    expect(edited(text, { replace: "f()", by: "1", in: "C.b" })).toBe(text.replace("C { b() { f()", "C { b() { 1"))
    expect(edited(text, { replace: "f()", by: "1", in: "d.e" })).toBe(text.replace("e: f()", "e: 1"))
    expect(edited("f()", { replace: "f()", by: "1", in: "a.0" }, "f()")).toBe("1")
    expect(edited("const d = () => { const e = f() }", { replace: "f()", by: "1", in: "e" })).toContain(
      "LOST no such code"
    )
  })

  it("or it is said why not", () => {
    expect(edited("f()", { drop: "g()" })).toBe("LOST no such code: g()")
    expect(edited("f()", { drop: "g(" })).toBe("LOST this is no code: g(")
    expect(edited("f()", { never: "f()" })).toContain("nothing decides whether it is reached")
    expect(edited("f(a)", { drop: "a" })).toContain("it is neither a statement nor")
    expect(edited("f(a)", { replace: "f($x)", by: "$y" })).toContain("$y stands for nothing")
    expect(edited("type A = 'a'", { drop: "'a'" })).toContain("no such code")
  })
})

describe("never", () => {
  const never = (text: string): string => edited(text, { never: "'Rule'" })

  it("decides against what is reached if", () => {
    expect(never("const f = (a) => { if (a) return fail('Rule') }")).toBe(
      "const f = (a) => { if (false) return fail('Rule') }"
    )
    expect(never("if (a) b(); else { c('Rule') }")).toBe("if (true) b(); else { c('Rule') }")
    expect(never("a ? 'Rule' : b")).toBe("false ? 'Rule' : b")
    expect(never("a ? b : (c, 'Rule')")).toBe("true ? b : (c, 'Rule')")
    expect(never("a && f('Rule')")).toBe("false && f('Rule')")
    expect(never("a || f('Rule')")).toBe("true || f('Rule')")
  })

  it("takes the nearest of them, and none outside of the function", () => {
    expect(never("if (a) { if (b) c('Rule') }")).toBe("if (a) { if (false) c('Rule') }")
    expect(never("if (f('Rule') && a) b()")).toContain("nothing decides")
    expect(never("if (a) b(() => 'Rule')")).toContain("nothing decides")
  })
})

describe("drop", () => {
  it("takes away a statement, a member, a side, one of a list", () => {
    expect(edited("{ a(); b() }", { drop: "a()" })).toBe("{  b() }")
    expect(edited("if (c) a()", { drop: "a()" })).toBe("if (c) {}")
    expect(edited("{ a(); b(); c() }", { drop: "a(); b()" })).toBe("{  c() }")
    expect(edited("class A { b() {}; c() {} }", { drop: "b() {}" })).toBe("class A { ; c() {} }")
    expect(edited("if (a || b && c) d()", { drop: "a" })).toBe("if (b && c) d()")
    expect(edited("if ((a || b) && c) d()", { drop: "a || b" })).toBe("if (c) d()")
    expect(edited("f([a, b])", { drop: "b" })).toBe("f([a])")
    expect(edited("f([a, b])", { drop: "a" })).toBe("f([b])")
    expect(edited("f({ a: 1, b: 2 })", { drop: "a: 1" })).toBe("f({ b: 2 })")
  })
})
