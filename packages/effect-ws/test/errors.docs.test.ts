/** docs/reference/errors.md has a row for each error that users can meet, and for each reason of a `HandshakeError`; and no other. */
import { describe, expect, it } from "@effect/vitest"
import type { HandshakeReason } from "@effect-ws/platform/HandshakeError"
import * as Unexplained from "@effect-ws/platform-browser/Unexplained"
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import * as modules from "../src/index.js"

const page = readFileSync(resolve(import.meta.dirname, "../../../docs/reference/errors.md"), "utf8")

const rows = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/^\| `(\w+)` \|/gm)].map(([, name = ""]) => name)

const [reasonRows = "", ...others] = page.split("\n| error |")

const isError = (value: unknown): value is new(...args: ReadonlyArray<unknown>) => Error =>
  typeof value === "function" && value.prototype instanceof Error

/** A reason that is added does not compile without a line here. */
const reasons: Record<HandshakeReason["_tag"], true> = {
  InvalidRequest: true,
  InvalidOption: true,
  Unreachable: true,
  TlsFailed: true,
  ProxyFailed: true,
  Timeout: true,
  Dropped: true,
  Refused: true,
  Violation: true,
  NoHttp2: true,
  Undisclosed: true
}

describe("docs/reference/errors.md", () => {
  it("has every error", () => {
    const errors = [...Object.values(modules), Unexplained].flatMap((module) =>
      Object.entries(module).filter(([, value]) => isError(value)).map(([name]) => name)
    )
    const told = [...rows(others.join("\n| error |")), "HandshakeError"]
    expect(told.toSorted()).toEqual([...new Set(errors)].toSorted())
  })

  it("has every reason for which a connection does not open", () => {
    expect(rows(reasonRows).toSorted()).toEqual(Object.keys(reasons).toSorted())
  })
})
