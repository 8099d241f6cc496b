/**
 * The page of one case for one agent: what was to be done, what came of it, and every octet and frame as it went by.
 *
 * @since 0.1.0
 */
import { sections, size } from "@effect-ws/codec/report/ConnectionPage"
import type { Traffic } from "@effect-ws/codec/report/ConnectionRecord"
import { overhead, ratio } from "@effect-ws/codec/report/Json"
import type { Markup } from "@effect-ws/codec/report/Markup"
import { markup, nothing } from "@effect-ws/codec/report/Markup"
import type { Event } from "../cases/Case.js"
import * as Payload from "../cases/Payload.js"
import * as Sections from "../cases/Sections.js"
import * as Record from "../verdict/Record.js"
import type { Result } from "../verdict/Results.js"
import { behaviorChip, closeChip, document, href, name, when } from "./IndexPage.js"

/**
 * `before` and `after` are the neighbors of the same agent.
 *
 * @since 0.1.0
 * @category pages
 */
export const page = (result: Result, before: string | undefined, after: string | undefined): string => {
  const { agent, case: theCase, record, verdict } = result
  const { description, expectation, id } = theCase
  return document(
    `${id} ${description} – ${agent}`,
    markup`<nav><span>${link(agent, before, "←", "")}</span><a href="index.html">all cases</a><span>${
      link(agent, after, "", "→")
    }</span></nav>
<p class="faint">${Sections.chapterOf(id).title} · ${Sections.sectionOf(id).title}</p>
<h1>${id} ${description}</h1>
<p>${behaviorChip(verdict.behavior)} closing ${closeChip(result)} <span class="faint">${name(agent)}, ${
      when(record.started)
    }, ${record.duration} ms</span></p>
<h2>Expectation</h2>
<p>${expectation}</p>
<h2>Outcome</h2>
<p>${verdict.result}</p>
${outcome(result)}${compression(result)}
${sections(Record.connection(record), "the examiner", markup`<p>${verdict.resultClose}</p>`, true)}`
  )
}

const link = (agent: string, id: string | undefined, left: string, right: string): Markup =>
  id === undefined ? nothing : markup`<a href="${href(agent, id)}">${left} ${id} ${right}</a>`

const outcome = ({ case: { hook, script }, record }: Result): Markup => {
  if (script._tag !== "Events") return nothing
  const { nonStrict, ok } = script.expected
  const [best, other] = hook === "Informational" && nonStrict !== undefined
    ? ["From a peer that answers first", "From a peer that closes first"]
    : ["Expected", "Expected of a peer that is not strict"]
  return markup`<div class="columns">
<div class="sheet"><h3>${best}</h3>${events(ok)}</div>
${nonStrict === undefined ? nothing : markup`<div class="sheet"><h3>${other}</h3>${events(nonStrict)}</div>`}
<div class="sheet"><h3>Received</h3>${events(record.received)}</div>
</div>`
}

/** What compression made of the messages: known when all of them came back. */
const compression = ({ case: { script }, record: { traffic } }: Result): Markup => {
  if (script._tag !== "Compressed") return nothing
  if (traffic === undefined) {
    return markup`<h2>Compression</h2>
<p>The ratios are known when all messages have come back, and they have not.</p>`
  }
  const { incoming, outgoing } = traffic
  const row = (what: string, value: (of: Traffic) => string | number): Markup =>
    markup`<tr><th>${what}</th><td>${value(incoming)}</td><td>${value(outgoing)}</td></tr>
`
  return markup`<h2>Compression</h2>
<div class="sheet"><table class="stats traffic">
<thead><tr><th></th><th>received</th><th>sent</th></tr></thead>
<tbody>${row("messages", ({ messages }) => messages)}${row("their bytes", ({ app }) => app)}${
    row("frames", ({ frames }) => frames)
  }${row("their payload, compressed", ({ webSocket }) => webSocket)}${
    row("bytes on the wire", ({ wire }) => wire)
  }</tbody>
<tfoot>${row("ratio: payload to bytes of messages", (of) => ratio(of)?.toFixed(3) ?? "–")}${
    row("overhead: frame headers to payload", (of) => overhead(of)?.toFixed(3) ?? "–")
  }</tfoot></table></div>`
}

const events = (list: ReadonlyArray<Event>): Markup =>
  list.length === 0
    ? markup`<p class="faint">nothing</p>`
    : markup`<ol class="events">${list.map((event) => markup`<li>${words(event)}</li>`)}</ol>`

const words = (event: Event): Markup => {
  switch (event._tag) {
    case "Message":
      return markup`${event.binary ? "binary" : "text"} message, ${size(event.payload.length)}${shown(event.payload)}`
    case "Pong":
      return markup`pong, ${size(event.payload.length)}${shown(event.payload)}`
    case "Timeout":
      return markup`wait ${event.tag} is over, and the connection still open`
  }
}

const shown = (payload: Payload.Payload): Markup =>
  payload.length === 0 ? nothing : markup` <span class="mono">${Payload.show(payload)}</span>`
