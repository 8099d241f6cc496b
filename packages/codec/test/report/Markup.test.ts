import { describe, expect, it } from "@effect/vitest"
import { markup } from "../../src/report/Markup.js"

describe("markup", () => {
  it("escape what is inserted, and nothing else", () => {
    expect(markup`<a title="${"\"'&"}">${["<", markup`<b>${1}</b>`]}\0${"\0"}</a>`.text).toBe(
      "<a title=\"&quot;&#39;&amp;\">&lt;<b>1</b>\0\ufffd</a>"
    )
  })
})
