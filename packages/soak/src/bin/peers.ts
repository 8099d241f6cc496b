/**
 * The peers' process of a soak.
 */
import * as Effect from "effect/Effect"
import { run } from "../internal/side.js"
import * as Peers from "../Peers.js"
import type { PeersOrder } from "../Sides.js"
import { Tally } from "../Tally.js"

const tally = new Tally()
const done = { done: true }

run(
  tally,
  Effect.map(Peers.make(tally), (peers) => (order: PeersOrder): Effect.Effect<object> => {
    switch (order._tag) {
      case "Begin":
        return Effect.as(peers.begin(order.ports, order.options), done)
      case "Restarting":
        return Effect.as(peers.restarting, done)
      case "Restarted":
        return Effect.as(peers.restarted(order.ports), done)
      case "Stop":
        return Effect.as(peers.stop, done)
      case "Usage":
        return peers.usage
      case "Tallied":
        return peers.tallied
    }
  })
)
