/** What can be wrong with NATS. */
import { BackplaneUnavailable } from "@effect-ws/platform/Backplane"

export const reasonOf = (error: unknown): string => error instanceof Error ? error.message : String(error)

export const unavailable = (error: unknown, mayHaveArrived: boolean): BackplaneUnavailable =>
  new BackplaneUnavailable({ mayHaveArrived, why: reasonOf(error) })

export const away = new BackplaneUnavailable({ mayHaveArrived: false, why: "NATS cannot be reached" })

export const broken = new BackplaneUnavailable({ mayHaveArrived: true, why: "the connection to NATS broke" })
