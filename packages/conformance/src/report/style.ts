/**
 * How the pages look: one style sheet for all, in light and dark, on narrow screens and on paper.
 *
 * @since 0.1.0
 */

const colors = {
  text: ["#1c2430", "#dfe5ec"],
  faint: ["#5b6673", "#98a4b3"],
  page: ["#f6f7f9", "#12161c"],
  sheet: ["#ffffff", "#1a2029"],
  line: ["#e0e4e9", "#2c3541"],
  hover: ["#f3f5f7", "#212934"],
  link: ["#1a5fb4", "#78aef5"],
  ok: ["#1b6e37", "#5ac37f"],
  "ok-soft": ["#dff3e4", "#16351f"],
  "ok-dot": ["#5b9f71", "#3f7f57"],
  lax: ["#7d5800", "#e0b34c"],
  "lax-soft": ["#fbf0cf", "#3a2e10"],
  info: ["#1a5fb4", "#78aef5"],
  "info-soft": ["#dfebfb", "#16293f"],
  none: ["#6f42a5", "#b794f0"],
  "none-soft": ["#ede4f9", "#2a1f3d"],
  bad: ["#b3261e", "#ff8a80"],
  "bad-soft": ["#fbe1df", "#431b18"]
} as const

const variables = (which: 0 | 1): string =>
  Object.entries(colors).map(([name, pair]) => `--${name}: ${pair[which]};`).join(" ")

/**
 * @since 0.1.0
 * @category pages
 */
export const style = `:root { color-scheme: light dark; ${variables(0)} }
@media (prefers-color-scheme: dark) { :root { ${variables(1)} } }
@media print { :root { color-scheme: light; ${variables(0)} } }
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem clamp(1rem, 4vw, 3rem) 4rem; max-width: 84rem;
  background: var(--page); color: var(--text); overflow-wrap: break-word;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif;
}
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px; }
h1 { margin: 0 0 .25rem; font-size: 1.7rem; line-height: 1.25; letter-spacing: -.01em; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.15rem; }
h3 { margin: 1.25rem 0 .4rem; font-size: .95rem; }
p { margin: .4rem 0; }
.faint { color: var(--faint); }
.mono, pre, td.n, th.n { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: .86em; }
.sheet > :first-child, .columns > div > :first-child { margin-top: 0; }
.sheet { background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.25rem; }
.columns { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); align-items: start; }
.columns > *, .sheet { min-width: 0; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }

.chip {
  display: inline-block; padding: .08rem .55rem; border-radius: 99px; font-size: .85em; font-weight: 600; white-space: nowrap;
}
.ok { color: var(--ok); background: var(--ok-soft); }
.lax { color: var(--lax); background: var(--lax-soft); }
.info { color: var(--info); background: var(--info-soft); }
.none { color: var(--none); background: var(--none-soft); }
.bad { color: var(--bad); background: var(--bad-soft); }
.missing { color: var(--faint); background: none; font-weight: 400; }

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

table { border-collapse: collapse; width: 100%; }
th, td { padding: .3rem .6rem; text-align: left; vertical-align: baseline; }
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

.facts td:first-child { white-space: nowrap; }
.facts td { border-bottom: 1px solid var(--line); }
.facts tr:last-child td { border-bottom: 0; }
.facts td:nth-child(2) { font-weight: 600; overflow-wrap: anywhere; }
.events { margin: .2rem 0; padding-left: 1.2rem; overflow-wrap: anywhere; }
.columns:has(.stats) { grid-template-columns: repeat(auto-fit, minmax(min(15rem, 100%), 1fr)); }
.stats td, .stats th { padding: .15rem .6rem; text-align: right; }
.traffic { width: auto; }
.traffic tbody th, .traffic tfoot th { text-align: left; }
.stats td { font-variant-numeric: tabular-nums; }
.stats th { color: var(--faint); font-weight: 600; font-size: .82rem; }
.stats tfoot td { border-top: 1px solid var(--line); font-weight: 600; }
.wire { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: .82rem; }
.wire td { padding: .1rem .5rem; border: 0; }
.wire td:nth-child(-n+3) { white-space: nowrap; color: var(--faint); text-align: right; }
.wire td:nth-child(3) { text-align: left; color: var(--text); }
.wire td:last-child { overflow-wrap: anywhere; width: 100%; min-width: 9rem; }
.wire .octets td:last-child { color: var(--faint); }
.wire .in td:nth-child(3) { color: var(--info); }
.wire .out td:nth-child(3) { color: var(--ok); }
.wire .clock td { color: var(--lax); }
.wire b { font-weight: 600; }
nav { display: flex; justify-content: space-between; gap: 1rem; margin-bottom: 1.25rem; font-size: .92rem; }

@media (max-width: 44rem) {
  h1 { font-size: 1.35rem; }
  .sheet { padding: .8rem .9rem; }
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
  .facts, .facts tbody, .facts tr, .facts td { display: block; }
  .facts tr { border-bottom: 1px solid var(--line); padding: .3rem 0; }
  .facts tr:last-child { border-bottom: 0; }
  .facts td { border: 0; padding: 0; }
  .facts td:first-child { display: inline; }
  .facts td:nth-child(2) { display: inline; margin-left: .6rem; }
  .stats td, .stats th { padding: .15rem .3rem; }
  .wire, .wire tbody { display: block; }
  .wire tr { display: grid; grid-template-columns: auto auto 1fr; padding: .2rem 0; }
  .wire td:last-child { grid-column: 1 / -1; min-width: 0; padding-left: 1.2rem; }
}

@media print {
  body { max-width: none; padding: 0; background: #fff; font-size: 10pt; }
  .controls, nav, details { display: none; }
  .chip { border: 1px solid currentcolor; background: none; }
  .map a { print-color-adjust: exact; }
  .sheet, .matrix { border-radius: 0; }
  .matrix thead th { position: static; }
  tr { break-inside: avoid; }
  h2, th.chapter, th.section { break-after: avoid; }
}
`
