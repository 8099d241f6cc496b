/** A feed that cuts peers that cannot keep up. The others need not wait, and memory does not grow. */
import { AbortReason, type CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import type * as Connection from "@effect-ws/connection/Connection"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import { PreparedMessage } from "@effect-ws/connection/Message"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"

type GiveUp = (connection: Connection.Connection) => Effect.Effect<CloseOutcome>

/** Cuts at once, without a Close: a Close would wait behind messages that the peer does not read. */
export const cut: GiveUp = (connection) => connection.abort("it does not take the feed")

/** Cuts with a Close, for a peer that may still read what waits before it: 4008 if it does within a second, else the same cut. */
export const close: GiveUp = (connection) =>
  Hosting.shutdown(connection, {
    status: { _tag: "Status", code: 4008, reason: "you are too slow" },
    grace: "1 second",
    why: AbortReason.Application({ reason: "it does not take the feed" })
  })

const makeFeed = (giveUp: GiveUp) => {
  const audience = new Set<Connection.Connection>()
  return {
    audience,
    handler: (connection: Connection.Connection) =>
      Effect.zipRight(
        connection.send("welcome"),
        Effect.acquireUseRelease(
          Effect.sync(() => audience.add(connection)),
          () => connection.run(() => {}),
          () => Effect.sync(() => audience.delete(connection))
        )
      ),
    /** Sends to all, waits for nobody, and returns the outcomes of the peers it cut. */
    publish: (text: string) =>
      Effect.suspend(() => {
        const message = new PreparedMessage(text) // encoded once for all
        const full = [...audience].filter((connection) => connection.trySend(message) === "full")
        for (const connection of full) audience.delete(connection)
        return Effect.forEach(full, giveUp, { concurrency: "unbounded" })
      })
  }
}

export const program = (giveUp: GiveUp) =>
  Effect.gen(function*() {
    const feed = makeFeed(giveUp)
    const server = yield* NodeWebSocketServer.make({
      port: 0,
      host: "127.0.0.1",
      compression: false, // otherwise the news would compress to almost nothing
      limits: { outboxSize: 256 * 1024 } // `trySend` says "full" from this many unsent bytes on
    })
    yield* Effect.forkScoped(server.serve(feed.handler))
    const url = `ws://127.0.0.1:${server.address._tag === "Tcp" ? server.address.port : 0}/`

    const reader = yield* WebSocketClient.connect(url)
    // Reads until its inbox is full, and then stops.
    const sleeper = yield* WebSocketClient.connect(url, { limits: { inboxSize: 1024 } })
    yield* reader.receive
    yield* sleeper.receive

    let heard = 0
    const gone: Array<CloseOutcome> = []
    while (gone.length === 0) {
      gone.push(...yield* feed.publish("news ".repeat(20_000)))
      yield* reader.receive
      heard++
    }
    const stillThere = feed.audience.size
    // It notices once it reads on.
    const lost = yield* Effect.flip(sleeper.run(() => {}))
    return { gone, heard, stillThere, lost }
  }).pipe(Effect.scoped, Effect.provide(NodeWebSocketClient.layer()))
