/**
 * The ticker's server. In: any `WebSocketServer`. Out: `publish`, which waits for nobody, and `serve`.
 *
 * A slow client misses prices, but never the latest: nothing is sent before the system has taken what was
 * sent before, and what changes meanwhile waits in `Latest`.
 */
import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Latest from "./Latest.js"
import { Pace, type Price, updateAsText } from "./Messages.js"

export const make = () => {
  const prices = new Map<string, Price>()
  const followers = new Set<Latest.Latest<string, Price>>()

  const publish = (price: Price): void => {
    prices.set(price.symbol, price)
    for (const follower of followers) follower.put(price.symbol, price)
  }

  /** The values that changed, for one follower. It begins with all. */
  const follow = Effect.acquireRelease(
    Effect.tap(Latest.make<string, Price>(), (follower) => {
      for (const price of prices.values()) follower.put(price.symbol, price)
      followers.add(follower)
    }),
    (follower) => Effect.sync(() => followers.delete(follower))
  )

  const serve = WebSocketServer.serve({
    accept: ({ query }) =>
      Schema.decodeUnknown(Pace)(query.get("pace") ?? "0").pipe(
        Effect.map((value) => ({ value })),
        Effect.mapError((error) => new WebSocketServer.Refusal({ status: 400, body: error.message }))
      ),
    handler: (connection, pace) =>
      Effect.gen(function*() {
        const changes = yield* follow
        const sendNext = Effect.gen(function*() {
          const { skipped, values } = yield* changes.take
          yield* connection.send(yield* Schema.encode(updateAsText)({ prices: values, skipped }))
          yield* connection.flush // a slow client waits here, and misses what changes meanwhile
          yield* Effect.sleep(pace)
        })
        // A follower sends nothing. Reading detects when it has gone.
        yield* Effect.raceFirst(Effect.forever(sendNext), connection.run(() => {}))
      }).pipe(Effect.ignore)
  })

  return { publish, serve }
}
