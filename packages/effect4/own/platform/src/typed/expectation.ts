/** What a schema found wrong with a value. In: its issue. Out: what is allowed where the first thing is wrong, and the way there. */
import * as SchemaIssue from "effect/SchemaIssue"
import { shownKey } from "./shownKey.js"

export const expectation = (issue: SchemaIssue.Issue): readonly [expected: string, at: string] => {
  switch (issue._tag) {
    case "Pointer": {
      const [expected, at] = expectation(issue.issue)
      return [expected, `${issue.path.map((key) => `[${shownKey(key)}]`).join("")}${at}`]
    }
    case "Filter":
      return issue.issue._tag === "InvalidValue" ? [expectedOf(issue.issue), ""] : expectation(issue.issue)
    case "Encoding":
      return expectation(issue.issue)
    case "Composite":
      return expectation(issue.issues[0])
    case "AnyOf": {
      const [first] = issue.issues
      return first === undefined ? [expectedOf(issue), ""] : expectation(first)
    }
    case "InvalidType":
    case "InvalidValue":
    case "MissingKey":
    case "Forbidden":
    case "OneOf":
      return [expectedOf(issue), ""]
    case "UnexpectedKey":
      return ["nothing more", ""]
  }
}

/** What Effect says of an issue, without what was received. */
const expectedOf = (issue: SchemaIssue.Issue): string =>
  /^Expected (.*?)(?:, got [\s\S]*)?$/.exec(SchemaIssue.makeFormatterDefault()(issue))?.[1] ?? "another value"
