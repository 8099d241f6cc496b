/**
 * Chooses the cases to run. In: patterns as in Autobahn's spec files. Out: the cases, in their order.
 *
 * A pattern without `*` is an id. With `*` it is anchored at its start and not at its end, so that `1*` is chapters 1, 10, 12
 * and 13. Chapters from 14 on are ours: a pattern reaches them only if it names one (`14.*`) or if they were asked for.
 *
 * @since 0.1.0
 */
import * as Cases from "../Cases.js"
import type { Case, PeerRole } from "./Case.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Selection {
  readonly include: ReadonlyArray<string>
  readonly exclude: ReadonlyArray<string>
  /** Whether patterns reach the chapters beyond Autobahn's. */
  readonly beyond: boolean
  /** Whether to run over HTTP/2, which leaves out the cases about the handshake of HTTP/1.1. */
  readonly http2: boolean
  /** Patterns of agents, and the cases that are not run for them. */
  readonly excludeForAgents: Readonly<Record<string, ReadonlyArray<string>>>
}

/**
 * Autobahn's 517.
 *
 * @since 0.1.0
 * @category constructors
 */
export const everything: Selection = {
  include: ["*"],
  exclude: [],
  beyond: false,
  http2: false,
  excludeForAgents: {}
}

/**
 * The cases for a peer of this role, or the entry that matches no case.
 *
 * @since 0.1.0
 * @category selecting
 */
export const select = (
  selection: Selection,
  peer: PeerRole
): { readonly _tag: "Selected"; readonly cases: ReadonlyArray<Case> } | {
  readonly _tag: "Unknown"
  readonly pattern: string
} => {
  const chosen = new Set<string>()
  for (const pattern of selection.include) {
    const ids = matching(pattern, selection.beyond)
    if (ids.length === 0) return { _tag: "Unknown", pattern }
    for (const id of ids) chosen.add(id)
  }
  for (const pattern of selection.exclude) for (const id of matching(pattern, true)) chosen.delete(id)
  return {
    _tag: "Selected",
    cases: Cases.all.filter((each) =>
      chosen.has(each.id) && Cases.appliesTo(each, peer) && !(selection.http2 && each.script._tag === "Handshake")
    )
  }
}

/**
 * Whether a case must not be run for this agent.
 *
 * @since 0.1.0
 * @category selecting
 */
export const excluded = (selection: Selection, agent: string, id: string): boolean =>
  Object.entries(selection.excludeForAgents).some(([agents, patterns]) =>
    toRegExp(agents, "$").test(agent) && patterns.some((pattern) => toRegExp(pattern, "$").test(id))
  )

const matching = (pattern: string, beyond: boolean): ReadonlyArray<string> => {
  const among = beyond || namesBeyond(pattern) ? Cases.all : Cases.autobahn
  const matches = pattern.includes("*") ? toRegExp(pattern, "") : toRegExp(pattern, "$")
  return among.filter(({ id }) => matches.test(id)).map(({ id }) => id)
}

const namesBeyond = (pattern: string): boolean => Number(/^([0-9]+)\./.exec(pattern)?.[1] ?? 0) >= 14

const toRegExp = (pattern: string, end: string): RegExp =>
  new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}${end}`)
