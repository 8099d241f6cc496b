/**
 * How the page looks: two columns where there is room, light or dark as the reader has it.
 */
export const style = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --surface: #ffffff; --line: #d9dee5; --text: #1a2230; --faint: #566173;
  --accent: #2457d6; --accent-text: #ffffff; --good: #0b7a4b; --warn: #9a5b00; --bad: #b3261e;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "Segoe UI Mono", "Liberation Mono", Menlo, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #10141b; --surface: #181e28; --line: #303a48; --text: #e8ecf2; --faint: #9fabbc;
    --accent: #86a9ff; --accent-text: #0d1526; --good: #5fd3a0; --warn: #f0b65a; --bad: #ff8f87;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0 auto; padding: 1.5rem clamp(1rem, 4vw, 2.5rem) 3rem; max-width: 76rem;
  background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
}
h1, h2, p, ol, fieldset { margin: 0; padding: 0; }
h1 { font-size: 1.6rem; line-height: 1.2; letter-spacing: -0.01em; }
h1 span { color: var(--accent); }
h2 { font-size: 0.8rem; font-weight: 650; letter-spacing: 0.06em; text-transform: uppercase; color: var(--faint); }
header { display: flex; gap: 1rem; align-items: flex-start; justify-content: space-between; flex-wrap: wrap; }
header p:not(.status) { color: var(--faint); }
main { display: grid; gap: 1rem; margin-top: 1.25rem; grid-template-columns: minmax(0, 1fr); }
.controls { display: grid; gap: 1rem; align-content: start; grid-template-columns: minmax(0, 1fr); }
section { background: var(--surface); border: 1px solid var(--line); border-radius: 0.75rem; padding: 1rem 1.1rem; }
section > * + *, form + form, fieldset > * + * { margin-top: 0.65rem; }
fieldset { border: 0; min-width: 0; }
label { display: block; font-size: 0.875rem; color: var(--faint); }
.row { display: flex; gap: 0.65rem; align-items: center; flex-wrap: wrap; }
.row > .url, .row > input[type="file"], .row > .reason { flex: 1 1 12rem; min-width: 0; }
.row > h2 { flex: 1; }
.row > * { margin-top: 0; }
.fields { align-items: flex-end; }
.code input { width: 7rem; }
.choice { display: flex; gap: 0.4rem 1.25rem; flex-wrap: wrap; }
.choice label { color: var(--text); font-size: 1rem; }
input[type="radio"] { accent-color: var(--accent); }

button, input, textarea { font: inherit; color: inherit; border-radius: 0.5rem; }
input:not([type="radio"]), textarea {
  width: 100%; padding: 0.45rem 0.65rem; background: var(--ground); border: 1px solid var(--line);
}
input[type="file"] { padding: 0.3rem; font-size: 0.875rem; }
textarea { display: block; resize: vertical; font-family: var(--mono); font-size: 0.9rem; }
button {
  padding: 0.45rem 0.95rem; font-weight: 550; cursor: pointer;
  background: var(--surface); border: 1px solid var(--line);
}
button:hover:enabled:not([aria-disabled="true"]) { border-color: var(--accent); }
button.primary { background: var(--accent); border-color: var(--accent); color: var(--accent-text); }
button.danger { border-color: var(--bad); color: var(--bad); }
button.quiet { padding: 0.1rem 0.6rem; font-size: 0.85rem; color: var(--faint); }
:disabled, [aria-disabled="true"] { opacity: 0.55; }
fieldset:disabled { opacity: 0.6; }
fieldset:disabled :disabled { opacity: 1; }
fieldset:disabled :is(button, input, textarea), button:disabled, [aria-disabled="true"] { cursor: not-allowed; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }

.url { font-family: var(--mono); font-size: 0.95rem; overflow-wrap: anywhere; }
.latency { font-family: var(--mono); font-size: 1.15rem; font-variant-numeric: tabular-nums; }
.hint, caption { font-size: 0.85rem; color: var(--faint); }
.hint[data-state="error"] { color: var(--bad); }
.notice { margin-top: 1rem; color: var(--bad); }

.status {
  display: inline-flex; align-items: center; gap: 0.5rem; padding: 0.25rem 0.8rem; white-space: nowrap;
  border: 1px solid var(--line); border-radius: 99rem; background: var(--surface); font-weight: 550;
}
.status::before { content: ""; width: 0.6rem; height: 0.6rem; border-radius: 50%; background: var(--faint); }
.status[data-state="open"]::before { background: var(--good); }
.status:is([data-state="connecting"], [data-state="closing"])::before { background: var(--warn); }
.status[data-state="failed"]::before { background: var(--bad); }

.journal { display: flex; flex-direction: column; min-height: 12rem; }
#journal { list-style: none; overflow: auto; max-height: 26rem; border-radius: 0.35rem; }
#journal li {
  display: grid; grid-template-columns: 1.25rem minmax(0, 1fr) auto; gap: 0.15rem 0.5rem; padding: 0.4rem 0.25rem;
  border-top: 1px solid var(--line); font-size: 0.9rem;
}
#journal li:first-child { border-top: 0; }
#journal .mark { font-family: var(--mono); color: var(--faint); text-align: center; }
#journal .note { color: var(--faint); font-variant-numeric: tabular-nums; white-space: nowrap; }
#journal .content { font-family: var(--mono); white-space: pre-wrap; overflow-wrap: anywhere; }
#journal [data-kind="received"] .mark, #journal [data-kind="received"] .note { color: var(--good); }
#journal [data-kind="ping"] .mark { color: var(--accent); }
#journal [data-kind="error"] :is(.mark, .content) { color: var(--bad); }
#journal [data-kind="life"] .content { font-family: inherit; color: var(--faint); }

.ending { overflow-x: auto; }
#summary { font-size: 1.05rem; }
#summary strong[data-clean="true"] { color: var(--good); }
#summary strong[data-clean="false"] { color: var(--bad); }
table { width: 100%; border-collapse: collapse; font-size: 0.9rem; }
caption { text-align: left; padding-bottom: 0.5rem; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.75rem 0.35rem 0; border-top: 1px solid var(--line); }
thead th { border-top: 0; font-size: 0.8rem; color: var(--faint); }
tbody th, tbody td:nth-child(2) { font-family: var(--mono); font-weight: 500; }
tbody td:nth-child(2) { overflow-wrap: anywhere; min-width: 6rem; }
tbody td[data-value="true"] { color: var(--accent); font-weight: 650; }
tbody td:is([data-value="null"], [data-value="false"]) { color: var(--faint); }
tbody td:last-child { color: var(--faint); padding-right: 0; }

/* Key and value side by side, and what they mean below: three columns would be wider than the page. */
@media (max-width: 40rem) {
  thead { display: none; }
  tbody tr { display: grid; grid-template-columns: minmax(0, 1fr) auto; padding: 0.35rem 0; border-top: 1px solid var(--line); }
  tbody :is(th, td) { border: 0; padding: 0.1rem 0; overflow-wrap: anywhere; }
  tbody td:nth-child(2) { min-width: 0; max-width: 9rem; padding-left: 0.75rem; text-align: right; }
  tbody td:last-child { grid-column: 1 / -1; }
}

@media (min-width: 60rem) {
  main { grid-template-columns: minmax(0, 6fr) minmax(0, 5fr); }
  .journal { contain: size; }
  #journal { max-height: none; flex: 1; }
  .ending { grid-column: 1 / -1; }
}
`

/** A ball that comes back. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="8" fill="#2457d6"/>
<path d="M7 12h13a5 5 0 0 1 0 10h-9m3.5-4L10.500 22l4 4" fill="none" stroke="#fff" stroke-width="2.6"
 stroke-linecap="round" stroke-linejoin="round"/>
</svg>
`
