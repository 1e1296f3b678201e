/** Style sheet of the HTML report: light and dark, narrow and wide, screen and paper. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f6f7f8; --card: #ffffff; --text: #1d2126; --soft: #5a636e; --line: #d9dde2; --link: #00588c;
}
@media (prefers-color-scheme: dark) {
  :root { --page: #15181b; --card: #1f2428; --text: #e8eaed; --soft: #a8b0b9; --line: #3a4148; --link: #7cc0ee; }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 1rem/1.55 "Source Sans 3", system-ui, sans-serif; overflow-wrap: break-word;
}
header, main, footer { max-width: 54rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 2rem; }
footer { padding-bottom: 3rem; color: var(--soft); font-size: .9rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.35rem; line-height: 1.25; margin: 2.5rem 0 .75rem; }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
.lead, .notes, figcaption, caption { color: var(--soft); }
.lead { margin: 0; }
.notes { font-size: .93rem; margin: .5rem 0; }
a { color: var(--link); }
a:focus-visible, [tabindex]:focus-visible, summary:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: .6rem .8rem; font-size: .93rem; }
th, td { padding: .35rem .8rem; text-align: right; border-top: 1px solid var(--line); }
td, th[scope=row] { white-space: nowrap; }
td.text, th.text { text-align: left; }
td.prose { text-align: left; white-space: normal; min-width: 14rem; }
th { font-weight: 600; }
thead th { vertical-align: bottom; }
th[scope=row], thead th:first-child { text-align: left; font-weight: 400; }
thead th:first-child { font-weight: 600; }
code { font-family: ui-monospace, monospace; font-size: .85em; overflow-wrap: anywhere; }
td code { white-space: nowrap; }
figure { margin: 0 0 2.5rem; }
.chart { background: #ffffff; border: 1px solid var(--line); border-radius: 6px; padding: .75rem; }
.chart svg { display: block; margin: 0 auto; width: 100%; height: auto; }
figcaption { margin-top: .5rem; font-size: .95rem; }
.files { margin: .35rem 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; font-size: .93rem; }
.files a { display: inline-block; padding: .2rem 0; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .25rem 1rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; }
details { margin: 1rem 0; }
summary { cursor: pointer; padding: .25rem 0; }
#vg-tooltip-element { font-family: inherit; max-width: min(90vw, 30rem); }
@media (max-width: 640px) {
  dl { grid-template-columns: minmax(0, 1fr); gap: 0; }
  dd { margin-bottom: .5rem; }
  th, td { padding: .35rem .5rem; }
  th[scope=row] { white-space: normal; }
  table { font-size: .93rem; }
  .chart { padding: .25rem; }
}
@media print {
  :root { --page: #fff; --card: #fff; --text: #000; --soft: #333; --line: #bbb; --link: #000; }
  body { font-size: 10pt; }
  header, main, footer { max-width: none; padding: 0; }
  figure, tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .chart { border: 0; padding: 0; }
  .files { display: none; }
}
`;
