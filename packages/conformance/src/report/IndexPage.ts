/**
 * The page of all results: for each agent two sums and a map with a square for each case, and below it the matrix of cases and
 * agents, whose cells lead to the pages of `CasePage`.
 *
 * No script: what is hidden and shown is a matter of the style sheet.
 *
 * @since 0.1.0
 */
import { ratio } from "@effect-ws/codec/report/Json"
import type { Markup } from "@effect-ws/codec/report/Markup"
import { markup, nothing } from "@effect-ws/codec/report/Markup"
import * as Page from "@effect-ws/codec/report/Page"
import * as Cases from "../Cases.js"
import type { Case } from "../cases/Case.js"
import * as C from "../cases/Case.js"
import * as Sections from "../cases/Sections.js"
import { isStrictlyFine } from "../verdict/Expected.js"
import type { Result, Results } from "../verdict/Results.js"
import type { Behavior, BehaviorClose } from "../verdict/Verdict.js"
import * as Json from "./Json.js"

/**
 * @since 0.1.0
 * @category pages
 */
export const page = (results: Results, generated: Date): string => {
  const agents = results.agents()
  const shown = Cases.all.filter(({ id }) => agents.some((agent) => results.get(agent, id) !== undefined))
  const kinds = new Set(results.all().map(({ record }) => record.closing.isServer))
  const what = kinds.size === 1 ? (kinds.has(true) ? "clients" : "servers") : "clients and servers"
  return document(
    `WebSocket conformance of ${what}`,
    markup`<h1>WebSocket conformance of ${what}</h1>
<p class="faint">${shown.length} cases, as of ${
      when(generated)
    }. The cases of chapters 1 to 13 are those of Autobahn|Testsuite.</p>
<div class="sheet">${overview(agents, results)}</div>
<div class="controls">
<label><input type="checkbox" id="odd"> only what is not OK</label>
<label><input type="checkbox" id="closing" checked> show how the connection was closed</label>
</div>
${matrix(shown, agents, results)}
${legend}`
  )
}

/**
 * A whole page.
 *
 * @since 0.1.0
 * @category pages
 */
export const document = (title: string, body: Markup): string =>
  Page.document({ title, head: markup`<link rel="stylesheet" href="report.css">`, body })

/**
 * A moment, for people.
 *
 * @since 0.1.0
 * @category words
 */
export const when = (moment: Date): string => Page.when(moment.toISOString())

const behaviors: Readonly<Record<Behavior, { readonly word: string; readonly color: string; readonly says: string }>> =
  {
    OK: { word: "Pass", color: "ok", says: "all that was expected, and nothing else" },
    "NON-STRICT": { word: "Non-strict", color: "lax", says: "allowed, but a strict peer would do better" },
    INFORMATIONAL: { word: "Info", color: "info", says: "recorded; neither right nor wrong" },
    UNIMPLEMENTED: { word: "Unimplemented", color: "none", says: "the peer does without the extension" },
    FAILED: { word: "Fail", color: "bad", says: "not what was expected" }
  }

const closings: Readonly<
  Record<BehaviorClose, { readonly word: string; readonly color: string; readonly says: string }>
> = {
  OK: { word: "as it should be", color: "ok", says: "as it had to be; the code that the peer's Close had is shown" },
  "FAILED BY CLIENT": { word: "not dropped", color: "lax", says: "the server left it to the examiner to drop TCP" },
  "WRONG CODE": { word: "wrong code", color: "lax", says: "the code is none of those that are allowed here" },
  INFORMATIONAL: { word: "Info", color: "info", says: "recorded; neither right nor wrong" },
  UNCLEAN: { word: "unclean", color: "bad", says: "a clean closing handshake was needed, and was not made" },
  FAILED: { word: "fail", color: "bad", says: "the wrong side closed, or the opening handshake was not completed" }
}

/**
 * The name of an agent. A line may end in it behind a mark that a word follows, and never inside a word.
 *
 * @since 0.1.0
 * @category words
 */
export const name = (agent: string): Markup =>
  markup`${agent.split(/(?<=[-./_@:+])(?=\p{L})/u).map((part, i) => i === 0 ? part : markup`<wbr>${part}`)}`

/**
 * The verdict on behavior, as a colored word.
 *
 * @since 0.1.0
 * @category words
 */
export const behaviorChip = (behavior: Behavior): Markup =>
  markup`<span class="chip ${behaviors[behavior].color}">${behaviors[behavior].word}</span>`

/**
 * The verdict on closing: the peer's code where that says enough.
 *
 * @since 0.1.0
 * @category words
 */
export const closeChip = ({ record, verdict: { behaviorClose } }: Result): Markup => {
  const code = record.closing.remoteCloseCode ?? "none"
  const words: Readonly<Record<BehaviorClose, string>> = {
    OK: String(code),
    UNCLEAN: "unclean",
    "WRONG CODE": `wrong: ${code}`,
    "FAILED BY CLIENT": `${code}, not dropped`,
    INFORMATIONAL: String(code),
    FAILED: "fail"
  }
  return markup`<span class="chip ${closings[behaviorClose].color}">${words[behaviorClose]}</span>`
}

/** For each agent two sums, each of all its cases, and the maps; these are folded where there are several. */
const overview = (agents: ReadonlyArray<string>, results: Results): Markup => {
  const maps = agents.map((agent) => map(results.of(agent)))
  return markup`<table class="sums">
<thead><tr><th>agent</th><th>behavior</th><th>closing</th></tr></thead>
${
    agents.map((agent) => {
      const verdicts = results.of(agent).map(({ verdict }) => verdict)
      return markup`<tr><th>${name(agent)}</th><td><span class="label">behavior</span>${
        sum(behaviors, verdicts.map(({ behavior }) => behavior))
      }</td><td><span class="label">closing</span>${
        sum(closings, verdicts.map(({ behaviorClose }) => behaviorClose))
      }</td></tr>
`
    })
  }</table>
${
    agents.length > 1
      ? markup`<details><summary>maps of all cases</summary>${
        agents.map((agent, i) => markup`<h3>${name(agent)}</h3>${maps[i] ?? nothing}`)
      }</details>`
      : maps
  }`
}

const map = (results: ReadonlyArray<Result>): Markup => {
  const chapters = new Map<string, Array<Result>>()
  for (const result of results) {
    const { id } = Sections.chapterOf(result.case.id)
    chapters.set(id, [...chapters.get(id) ?? [], result])
  }
  return markup`<div class="map">${[...chapters].map(([id, of]) => square(id, of))}</div>`
}

/** The parts of a sum, the nothings left out. */
const sum = (
  kinds: Readonly<Record<string, { readonly word: string; readonly color: string }>>,
  verdicts: ReadonlyArray<string>
): Markup => {
  const parts = Object.entries(kinds).flatMap(([kind, { color, word }]) => {
    const count = verdicts.filter((verdict) => verdict === kind).length
    return count === 0 ? [] : [markup`<span class="chip ${color}">${count}</span> ${word}`]
  })
  return markup`<span class="total">${verdicts.length} =</span>${
    parts.map((part, i) =>
      markup` <span class="term">${i === 0 ? nothing : markup`<span class="faint">+</span> `}${part}</span>`
    )
  }`
}

const square = (chapter: string, results: ReadonlyArray<Result>): Markup => {
  const squares = results.map((result) => {
    const { agent, case: { description, id }, verdict: { behavior, behaviorClose } } = result
    const color = behavior === "OK" ? closings[behaviorClose].color : behaviors[behavior].color
    return markup`<a class="${color}" href="${
      href(agent, id)
    }" title="${`${id} ${description}: ${behavior} / ${behaviorClose}`}" tabindex="-1"></a>`
  })
  return markup`<div><small>${chapter} ${Sections.chapterOf(chapter).title}</small><span>${squares}</span></div>`
}

const matrix = (cases: ReadonlyArray<Case>, agents: ReadonlyArray<string>, results: Results): Markup => {
  const chapters = new Map<string, Map<string, Array<Case>>>()
  for (const each of cases) {
    const [chapter, section] = [Sections.chapterOf(each.id).id, Sections.sectionOf(each.id).id]
    const sections = chapters.get(chapter) ?? new Map<string, Array<Case>>()
    chapters.set(chapter, sections)
    sections.set(section, [...sections.get(section) ?? [], each])
  }
  const columns = agents.map((agent) => markup`<th class="agent" title="${agent}">${name(agent)}</th>`)
  return markup`<table class="matrix ${
    agents.length === 1 ? "one" : agents.length > mostBeside ? "several many" : "several"
  }">
<thead><tr><th colspan="2">case</th>${columns}</tr></thead>
${
    [...chapters].map(([chapter, sections]) => {
      const fine = [...sections.values()].flat().every((each) => isFine(each, agents, results))
      return markup`<tbody class="${fine ? "fine" : "odd"}">
<tr><th class="chapter" colspan="${2 + agents.length}" id="chapter-${chapter}">${chapter} ${
        Sections.chapterOf(chapter).title
      }</th></tr>
${[...sections].map(([section, of]) => rows(section, of, agents, results))}</tbody>
`
    })
  }</table>`
}

/** With more agents than these the two verdicts of a case stand one below the other. */
const mostBeside = 3

const isFine = ({ id }: Case, agents: ReadonlyArray<string>, results: Results): boolean =>
  agents.every((agent) => {
    const result = results.get(agent, id)
    return result === undefined || isStrictlyFine(result)
  })

const rows = (
  section: string,
  cases: ReadonlyArray<Case>,
  agents: ReadonlyArray<string>,
  results: Results
): Markup => {
  const { title } = Sections.sectionOf(cases[0]?.id ?? section)
  const fine = cases.every((each) => isFine(each, agents, results))
  return markup`<tr${fine ? markup` class="fine"` : nothing}><th class="section" colspan="${
    2 + agents.length
  }">${section} ${title}</th></tr>
${
    cases.map((each) =>
      markup`<tr${
        isFine(each, agents, results) ? markup` class="fine"` : nothing
      }><td class="id">${each.id}</td><td>${each.description}</td>${
        agents.map((agent) => cell(agent, results.get(agent, each.id)))
      }</tr>
`
    )
  }`
}

/** On a narrow screen, where there are no columns, the name stands beside the verdict. */
const cell = (agent: string, result: Result | undefined): Markup => {
  const label = markup`<span class="label">${name(agent)}</span>`
  if (result === undefined) {
    return markup`<td class="verdict">${label}<span class="chip missing">not run</span></td>`
  }
  const { case: { id }, verdict } = result
  return markup`<td class="verdict">${label}<span class="chips"><a href="${
    href(agent, id)
  }" aria-label="${`${id} ${verdict.behavior}, closing ${verdict.behaviorClose}, ${agent}`}">${
    behaviorChip(verdict.behavior)
  }</a><span class="closing">${closeChip(result)}</span></span>${measured(result)}</td>`
}

/** How long it took, where that is of interest, and what compression left of the octets. */
const measured = (result: Result): Markup => {
  const { case: theCase, record: { duration, traffic } } = result
  if (!C.isMeasured(theCase.script)) return nothing
  const left = (of: Parameters<typeof ratio>[0]): string => ratio(of)?.toFixed(3) ?? "–"
  return markup`<small><span>${duration} ms</span>${
    traffic === undefined
      ? nothing
      : markup` <span>${left(traffic.incoming)} in,</span> <span>${left(traffic.outgoing)} out</span>`
  }</small>`
}

/**
 * Where the page of a case is.
 *
 * @since 0.1.0
 * @category pages
 */
export const href = (agent: string, id: string): string => `${Json.fileName(agent, id)}.html`

const legend = markup`<h2>What the words mean</h2>
<div class="sheet columns"><div><h3>Behavior</h3>${
  Object.values(behaviors).map(({ color, says, word }) =>
    markup`<p><span class="chip ${color}">${word}</span> ${says}</p>`
  )
}</div><div><h3>Closing</h3>${
  Object.values(closings).map(({ color, says, word }) =>
    markup`<p><span class="chip ${color}">${word}</span> ${says}</p>`
  )
}</div></div>`
