/**
 * The server's process of a soak.
 */
import * as Effect from "effect/Effect"
import { run } from "../internal/side.js"
import * as Server from "../Server.js"
import { faults, type ServerOrder } from "../Sides.js"
import { Tally } from "../Tally.js"

const fault = faults.find((one) => one === process.argv[2]) ?? "none"
const tally = new Tally()

run(
  tally,
  Effect.map(Server.make(fault, tally), (server) => (order: ServerOrder): Effect.Effect<object, unknown> => {
    switch (order._tag) {
      case "Ports":
        return server.ports
      case "Restart":
        return server.restart
      case "Usage":
        return server.usage
      case "Tallied":
        return server.tallied
    }
  })
)
