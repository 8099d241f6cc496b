/**
 * Ours, in every way that a user would write an echo.
 */
import type { Contestant } from "../Contestant.js"

export const listen = (contestant: Exclude<Contestant, "raw" | "ws">): Promise<number> =>
  Promise.reject(new Error(`${contestant}: not there yet`))
