import { expect, it } from "@effect/vitest"
import * as Published from "@effect-ws/interop/Published"
import * as Table from "@effect-ws/interop/Table"
import * as Effect from "effect/Effect"
import { readFileSync } from "node:fs"

it.effect("docs/reference/interop.md has the table that the results make", () =>
  Effect.gen(function*() {
    const results = yield* Published.read
    const page = readFileSync(Published.page, "utf8")
    expect(Object.keys(results).length).toBeGreaterThan(0)
    expect(Table.replaced(page, Published.table(results))).toBe(page)
  }))
