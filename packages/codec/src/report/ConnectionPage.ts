/**
 * The record of one connection as parts of a page: closing behavior, opening handshake, wire statistics, wire log. In: a record, and who
 * keeps it. Out: markup. The examiner's page of a case is made of these.
 *
 * @since 0.1.0
 */
import type { ClosingFacts, ConnectionRecord, Counts, Timed } from "./ConnectionRecord.js"
import type { Markup } from "./Markup.js"
import { markup, nothing } from "./Markup.js"

/**
 * Who keeps the record, in words for its readers: "the examiner", "this end".
 *
 * @since 0.1.0
 * @category models
 */
export type Keeper = string

/**
 * The sections of a report, each with its heading: closing, handshake, statistics and log. `closing` introduces the closing behavior.
 * Unless the connection `isOver`, the log has no end.
 *
 * @since 0.1.0
 * @category pages
 */
export const sections = (record: ConnectionRecord, keeper: Keeper, closing: Markup, isOver: boolean): Markup =>
  markup`<h2>Closing</h2>
${closing}
<div class="sheet">${closingFacts(record.closing, keeper)}</div>
<h2>Opening handshake</h2>
<div class="columns">${handshake("Request", record.httpRequest)}${handshake("Response", record.httpResponse)}</div>
<h2>On the wire</h2>
<div class="columns">${statistics(record)}</div>
<h2>Log</h2>
<div class="sheet">${wireLog(record, keeper, isOver)}</div>`

const meanings = (who: Keeper): ReadonlyArray<readonly [keyof ClosingFacts, string]> => [
  ["isServer", `${who} was the server`],
  ["closedByMe", `${who} sent the first Close frame`],
  ["failedByMe", `${who} gave the connection up: for a breach by the peer, or because a time had passed`],
  ["droppedByMe", `${who} was the one that dropped TCP`],
  ["wasClean", "both Close frames were seen, and TCP ended as it should"],
  ["wasNotCleanReason", "why it was not clean"],
  ["wasServerConnectionDropTimeout", "the server did not drop TCP in time"],
  ["wasOpenHandshakeTimeout", "the opening handshake took too long"],
  ["wasCloseHandshakeTimeout", `the peer did not answer ${who}'s Close in time`],
  ["localCloseCode", `the code in ${who}'s Close`],
  ["localCloseReason", `the reason in ${who}'s Close`],
  ["remoteCloseCode", "the code in the peer's Close"],
  ["remoteCloseReason", "the reason in the peer's Close"]
]

const closingFacts = (facts: ClosingFacts, keeper: Keeper): Markup =>
  markup`<table class="facts">${
    meanings(keeper).map(([key, says]) =>
      markup`<tr><td class="mono">${key}</td><td>${
        facts[key] === null ? "–" : String(facts[key])
      }</td><td class="faint">${says}</td></tr>`
    )
  }</table>`

const handshake = (title: string, text: string): Markup =>
  markup`<div class="sheet"><h3>${title}</h3><pre>${text.trimEnd()}</pre></div>`

const statistics = ({ framesIn, framesOut, octetsIn, octetsOut }: ConnectionRecord): ReadonlyArray<Markup> => [
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
<thead><tr><th>bytes at a time</th><th>times</th><th>bytes</th></tr></thead>
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

/**
 * An opcode in words (RFC 6455 §5.2).
 *
 * @since 0.1.0
 * @category words
 */
export const nameOf = (opcode: number): string => names[opcode] ?? `opcode ${opcode}`

const wireLog = ({ closing, wire }: ConnectionRecord, keeper: Keeper, isOver: boolean): Markup =>
  markup`<table class="wire">${wire.slice(0, mostLines).map(logLine)}${
    wire.length > mostLines
      ? markup`<tr class="clock"><td></td><td></td><td>…</td><td>and ${
        wire.length - mostLines
      } more, which are in the JSON of this report</td></tr>`
      : nothing
  }${
    isOver
      ? markup`<tr class="clock"><td></td><td></td><td>end</td><td>TCP dropped by ${
        closing.droppedByMe ? keeper : "the peer"
      }</td></tr>`
      : nothing
  }</table>`

const mostLines = 1000

const logLine = ({ at, record }: Timed, i: number): Markup => {
  const line = (kind: string, label: string, text: Part): Markup =>
    markup`<tr class="${kind}"><td>${String(i).padStart(3, "0")}</td><td>${
      at.toFixed(1)
    }</td><td>${label}</td><td>${text}</td></tr>
`
  switch (record[0]) {
    case "RO":
      return line("in octets", "← bytes", `${record[1][0]}: ${record[1][1]}`)
    case "TO":
      return line("out octets", "→ bytes", `${record[1][0]}: ${record[1][1]}`)
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

/**
 * A number of bytes in words.
 *
 * @since 0.1.0
 * @category words
 */
export const size = (octets: number): string => octets === 1 ? "1 byte" : `${octets} bytes`
