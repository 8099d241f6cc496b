/** The codec's specimens with permessage-deflate, octets written by hand, through the state machine and zlib. */
import { describe, expect, it } from "@effect/vitest"
import * as Primitives from "@effect-ws/codec/Primitives"
import type { Compression } from "@effect-ws/connection/host/Compression"
import * as Protocol from "@effect-ws/connection/Protocol"
import * as NodeDeflate from "@effect-ws/platform-node/NodeDeflate"
import { all, type Specimen } from "../../codec/test/specimens.js"

const opened = ({ receiver }: Specimen): Compression =>
  NodeDeflate[receiver]().open({
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: 15,
    clientMaxWindowBits: 15
  })

const settingsOf = ({ maxMessageSize, receiver }: Specimen): Protocol.Settings => ({
  role: receiver,
  primitives: Primitives.plain,
  maxMessageSize,
  compression: true,
  incoming: "whole"
})

const feed = (
  settings: Protocol.Settings,
  compression: Compression,
  from: Protocol.State,
  chunks: Iterable<Uint8Array>
): Protocol.State => {
  let state = from
  const take = (step: Protocol.Step): void => {
    state = step.state
    for (const action of step.actions) {
      if (action._tag !== "Inflate") continue
      const answer = compression.inflate(action.octets, action.last, action.limit)
      if (answer._tag === "Later") throw new Error("specimens are small")
      take(Protocol.inflated(settings, state, answer.value))
    }
  }
  for (const chunk of chunks) take(Protocol.receive(settings, state, chunk.slice()))
  return state
}

const ruleOf = (state: Protocol.State): string | undefined =>
  state._tag === "Settling" && state.ending._tag === "Failure" && state.ending.failure._tag === "Violation"
    ? state.ending.failure.rule
    : undefined

const singly = (octets: Uint8Array): Iterable<Uint8Array> => Array.from(octets, (octet) => Uint8Array.of(octet))

describe("7692, octet by octet", () => {
  for (const [rule, specimen] of all.filter(([, { compression }]) => compression)) {
    const { failsAt, octets, receiver, says } = specimen
    it(`${receiver}: ${rule}: ${says}`, () => {
      const settings = settingsOf(specimen)
      const compression = opened(specimen)
      const before = feed(settings, compression, Protocol.open, singly(octets.slice(0, failsAt - 1)))
      expect(ruleOf(before)).toBeUndefined()
      expect(ruleOf(feed(settings, compression, before, [octets.slice(failsAt - 1, failsAt)]))).toBe(rule)
      expect(ruleOf(feed(settings, opened(specimen), Protocol.open, [octets]))).toBe(rule)
    })
  }
})
