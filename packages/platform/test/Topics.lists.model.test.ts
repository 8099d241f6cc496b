/** Slow peers, and those who come back: whatever happens in whichever order, each has what a plain list says. */
import { describe, expect, it } from "@effect/vitest"
import * as Topics from "@effect-ws/platform/Topics"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import { pairs, turns } from "./topics.js"

const check = <A>(arbitrary: fc.Arbitrary<A>, play: (given: A) => Effect.Effect<void, unknown>, numRuns: number) =>
  Effect.promise(() => fc.assert(fc.asyncProperty(arbitrary, (given) => Effect.runPromise(play(given))), { numRuns }))

// -- a peer that reads, or not

const size = 16 * 1024

const policies = {
  newest: Topics.dropNewest,
  oldest: Topics.dropOldest({ most: 3, size: 100 * size }),
  latest: Topics.dropOldest({ most: 3, size: 100 * size, key: (message) => String(parseInt(String(message)) % 2) })
}

/** What waits, and what of it gives way. */
const waits = (policy: keyof typeof policies, waiting: ReadonlyArray<number>, n: number): ReadonlyArray<number> =>
  [...waiting.filter((one) => policy !== "latest" || one % 2 !== n % 2), n].slice(-3)

const slowly = fc.record({
  policy: fc.constantFrom("newest" as const, "oldest" as const, "latest" as const),
  steps: fc.array(
    fc.oneof(
      { weight: 8, arbitrary: fc.constant("publish" as const) },
      { weight: 1, arbitrary: fc.constant("stall" as const) },
      { weight: 1, arbitrary: fc.constant("resume" as const) }
    ),
    { maxLength: 40 }
  )
})

const playSlowly = ({ policy, steps }: typeof slowly extends fc.Arbitrary<infer A> ? A : never) =>
  Effect.gen(function*() {
    const topics = yield* Topics.make()
    const [pair] = yield* pairs(1)
    const [link] = yield* (yield* WebSocketTest.WebSocketTest).links
    const subscription = yield* topics.subscribe(pair!.server, "t", { whenFull: policies[policy] })
    const sent: Array<number> = []
    let waiting: ReadonlyArray<number> = []
    const resume = Effect.gen(function*() {
      yield* link!.resume
      yield* turns
      sent.push(...waiting)
      waiting = []
    })
    let published = 0
    for (const step of steps) {
      if (step === "stall") yield* link!.stall
      else if (step === "resume") yield* resume
      else {
        const n = published++
        const { accepted } = yield* topics.publish("t", `${n} `.padEnd(size, "x"))
        yield* turns
        if (subscription.waiting > 0) waiting = waits(policy, waiting, n)
        else if (accepted === 1) sent.push(n)
        expect(subscription.waiting).toBe(waiting.length)
        expect(subscription.dropped).toBe(published - sent.length - waiting.length)
      }
    }
    yield* resume
    yield* turns
    expect(pair!.received.map((text) => parseInt(String(text)))).toEqual(sent)
  }).pipe(
    Effect.scoped,
    Effect.provide(WebSocketTest.layer({ server: { limits: { outboxSize: 4 * size, outboxResume: size } } }))
  )

// -- topics that are kept, of which few messages are

const last = 5
const who = fc.nat(2)
const topic = fc.constantFrom("a", "b")

const coming = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant("publish" as const), topic }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant("subscribe" as const),
        topic,
        who,
        from: fc.constantFrom("now", "oldest", "after")
      })
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("unsubscribe" as const), topic, who }) }
  ),
  { maxLength: 60 }
)

const playComing = (steps: typeof coming extends fc.Arbitrary<infer A> ? A : never) =>
  Effect.gen(function*() {
    const frame = ({ message, topic }: Topics.Entry) => `${topic} ${message}`
    const topics = yield* Topics.make({ keep: { topics: ["a", "b"], last, frame, gone: (topic) => `${topic} gone` } })
    const all = yield* pairs(3)
    /** Ids of all that was ever published; who listens; what each has to have got, and how far it is. */
    const logs: Record<string, Array<string>> = { a: [], b: [] }
    const model = all.map(() => ({
      listens: new Set<string>(),
      expected: Array<string>(),
      at: new Map([["a", 0], ["b", 0]])
    }))
    for (const one of steps) {
      const log = logs[one.topic]!
      if (one.do === "publish") {
        const { id } = yield* topics.publish(one.topic, String(log.length))
        for (const { at, expected, listens } of model) {
          if (!listens.has(one.topic)) continue
          expected.push(`${one.topic} ${log.length}`)
          at.set(one.topic, log.length + 1)
        }
        log.push(id!)
        yield* turns
        continue
      }
      const { at, expected, listens } = model[one.who]!
      const { server } = all[one.who]!
      if (one.do === "unsubscribe") {
        topics.unsubscribe(server, one.topic)
        listens.delete(one.topic)
        continue
      }
      const had = at.get(one.topic)!
      const isNew = had === 0 || one.from !== "after" // one that has got nothing names nothing
      const from = one.from === "now" ? "now" : isNew ? "oldest" : { after: log[had - 1]! }
      yield* (yield* topics.subscribe(server, one.topic, { from })).ready
      yield* turns
      const oldest = Math.max(0, log.length - last)
      const isGone = typeof from !== "string" && had < oldest
      if (isGone) expected.push(`${one.topic} gone`)
      const start = from === "now" ? log.length : from === "oldest" || isGone ? oldest : had
      for (let n = start; n < log.length; n++) expected.push(`${one.topic} ${n}`)
      listens.add(one.topic)
      at.set(one.topic, log.length)
    }
    yield* turns
    expect(all.map(({ received }) => received)).toEqual(model.map(({ expected }) => expected))
  }).pipe(Effect.scoped, Effect.provide(WebSocketTest.layer()))

describe("a model of topics", () => {
  it.effect("of a slow peer nothing is lost but what its policy drops, which is counted", () =>
    check(slowly, playSlowly, 40))

  it.effect("who comes back gets what it missed, in order and once, and is told if that is gone", () =>
    check(coming, playComing, 40))
})
