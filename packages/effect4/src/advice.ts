/** What a contributor does about problems. In: the problems. Out: text for the terminal. */
import { isOfEffect, type Problem, told } from "./Translate.js"

export const advice = (problems: ReadonlyArray<Problem>): string => {
  const lines = problems.map(told)
  const unknown = problems.filter(({ name }) => isOfEffect(name.split("#")[0] ?? ""))
  if (unknown.length === 0) return lines.join("\n")
  const tables = [...new Set(unknown.map(tableOf))].map((name) => `packages/effect4/src/tables/${name}`)
  return `${lines.join("\n")}

${
    unknown.length === 1
      ? "This is a name"
      : "These are names"
  } of Effect 3 of which the Effect 4 edition knows nothing yet. Do one of these:
- Add it to ${tables.join(" or ")}, in its module's entry: to \`kept\` if Effect 4 has it under the same
  name, to \`names\` if under another or in another way. The compiler then says whether that is right.
- If it is a test that has nothing to say in Effect 4, name the test or its file in packages/effect4/src/leftOut.ts, with the reason.
See "Names of Effect" in CONTRIBUTING.md.`
}

const tableOf = ({ file, name }: Problem): string =>
  name.startsWith("@effect/") ? "platform.ts" : file.includes("/test/") ? "tests.ts" : "effect.ts"
