/** How long each timer of the machine runs. Those of keepalive: `keepalive.ts`. */
import type { Limits } from "../Limits.js"
import type { Timer } from "./State.js"

/** In milliseconds. */
export const durationOf = (limits: Limits, timer: Timer): number => {
  switch (timer) {
    case "Settle":
      return limits.settleTimeout
    case "CloseReply":
      return limits.closeTimeout
    case "Drop":
      return limits.dropTimeout
  }
}
