/**
 * How the examiner's pages look: as all reports do, and what only they have: sums, maps and the matrix.
 *
 * @since 0.1.0
 */
import { style as reports } from "@effect-ws/codec/report/style"

/**
 * @since 0.1.0
 * @category pages
 */
export const style = `${reports}
.sums th, .sums td { padding: .3rem 1.2rem .3rem 0; }
.sums thead th { color: var(--faint); font-weight: 400; font-size: .88rem; }
.sums tr + tr th, .sums tr + tr td { border-top: 1px solid var(--line); }
.sums tr th { overflow-wrap: normal; word-break: normal; hyphens: none; }
.sums .label { display: none; }
.sums .chip, .total { font-variant-numeric: tabular-nums; }
.term, .total { white-space: nowrap; }
.total { display: inline-block; min-width: 2.9rem; }
details { margin-top: .4rem; }
summary { cursor: pointer; color: var(--link); font-size: .88rem; width: fit-content; }
.map { display: flex; flex-wrap: wrap; gap: .5rem 1.1rem; margin-top: .7rem; }
.map div { max-width: 100%; }
.map small { display: block; color: var(--faint); font-size: .78rem; }
.map span { display: flex; flex-wrap: wrap; gap: 2px; max-width: 25rem; }
.map a { display: block; width: 10px; height: 10px; border-radius: 2px; background: var(--ok-dot); }
.map a:hover { outline: 2px solid var(--text); }
.map a.lax { background: var(--lax); }
.map a.info { background: var(--info); }
.map a.none { background: var(--none); }
.map a.bad { background: var(--bad); }

.controls { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; margin: 2rem 0 .75rem; }
.controls label { cursor: pointer; }
body:has(#odd:checked) tbody tr.fine, body:has(#odd:checked) tbody.fine { display: none; }
body:not(:has(#closing:checked)) .closing { display: none; }

.matrix { background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; border-collapse: separate; border-spacing: 0; }
.matrix thead th {
  position: sticky; top: 0; z-index: 1; background: var(--sheet); border-bottom: 1px solid var(--line); vertical-align: bottom;
}
.matrix th.agent { overflow-wrap: normal; word-break: normal; hyphens: none; }
.matrix.several th.agent { font-size: .82rem; line-height: 1.3; max-width: 18rem; overflow: hidden; text-overflow: ellipsis; }
.matrix.many th.agent { max-width: 9rem; }
.matrix thead th:first-child { border-top-left-radius: 10px; }
.matrix thead th:last-child { border-top-right-radius: 10px; }
.matrix td { border-bottom: 1px solid var(--line); }
.matrix tbody tr:hover td { background: var(--hover); }
.matrix th.chapter { padding-top: 1.6rem; font-size: 1.1rem; }
.matrix th.section { color: var(--faint); font-weight: 600; font-size: .86rem; border-bottom: 1px solid var(--line); }
.matrix td.id { width: 5rem; white-space: nowrap; font-variant-numeric: tabular-nums; }
.matrix td.verdict { width: 1%; }
.matrix .label { display: none; }
.matrix .chips { display: inline-flex; gap: .2rem .35rem; white-space: nowrap; }
.matrix.many .chips { flex-direction: column; align-items: flex-start; }
.matrix.one .chips > a { min-width: 4.2rem; }
.matrix small span { white-space: nowrap; }
.matrix small { display: block; color: var(--faint); font-variant-numeric: tabular-nums; }
.events { margin: .2rem 0; padding-left: 1.2rem; overflow-wrap: anywhere; }
.traffic { width: auto; }
.traffic tbody th, .traffic tfoot th { text-align: left; }

@media (max-width: 44rem) {
  .sums, .sums tbody, .sums tr, .sums td, .sums tr th { display: block; }
  .sums thead { display: none; }
  .sums tr { padding: .4rem 0; }
  .sums tr + tr { border-top: 1px solid var(--line); }
  .sums th, .sums td, .sums tr + tr th, .sums tr + tr td { padding: .1rem 0; border: 0; overflow-wrap: break-word; }
  .sums .label { display: block; color: var(--faint); font-size: .82rem; }
  .matrix, .matrix tbody, .matrix thead { display: block; }
  .matrix thead { display: none; }
  .matrix tr { display: grid; grid-template-columns: auto 1fr auto; gap: 0 .7rem; padding: .35rem .9rem; border-bottom: 1px solid var(--line); }
  .matrix th, .matrix td, .matrix tr td.id, .matrix tr td.verdict { border: 0; padding: .1rem 0; width: auto; }
  .matrix th { grid-column: 1 / -1; }
  .matrix tr:has(th) { border-bottom: 0; }
  .matrix .chips, .matrix.many .chips { flex-flow: row wrap; justify-content: flex-end; margin-left: auto; }
  .matrix small { text-align: right; }
  .matrix.one small { max-width: 8.5rem; margin-left: auto; }
  .matrix.one td.verdict { text-align: right; max-width: 11rem; }
  .matrix.one .chips > a { min-width: 0; }
  .matrix.several tr { grid-template-columns: auto 1fr; }
  .matrix.several td.verdict { grid-column: 1 / -1; display: flex; flex-wrap: wrap; align-items: baseline; gap: .1rem .7rem; }
  .matrix.several .label {
    display: inline; max-width: 100%; overflow: hidden; text-overflow: ellipsis; color: var(--faint); font-size: .85rem;
  }
  .matrix.several small { flex-basis: 100%; }
}

@media print {
  .controls, details { display: none; }
  .map a { print-color-adjust: exact; }
  .matrix { border-radius: 0; }
  .matrix thead th { position: static; }
  th.chapter, th.section { break-after: avoid; }
}
`
