/** What can be wrong with Redis. */
import { BackplaneUnavailable } from "@effect-ws/platform/Backplane"

/** What failed, and whether Redis may have done it for all that: that is so once it was written. */
export const unavailable = (error: unknown): BackplaneUnavailable => {
  const isUnwritten = error instanceof Error && /^Client(Offline|Closed)Error$/.test(error.constructor.name)
  const isRefused = error instanceof Error && /^[A-Z]+ /.test(error.message) // an answer of Redis: OOM, NOPERM, READONLY
  return new BackplaneUnavailable({
    mayHaveArrived: !isUnwritten && !isRefused,
    why: error instanceof Error ? error.message : String(error)
  })
}
