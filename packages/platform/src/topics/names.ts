/**
 * Names and patterns of topics: which are legal, and which pattern matches which topic. In: text, which may come from a client. Out: an
 * answer, in time that is linear in the text and in the number of patterns.
 *
 * A name has parts separated by dots: `room.7.typing`. In a pattern, `*` stands for one part, and `>` for one or more at the end: this is
 * NATS's syntax, and is translated for other engines.
 */
import { excerpt } from "../logging/boundedCause.js"
import { InvalidTopic } from "./model.js"

/** UTF-16 units of a name. */
const longestName = 255
/** Parts of a name. */
const mostParts = 16

/** The error for a topic to publish to, if it is wrong. */
export const problemOfTopic = (name: string): InvalidTopic | undefined =>
  isName(name, false)
    ? undefined
    : new InvalidTopic({ topic: excerpt(String(name)), expected: `${rules}, without wildcards` })

/** The error for a topic or pattern to subscribe to, if it is wrong. */
export const problemOfPattern = (name: string, patterns: boolean): InvalidTopic | undefined =>
  isName(name, patterns)
    ? undefined
    : new InvalidTopic({
      topic: excerpt(String(name)),
      expected: patterns
        ? `${rules}; a part may be *, and the last part >`
        : `${rules}; this backplane has no patterns`
    })

const rules = `1 to ${longestName} characters in at most ${mostParts} parts separated by dots, no part empty, ` +
  "without spaces and control characters, not beginning with $"

/** Wildcards inside a part would also mean something to an engine. */
const forbidden = /[\s\p{Cc}\p{Cf}\p{Cs}*>]/u

const isName = (name: unknown, patterns: boolean): name is string => {
  if (typeof name !== "string" || name.length === 0 || name.length > longestName || name.startsWith("$")) return false
  const parts = name.split(".")
  if (parts.length > mostParts) return false
  return parts.every((part, i) => {
    if (part === "*") return patterns
    if (part === ">") return patterns && i === parts.length - 1
    return part !== "" && !forbidden.test(part)
  })
}

/** Whether a legal name is a pattern. */
export const isPattern = (name: string): boolean => /(?:^|\.)[*>](?:\.|$)/.test(name)

/** Values by pattern, which a topic finds. */
export class PatternTree<A> {
  private readonly root: Branch<A> = new Branch()

  set(pattern: string, value: A): void {
    let branch = this.root
    for (const part of pattern.split(".")) {
      const next = branch.parts.get(part) ?? new Branch<A>()
      branch.parts.set(part, next)
      branch = next
    }
    branch.value = value
  }

  delete(pattern: string): void {
    remove(this.root, pattern.split("."), 0)
  }

  get isEmpty(): boolean {
    return this.root.parts.size === 0
  }

  /** The values of all patterns that match this topic. A branch is visited at most once. */
  find(topic: string): Array<A> {
    const found: Array<A> = []
    if (!this.isEmpty) collect(this.root, topic.split("."), 0, found)
    return found
  }
}

class Branch<A> {
  readonly parts = new Map<string, Branch<A>>()
  value: A | undefined = undefined
}

const collect = <A>(branch: Branch<A>, parts: ReadonlyArray<string>, at: number, found: Array<A>): void => {
  const part = parts[at]
  if (part === undefined) {
    if (branch.value !== undefined) found.push(branch.value)
    return
  }
  const rest = branch.parts.get(">")?.value
  if (rest !== undefined) found.push(rest)
  for (const name of [part, "*"]) {
    const next = branch.parts.get(name)
    if (next !== undefined) collect(next, parts, at + 1, found)
  }
}

/** Whether nothing is left of the branch. */
const remove = <A>(branch: Branch<A>, parts: ReadonlyArray<string>, at: number): boolean => {
  const part = parts[at]
  if (part === undefined) branch.value = undefined
  else {
    const next = branch.parts.get(part)
    if (next !== undefined && remove(next, parts, at + 1)) branch.parts.delete(part)
  }
  return branch.value === undefined && branch.parts.size === 0
}
