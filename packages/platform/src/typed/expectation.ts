/** What a schema found wrong with a value. In: its issue. Out: what it expects at the first wrong place, and the path to it. */
import type * as ParseResult from "effect/ParseResult"
import { shownKey } from "./shownKey.js"

export const expectation = (issue: ParseResult.ParseIssue): readonly [expected: string, at: string] => {
  switch (issue._tag) {
    case "Pointer": {
      const [expected, at] = expectation(issue.issue)
      return [expected, `${[issue.path].flat().map((key) => `[${shownKey(key)}]`).join("")}${at}`]
    }
    case "Refinement":
    case "Transformation":
      return expectation(issue.issue)
    case "Composite": {
      const [first] = [issue.issues].flat()
      return first === undefined ? [String(issue.ast), ""] : expectation(first)
    }
    case "Missing":
    case "Type":
    case "Forbidden":
      return [String(issue.ast), ""]
    case "Unexpected":
      return ["nothing more", ""]
  }
}
