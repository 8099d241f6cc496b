/** A report as JSON in the layout of Autobahn's reports, and as a page. In: a report. Out: text. */
import * as ConnectionPage from "@effect-ws/codec/report/ConnectionPage"
import * as Json from "@effect-ws/codec/report/Json"
import type { Markup } from "@effect-ws/codec/report/Markup"
import { markup, nothing } from "@effect-ws/codec/report/Markup"
import * as Page from "@effect-ws/codec/report/Page"
import { style } from "@effect-ws/codec/report/style"
import { describe } from "@effect-ws/connection/CloseDescription"
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import type { Identity, Report, Wait } from "./model.js"

/** A real connection is neither right nor wrong: what came of it stands as the result. */
export const json = (report: Report): string => {
  const { id, outcome, path, record, role } = report
  const result = outcome === undefined ? "The connection is open." : sentence(outcome)
  return Json.format(Json.report({
    agent: withPeer(report),
    case: Number(id),
    id,
    description: `A connection of a ${role} for ${path}`,
    expectation: "",
    behavior: "INFORMATIONAL",
    behaviorClose: "INFORMATIONAL",
    result,
    resultClose: result,
    reportTime: true,
    reportCompressionRatio: false,
    expected: {},
    expectedClose: {},
    received: []
  }, record))
}

/** In words, with a capital and a full stop. */
export const sentence = (outcome: CloseOutcome): string => {
  const { words } = describe(outcome)
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`
}

export const withPeer = ({ peer, role }: Pick<Identity, "peer" | "role">): string =>
  peer ?? (role === "server" ? "a client" : "a server")

/** What tells an end at a glance. */
export const colors: Readonly<Record<CloseOutcome["_tag"], string>> = {
  Clean: "ok",
  Failed: "bad",
  CloseTimeout: "lax",
  DropTimeout: "lax",
  Dropped: "none",
  Aborted: "info"
}

/** An outcome as a colored word. */
export const chip = (outcome: CloseOutcome | undefined): Markup =>
  outcome === undefined
    ? markup`<span class="chip info">open</span>`
    : markup`<span class="chip ${colors[outcome._tag]}">${outcome._tag}</span>`

/** A page that needs no other file. */
export const whole = (report: Report): string => page(report, Page.inlineStyle(style))

/** The page of a connection. `navigation` stands above it; `head` has the style. */
export const page = (report: Report, head: Markup, navigation: Markup = nothing): string => {
  const { extensions, id, leftOut, outcome, path, record, role, subprotocol } = report
  const closing = markup`<p>${
    outcome === undefined
      ? "The connection is open: these facts are known once it has ended."
      : sentence(outcome)
  }</p>`
  return Page.document({
    title: `Connection ${id}, ${path}`,
    head,
    body: markup`${navigation}<h1>${path}</h1>
<p>${chip(outcome)} <span class="faint">connection ${id} of a ${role} with ${withPeer(report)}, ${
      Page.when(record.started)
    }, ${record.duration} ms</span></p>
<p class="faint">${subprotocol === undefined ? "no subprotocol" : `subprotocol ${subprotocol}`}, ${
      extensions === "" ? "no extension" : extensions
    }</p>
${waits(report)}${pings(report)}${ConnectionPage.sections(record, "this end", closing, outcome !== undefined)}
${
      leftOut === 0
        ? nothing
        : markup`<p class="faint">${leftOut} records were left out, where the log shows itself switched off.</p>`
    }`
  })
}

const reasons: Readonly<Record<Wait["for"], string>> = {
  InboxFull: "reading, until messages are taken: the inbox was full",
  Inflating: "reading, until compressed bytes are inflated",
  OutboxFull: "senders, until bytes have left: the outbox was full",
  Transport: "writing, until the system takes more: the peer or the network was slower"
}

const waits = ({ waitCount, waits: all }: Report): Markup =>
  all.length === 0
    ? nothing
    : markup`<h2>What waited</h2>
<div class="sheet"><table class="stats">
<thead><tr><th>at, ms</th><th>for, ms</th><th>what</th></tr></thead>
<tbody>${
      all.map(({ at, duration, for: what }) =>
        markup`<tr><td>${at.toFixed(1)}</td><td>${duration === undefined ? "not over" : duration.toFixed(1)}</td><td>${
          reasons[what]
        }</td></tr>`
      )
    }</tbody></table>${
      waitCount > all.length ? markup`<p class="faint">The last ${all.length} of ${waitCount}.</p>` : nothing
    }</div>
`

const pings = ({ pingCount, pings: all }: Report): Markup =>
  all.length === 0
    ? nothing
    : markup`<h2>Pings</h2>
<div class="sheet"><table class="stats">
<thead><tr><th>answered at, ms</th><th>round trip, ms</th></tr></thead>
<tbody>${
      all.map(({ at, roundTrip }) => markup`<tr><td>${at.toFixed(1)}</td><td>${roundTrip.toFixed(2)}</td></tr>`)
    }</tbody></table>${
      pingCount > all.length ? markup`<p class="faint">The last ${all.length} of ${pingCount}.</p>` : nothing
    }</div>
`
