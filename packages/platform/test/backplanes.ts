/**
 * What every backplane has to pass: several nodes, each with connections in memory, and a backplane that goes away and comes back. Time is
 * real, since the engines' is.
 */
import { describe, expect, it } from "@effect/vitest"
import type { Message } from "@effect-ws/connection/Message"
import { type Backplane, BackplaneUnavailable, type Receiver } from "@effect-ws/platform/Backplane"
import * as Topics from "@effect-ws/platform/Topics"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import { pairs, turns } from "./topics.js"

export { pairs }

/** That a backplane is away is logged: here that is no news. */
export const quiet = Logger.replace(Logger.defaultLogger, Logger.make((_) => {}))

export interface Setting {
  readonly backplane: Backplane["Type"]
  /** A node of its own. */
  readonly node: (options?: Topics.Options) => Effect.Effect<Topics.Topics["Type"], never, Scope.Scope>
  /** A node of another application, on the same engine; left out where there is no such thing. */
  readonly stranger?: Setting["node"]
  /** The backplane is gone, as if it had been killed. */
  readonly down: Effect.Effect<void>
  /** It is there again, with what its log held. */
  readonly up: Effect.Effect<void>
  readonly patterns: boolean
  readonly keeps: boolean
}

/** Waits until it is so, for ten seconds at most. */
export const eventually = (what: string, isSo: () => boolean): Effect.Effect<void> =>
  Effect.gen(function*() {
    for (let i = 0; i < 1000 && !isSo(); i++) yield* Effect.sleep("10 millis")
    if (!isSo()) yield* Effect.die(new Error(`it did not come to it that ${what}`))
  })

/** A receiver that heeds what it is told of the backplane, and no message. */
export const listening = (): Receiver & { readonly told: Array<string>; readonly whys: Array<string> } => {
  const told: Array<string> = []
  const whys: Array<string> = []
  const hear = (what: string) => (why: string): void => {
    told.push(what)
    whys.push(why)
  }
  return {
    told,
    whys,
    onMessage: () => {},
    onUp: () => hear("up")(""),
    onDown: hear("down"),
    onTrouble: hear("trouble")
  }
}

let topics = 0
/** Of no other test. */
const aTopic = (): string => `suite.${topics++}`

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => String(from + i))

interface Kept {
  readonly id?: string
  readonly message?: string
  readonly gone?: boolean
}
const parsed = (received: ReadonlyArray<Message>): ReadonlyArray<Kept> =>
  received.map((text) => JSON.parse(String(text)))
const said = (received: ReadonlyArray<Message>) => parsed(received).map(({ gone, message }) => gone ? "gone" : message)

/** `isWhole`: where a server has to be killed and started, tests take seconds, and `npm test` has two of them. */
export const suite = (name: string, make: Effect.Effect<Setting, never, Scope.Scope>, isWhole = true): void => {
  const test = (title: string, body: (setting: Setting) => Effect.Effect<void, unknown, Scope.Scope | Layer>) =>
    it.live(
      title,
      () => Effect.flatMap(make, body).pipe(Effect.scoped, Effect.provide(WebSocketTest.layer()), Effect.provide(quiet))
    )

  const long: typeof test = (title, body) => isWhole ? test(title, body) : it.skip(title, () => {})

  describe(`${name}: between nodes`, () => {
    test("each subscriber of each node gets each message once, and in the order of its publisher", (setting) =>
      Effect.gen(function*() {
        const topic = aTopic()
        const nodes = [yield* setting.node(), yield* setting.node(), yield* setting.node()]
        const all = yield* pairs(6)
        for (const [i, { server }] of all.entries()) {
          const subscription = yield* nodes[i % 3]!.subscribe(server, topic)
          yield* subscription.ready
        }
        yield* Effect.forEach(
          nodes,
          (node, from) => Effect.forEach(range(0, 100), (n) => node.publish(topic, `${from} ${n}`)),
          { concurrency: "unbounded" }
        )
        yield* eventually("all came", () => all.every(({ received }) => received.length >= 300))
        for (const { received } of all) {
          expect(received.length).toBe(300)
          for (const from of ["0", "1", "2"]) {
            const own = received.filter((text) => String(text).startsWith(`${from} `)).map((text) =>
              String(text).slice(2)
            )
            expect(own).toEqual(range(0, 100))
          }
        }
      }))

    test("text stays text, and bytes bytes; except is of the node's own; nothing comes after the end", (setting) =>
      Effect.gen(function*() {
        const topic = aTopic()
        const [one, other] = [yield* setting.node(), yield* setting.node()]
        const [a, b] = yield* pairs(2)
        yield* (yield* one.subscribe(a!.server, topic)).ready
        const subscription = yield* other.subscribe(b!.server, topic)
        yield* subscription.ready
        expect(yield* one.publish(topic, "zoë 🙂", { except: a!.server })).toMatchObject({
          accepted: 0,
          backplane: "sent"
        })
        yield* one.publish(topic, Uint8Array.of(0, 255))
        yield* one.publish(topic, "")
        yield* eventually("three came", () => b!.received.length === 3)
        expect(b!.received).toEqual(["zoë 🙂", Uint8Array.of(0, 255), ""])
        subscription.end()
        yield* one.publish(topic, "nobody's")
        yield* eventually("the first has it", () => a!.received.length === 3)
        yield* turns
        expect(b!.received.length).toBe(3)
      }))

    test("a topic that is left by all and wanted again at once is heard of", (setting) =>
      Effect.gen(function*() {
        const topic = aTopic()
        const [one, other] = [yield* setting.node(), yield* setting.node()]
        const [a] = yield* pairs(1)
        yield* (yield* other.subscribe(a!.server, topic)).ready
        for (let n = 0; n < 20; n++) {
          other.unsubscribe(a!.server)
          yield* (yield* other.subscribe(a!.server, topic)).ready
          yield* one.publish(topic, String(n))
          yield* eventually(`${n} came`, () => a!.received.at(-1) === String(n))
        }
        expect(a!.received).toEqual(range(0, 20))
      }))

    test("what a node publishes last, before it closes, arrives", (setting) =>
      Effect.gen(function*() {
        const topic = aTopic()
        const other = yield* setting.node()
        const [a] = yield* pairs(1)
        yield* (yield* other.subscribe(a!.server, topic)).ready
        const scope = yield* Scope.make()
        const one = yield* Scope.extend(setting.node(), scope)
        yield* one.publish(topic, "0")
        for (const n of range(1, 10)) one.publishNow(topic, n)
        yield* Scope.close(scope, Exit.void)
        yield* eventually("all came", () => a!.received.length >= 10)
        expect(a!.received).toEqual(range(0, 10))
      }))

    test("two applications on one engine do not hear each other, nor read what the other one keeps", (setting) =>
      Effect.gen(function*() {
        if (setting.stranger === undefined) return
        const options: Topics.Options = { keep: { topics: ["kept.>"] } }
        const [kept, plain] = ["kept.1", aTopic()]
        const [one, other] = [yield* setting.node(options), yield* setting.stranger(options)]
        const [a, b] = yield* pairs(2)
        const names = setting.patterns ? [kept, plain, ">"] : [kept, plain]
        yield* (yield* one.subscribe(a!.server, names)).ready
        yield* (yield* other.subscribe(b!.server, names)).ready
        for (const topic of [kept, plain]) {
          yield* one.publish(topic, "one")
          yield* other.publish(topic, "other")
        }
        yield* eventually("each has its own", () => a!.received.length >= 2 && b!.received.length >= 2)
        yield* Effect.sleep("100 millis")
        expect(a!.received.join()).not.toMatch(/other/)
        expect(b!.received.join()).not.toMatch(/one/)
        other.unsubscribe(b!.server)
        const before = b!.received.length
        yield* (yield* other.subscribe(b!.server, kept, { from: "oldest" })).ready
        yield* eventually("it has what is kept", () => b!.received.length > before)
        yield* turns
        expect(said(b!.received.slice(before))).toEqual(["other"])
      }))

    test("patterns: a node that hears of it in several ways gives it out once", (setting) =>
      Effect.gen(function*() {
        const topic = aTopic()
        const [one, other] = [yield* setting.node(), yield* setting.node()]
        const [a, b] = yield* pairs(2)
        if (!setting.patterns) {
          expect(yield* Effect.flip(other.subscribe(a!.server, `${topic}.*`))).toBeInstanceOf(Topics.InvalidTopic)
          return
        }
        yield* (yield* other.subscribe(a!.server, [`${topic}.*`, `${topic}.>`, `${topic}.1`])).ready
        yield* (yield* other.subscribe(b!.server, `${topic}.*.typing`)).ready
        for (const rest of [".1", ".2", ".2.typing", ""]) yield* one.publish(`${topic}${rest}`, rest)
        yield* eventually("all came", () => a!.received.length >= 3 && b!.received.length >= 1)
        yield* Effect.sleep("50 millis")
        expect([a!.received, b!.received]).toEqual([[".1", ".2", ".2.typing"], [".2.typing"]])
      }))
  })

  describe.skipIf(!isWhole)(`${name}: a backplane that is away`, () => {
    test("is told of once, also if it was never there, and so is that it is back", (setting) =>
      Effect.gen(function*() {
        yield* setting.down
        const { told, ...receiver } = listening()
        yield* setting.backplane.open(receiver, undefined)
        yield* eventually("it is told", () => told.length === 1)
        yield* Effect.sleep("500 millis")
        yield* setting.up
        yield* eventually("it is back", () => told.length === 2)
        yield* setting.down
        yield* eventually("it is told again", () => told.length === 3)
        yield* setting.up
        yield* eventually("it is back again", () => told.length === 4)
        expect(told).toEqual(["down", "up", "down", "up"])
      }))

    test("local delivery goes on, publishing to others fails if told so, and subscriptions come back", (setting) =>
      Effect.gen(function*() {
        const topic = aTopic()
        const [one, other] = [yield* setting.node({ whileAway: "fail" }), yield* setting.node()]
        const [a, b] = yield* pairs(2)
        yield* (yield* one.subscribe(a!.server, topic)).ready
        yield* (yield* other.subscribe(b!.server, topic)).ready
        yield* one.publish(topic, "before")
        yield* eventually("it came", () => b!.received.length === 1)
        yield* setting.down
        const failed = yield* Effect.flip(one.publish(topic, "meanwhile"))
        expect(failed).toBeInstanceOf(BackplaneUnavailable)
        yield* eventually("it came here", () => a!.received.length === 2)
        yield* setting.up
        let n = 0
        yield* Effect.repeat(
          Effect.zipRight(
            Effect.sleep("20 millis"),
            Effect.ignore(Effect.suspend(() => one.publish(topic, `after ${n++}`)))
          ),
          { until: () => b!.received.length >= 2, times: 500 }
        )
        expect(b!.received.slice(0, 2)).toEqual(["before", expect.stringMatching(/^after/)])
        yield* Effect.sleep("50 millis")
        expect(new Set(b!.received).size).toBe(b!.received.length)
      }))

    test("what waits for it comes when it is back: in order, and once", (setting) =>
      Effect.gen(function*() {
        const topic = aTopic()
        const [one, other] = [yield* setting.node({ waitFor: "30 seconds" }), yield* setting.node()]
        const [a, b] = yield* pairs(2)
        yield* (yield* one.subscribe(a!.server, topic)).ready
        yield* (yield* other.subscribe(b!.server, topic)).ready
        yield* one.publish(topic, "0")
        yield* eventually("it came", () => b!.received.length === 1)
        yield* setting.down
        const waiting = yield* Effect.fork(
          Effect.forEach(range(1, 20), (n) => one.publish(topic, n), { concurrency: "unbounded" })
        )
        yield* eventually("all came here", () => a!.received.length === 20)
        expect(b!.received.length).toBe(1)
        yield* setting.up
        const published = yield* Fiber.join(waiting)
        expect(published.every(({ backplane }) => backplane === "sent")).toBe(true)
        // The other node may have come back later: what it missed is lost. What it got is in order, and none twice.
        let n = 20
        yield* Effect.repeat(
          Effect.zipRight(Effect.sleep("20 millis"), Effect.suspend(() => one.publish(topic, String(n++)))),
          { until: () => b!.received.at(-1) !== "0" && Number(b!.received.at(-1)) >= 20, times: 500 }
        )
        const numbers = b!.received.map(Number)
        expect(numbers).toEqual([...new Set(numbers)].sort((x, y) => x - y))
      }))

    test("waits for no longer, and for no more, than it may", (setting) =>
      Effect.gen(function*() {
        const topic = aTopic()
        const one = yield* setting.node({ waitFor: "200 millis", waitingSize: 200 })
        yield* setting.down
        yield* Effect.sleep("50 millis")
        const [first, second] = yield* Effect.all(
          [Effect.flip(one.publish(topic, "a".repeat(150))), Effect.flip(one.publish(topic, "b".repeat(150)))],
          { concurrency: "unbounded" }
        )
        expect(first).toBeInstanceOf(BackplaneUnavailable)
        expect(String(second)).toMatch(/more than 200 bytes \(waitingSize\) would wait/)
        yield* setting.up
      }))
  })

  describe(`${name}: topics that are kept`, () => {
    const keeping = (last: number, more: Partial<Topics.KeepOptions> = {}): Topics.Options => ({
      keep: { topics: ["suite.>"], last, ...more },
      waitFor: "30 seconds"
    })

    test("who comes back gets what it missed and then what comes, in order and once", (setting) =>
      Effect.gen(function*() {
        if (!setting.keeps) return
        const topic = aTopic()
        const [one, other] = [yield* setting.node(keeping(1000)), yield* setting.node(keeping(1000))]
        const [a, b, c, d] = yield* pairs(4)
        yield* (yield* one.subscribe(a!.server, topic)).ready
        const first = yield* other.subscribe(b!.server, topic)
        yield* first.ready
        const published = yield* Effect.forEach(
          range(0, 10),
          (n) => (Number(n) % 2 === 0 ? one : other).publish(topic, n)
        )
        expect(published[0]).toMatchObject({ backplane: "sent", id: expect.any(String) })
        yield* eventually("ten came", () => a!.received.length === 10 && b!.received.length === 10)
        expect(parsed(a!.received).map(({ id }) => id)).toEqual(published.map(({ id }) => id))
        first.end()
        yield* Effect.forEach(range(10, 400), (n) => one.publish(topic, n), { concurrency: 50 })
        // while it catches up, more comes
        const rest = yield* Effect.fork(Effect.forEach(range(400, 500), (n) => one.publish(topic, n)))
        const after = parsed(b!.received).at(-1)?.id ?? ""
        yield* (yield* other.subscribe(b!.server, topic, { from: { after } })).ready
        yield* (yield* other.subscribe(c!.server, topic, { from: "oldest" })).ready
        yield* Fiber.join(rest)
        yield* eventually("the node has heard of all", () => b!.received.length === 500)
        yield* (yield* other.subscribe(d!.server, topic)).ready
        yield* one.publish(topic, "500")
        yield* eventually("all came", () => [a, b, c].every((one) => one!.received.length >= 501))
        for (const one of [a, b, c]) expect(said(one!.received)).toEqual(said(a!.received))
        expect(said(a!.received).slice(0, 10)).toEqual(range(0, 10))
        expect([...said(a!.received)].sort()).toEqual(range(0, 501).sort())
        expect(said(a!.received).slice(400)).toEqual(range(400, 501))
        yield* eventually("one came", () => d!.received.length === 1)
        expect(said(d!.received)).toEqual(["500"])
      }))

    long(
      "who asks for what is gone, or never was, is told so, and gets what there is",
      (setting) =>
        Effect.gen(function*() {
          if (!setting.keeps) return
          const topic = aTopic()
          const one = yield* setting.node(keeping(10))
          const [a, ...others] = yield* pairs(6)
          const published = yield* Effect.forEach(range(0, 300), (n) => one.publish(topic, n))
          const ids = ["", "0-0", "9".repeat(400), "__proto__", published[5]?.id ?? ""]
          for (const [i, after] of ids.entries()) {
            yield* (yield* one.subscribe(others[i]!.server, topic, { from: { after } })).ready
          }
          yield* (yield* one.subscribe(a!.server, topic, { from: { after: published[297]?.id ?? "" } })).ready
          yield* eventually(
            "all came",
            () => a!.received.length === 2 && others.every(({ received }) => received.length >= 11)
          )
          expect(said(a!.received)).toEqual(["298", "299"])
          for (const { received } of others) {
            expect(said(received)[0]).toBe("gone")
            expect(said(received).slice(1)).toEqual(range(300 - (received.length - 1), 300))
            expect(received.length).toBeLessThan(200)
          }
        })
    )

    test("nothing is lost, doubled or in another order while the backplane is away", (setting) =>
      Effect.gen(function*() {
        if (!setting.keeps) return
        const topic = aTopic()
        const [one, other] = [yield* setting.node(keeping(1000)), yield* setting.node(keeping(1000))]
        const [a, b] = yield* pairs(2)
        yield* (yield* one.subscribe(a!.server, topic)).ready
        yield* (yield* other.subscribe(b!.server, topic)).ready
        const publishing = yield* Effect.fork(
          Effect.forEach(range(0, 300), (n) => Effect.zipRight(Effect.sleep("1 millis"), one.publish(topic, n)), {
            concurrency: 3
          })
        )
        yield* eventually("some came", () => b!.received.length > 20)
        yield* setting.down
        yield* Effect.sleep("100 millis")
        yield* setting.up
        const published = yield* Fiber.join(publishing)
        yield* eventually("all came", () => a!.received.length >= 300 && b!.received.length >= 300)
        yield* Effect.sleep("50 millis")
        expect([...said(a!.received)].sort()).toEqual(range(0, 300).sort())
        expect(said(b!.received)).toEqual(said(a!.received))
        expect(new Set(published.map(({ id }) => id)).size).toBe(300)
      }))

    long("one that does not keep up gets the rest from the log", (setting) =>
      Effect.gen(function*() {
        if (!setting.keeps) return
        const topic = aTopic()
        const one = yield* setting.node(keeping(1000))
        const [a] = yield* pairs(1)
        const { links } = yield* WebSocketTest.WebSocketTest
        const [link] = yield* links
        yield* (yield* one.subscribe(a!.server, topic)).ready
        yield* link!.stall
        const large = "x".repeat(20_000)
        yield* Effect.forEach(range(0, 150), (n) => one.publish(topic, `${n} ${large}`))
        yield* link!.resume
        yield* eventually("all came", () => a!.received.length >= 150)
        expect(said(a!.received).map((text) => text?.split(" ")[0])).toEqual(range(0, 150))
      }))
  })
}

type Layer = WebSocketTest.WebSocketTest | Effect.Effect.Context<ReturnType<typeof pairs>>
