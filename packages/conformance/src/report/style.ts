/**
 * How the pages look: one style sheet for all, in light and dark.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 * @category pages
 */
export const style = `:root {
  color-scheme: light dark;
  --text: light-dark(#1c2430, #dfe5ec);
  --faint: light-dark(#66717f, #8f9baa);
  --page: light-dark(#f6f7f9, #12161c);
  --sheet: light-dark(#ffffff, #1a2029);
  --line: light-dark(#e0e4e9, #2c3541);
  --link: light-dark(#1a5fb4, #78aef5);
  --ok: light-dark(#1f7a3d, #5ac37f);
  --ok-soft: light-dark(#dff3e4, #16351f);
  --lax: light-dark(#8a6100, #e0b34c);
  --lax-soft: light-dark(#fbf0cf, #3a2e10);
  --info: light-dark(#1a5fb4, #78aef5);
  --info-soft: light-dark(#dfebfb, #16293f);
  --none: light-dark(#6f42a5, #b794f0);
  --none-soft: light-dark(#ede4f9, #2a1f3d);
  --bad: light-dark(#b3261e, #ff8a80);
  --bad-soft: light-dark(#fbe1df, #431b18);
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem clamp(1rem, 4vw, 3rem) 4rem; max-width: 84rem;
  background: var(--page); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif;
}
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
h1 { margin: 0 0 .25rem; font-size: 1.7rem; line-height: 1.25; letter-spacing: -.01em; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.15rem; }
h3 { margin: 1.25rem 0 .4rem; font-size: .95rem; }
p { margin: .4rem 0; }
.faint { color: var(--faint); }
.mono, pre, td.n, th.n { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: .86em; }
.sheet > :first-child, .columns > div > :first-child { margin-top: 0; }
.sheet { background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.25rem; }
.columns { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr)); align-items: start; }
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

.agent { margin-bottom: 1rem; }
.agent h2 { margin: 0 0 .5rem; overflow-wrap: anywhere; }
.counts { display: flex; flex-wrap: wrap; gap: .35rem 1.25rem; margin: 0 0 .9rem; }
.counts .chip { margin-right: .35rem; font-variant-numeric: tabular-nums; }
.map { display: flex; flex-wrap: wrap; gap: .5rem 1.1rem; }
.map div { max-width: 100%; }
.map small { display: block; color: var(--faint); font-size: .75rem; }
.map span { display: flex; flex-wrap: wrap; gap: 2px; max-width: 25rem; }
.map a { display: block; width: 10px; height: 10px; border-radius: 2px; background: var(--ok); opacity: .55; }
.map a:hover { outline: 2px solid var(--text); }
.map a.lax { background: var(--lax); opacity: 1; }
.map a.info { background: var(--info); opacity: .8; }
.map a.none { background: var(--none); opacity: 1; }
.map a.bad { background: var(--bad); opacity: 1; }

.controls { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; margin: 2rem 0 .75rem; }
.controls label { cursor: pointer; }
body:has(#odd:checked) tbody tr.fine, body:has(#odd:checked) tbody.fine { display: none; }
body:not(:has(#closing:checked)) .closing { display: none; }

table { border-collapse: collapse; width: 100%; }
th, td { padding: .3rem .6rem; text-align: left; vertical-align: baseline; }
.matrix { background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; border-collapse: separate; border-spacing: 0; }
.matrix thead th {
  position: sticky; top: 0; z-index: 1; background: var(--sheet); border-bottom: 1px solid var(--line); overflow-wrap: anywhere;
}
.matrix th.closing { white-space: nowrap; }
.matrix thead th:first-child { border-top-left-radius: 10px; }
.matrix td { border-bottom: 1px solid var(--line); }
.matrix tbody tr:hover td { background: color-mix(in srgb, var(--line) 35%, transparent); }
.matrix th.chapter { padding-top: 1.6rem; font-size: 1.1rem; }
.matrix th.section { color: var(--faint); font-weight: 600; font-size: .86rem; border-bottom: 1px solid var(--line); }
.matrix td.id { width: 5rem; white-space: nowrap; font-variant-numeric: tabular-nums; }
.matrix td.verdict { white-space: nowrap; width: 1%; }
.matrix small { color: var(--faint); margin-left: .4rem; font-variant-numeric: tabular-nums; }

.facts td:first-child, .facts td:nth-child(2) { white-space: nowrap; }
.facts td { border-bottom: 1px solid var(--line); }
.facts tr:last-child td { border-bottom: 0; }
.facts td:nth-child(2) { font-weight: 600; }
.events { margin: .2rem 0; padding-left: 1.2rem; overflow-wrap: anywhere; }
.columns:has(.stats) { grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); }
.stats td, .stats th { padding: .15rem .6rem; text-align: right; }
.stats th { color: var(--faint); font-weight: 600; font-size: .82rem; }
.stats tfoot td { border-top: 1px solid var(--line); font-weight: 600; }
.wire { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: .82rem; }
.wire td { padding: .1rem .5rem; border: 0; }
.wire td:nth-child(-n+3) { white-space: nowrap; color: var(--faint); text-align: right; }
.wire td:nth-child(3) { text-align: left; color: var(--text); }
.wire td:last-child { overflow-wrap: anywhere; width: 100%; }
.wire .octets td:last-child { color: var(--faint); }
.wire .in td:nth-child(3) { color: var(--info); }
.wire .out td:nth-child(3) { color: var(--ok); }
.wire .clock td { color: var(--lax); }
.wire b { font-weight: 600; }
nav { display: flex; justify-content: space-between; gap: 1rem; margin-bottom: 1.25rem; font-size: .92rem; }
`
