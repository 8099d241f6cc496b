import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { inspect } from "node:util"
import { pair } from "./pair.js"

it.scoped("what a log shows of a connection holds no octets and no headers", () =>
  Effect.gen(function*() {
    const { client } = yield* pair()
    const shown = { _id: "Connection", role: "client", state: "Open", extensions: "", bufferedAmount: 0 }
    expect(JSON.parse(JSON.stringify(client))).toEqual(shown)
    expect(JSON.parse(String(client))).toEqual(shown)
    expect(inspect(client)).toBe(inspect(shown))
  }))
