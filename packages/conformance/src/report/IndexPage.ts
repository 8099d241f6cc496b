/**
 * The page of all results: for each agent its counts and a map with a square for each case, and below it the matrix of cases and
 * agents, whose cells lead to the pages of `CasePage`.
 *
 * No script: what is hidden and shown is a matter of the style sheet.
 *
 * @since 0.1.0
 */
import type { Case } from "../Case.js"
import * as C from "../Case.js"
import * as Cases from "../Cases.js"
import { isStrictlyFine } from "../Expected.js"
import type { Result, Results } from "../Results.js"
import * as Sections from "../Sections.js"
import type { Behavior, BehaviorClose } from "../Verdict.js"
import * as Json from "./Json.js"
import type { Markup } from "./Markup.js"
import { markup, nothing } from "./Markup.js"

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
${agents.map((agent) => overview(agent, results.of(agent)))}
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
  markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="report.css">
</head>
<body>
${body}
</body>
</html>
`.text

/**
 * A moment, for people.
 *
 * @since 0.1.0
 * @category words
 */
export const when = (moment: Date): string => `${moment.toISOString().slice(0, 19).replace("T", " ")} UTC`

const behaviors: Readonly<Record<Behavior, { readonly word: string; readonly color: string; readonly says: string }>> =
  {
    OK: { word: "Pass", color: "ok", says: "all that was expected, and nothing else" },
    "NON-STRICT": { word: "Non-strict", color: "lax", says: "allowed, but a strict peer would do better" },
    INFORMATIONAL: { word: "Info", color: "info", says: "recorded; neither right nor wrong" },
    UNIMPLEMENTED: { word: "Unimplemented", color: "none", says: "the peer does without the extension" },
    FAILED: { word: "Fail", color: "bad", says: "not what was expected" }
  }

const colorsOfClose: Readonly<Record<BehaviorClose, string>> = {
  OK: "ok",
  UNCLEAN: "bad",
  "WRONG CODE": "lax",
  "FAILED BY CLIENT": "lax",
  INFORMATIONAL: "info",
  FAILED: "bad"
}

/**
 * The verdict on behavior, as a coloured word.
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
  return markup`<span class="chip ${colorsOfClose[behaviorClose]}">${words[behaviorClose]}</span>`
}

const overview = (agent: string, results: ReadonlyArray<Result>): Markup => {
  const chapters = new Map<string, Array<Result>>()
  for (const result of results) {
    const { id } = Sections.chapterOf(result.case.id)
    chapters.set(id, [...chapters.get(id) ?? [], result])
  }
  const count = (behavior: Behavior): number => results.filter(({ verdict }) => verdict.behavior === behavior).length
  const badlyClosed = results.filter((result) => result.verdict.behavior === "OK" && !isStrictlyFine(result)).length
  return markup`<section class="sheet agent">
<h2>${agent}</h2>
<div class="counts">${
    Object.entries(behaviors).map(([behavior, { color, word }]) => {
      const of = count(isBehavior(behavior) ? behavior : "FAILED")
      return of === 0 ? nothing : markup`<span><span class="chip ${color}">${of}</span>${word}</span>`
    })
  }${
    badlyClosed === 0
      ? nothing
      : markup`<span><span class="chip lax">${badlyClosed}</span>pass, but not closed well</span>`
  }</div>
<div class="map">${[...chapters].map(([id, of]) => square(id, of))}</div>
</section>
`
}

const isBehavior = (name: string): name is Behavior => name in behaviors

const square = (chapter: string, results: ReadonlyArray<Result>): Markup => {
  const squares = results.map((result) => {
    const { agent, case: { description, id }, verdict: { behavior, behaviorClose } } = result
    const color = behavior === "OK" ? colorsOfClose[behaviorClose] : behaviors[behavior].color
    return markup`<a class="${color}" href="${href(agent, id)}" title="${`${id} ${description}: ${behavior}`}"></a>`
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
  const columns = agents.map((agent) =>
    markup`<th>${agent}</th><th class="closing">${agents.length > 1 ? nothing : "closing"}</th>`
  )
  return markup`<table class="matrix">
<thead><tr><th colspan="2">case</th>${columns}</tr></thead>
${
    [...chapters].map(([chapter, sections]) => {
      const fine = [...sections.values()].flat().every((each) => isFine(each, agents, results))
      return markup`<tbody class="${fine ? "fine" : "odd"}">
<tr><th class="chapter" colspan="${2 + 2 * agents.length}" id="chapter-${chapter}">${chapter} ${
        Sections.chapterOf(chapter).title
      }</th></tr>
${[...sections].map(([section, of]) => rows(section, of, agents, results))}</tbody>
`
    })
  }</table>`
}

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
    2 + 2 * agents.length
  }">${section} ${title}</th></tr>
${
    cases.map((each) =>
      markup`<tr${
        isFine(each, agents, results) ? markup` class="fine"` : nothing
      }><td class="id">${each.id}</td><td>${each.description}</td>${
        agents.map((agent) => cells(results.get(agent, each.id)))
      }</tr>
`
    )
  }`
}

const cells = (result: Result | undefined): Markup => {
  if (result === undefined) {
    return markup`<td class="verdict"><span class="chip missing">not run</span></td><td class="closing"></td>`
  }
  const { agent, case: { id }, verdict } = result
  return markup`<td class="verdict"><a href="${href(agent, id)}">${behaviorChip(verdict.behavior)}</a>${
    measured(result)
  }</td><td class="verdict closing">${closeChip(result)}</td>`
}

/** How long it took, where that is of interest, and what compression left of the octets. */
const measured = (result: Result): Markup => {
  const { case: theCase, record: { duration, traffic } } = result
  if (!C.isMeasured(theCase.script)) return nothing
  const left = (of: Parameters<typeof Json.ratio>[0] | undefined): string =>
    (of === undefined ? undefined : Json.ratio(of))?.toFixed(3) ?? "–"
  const ratios = theCase.script._tag === "Compressed"
    ? ` ${left(traffic?.incoming)} in, ${left(traffic?.outgoing)} out`
    : ""
  return markup`<small>${duration} ms${ratios}</small>`
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
}</div><div><h3>Closing</h3>
<p>The code that the peer's Close had. <span class="chip ok">Green</span> when the connection was closed as it had to be.</p>
<p><span class="chip bad">fail</span> the wrong side closed, or the opening handshake was not completed</p>
<p><span class="chip bad">unclean</span> a clean closing handshake was needed, and was not made</p>
<p><span class="chip lax">wrong</span> the code is none of those that are allowed here</p>
<p><span class="chip lax">not dropped</span> the server left it to the examiner to drop TCP</p></div></div>`
