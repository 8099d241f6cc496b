/** The codec's specimens, octets written by hand, through the state machine: found broken where they say, not before. */
import { describe, expect, it } from "@effect/vitest"
import * as Protocol from "@effect-ws/connection/Protocol"
import { all } from "../../codec/test/specimens.js"
import { feed, settingsFor, singly } from "./wire.js"

/** What needs a real inflater is left to hosts that have one. */
const withoutInflating = all.filter(([rule, { compression }]) => !compression || rule === "ReservedBits")

const ruleOf = (state: Protocol.State): string | undefined =>
  state._tag === "Settling" && state.ending._tag === "Failure" && state.ending.failure._tag === "Violation"
    ? state.ending.failure.rule
    : undefined

describe("6455, octet by octet", () => {
  for (const [rule, { compression, failsAt, maxMessageSize, octets, receiver, says }] of withoutInflating) {
    it(`${receiver}: ${rule}: ${says}`, () => {
      for (const incoming of ["whole", "bytes"] as const) {
        const settings = settingsFor(receiver, { compression, maxMessageSize, incoming })
        const before = feed(settings, Protocol.open, singly(octets.slice(0, failsAt - 1)))
        expect(ruleOf(before.state)).toBeUndefined()
        const after = feed(settings, before.state, [octets.slice(failsAt - 1, failsAt)])
        expect(ruleOf(after.state)).toBe(rule)
        expect(ruleOf(feed(settings, Protocol.open, [octets]).state)).toBe(rule)
      }
    })
  }
})
