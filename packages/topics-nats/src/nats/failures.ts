/** What can be wrong with NATS. */
import { BackplaneUnavailable } from "@effect-ws/platform/Backplane"
import { NoRespondersError } from "@nats-io/transport-node"

export const reasonOf = (error: unknown): string => error instanceof Error ? error.message : String(error)

/** Whether NATS says that nobody listens where something was asked. Its client tells that as the cause of other errors. */
export const isUnheard = (error: unknown): boolean => {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 4; cause = cause.cause, depth++) {
    if (cause instanceof NoRespondersError) return true
  }
  return false
}

export const unavailable = (error: unknown, mayHaveArrived: boolean): BackplaneUnavailable =>
  new BackplaneUnavailable({ mayHaveArrived, why: reasonOf(error) })

export const away = new BackplaneUnavailable({ mayHaveArrived: false, why: "NATS cannot be reached" })

export const broken = new BackplaneUnavailable({ mayHaveArrived: true, why: "the connection to NATS broke" })

export const unheard = "nobody answers for the stream of the topics that are kept"
