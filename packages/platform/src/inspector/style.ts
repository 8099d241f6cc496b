/** How the inspector looks: as all reports do, and what only it has: its tables, which are lists on narrow screens, and the chart. */
import { style as reports } from "@effect-ws/codec/report/style"

export const style = `${reports}
.bar { display: flex; flex-wrap: wrap; align-items: baseline; gap: .4rem 1rem; }
.bar h1 { margin-right: auto; }
button {
  font: inherit; color: var(--text); background: var(--sheet); border: 1px solid var(--line); border-radius: 6px; padding: .3rem .9rem;
  min-height: 2.2rem; cursor: pointer;
}
button:hover { background: var(--hover); }
.list th { color: var(--faint); font-weight: 600; font-size: .82rem; white-space: nowrap; }
.list td { border-top: 1px solid var(--line); overflow-wrap: anywhere; }
.list tbody tr:hover td { background: var(--hover); }
.list .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; font-family: inherit; }
.list td.n { font-size: inherit; }
.list td.word > * { display: inline-block; min-width: 7.5rem; }
.list a { display: block; width: fit-content; padding: .15rem 0; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; list-style: none; margin: .6rem 0 0; padding: 0; }
.chart { display: block; width: 100%; height: auto; overflow: visible; }
.chart text { font-size: 11px; fill: var(--faint); }
.chart line { stroke: var(--line); }
.chart .ok { fill: var(--ok-dot); }
.chart .bad { fill: var(--bad); }
.chart .lax { fill: var(--lax); }
.chart .none { fill: var(--none); }
.chart .info { fill: var(--info); }

@media (max-width: 44rem) {
  .list thead { display: none; }
  .list, .list tbody { display: block; }
  .chart text { font-size: 25px; }
  .list tr { display: grid; grid-template-columns: auto 1fr; align-items: baseline; gap: .1rem .8rem; padding: .6rem 0; border-top: 1px solid var(--line); }
  .list tr:first-child { border-top: 0; }
  .list td, .list td.n { display: contents; text-align: left; }
  .list td::before { content: attr(data-label); color: var(--faint); font-size: .85rem; }
  .list td.untold { display: none; }
  .list td > *, .list td.word > * { min-width: 0; overflow-wrap: anywhere; white-space: normal; }
  .list a { padding: .35rem 0; }
}
`
