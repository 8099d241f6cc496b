/** What runs on a page, in each browser: the client against a server, and what of it the page saw. It reports by `fetch`. */
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import type { Message } from "@effect-ws/connection/Message"
import * as Reconnecting from "@effect-ws/platform/Reconnecting"
import * as TypedConnection from "@effect-ws/platform/TypedConnection"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as BrowserWebSocketClient from "@effect-ws/platform-browser/BrowserWebSocketClient"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

/** Whether a Close is answered with its reason is the server's choice. */
const shown = (outcome: CloseOutcome): string => {
  const status = outcome.closedFirst === "us" ? outcome.local : outcome.remote
  const said = status?._tag === "Status" ? `${status.code} ${status.reason}` : "-"
  const answer = outcome.remote?._tag === "Status" ? outcome.remote.code : "-"
  return `${outcome._tag} ${outcome.closedFirst} ${said}, ${answer}`
}

const echoes = (url: string) =>
  Effect.scoped(Effect.gen(function*() {
    const connection = yield* WebSocketClient.connect(url, { subprotocols: ["chat"] })
    const octets = Uint8Array.of(0, 1, 255)
    yield* connection.sendAll(["né 🙂", octets])
    yield* connection.sendStream("text", Stream.make("one ", "message"))
    const heard = yield* Stream.runCollect(Stream.take(connection.messages, 3))
    const outcome = yield* connection.close(4000, "bye")
    return {
      subprotocol: connection.subprotocol,
      heard: Chunk.toReadonlyArray(heard).map((message: Message) =>
        typeof message === "string" ? message : [...message]
      ),
      outcome: shown(outcome)
    }
  }))

/** More than the outbox takes, and more than the server echoes at once. */
const much = (url: string) =>
  Effect.scoped(Effect.gen(function*() {
    const connection = yield* WebSocketClient.connect(url, { limits: { outboxSize: 64 * 1024 } })
    const message = "x".repeat(32 * 1024)
    const sending = Effect.forEach(Array.from({ length: 64 }), () => connection.send(message), { discard: true })
    const [, heard] = yield* Effect.all(
      [sending, Stream.runFold(Stream.take(connection.messages, 64), 0, (size, text) => size + text.length)],
      { concurrency: 2 }
    )
    yield* connection.flush
    return [heard, connection.bufferedAmount]
  }))

const ends = (url: string) =>
  Effect.forEach(["close 1000 done", "close 1011 oops", "drop"], (order) =>
    Effect.scoped(Effect.gen(function*() {
      const connection = yield* WebSocketClient.connect(url)
      yield* connection.send(order)
      const end = yield* Effect.flip(connection.receive)
      return `${order}: ${shown(yield* connection.outcome)}, ${end._tag}`
    })))

const tooBig = (url: string) =>
  Effect.scoped(Effect.gen(function*() {
    const connection = yield* WebSocketClient.connect(url, { limits: { maxMessageSize: 1000 } })
    yield* connection.send("x".repeat(1001))
    const end = yield* Effect.flip(connection.receive)
    return `${end._tag}, ${shown(yield* connection.outcome)}`
  }))

/** More than the inbox takes, of a server that does not wait: the host is told to, where it can be. */
const flood = (url: string, streams: boolean) =>
  Effect.scoped(Effect.gen(function*() {
    const connection = yield* WebSocketClient.connect(url, { limits: { inboxSize: 100 * 1024 } })
    yield* connection.send("flood")
    if (!streams || !("WebSocketStream" in globalThis)) {
      const outcome = yield* connection.outcome
      return outcome._tag === "Failed" ? outcome.failure._tag : outcome._tag
    }
    yield* connection.receive
    yield* Effect.sleep("100 millis") // nobody reads: this shows less where it is too short, and fails nothing
    const heard = yield* Stream.runCount(Stream.take(connection.messages, 99))
    return heard === 99 ? "waits" : heard
  }))

/** A server that drops the connection behind what it says last. */
const lastWords = (url: string) =>
  Effect.scoped(Effect.gen(function*() {
    const connection = yield* WebSocketClient.connect(url)
    yield* connection.send("echo, drop")
    const heard: Array<unknown> = []
    const end = yield* Effect.flip(Effect.forever(Effect.map(connection.receive, (message) => heard.push(message))))
    return [...heard, end._tag].join(": ")
  }))

/** A server that drops a connection when it is told to; a client that does not mind. */
const survives = (url: string) =>
  Effect.scoped(Effect.gen(function*() {
    const kept = yield* Reconnecting.make(WebSocketClient.connect(url), { schedule: Schedule.spaced("50 millis") })
    yield* kept.send("once")
    const first = yield* kept.receive
    yield* kept.send("drop")
    yield* Stream.runHead(Stream.filter(kept.states, ({ _tag }) => _tag === "Waiting"))
    yield* kept.send("again")
    const second = yield* kept.receive
    yield* kept.close()
    return [first, second]
  }))

const Point = Schema.parseJson(Schema.Struct({ x: Schema.NumberFromString }))

const typed = (url: string) =>
  Effect.scoped(Effect.gen(function*() {
    const connection = yield* WebSocketClient.connect(url)
    const points = TypedConnection.make(connection, { incoming: Point, outgoing: Point, closeOnUnreadable: 1007 })
    yield* points.send({ x: 3 })
    const point = yield* points.receive
    yield* connection.send("nonsense")
    const error = yield* Effect.flip(points.receive)
    return [point, error._tag, shown(yield* connection.outcome)]
  }))

/** Firefox has an attempt wait where the last one failed, for longer each time. */
const nowhere = Effect.suspend(() =>
  Effect.scoped(Effect.flip(WebSocketClient.connect(`ws://127.0.0.1:1/${crypto.randomUUID()}`)))
).pipe(
  Effect.map(({ reason }) => reason._tag)
)

const all = (url: string, streams: boolean) =>
  Effect.all({
    echoes: echoes(url),
    much: much(url),
    ends: ends(url),
    tooBig: tooBig(url),
    flood: flood(url, streams),
    lastWords: lastWords(url),
    survives: survives(url),
    typed: typed(url),
    nowhere
  })

const report = (path: string, what: unknown) =>
  Effect.promise(() => fetch(path, { method: "POST", body: JSON.stringify(what ?? null) }))

/** Each has its own class for what is global. Whatever else runs programs counts as a page. */
const place =
  ["Worker", "SharedWorker"].find((kind) => `${kind.replace(/^W/, "DedicatedW")}GlobalScope` in globalThis) ??
    "page"

const main = Effect.gen(function*() {
  const { runs }: { runs: ReadonlyArray<{ name: string; url: string; streams: boolean }> } = yield* Effect.promise(() =>
    fetch("/runs").then((response) => response.json())
  )
  for (const { name, streams, url } of runs) {
    const result = yield* Effect.provide(all(url, streams), BrowserWebSocketClient.layer({ streams })).pipe(
      Effect.catchAllCause((cause) => Effect.succeed(String(cause)))
    )
    yield* report("/report", { name: `${place}: ${name}`, result })
  }
  yield* report("/done", undefined)
})

void Effect.runPromise(main)
