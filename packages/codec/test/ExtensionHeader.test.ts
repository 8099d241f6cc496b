import { describe, expect, it } from "@effect/vitest"
import type { Extension, Parameter } from "@effect-ws/codec/ExtensionHeader"
import * as ExtensionHeader from "@effect-ws/codec/ExtensionHeader"
import * as fc from "effect/FastCheck"
import { anyText } from "./http.js"

/** `["foo", "a", "b=1"]` is `foo; a; b=1`. */
const extension = (name: string, ...parameters: ReadonlyArray<string>): Extension => ({
  name,
  parameters: parameters.map((text) => {
    const [name = "", value] = text.split("=")
    return ExtensionHeader.parameter(name, value)
  })
})

const legal: ReadonlyArray<readonly [values: ReadonlyArray<string>, extensions: ReadonlyArray<Extension>]> = [
  [[], []],
  [["foo"], [extension("foo")]],
  [["foo, bar; baz=2"], [extension("foo"), extension("bar", "baz=2")]],
  [["foo", "bar; baz=2"], [extension("foo"), extension("bar", "baz=2")]],
  [["deflate-stream"], [extension("deflate-stream")]],
  [["mux; max-channels=4; flow-control, deflate-stream"], [
    extension("mux", "max-channels=4", "flow-control"),
    extension("deflate-stream")
  ]],
  [["foo; a; a=1; a", "foo; a"], [extension("foo", "a", "a=1", "a"), extension("foo", "a")]],
  [["foo;a=\"b\""], [extension("foo", "a=b")]],
  [["foo;a=\"\\b\\8\""], [extension("foo", "a=b8")]],
  [[" \tfoo ;\ta\t= b ,\t bar "], [extension("foo", "a=b"), extension("bar")]],
  [[",, foo,\t,bar ,"], [extension("foo"), extension("bar")]],
  [["", "foo", ""], [extension("foo")]],
  [["__proto__; constructor; toString=valueOf"], [extension("__proto__", "constructor", "toString=valueOf")]],
  [["!#$%&'*+-.^_`|~09azAZ"], [extension("!#$%&'*+-.^_`|~09azAZ")]]
]

const illegal: ReadonlyArray<ReadonlyArray<string>> = [
  [""],
  [" "],
  [",\t,"],
  ["", ""],
  ["foo bar"],
  ["foo;"],
  ["foo; ;a"],
  [";a"],
  ["foo, ;a"],
  ["foo; a="],
  ["foo; a= ;b"],
  ["foo; =b"],
  ["foo; a=b=c"],
  ["foo; a b"],
  ["foo; a=b c"],
  ["foo; a=\""],
  ["foo; a=\"b"],
  ["foo; a=\"b\\"],
  ["foo; a=\"\""],
  ["foo; a=\"b c\""],
  ["foo; a=\"b,c\""],
  ["foo; a=\"b\\\"\""],
  ["foo; a=\"b\"c"],
  ["foo; a=\"b", "c\""],
  ["foo; a=\"b\\", "\""],
  ["foo; a='b c'"],
  ["\"foo\""],
  ["foo=1"],
  ["foo/1"],
  ["f\xf6\xf6"],
  ["foo\0"],
  ["foo\r\nbar"]
]

describe("6455 §9.1 the grammar", () => {
  for (const [values, extensions] of legal) {
    it(`reads ${JSON.stringify(values)}`, () => {
      expect(ExtensionHeader.parse(values)).toEqual({ _tag: "Extensions", extensions })
    })
  }

  for (const values of illegal) {
    it(`refuses ${JSON.stringify(values)}`, () => {
      expect(ExtensionHeader.parse(values)).toEqual({ _tag: "Malformed" })
    })
  }

  it("is written with what tokens can say, and not otherwise", () => {
    expect(ExtensionHeader.encode([extension("foo", "a", "b=1"), extension("bar")])).toEqual({
      _tag: "Encoded",
      value: "foo; a; b=1, bar"
    })
    const problem = (part: string) => ({ _tag: "Problem", part })
    for (const part of ["", "a b", "a\r\nSet-Cookie: b", "a\0", "a\"", "\u010d", "\xe4", "a,b", "a;b"]) {
      expect(ExtensionHeader.encode([extension("foo"), { name: part, parameters: [] }])).toEqual(problem(part))
      expect(ExtensionHeader.encode([{ name: "foo", parameters: [{ name: part, value: undefined }] }])).toEqual(
        problem(part)
      )
      expect(ExtensionHeader.encode([{ name: "foo", parameters: [{ name: "a", value: part }] }])).toEqual(problem(part))
    }
  })
})

const token = fc.oneof(
  fc.constantFrom("__proto__", "constructor", "permessage-deflate"),
  fc.string({ unit: fc.constantFrom(..."abcXYZ019!#$%&'*+-.^_`|~"), minLength: 1, maxLength: 8 })
)
const parameters: fc.Arbitrary<Parameter> = fc.record({ name: token, value: fc.option(token, { nil: undefined }) })
const extensions = fc.array(fc.record({ name: token, parameters: fc.array(parameters, { maxLength: 5 }) }), {
  minLength: 1,
  maxLength: 5
})

/** Some way to write them: space where it may be, values quoted or escaped, on several lines, among empty elements. */
const spelled = (extensions: ReadonlyArray<Extension>, choices: ReadonlyArray<number>): ReadonlyArray<string> => {
  let at = 0
  const choose = (...ways: ReadonlyArray<string>): string =>
    ways[(choices[at++ % choices.length] ?? 0) % ways.length] ?? ""
  const space = () => choose("", " ", "\t", " \t ")
  const quoted = (value: string) => choose(value, `"${value}"`, `"\\${value.split("").join("\\")}"`, `"\\${value}"`)
  const one = ({ name, parameters }: Extension) =>
    space() + name + space() +
    parameters.map(({ name, value }) =>
      `;${space()}${name}${value === undefined ? "" : `${space()}=${space()}${quoted(value)}`}${space()}`
    ).join("")
  return extensions.map((extension) => one(extension) + choose("\n", ",", ",,", ", ,\n")).join("").split("\n")
}

describe("properties", () => {
  it("what is written is read back", () => {
    fc.assert(fc.property(extensions, (extensions) => {
      const encoded = ExtensionHeader.encode(extensions)
      if (encoded._tag === "Problem") return expect.fail(encoded.part)
      expect(ExtensionHeader.parse([encoded.value])).toEqual({ _tag: "Extensions", extensions })
    }))
  })

  it("however it is spelled", () => {
    fc.assert(fc.property(extensions, fc.array(fc.nat(12), { minLength: 1, maxLength: 30 }), (extensions, choices) => {
      expect(ExtensionHeader.parse(spelled(extensions, choices))).toEqual({ _tag: "Extensions", extensions })
    }))
  })

  it("any text has an answer, and one that can be written", () => {
    const near = fc.string({ unit: fc.constantFrom(..."ab; =,\"\\\t\0\xe4"), maxLength: 20 })
    fc.assert(
      fc.property(fc.array(fc.oneof(near, anyText), { maxLength: 3 }), (values) => {
        const parsed = ExtensionHeader.parse(values)
        if (parsed._tag === "Extensions") expect(ExtensionHeader.encode(parsed.extensions)._tag).toBe("Encoded")
      }),
      { numRuns: 1000 }
    )
  })
})
