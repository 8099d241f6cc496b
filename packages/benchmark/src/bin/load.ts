/**
 * The load generator's process: opens, drives and closes as it is told.
 */
import { Generator } from "../Generator.js"
import { answer, type LoadOrder } from "../Orders.js"

let generator: Generator | undefined
const done = { done: true }

const carryOut = async (order: LoadOrder): Promise<object> => {
  switch (order._tag) {
    case "Open":
      generator = await Generator.open(order.port, order.load)
      return done
    case "Drive":
      return await generator?.drive(order.seconds) ?? done
    case "Touch":
      await generator?.touch()
      return done
    case "Close":
      generator?.close()
      generator = undefined
      return done
  }
}

answer(carryOut)
