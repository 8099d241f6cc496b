/**
 * What a client asks of the fuzzing server, by the target of its request, as with Autobahn. In: a target and the selected cases.
 * Out: a command, or a status that refuses.
 *
 * It carries nothing out: see `FuzzingServer`.
 *
 * @since 0.1.0
 */
import type { Case } from "../cases/Case.js"

/**
 * @since 0.1.0
 * @category models
 */
export type Command =
  | { readonly _tag: "GetCaseCount" }
  | { readonly _tag: "GetCaseInfo"; readonly case: Case }
  | { readonly _tag: "GetCaseStatus"; readonly case: Case; readonly agent: string }
  | { readonly _tag: "RunCase"; readonly case: Case; readonly number: number; readonly agent: string }
  | { readonly _tag: "UpdateReports"; readonly shutdown: boolean }
  | { readonly _tag: "StopServer" }
  | { readonly _tag: "Refused"; readonly status: 404 | 500; readonly why: string }

/**
 * @since 0.1.0
 * @category parsing
 */
export const parse = (target: string, cases: ReadonlyArray<Case>): Command => {
  const [path = "", query = ""] = target.split("?", 2)
  const parameters = new URLSearchParams(query)
  const all = (name: string): ReadonlyArray<string> => parameters.getAll(name)
  const agent = all("agent")[0]
  const theCase = find(all("case"), all("casetuple"), cases)
  const refused = (status: 404 | 500, why: string): Command => ({ _tag: "Refused", status, why })

  if (path === "/getCaseCount") return { _tag: "GetCaseCount" }
  if (path === "/stopServer") return { _tag: "StopServer" }
  if (path === "/updateReports") {
    const shutdown = ["true", "yes"].includes((all("shutdownOnComplete")[0] ?? "").toLowerCase())
    return agent === undefined ? refused(500, "agent is missing") : { _tag: "UpdateReports", shutdown }
  }
  if (path !== "/getCaseInfo" && path !== "/getCaseStatus" && path !== "/runCase") {
    return refused(404, `no such path: ${path}`)
  }
  if (theCase === undefined) return refused(500, "case or casetuple has to name one case")
  if (path === "/getCaseInfo") return { _tag: "GetCaseInfo", case: theCase }
  if (agent === undefined || all("agent").length > 1) return refused(500, "agent has to be there once")
  return path === "/runCase"
    ? { _tag: "RunCase", case: theCase, number: cases.indexOf(theCase) + 1, agent }
    : { _tag: "GetCaseStatus", case: theCase, agent }
}

/** By its place among the selected, from 1, or by its id. */
const find = (
  places: ReadonlyArray<string>,
  ids: ReadonlyArray<string>,
  cases: ReadonlyArray<Case>
): Case | undefined => {
  const [place] = places
  const [id] = ids
  if (places.length + ids.length !== 1) return undefined
  return place === undefined ? cases.find((each) => each.id === id) : cases[Number(place) - 1]
}
