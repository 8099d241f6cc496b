/**
 * The outcomes of the machine: the values of `CloseOutcome`, but plain, since the machine does not use Effect. `shell/comparable.ts` makes
 * those for users comparable by `Equal`.
 */
import type { AbortReason, CloseOutcome, DropCause, Facts, Failure } from "../CloseOutcome.js"

export const clean = (facts: Facts): CloseOutcome => ({ _tag: "Clean", ...facts })

export const failed = (facts: Facts, failure: Failure): CloseOutcome => ({ _tag: "Failed", ...facts, failure })

export const closeTimeout = (facts: Facts): CloseOutcome => ({ _tag: "CloseTimeout", ...facts })

export const dropTimeout = (facts: Facts): CloseOutcome => ({ _tag: "DropTimeout", ...facts })

export const dropped = (facts: Facts, cause: DropCause): CloseOutcome => ({ _tag: "Dropped", ...facts, cause })

export const aborted = (facts: Facts, why: AbortReason): CloseOutcome => ({ _tag: "Aborted", ...facts, why })
