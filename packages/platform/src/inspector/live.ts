/** The live page, and the part of it that is asked for again and again. In: what the recorder knows. Out: markup. */
import type { Markup } from "@effect-ws/codec/report/Markup"
import { markup, nothing } from "@effect-ws/codec/report/Markup"
import * as Page from "@effect-ws/codec/report/Page"
import { reported } from "@effect-ws/connection/CloseDescription"
import type { OpenConnection, Summary } from "../wireLog/model.js"
import type { Recorder } from "../wireLog/Recorder.js"
import { chip, withPeer } from "../wireLog/render.js"
import { iso } from "../wireLog/reports.js"
import { chart } from "./chart.js"
import { duration, octets } from "./words.js"

/** More than these nobody reads: of open connections, and of records, the latest. */
const mostShown = 200

export const page = (recorder: Recorder, path: string): string =>
  Page.document({
    title: "Inspector",
    head: markup`<link rel="stylesheet" href="${path}/style.css">
<script src="${path}/script.js" defer></script>
<noscript><meta http-equiv="refresh" content="5"></noscript>`,
    body:
      markup`<div class="bar"><h1>Connections</h1><span class="faint" id="state" role="status">as of now</span><button type="button" id="pause" aria-pressed="false" hidden>Pause</button></div>
<main id="live" data-from="${path}/live">${part(recorder, path)}</main>`
  })

export const part = (recorder: Recorder, path: string): Markup => {
  const open = recorder.latest(mostShown)
  const records = recorder.summaries().filter(({ outcome }) => outcome !== undefined)
  const { isOpen, unrecorded } = recorder.totals()
  return markup`<p class="faint">${isOpen} open, ${records.length} records of connections that have ended${
    unrecorded === 0 ? nothing : markup`; ${unrecorded} could not be recorded: the option memory is used up`
  }</p>
<h2 id="ends">How connections ended</h2>
<div class="sheet">${chart(recorder.outcomes(), recorder.time())}</div>
<h2>Open</h2>
<div class="sheet">${openTable(open, path)}${more(isOpen - open.length)}</div>
<h2>Ended, and recorded</h2>
<div class="sheet">${endedTable(records.slice(0, mostShown), path)}${more(records.length - mostShown)}</div>`
}

const more = (count: number): Markup => count > 0 ? markup`<p class="faint">and ${count} more</p>` : nothing

/** `kind`: "n" is a number, a "word" is not broken where there is room. */
const cell = (label: string, content: Markup | string | undefined, kind = ""): Markup =>
  markup`<td data-label="${label}" class="${content === undefined ? `${kind} untold` : kind}"><span>${
    content ?? "–"
  }</span></td>`

const link = (path: string, { id, path: target }: Pick<OpenConnection, "id" | "path">): Markup =>
  markup`<a id="to-${id}" href="${path}/connections/${id}">${target}</a>`

const openTable = (open: ReadonlyArray<OpenConnection>, path: string): Markup =>
  open.length === 0
    ? markup`<p class="faint">No open connections. A new one shows up within a second.</p>`
    : markup`<table class="list">
<thead><tr><th>path</th><th>peer</th><th>subprotocol</th><th class="n">age</th><th class="n">messages in</th><th class="n">out</th><th class="n">latency</th><th class="n">buffered</th><th>waits for</th></tr></thead>
<tbody>${
      open.map((one) =>
        markup`<tr>${cell("path", one.isRecorded ? link(path, one) : one.path)}${cell("peer", withPeer(one), "word")}${
          cell("subprotocol", one.subprotocol)
        }${cell("age", duration(one.age), "n")}${cell("messages in", String(one.messagesIn), "n")}${
          cell("messages out", String(one.messagesOut), "n")
        }${cell("latency", one.latency === undefined ? undefined : `${one.latency.toFixed(1)} ms`, "n")}${
          cell("buffered", octets(one.buffered), "n")
        }${cell("waits for", one.waitsFor.length === 0 ? undefined : one.waitsFor.join(", "), "word")}</tr>
`
      )
    }</tbody></table>`

/** With the code of the first Close: what ended Clean need not have ended well. */
const end = ({ outcome }: Summary): Markup => {
  const first = outcome?.closedFirst === "us"
    ? outcome.local
    : outcome?.closedFirst === "peer"
    ? outcome.remote
    : undefined
  return markup`${chip(outcome)}${
    first === undefined ? nothing : markup` <span class="faint">${reported(first).code}</span>`
  }`
}

const endedTable = (records: ReadonlyArray<Summary>, path: string): Markup =>
  records.length === 0
    ? markup`<p class="faint">None yet. The options of WireLog choose which are recorded and kept.</p>`
    : markup`<table class="list">
<thead><tr><th>path</th><th>peer</th><th>end</th><th class="n">lasted</th><th>opened</th></tr></thead>
<tbody>${
      records.map((one) =>
        markup`<tr>${cell("path", link(path, one))}${cell("peer", withPeer(one), "word")}${
          cell("end", end(one), "word")
        }${cell("lasted", one.endedAt === undefined ? undefined : duration(one.endedAt - one.openedAt), "n")}${
          cell("opened", Page.when(iso(one.openedAt)))
        }</tr>
`
      )
    }</tbody></table>`
