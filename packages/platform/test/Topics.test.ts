import { describe, expect, it } from "@effect/vitest"
import { InvalidOption } from "@effect-ws/connection/InvalidOption"
import { PreparedMessage } from "@effect-ws/connection/Message"
import * as Topics from "@effect-ws/platform/Topics"
import * as TypedConnection from "@effect-ws/platform/TypedConnection"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { pairs, turns } from "./topics.js"

/** Topics, and as many pairs of connections. */
const setting = (count: number, options?: Topics.Options) =>
  Effect.gen(function*() {
    return { topics: yield* Topics.make(options), pairs: yield* pairs(count) }
  })

const inMemory = WebSocketTest.layer()

describe("publishing", () => {
  it.scoped("goes to all who have subscribed, in order, once each", () =>
    Effect.gen(function*() {
      const { pairs: [a, b, c], topics } = yield* setting(3)
      yield* topics.subscribe(a!.server, ["red", "blue"])
      yield* topics.subscribe(b!.server, "red")
      expect([topics.subscribers("red"), topics.subscribers("blue"), topics.subscribers("green")]).toEqual([2, 1, 0])
      expect(yield* topics.publish("red", "1")).toEqual({ accepted: 2, dropped: 0, backplane: "none", id: undefined })
      expect((yield* topics.publish("green", "nobody's")).accepted).toBe(0)
      yield* topics.publish("red", Uint8Array.of(2))
      yield* topics.publish("blue", new PreparedMessage("3"))
      yield* topics.publish("red", "4", { except: a!.server })
      yield* topics.publish("red", "5", { except: [b!.server, c!.server] })
      yield* turns
      expect([a!.received, b!.received, c!.received]).toEqual([
        ["1", Uint8Array.of(2), "3", "5"],
        ["1", Uint8Array.of(2), "4"],
        []
      ])
    }).pipe(Effect.provide(inMemory)))

  it.scoped("by patterns: * is one part, > is the rest; a connection gets a message once, however it subscribed", () =>
    Effect.gen(function*() {
      const { pairs: [a, b, c], topics } = yield* setting(3)
      yield* topics.subscribe(a!.server, ["room.*", "room.1", "room.>"])
      yield* topics.subscribe(b!.server, "room.>")
      yield* topics.subscribe(c!.server, "*.*.typing")
      for (const topic of ["room.1", "room.2", "room.2.typing", "room", "roomy.3", "hall.2.typing"]) {
        yield* topics.publish(topic, topic)
      }
      yield* turns
      expect([a!.received, b!.received, c!.received]).toEqual([
        ["room.1", "room.2", "room.2.typing"],
        ["room.1", "room.2", "room.2.typing"],
        ["room.2.typing", "hall.2.typing"]
      ])
    }).pipe(Effect.provide(inMemory)))

  it.scoped("of values, by a Schema", () =>
    Effect.gen(function*() {
      const { pairs: [a], topics } = yield* setting(1)
      const typed = Topics.typed(topics, Schema.parseJson(Schema.Struct({ n: Schema.Int })))
      yield* topics.subscribe(a!.server, "n")
      yield* typed.publish("n", { n: 1 })
      expect(yield* Effect.flip(typed.publish("n", { n: 1.5 }))).toBeInstanceOf(TypedConnection.UnwritableMessage)
      yield* turns
      expect(a!.received).toEqual(["{\"n\":1}"])
    }).pipe(Effect.provide(inMemory)))

  it.effect("is refused for what is no topic, and tells what a topic is", () =>
    Effect.gen(function*() {
      const topics = yield* Topics.make()
      const names = [
        "",
        "a..b",
        ".a",
        "a.",
        "a b",
        "a\n",
        "$a",
        "a.*",
        ">",
        "a*",
        "\u202e",
        "a".repeat(256),
        "a.".repeat(16) + "a"
      ]
      for (const name of names) {
        const error = yield* Effect.flip(topics.publish(name, ""))
        expect(error).toBeInstanceOf(Topics.InvalidTopic)
        expect(error.message).toMatch(/^the topic .* must be 1 to 255 characters/)
        expect(error.message.length).toBeLessThan(600)
        expect(error.message).not.toMatch(/[\n\u202e]/)
      }
      for (const name of ["a", "constructor", "__proto__.x", "a-b_c:d/é", "a.".repeat(15) + "a"]) {
        yield* topics.publish(name, "")
      }
    }).pipe(Effect.scoped))
})

describe("a subscription", () => {
  it.scoped("ends with its scope, by itself, by unsubscribing, or with the connection", () =>
    Effect.gen(function*() {
      const { pairs: [a], topics } = yield* setting(1)
      const scope = yield* Scope.make()
      yield* Scope.extend(topics.subscribe(a!.server, "scope"), scope)
      const now = Either.getOrThrow(topics.subscribeNow(a!.server, "now"))
      Either.getOrThrow(topics.subscribeNow(a!.server, ["one", "other", "end"]))
      const counts = () => ["scope", "now", "one", "other", "end"].map(topics.subscribers)
      expect(counts()).toEqual([1, 1, 1, 1, 1])
      yield* Scope.close(scope, Exit.void)
      expect(counts()).toEqual([0, 1, 1, 1, 1])
      now.end()
      topics.unsubscribe(a!.server, "one")
      expect(counts()).toEqual([0, 0, 0, 1, 1])
      topics.unsubscribe(a!.server, ["other", "nothing"])
      expect(counts()).toEqual([0, 0, 0, 0, 1])
      yield* a!.client.close()
      yield* a!.server.outcome
      expect(counts()).toEqual([0, 0, 0, 0, 0])
      Either.getOrThrow(topics.subscribeNow(a!.server, "late"))
      expect(topics.subscribers("late")).toBe(0)
    }).pipe(Effect.provide(inMemory)))

  it.scoped("to the same name again replaces the one before, whose end then changes nothing", () =>
    Effect.gen(function*() {
      const { pairs: [a], topics } = yield* setting(1)
      const first = Either.getOrThrow(topics.subscribeNow(a!.server, "a"))
      Either.getOrThrow(topics.subscribeNow(a!.server, "a"))
      first.end()
      expect(topics.subscribers("a")).toBe(1)
      yield* topics.publish("a", "once")
      yield* turns
      expect(a!.received).toEqual(["once"])
    }).pipe(Effect.provide(inMemory)))

  it.scoped("is refused beyond the limit, and for names that are none, whole", () =>
    Effect.gen(function*() {
      const { pairs: [a], topics } = yield* setting(1, { maxSubscriptions: 2 })
      expect(yield* Effect.flip(topics.subscribe(a!.server, ["a", "b", "c"]))).toBeInstanceOf(
        Topics.TooManySubscriptions
      )
      expect(yield* Effect.flip(topics.subscribe(a!.server, ["a", "no name"]))).toBeInstanceOf(Topics.InvalidTopic)
      expect(topics.subscribers("a")).toBe(0)
      yield* topics.subscribe(a!.server, ["a", "b"])
      yield* topics.subscribe(a!.server, ["a", "b"])
      const refused = topics.subscribeNow(a!.server, "c")
      expect(Either.flip(refused).pipe(Either.getOrThrow).message).toMatch(/may have at most 2 subscriptions/)
    }).pipe(Effect.provide(inMemory)))

  it.scoped("works from the hooks of serveMessages", () =>
    Effect.gen(function*() {
      const topics = yield* Topics.make()
      yield* Effect.forkScoped(WebSocketServer.serveMessages(
        (connection, message) => void topics.publishNow("all", message, { except: connection }),
        { onOpen: (connection) => void topics.subscribeNow(connection, "all") }
      ))
      const [a, b] = [yield* WebSocketClient.connect("ws://test/"), yield* WebSocketClient.connect("ws://test/")]
      yield* a.send("hello")
      expect(yield* b.receive).toBe("hello")
      expect(topics.subscribers("all")).toBe(2)
    }).pipe(Effect.provide(WebSocketTest.layer())))

  it.scoped("is over when the scope of the topics closes", () =>
    Effect.gen(function*() {
      const [a] = yield* pairs(1)
      const topics = yield* Effect.scoped(
        Effect.tap(Topics.make(), (topics) => Effect.sync(() => Either.getOrThrow(topics.subscribeNow(a!.server, "a"))))
      )
      expect(topics.subscribers("a")).toBe(0)
    }).pipe(Effect.provide(inMemory)))
})

describe("a subscriber that does not keep up", () => {
  const size = 30_000
  const large = (n: number) => `${n} `.padEnd(size, ".")
  const numbers = (received: ReadonlyArray<unknown>) => received.map((text) => parseInt(String(text)))

  /** Two who have subscribed, of whom the first stands still. */
  const slow = (options: Topics.SubscribeOptions) =>
    Effect.gen(function*() {
      const topics = yield* Topics.make()
      const [a, b] = yield* pairs(2)
      const { links } = yield* WebSocketTest.WebSocketTest
      const [link] = yield* links
      const told: Array<Topics.Dropped> = []
      const onDrop = (dropped: Topics.Dropped) => void told.push(dropped)
      const subscription = yield* topics.subscribe(a!.server, "t", { onDrop, ...options })
      yield* topics.subscribe(b!.server, "t")
      yield* link!.stall
      // nobody would move the clock for a Close
      yield* Effect.addFinalizer(() => Effect.all([link!.resume, turns, link!.drop]))
      return { topics, a: a!, b: b!, link: link!, subscription, told }
    })

  /** An outbox that is full with four. */
  const layer = WebSocketTest.layer({
    server: { limits: { outboxSize: 4 * size, outboxResume: size } }
  })

  const publish = (topics: Topics.Topics["Type"], from: number, to: number) =>
    Effect.gen(function*() {
      for (let n = from; n < to; n++) {
        yield* topics.publish("t", large(n))
        yield* turns
      }
    })

  it.effect("loses the newest: counted, told, and nobody else waits", () =>
    Effect.gen(function*() {
      const { a, b, link, subscription, told, topics } = yield* slow({})
      yield* publish(topics, 0, 20)
      expect(numbers(b.received)).toEqual(Array.from({ length: 20 }, (_, n) => n))
      expect(subscription.dropped).toBeGreaterThan(10)
      expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(subscription.dropped)
      expect(told[0]?.topic).toBe("t")
      expect(told[0]?.connection === a.server).toBe(true)
      yield* link.resume
      yield* turns
      yield* publish(topics, 20, 22)
      const got = 20 - subscription.dropped
      expect(numbers(a.received)).toEqual([...Array.from({ length: got }, (_, n) => n), 20, 21])
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.effect("loses the oldest: what waits comes when there is room, in order, and then the rest", () =>
    Effect.gen(function*() {
      const { a, link, subscription, told, topics } = yield* slow({
        whenFull: Topics.dropOldest({ most: 3, size: 10 * size })
      })
      yield* publish(topics, 0, 20)
      expect(subscription.waiting).toBe(3)
      yield* link.resume
      yield* turns
      yield* publish(topics, 20, 22)
      const got = numbers(a.received)
      expect(got.slice(-5)).toEqual([17, 18, 19, 20, 21])
      expect(got).toEqual([...got].sort((x, y) => x - y))
      expect(got.length + subscription.dropped).toBe(22)
      expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(subscription.dropped)
      expect(subscription.waiting).toBe(0)
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.effect("keeps no more bytes waiting than it may", () =>
    Effect.gen(function*() {
      const { subscription, topics } = yield* slow({ whenFull: Topics.dropOldest({ most: 100, size: 2.5 * size }) })
      yield* publish(topics, 0, 20)
      expect(subscription.waiting).toBe(2)
      yield* topics.publish("t", "x".repeat(3 * size))
      expect(subscription.waiting).toBe(0)
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.effect("gets the latest value of each key", () =>
    Effect.gen(function*() {
      const key: Topics.Key = (message) => String(parseInt(String(message)) % 2)
      const { a, link, subscription, topics } = yield* slow({ whenFull: Topics.dropOldest({ key }) })
      yield* publish(topics, 0, 20)
      expect(subscription.waiting).toBe(2)
      yield* link.resume
      yield* turns
      expect(numbers(a.received).slice(-2)).toEqual([18, 19])
      expect(a.received.length + subscription.dropped).toBe(20)
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.effect("is closed with a code", () =>
    Effect.gen(function*() {
      const { a, b, link, topics } = yield* slow({ whenFull: Topics.close(4008, "too slow") })
      yield* publish(topics, 0, 20)
      expect(b.received.length).toBe(20)
      yield* link.resume
      expect(yield* a.client.outcome).toMatchObject({ remote: { code: 4008, reason: "too slow" } })
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.effect("functions that throw are logged, and harm nobody; one that publishes at each drop freezes nothing", () =>
    Effect.gen(function*() {
      const logged: Array<unknown> = []
      const logger = Logger.replace(Logger.defaultLogger, Logger.make(({ message }) => void logged.push(message)))
      yield* Effect.gen(function*() {
        const fail = () => {
          throw new Error("no")
        }
        const { b, subscription, topics } = yield* slow({
          whenFull: Topics.dropOldest({ key: fail, most: 1 }),
          onDrop: fail
        })
        yield* publish(topics, 0, 20)
        expect(b.received.length).toBe(20)
        expect(subscription.waiting).toBe(1)
        expect(new Set(logged.flat())).toEqual(
          new Set(["A function of a subscription failed: key", "A function of a subscription failed: onDrop"])
        )
      }).pipe(Effect.provide(logger))
      const again = yield* slow({
        onDrop: (): void => void again.topics.publishNow("t", large(0), { except: again.b.server })
      })
      yield* publish(again.topics, 0, 20)
      expect(again.b.received.length).toBe(20)
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.effect("functions that are async, whatever their types say, are logged, and nothing of theirs is sent", () =>
    Effect.gen(function*() {
      const logged: Array<unknown> = []
      const logger = Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ cause, message }) => void logged.push(message, Cause.pretty(cause)))
      )
      const late = () => Promise.reject(new Error("late")) as never
      yield* Effect.gen(function*() {
        const { b, subscription, topics } = yield* slow({ whenFull: Topics.dropOldest({ key: late, most: 1 }) })
        yield* publish(topics, 0, 20)
        expect([b.received.length, subscription.waiting]).toEqual([20, 1])
        for (const [i, bad] of [late, () => 5 as never, () => ({ length: 3 }) as never].entries()) {
          const kept = yield* Topics.make({ keep: { topics: ["kept"], last: 1, frame: bad, gone: bad } })
          const [one] = yield* pairs(1)
          yield* kept.publish("kept", String(i))
          yield* (yield* kept.subscribe(one!.server, "kept", { from: { after: "never" } })).ready
          yield* kept.publish("kept", "more")
          yield* turns
          expect(one!.received).toEqual([])
          expect(one!.server.currentOutcome._tag).toBe("None")
        }
      }).pipe(Effect.provide(logger))
      yield* turns // a rejection that nobody heeds would end the test
      for (const name of ["key", "frame", "gone"]) {
        expect(logged.flat()).toContain(`A function of a subscription failed: ${name}`)
      }
      expect(logged.join()).toMatch(/key returned a Promise[^]*frame returned neither a string nor a Uint8Array/)
    }).pipe(Effect.scoped, Effect.provide(layer)))
})

describe("options", () => {
  it.effect("that cannot be", () =>
    Effect.gen(function*() {
      for (const maxSubscriptions of [0, -1, 1.5, NaN, Infinity, "1", null]) {
        const exit = yield* Effect.exit(Effect.scoped(Topics.make({ maxSubscriptions: maxSubscriptions as never })))
        expect(Exit.isFailure(exit) && Cause.squash(exit.cause)).toBeInstanceOf(InvalidOption)
      }
      for (const given of [{ most: 0 }, { most: 65_537 }, { size: 0 }, { size: NaN }]) {
        expect(() => Topics.dropOldest(given)).toThrow(/^the option dropOldest\./)
      }
    }))
})
