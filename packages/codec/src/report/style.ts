/**
 * The style sheet of all report pages: light and dark, for narrow screens and for paper. Text only.
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
 * The style sheet: headings, sheets, columns and chips, the tables of a connection's report, and its wire log. A page adds what only it
 * needs.
 *
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

table { border-collapse: collapse; width: 100%; }
th, td { padding: .3rem .6rem; text-align: left; vertical-align: baseline; }

.facts td:first-child { white-space: nowrap; }
.facts td { border-bottom: 1px solid var(--line); }
.facts tr:last-child td { border-bottom: 0; }
.facts td:nth-child(2) { font-weight: 600; overflow-wrap: anywhere; }
.columns:has(.stats) { grid-template-columns: repeat(auto-fit, minmax(min(15rem, 100%), 1fr)); }
.stats td, .stats th { padding: .15rem .6rem; text-align: right; }
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
  nav { display: none; }
  .chip { border: 1px solid currentcolor; background: none; }
  .sheet { border-radius: 0; }
  tr { break-inside: avoid; }
  h2 { break-after: avoid; }
}
`
