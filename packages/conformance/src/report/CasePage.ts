/**
 * The page of one case for one agent: what was to be done, what came of it, and every octet and frame as it went by.
 *
 * @since 0.1.0
 */
import type { Event } from "../cases/Case.js"
import * as Payload from "../cases/Payload.js"
import * as Sections from "../cases/Sections.js"
import type { CaseRecord, ClosingFacts, Counts, Timed, Traffic } from "../verdict/Record.js"
import type { Result } from "../verdict/Results.js"
import { behaviorChip, closeChip, document, href, name, when } from "./IndexPage.js"
import * as Json from "./Json.js"
import type { Markup } from "./Markup.js"
import { markup, nothing } from "./Markup.js"

/**
 * `before` and `after` are the neighbours of the same agent.
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
<h2>Closing</h2>
<p>${verdict.resultClose}</p>
<div class="sheet">${closingFacts(record.closing)}</div>
<h2>Opening handshake</h2>
<div class="columns">${handshake("Request", record.httpRequest)}${handshake("Response", record.httpResponse)}</div>
<h2>On the wire</h2>
<div class="columns">${statistics(record)}</div>
<h2>Log</h2>
<div class="sheet">${wireLog(record)}</div>`
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
<tbody>${row("messages", ({ messages }) => messages)}${row("their octets", ({ app }) => app)}${
    row("frames", ({ frames }) => frames)
  }${row("their payload, compressed", ({ webSocket }) => webSocket)}${
    row("octets on the wire", ({ wire }) => wire)
  }</tbody>
<tfoot>${row("ratio: payload to octets of messages", (of) => Json.ratio(of)?.toFixed(3) ?? "–")}${
    row("overhead: frame headers to payload", (of) => Json.overhead(of)?.toFixed(3) ?? "–")
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

const size = (octets: number): string => octets === 1 ? "1 octet" : `${octets} octets`

const meanings: ReadonlyArray<readonly [keyof ClosingFacts, string]> = [
  ["isServer", "the examiner was the server"],
  ["closedByMe", "the examiner sent the first Close frame"],
  ["failedByMe", "the examiner gave the connection up: for a breach by the peer, or because a time had passed"],
  ["droppedByMe", "the examiner was the one that dropped TCP"],
  ["wasClean", "both Close frames were seen, and TCP ended as it should"],
  ["wasNotCleanReason", "why it was not clean"],
  ["wasServerConnectionDropTimeout", "the server did not drop TCP in time"],
  ["wasOpenHandshakeTimeout", "the opening handshake took too long"],
  ["wasCloseHandshakeTimeout", "the peer did not answer the examiner's Close in time"],
  ["localCloseCode", "the code in the examiner's Close"],
  ["localCloseReason", "the reason in the examiner's Close"],
  ["remoteCloseCode", "the code in the peer's Close"],
  ["remoteCloseReason", "the reason in the peer's Close"]
]

const closingFacts = (facts: Readonly<ClosingFacts>): Markup =>
  markup`<table class="facts">${
    meanings.map(([key, says]) =>
      markup`<tr><td class="mono">${key}</td><td>${
        facts[key] === null ? "–" : String(facts[key])
      }</td><td class="faint">${says}</td></tr>`
    )
  }</table>`

const handshake = (title: string, text: string): Markup =>
  markup`<div class="sheet"><h3>${title}</h3><pre>${text.trimEnd()}</pre></div>`

const statistics = ({ framesIn, framesOut, octetsIn, octetsOut }: CaseRecord): ReadonlyArray<Markup> => [
  octetCounts("Reads", octetsIn),
  octetCounts("Writes", octetsOut),
  frameCounts("Frames received", framesIn),
  frameCounts("Frames sent", framesOut)
]

const octetCounts = (title: string, counts: Counts): Markup => {
  const rows = [...counts].sort(([left], [right]) => left - right)
  const times = rows.reduce((sum, [, count]) => sum + count, 0)
  const octets = rows.reduce((sum, [length, count]) => sum + length * count, 0)
  return markup`<div class="sheet"><h3>${title}</h3><table class="stats">
<thead><tr><th>octets at a time</th><th>times</th><th>octets</th></tr></thead>
<tbody>${
    rows.slice(0, mostSizes).map(([length, count]) =>
      markup`<tr><td>${length}</td><td>${count}</td><td>${length * count}</td></tr>`
    )
  }${
    rows.length > mostSizes ? markup`<tr><td colspan="3">and ${rows.length - mostSizes} more sizes</td></tr>` : nothing
  }</tbody><tfoot><tr><td></td><td>${times}</td><td>${octets}</td></tr></tfoot></table></div>`
}

/** More different sizes than a reader will read. */
const mostSizes = 25

const frameCounts = (title: string, counts: Counts): Markup => {
  const rows = [...counts].sort(([left], [right]) => left - right)
  return markup`<div class="sheet"><h3>${title}</h3><table class="stats">
<thead><tr><th>opcode</th><th>frames</th></tr></thead>
<tbody>${rows.map(([opcode, count]) => markup`<tr><td>${nameOf(opcode)}</td><td>${count}</td></tr>`)}</tbody>
<tfoot><tr><td></td><td>${rows.reduce((sum, [, count]) => sum + count, 0)}</td></tr></tfoot></table></div>`
}

const names: Readonly<Record<number, string>> = {
  0: "continuation",
  1: "text",
  2: "binary",
  8: "close",
  9: "ping",
  10: "pong"
}

const nameOf = (opcode: number): string => names[opcode] ?? `opcode ${opcode}`

const wireLog = ({ closing, wire }: CaseRecord): Markup =>
  markup`<table class="wire">${wire.slice(0, mostLines).map(logLine)}${
    wire.length > mostLines
      ? markup`<tr class="clock"><td></td><td></td><td>…</td><td>and ${
        wire.length - mostLines
      } more: see the JSON file</td></tr>`
      : nothing
  }<tr class="clock"><td></td><td></td><td>end</td><td>TCP dropped by the ${
    closing.droppedByMe ? "examiner" : "peer"
  }</td></tr></table>`

const mostLines = 1000

const logLine = ({ at, record }: Timed, i: number): Markup => {
  const line = (kind: string, label: string, text: Part): Markup =>
    markup`<tr class="${kind}"><td>${String(i).padStart(3, "0")}</td><td>${
      at.toFixed(1)
    }</td><td>${label}</td><td>${text}</td></tr>
`
  switch (record[0]) {
    case "RO":
      return line("in octets", "← octets", `${record[1][0]}: ${record[1][1]}`)
    case "TO":
      return line("out octets", "→ octets", `${record[1][0]}: ${record[1][1]}`)
    case "RF": {
      const [, [length, text], opcode, fin, rsv, , mask] = record
      return line("in", "← frame", frame(opcode, fin, rsv, length, mask, text, []))
    }
    case "TF": {
      const [, [length, text], opcode, fin, rsv, mask, repeat, chop, sync] = record
      const paced = [
        ...(repeat === null ? [] : [`repeated to ${repeat}`]),
        ...(chop === null ? [] : [`in pieces of ${chop}`]),
        ...(sync ? ["in a write of its own"] : [])
      ]
      return line("out", "→ frame", frame(opcode, fin, rsv, length, mask, text, paced))
    }
    case "CT":
      return line("clock", "wait", `${record[1]} s${record[2] === null ? "" : `, called ${record[2]}`}`)
    case "CTE":
      return line("clock", "waited", record[1] ?? "")
    case "KL":
      return line("clock", "set", `fail the connection in ${record[1]} s`)
    case "KLE":
      return line("clock", "due", "fail the connection")
    case "TI":
      return line("clock", "set", `close the connection in ${record[1]} s`)
    case "TIE":
      return line("clock", "due", "close the connection")
    case "WLM":
      return line("clock", "log", record[1] ? "switched on" : "switched off")
  }
}

type Part = Markup | string

const frame = (
  opcode: number,
  fin: boolean,
  rsv: number,
  length: number,
  mask: string | null,
  text: string,
  more: ReadonlyArray<string>
): Markup => {
  const facts = [
    fin ? "FIN" : "no FIN",
    ...(rsv === 0 ? [] : [`RSV ${rsv}`]),
    size(length),
    ...(mask === null ? [] : [`mask ${mask}`]),
    ...more
  ]
  return markup`<b>${nameOf(opcode)}</b> ${facts.join(", ")}${length === 0 ? nothing : markup`<br>${text}`}`
}
