/** Any sequence of subscribing, unsubscribing, publishing and closing, against a plain list for each connection. */
import { describe, expect, it } from "@effect/vitest"
import type { Message } from "@effect-ws/connection/Message"
import * as Topics from "@effect-ws/platform/Topics"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import { pairs, turns } from "./topics.js"

const connections = 3
const who = fc.nat(connections - 1)
const part = fc.constantFrom("a", "b", "c")
const topic = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("."))
const pattern = fc.tuple(fc.array(fc.oneof(part, fc.constant("*")), { minLength: 1, maxLength: 2 }), fc.boolean())
  .map(([parts, open]) => [...parts, ...(open ? [">"] : [])].join("."))
const name = fc.oneof(topic, pattern)

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("subscribe" as const), who, name }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("unsubscribe" as const), who, name }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("publish" as const), topic, except: fc.option(who) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("close" as const), who }) }
)

/** Another way to say which topics a pattern is for. */
const isFor = (pattern: string, topic: string): boolean =>
  new RegExp(`^${pattern.split(".").map((part) => part === "*" ? "[^.]+" : part === ">" ? ".+" : part).join("\\.")}$`)
    .test(topic)

interface Modelled {
  readonly names: Set<string>
  readonly expected: Array<Message>
  open: boolean
}

const play = (steps: ReadonlyArray<(typeof step) extends fc.Arbitrary<infer A> ? A : never>) =>
  Effect.gen(function*() {
    const topics = yield* Topics.make()
    const all = yield* pairs(connections)
    const model: ReadonlyArray<Modelled> = all.map(() => ({ names: new Set(), expected: [], open: true }))
    for (const [n, one] of steps.entries()) {
      switch (one.do) {
        case "subscribe":
          Either.getOrThrow(topics.subscribeNow(all[one.who]!.server, one.name))
          model[one.who]!.names.add(one.name)
          break
        case "unsubscribe":
          topics.unsubscribe(all[one.who]!.server, one.name)
          model[one.who]!.names.delete(one.name)
          break
        case "close":
          yield* all[one.who]!.client.close()
          yield* all[one.who]!.server.outcome
          model[one.who]!.open = false
          break
        case "publish": {
          const except = one.except === null ? undefined : all[one.except]!.server
          const to = model.filter(({ names, open }, i) =>
            open && i !== one.except && [...names].some((name) => isFor(name, one.topic))
          )
          for (const { expected } of to) expected.push(`${n} ${one.topic}`)
          const { accepted } = yield* topics.publish(one.topic, `${n} ${one.topic}`, { except })
          expect(accepted).toBe(to.length)
        }
      }
    }
    yield* turns
    expect(all.map(({ received }) => received)).toEqual(model.map(({ expected }) => expected))
  }).pipe(Effect.scoped, Effect.provide(WebSocketTest.layer()))

describe("a model of topics", () => {
  it.effect("each connection receives what the list says", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), (steps) => Effect.runPromise(play(steps))),
        { numRuns: 60 }
      )
    ))
})
