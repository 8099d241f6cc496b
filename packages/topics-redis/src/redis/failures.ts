/** What can be wrong with Redis. */
import { BackplaneUnavailable } from "@effect-ws/platform/Backplane"

export const reasonOf = (error: unknown): string => error instanceof Error ? error.message : String(error)

/** An answer of Redis, as OOM, NOPERM or READONLY: it has done nothing. */
export const isAnswer = (error: unknown): boolean => error instanceof Error && /^[A-Z]+ /.test(error.message)

/** One that says of a server that it is not what it was taken for, or of a cluster that it does nothing for anybody. */
export const refusesAll = (error: unknown): boolean => /^(?:MOVED|CLUSTERDOWN|READONLY|LOADING) /.test(reasonOf(error))

/** What failed, and whether Redis may have done it for all that: that is so once it was written. */
export const unavailable = (error: unknown): BackplaneUnavailable => {
  const isUnwritten = error instanceof Error && /^Client(Offline|Closed)Error$/.test(error.constructor.name)
  return new BackplaneUnavailable({ mayHaveArrived: !isUnwritten && !isAnswer(error), why: reasonOf(error) })
}
