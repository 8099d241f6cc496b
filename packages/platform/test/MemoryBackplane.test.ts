/** The backplane in memory passes what every backplane has to. */
import { describe, expect, it } from "@effect/vitest"
import { Backplane, type Receiver } from "@effect-ws/platform/Backplane"
import * as MemoryBackplane from "@effect-ws/platform/MemoryBackplane"
import * as Topics from "@effect-ws/platform/Topics"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as Effect from "effect/Effect"
import { eventually, suite } from "./backplanes.js"
import { pairs, turns } from "./topics.js"

suite(
  "in memory",
  Effect.map(MemoryBackplane.make, ({ backplane, down, up }) => ({
    backplane,
    node: (options) => Effect.provideService(Topics.make(options), Backplane, backplane),
    down,
    up,
    patterns: true,
    keeps: true
  }))
)

describe("a topic that is kept", () => {
  it.live("what comes again before it is known that it does is not taken for all", () =>
    Effect.gen(function*() {
      const { backplane } = yield* MemoryBackplane.make
      let isCut = false
      let receiver: Receiver | undefined
      // A link whose messages come again a little before it tells that it is up, as those of engines do.
      const behind: Backplane["Type"] = {
        open: (given, keeping) => {
          receiver = given
          return backplane.open(
            {
              onMessage: (topic, bytes, id) => {
                if (!isCut) given.onMessage(topic, bytes, id)
              },
              onUp: () => given.onUp(),
              onDown: (why) => given.onDown(why),
              onTrouble: (why) => given.onTrouble(why)
            },
            keeping
          )
        }
      }
      const node = (of: Backplane["Type"]) =>
        Effect.provideService(Topics.make({ keep: { topics: ["t"], frame: ({ message }) => message } }), Backplane, of)
      const [one, other] = [yield* node(backplane), yield* node(behind)]
      const [a] = yield* pairs(1)
      yield* (yield* other.subscribe(a!.server, "t")).ready
      yield* one.publish("t", "0")
      yield* eventually("the first came", () => a!.received.length === 1)
      yield* turns
      isCut = true
      receiver?.onDown("it is cut off")
      yield* one.publish("t", "1")
      isCut = false
      yield* one.publish("t", "2")
      receiver?.onUp()
      yield* one.publish("t", "3")
      yield* eventually("the last came", () => a!.received.at(-1) === "3")
      expect(a!.received).toEqual(["0", "1", "2", "3"])
    }).pipe(Effect.scoped, Effect.provide(WebSocketTest.layer())))
})
