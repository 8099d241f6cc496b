/**
 * What is said of a cell. In: the checks of its scenarios, and the faults that peers are known to have. Out: passed, faulty where
 * each check that fails is a known fault of the peer's, or failed.
 *
 * @since 0.1.0
 */
import type { Cell, Mode, Role } from "./Peer.js"
import type { Check } from "./Scenario.js"

/**
 * Checks of one scenario.
 *
 * @since 0.1.0
 * @category models
 */
export interface Tried {
  readonly scenario: string
  readonly checks: ReadonlyArray<Check>
}

/**
 * Something that a peer does wrong, and we do not.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fault {
  readonly peer: string
  /** Both unless given. */
  readonly role?: Role
  /** All unless given. */
  readonly modes?: ReadonlyArray<Mode>
  /** The checks that fail of it: "content/ping of ours", or "content" for any of that scenario; any at all, unless given. */
  readonly checks?: ReadonlyArray<string>
  /** It does not show in every run: its cells are faulty even when it does not. */
  readonly isRare?: boolean
  /** For the page. */
  readonly says: string
}

/**
 * @since 0.1.0
 * @category models
 */
export type Verdict =
  | { readonly _tag: "Passed" }
  /** What the known faults say, each once. */
  | { readonly _tag: "Faulty"; readonly faults: ReadonlyArray<string> }
  /** `scenario/check: error` of what is no known fault. */
  | { readonly _tag: "Failed"; readonly errors: ReadonlyArray<string> }

/**
 * Judges a cell. One that was not tried has failed.
 *
 * @since 0.1.0
 * @category judging
 */
export const judge = (cell: Cell, tried: ReadonlyArray<Tried>, faults: ReadonlyArray<Fault>): Verdict => {
  const seen = new Set<string>()
  const errors: Array<string> = []
  for (const { checks, scenario } of tried) {
    for (const { error, name } of checks) {
      if (error === undefined) continue
      const fault = faults.find((fault) => isOf(fault, cell, scenario, name))
      if (fault === undefined) errors.push(`${scenario}/${name}: ${error}`)
      else seen.add(fault.says)
    }
  }
  if (tried.every(({ checks }) => checks.length === 0)) errors.push("nothing was tried")
  if (errors.length > 0) return { _tag: "Failed", errors }
  for (const fault of faults) if (fault.isRare === true && isIn(fault, cell)) seen.add(fault.says)
  return seen.size === 0 ? { _tag: "Passed" } : { _tag: "Faulty", faults: faultsIn(faults, seen) }
}

/** In the order of the table, whatever failed first. */
const faultsIn = (faults: ReadonlyArray<Fault>, seen: ReadonlySet<string>): ReadonlyArray<string> =>
  faults.map(({ says }) => says).filter((says, i, all) => seen.has(says) && all.indexOf(says) === i)

const isIn = (fault: Fault, { mode, peer, role }: Cell): boolean =>
  fault.peer === peer.name && (fault.role ?? role) === role && (fault.modes?.includes(mode) ?? true)

const isOf = (fault: Fault, cell: Cell, scenario: string, check: string): boolean =>
  isIn(fault, cell) &&
  (fault.checks?.some((name) => name === scenario || name === `${scenario}/${check}`) ?? true)
