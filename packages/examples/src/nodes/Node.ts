/**
 * One of several processes that serve the chat. What `../chat/Rooms.ts` has in memory is in Redis here, for all of them. In: a
 * port, and the `Topics` of the context. Out: a server like any other, with the chat's page.
 *
 * Each room is a topic that is kept. A visitor that comes back, to any process, names the last line that it has, and gets what came after
 * it, once and in order. Nobody waits for a slow visitor: it gets the rest from Redis.
 */
import type { Connection } from "@effect-ws/connection/Connection"
import * as Presence from "@effect-ws/platform/Presence"
import * as Topics from "@effect-ws/platform/Topics"
import * as TypedConnection from "@effect-ws/platform/TypedConnection"
import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
import * as RedisBackplane from "@effect-ws/topics-redis/RedisBackplane"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { eventAsText, Line, Returning, sayAsText } from "../chat/Messages.js"
import * as Site from "../site/Site.js"

const lineAsText = Schema.parseJson(Line)
const encode = Schema.encodeSync(eventAsText)
const toLine = Schema.decodeUnknownSync(lineAsText)

/** The topics of one process. The last 200 lines of each room are kept for an hour. */
export const topics = (redis: string) =>
  Topics.layer({
    keep: {
      topics: ["room.*"],
      last: 200,
      for: "1 hour",
      frame: ({ id, message }) => encode({ _tag: "Said", id, line: toLine(message) }),
      gone: () => encode({ _tag: "Gone" })
    },
    waitFor: "30 seconds" // while Redis is away
  }).pipe(Layer.provideMerge(RedisBackplane.layer({ url: redis, prefix: "effect-ws-chat:" })))

export const start = (port: number) =>
  Effect.gen(function*() {
    const topics = yield* Topics.Topics
    const presence = yield* Presence.make({
      state: Schema.parseJson(Schema.String),
      interval: "1 second",
      timeout: "3 seconds" // then the visitors of a process that died are gone
    })
    const { webSockets } = yield* Site.make({
      folder: "chat",
      port,
      webSockets: {
        closeOnShutdown: 1012, // "service restart"
        limits: { outboxSize: 64 * 1024, maxMessageSize: 16 * 1024 }
      }
    })

    const visit = (connection: Connection, { after, name, room }: Returning) =>
      Effect.gen(function*() {
        const { run, send } = TypedConnection.make(connection, {
          incoming: sayAsText,
          outgoing: eventAsText,
          closeOnUnreadable: 1008
        })
        const topic = `room.${Encoding.encodeHex(room)}` // a room may have any name
        yield* presence.track(topic, name)
        yield* topics.subscribe(connection, topic, { from: after === undefined ? "oldest" : { after } })
        yield* Effect.forkScoped(Effect.ignore(
          Stream.runForEach(presence.changes(topic), (members) => {
            const people = [...new Set(members.map(({ state }) => state))].sort()
            return send({ _tag: "Here", server: `process ${process.pid}`, people })
          })
        ))
        const publish = (line: Line) =>
          Effect.flatMap(Schema.encode(lineAsText)(line), (text) => topics.publish(topic, text))
        yield* run(({ text }) =>
          Effect.flatMap(Clock.currentTimeMillis, (at) => publish({ name, text, at })).pipe(
            Effect.tapErrorTag("BackplaneUnavailable", () => connection.startClose(1013, "it was not kept: try again"))
          )
        )
      }).pipe(Effect.scoped, Effect.ignore) // it was lost, or closed: that ends the visit, and is not our failure

    yield* Effect.forkScoped(webSockets.serve({
      accept: ({ query }) =>
        Schema.decodeUnknown(Returning)(Object.fromEntries(query)).pipe(
          Effect.map((value) => ({ value })),
          Effect.mapError((error) => new WebSocketServer.Refusal({ status: 400, body: error.message }))
        ),
      handler: visit
    }))
  })
