/** The ends of connections by the minute, as a chart of bars, with its numbers in a table beside. In: counts. Out: markup. */
import type { Markup } from "@effect-ws/codec/report/Markup"
import { markup, nothing } from "@effect-ws/codec/report/Markup"
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import type { OutcomeCounts } from "../wireLog/model.js"
import { colors } from "../wireLog/render.js"

type Kind = CloseOutcome["_tag"]

/** From the bottom of a bar to its top. */
const kinds: ReadonlyArray<Kind> = ["Clean", "Aborted", "Dropped", "CloseTimeout", "DropTimeout", "Failed"]

const minutes = 60
const bar = 12
const height = 90
const left = 46

/** `now` in milliseconds since 1970. */
export const chart = (all: ReadonlyArray<OutcomeCounts>, now: number): Markup => {
  const last = Math.floor(now / 60_000)
  const placed = all.map(({ counts, minute }) => ({ counts, ago: last - minute / 60_000 })).filter(({ ago }) =>
    ago < minutes
  )
  const most = Math.max(1, ...placed.map(({ counts }) => sum(counts)))
  const total = (kind: Kind): number => placed.reduce((whole, { counts }) => whole + counts[kind], 0)
  const width = left + minutes * bar
  const ended = kinds.reduce((whole, kind) => whole + total(kind), 0)
  return markup`<svg class="chart" viewBox="0 0 ${width} ${
    height + 28
  }" role="img" aria-label="${`Ends by the minute, of the last hour: ${ended}`}">
<line x1="${left}" y1="${height + 2.5}" x2="${width}" y2="${height + 2.5}"/>
<text x="${left - 6}" y="16" text-anchor="end">${most}</text><text x="${left - 6}" y="${
    height + 2
  }" text-anchor="end">0</text>
<text x="${left}" y="${height + 22}">an hour ago</text><text x="${width}" y="${
    height + 22
  }" text-anchor="end">now</text>
${placed.map(({ ago, counts }) => stack(width - (ago + 1) * bar, counts, most))}</svg>
<ul class="legend">${
    kinds.map((kind) => markup`<li><span class="chip ${colors[kind]}">${total(kind)}</span> ${kind}</li>`)
  }</ul>`
}

const stack = (x: number, counts: OutcomeCounts["counts"], most: number): ReadonlyArray<Markup> => {
  let y = height + 2
  return kinds.map((kind) => {
    const size = counts[kind] === 0 ? 0 : Math.max(2, height * counts[kind] / most)
    y -= size
    return size === 0
      ? nothing
      : markup`<rect class="${colors[kind]}" x="${x + 1}" y="${y.toFixed(1)}" width="${bar - 2}" height="${
        size.toFixed(1)
      }"><title>${counts[kind]} ${kind}</title></rect>
`
  })
}

const sum = (counts: OutcomeCounts["counts"]): number => kinds.reduce((whole, kind) => whole + counts[kind], 0)
