/** What a bomb may cost a server, in memory: docs/reference/security.md names the test of this file. */
import { describe, expect } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import * as Effect from "effect/Effect"
import { attack, binary, continuation, deflated, growth, pour } from "./arena.js"

const MiB = 1024 * 1024
const offered = { "Sec-WebSocket-Extensions": "permessage-deflate" }
const { rsv1 } = Frame

describe("permessage-deflate", () => {
  attack(
    "undici CVE-2026-1526, websockets CVE-2018-1000518, websocket-driver CVE-2026-54490: the limit counts inflated octets while inflating",
    (arena) =>
      Effect.gen(function*() {
        const bomb = deflated(Buffer.alloc(256 * MiB)) // 256 KiB
        const whole = yield* arena.open(offered)
        const grown = yield* growth(
          Effect.gen(function*() {
            yield* pour(whole, binary(bomb, { rsv: rsv1 }))
            expect(yield* whole.frame).toBe("close 1009")
          }),
          bomb
        )
        expect(grown).toBeLessThan(MiB)
        whole.end()
        expect(yield* arena.outcome()).toMatchObject({ _tag: "Failed", failure: { rule: "MessageTooBig" } })
        // Across fragments: each of them inflates to less than the limit.
        const fragments = yield* arena.open(offered)
        const cut = Buffer.concat([
          binary(bomb.subarray(0, 8_000), { rsv: rsv1, fin: false }),
          ...Array.from({ length: 30 }, (_, i) =>
            continuation(bomb.subarray(8_000 * (i + 1), 8_000 * (i + 2)), { fin: false }))
        ])
        yield* pour(fragments, cut)
        expect(yield* fragments.frame).toBe("close 1009")
        fragments.end()
        expect(yield* arena.outcome(1)).toMatchObject({ _tag: "Failed", failure: { rule: "MessageTooBig" } })
        expect(arena.messages).toEqual([])
      })
  )
})
