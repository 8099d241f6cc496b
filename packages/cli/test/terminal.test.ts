import { describe, expect, it } from "@effect/vitest"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { visible, withoutColors } from "../src/internal/terminal.js"

describe("what is written", () => {
  it.effect.skipIf(process.stdout.isTTY || process.stderr.isTTY)(
    "has no colors where there is no terminal",
    () =>
      Effect.gen(function*() {
        const said: Array<unknown> = []
        const say = (...args: ReadonlyArray<unknown>) => Effect.sync(() => void said.push(...args))
        const console = yield* Effect.consoleWith(Effect.succeed)
        const program = Effect.zipRight(
          Console.log("\u001b[0;1mUSAGE\u001b[0m"),
          Console.error("\u001b[0;37;1mMissing\u001b[0m argument", 1)
        )
        yield* Console.withConsole(withoutColors(program), { ...console, log: say, error: say })
        expect(said).toEqual(["USAGE", "Missing argument", 1])
      })
  )

  it("by others has nothing that a terminal would obey", () => {
    expect(visible("a\u001b[2J\u202eb\tc")).toBe("a·[2J·b\tc")
  })
})
