/** The edits of a table of rules, as defences. */
import type { Defence } from "./Defence.js"
import type { Edit } from "./Edit.js"

/** The edit, or those of its parts. */
type Edits<Rule extends string> = Readonly<Record<Rule, Edit | Readonly<Record<string, Edit>>>>

/** Of a table whose tests are named after its rules. */
export const of = <Rule extends string>(
  table: string,
  test: (rule: string) => Defence["test"],
  edits: Edits<Rule>
): ReadonlyArray<Defence> =>
  Object.entries<Edit | Readonly<Record<string, Edit>>>(edits).flatMap(([rule, edit]) => {
    const defence = { against: `${table}.${rule}`, test: test(rule) }
    return isEdit(edit)
      ? [{ ...defence, edit }]
      : Object.entries(edit).map(([part, edit]) => ({ ...defence, part, edit }))
  })

const isEdit = (edit: Edit | Readonly<Record<string, Edit>>): edit is Edit =>
  "never" in edit || "drop" in edit || "replace" in edit
