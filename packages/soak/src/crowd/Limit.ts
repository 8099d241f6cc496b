/**
 * How many connections a process may hold. Node raises the soft limit to the hard one by itself.
 */
import { readFileSync } from "node:fs"

/** Infinity where the system does not tell. */
export const descriptors = (): number => {
  try {
    const [, soft, hard] =
      /^Max open files +(\d+|unlimited) +(\d+|unlimited)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? []
    return Math.max(numberOf(soft), numberOf(hard))
  } catch {
    return Infinity
  }
}

const numberOf = (limit: string | undefined): number =>
  limit === undefined || limit === "unlimited" ? Infinity : Number(limit)

/** What a process needs besides those that stay: those that come and go, and its own. */
const others = 2_000

export const connections = (wanted: number, slow: number): number =>
  Math.max(0, Math.min(wanted, descriptors() - slow - others))
