/** An outcome of the machine, a plain value, as one that `Equal` compares by what it holds. */
import { CloseOutcome } from "../CloseOutcome.js"

export const comparable = (outcome: CloseOutcome): CloseOutcome => {
  switch (outcome._tag) {
    case "Clean":
      return CloseOutcome.Clean(outcome)
    case "Failed":
      return CloseOutcome.Failed(outcome)
    case "CloseTimeout":
      return CloseOutcome.CloseTimeout(outcome)
    case "DropTimeout":
      return CloseOutcome.DropTimeout(outcome)
    case "Dropped":
      return CloseOutcome.Dropped(outcome)
    case "Aborted":
      return CloseOutcome.Aborted(outcome)
  }
}
