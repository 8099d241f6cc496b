/**
 * The peers' process of a soak.
 */
import * as Effect from "effect/Effect"
import { run } from "../internal/soakChild.js"
import * as Peers from "../soak/Peers.js"
import type { PeersOrder } from "../soak/Sides.js"
import { Tally } from "../soak/Tally.js"

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
