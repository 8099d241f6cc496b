/**
 * The load generator's process: opens, drives and closes as it is told.
 */
import { Broadcaster } from "../Broadcaster.js"
import { Generator } from "../Generator.js"
import type { Driven } from "../Measurement.js"
import { answer, type LoadOrder } from "../Orders.js"
import { Storm } from "../Storm.js"

interface Driver {
  readonly drive: (seconds: number) => Promise<Driven>
  readonly touch?: () => Promise<void>
  readonly close: () => void
}

let driver: Driver | undefined
const done = { done: true }

const begin = async (next: Driver | Promise<Driver>): Promise<object> => {
  driver = await next
  return done
}

const carryOut = async (order: LoadOrder): Promise<object> => {
  switch (order._tag) {
    case "Open":
      return begin(Generator.open(order.port, order.load))
    case "Gather":
      return begin(Broadcaster.open(order.port, order.fanOut))
    case "Storm":
      return begin(new Storm(order.port, order.opens))
    case "Drive":
      return await driver?.drive(order.seconds) ?? done
    case "Touch":
      await driver?.touch?.()
      return done
    case "Close":
      driver?.close()
      driver = undefined
      return done
  }
}

answer(carryOut)
