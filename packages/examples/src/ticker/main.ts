/**
 * The ticker with a market that is made up: 12 prices that move two hundred times a second.
 */
import { WebSocketServer } from "@effect-ws/platform/WebSocketServer"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as Site from "../site/Site.js"
import * as Ticker from "./Ticker.js"

const symbols = [
  "ALDER",
  "ASPEN",
  "BEECH",
  "BIRCH",
  "CEDAR",
  "ELDER",
  "HAZEL",
  "LARCH",
  "MAPLE",
  "ROWAN",
  "SPRUCE",
  "WALNUT"
]

export const start = (port: number) =>
  Effect.gen(function*() {
    const { url, webSockets } = yield* Site.make({ folder: "ticker", port })
    const { publish, serve } = Ticker.make()
    const values = new Map(symbols.map((symbol, i) => [symbol, 40 + 15 * i]))
    const move = Effect.gen(function*() {
      const symbol = yield* Random.choice(symbols)
      const value = (values.get(symbol) ?? 100) * (1 + ((yield* Random.next) - 0.5) / 100)
      values.set(symbol, value)
      publish({ symbol, value: Math.round(value * 100) / 100 })
    }).pipe(Effect.orDie)
    for (const [symbol, value] of values) publish({ symbol, value })
    yield* Effect.forkScoped(Effect.repeat(move, Schedule.spaced("5 millis")))
    yield* Effect.forkScoped(Effect.provideService(serve, WebSocketServer, webSockets))
    return url
  })
