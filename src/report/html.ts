import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { StudyResults } from '../study/results.js';
import type { ChartResult } from './chart.js';
import { csv } from './csv.js';
import { webFontFile } from './font.js';
import { escapeHtml } from './escapeHtml.js';
import { overview, provenance, settings } from './sections.js';
import { style } from './style.js';
import type { SummaryTable } from './table.js';

const require = createRequire(import.meta.url);

/** A drawn figure: its chart and the SVG of `renderSvg`. */
export interface Figure {
  chart: ChartResult;
  svg: string;
}

/** Screen pixels per point, so that 8.5 pt labels are read like body text. */
const SCREEN_SCALE = 1.5;

/** Puts each interactive chart in the place of its static drawing; one column where there is no room for two. */
const script = `
const narrow = matchMedia('(max-width: 640px)');
async function draw(figure) {
  const spec = JSON.parse(figure.querySelector('script').textContent);
  const chart = figure.querySelector('.chart');
  const place = document.createElement('div');
  if (narrow.matches) spec.columns = 1;
  await vegaEmbed(place, spec, { mode: 'vega-lite', renderer: 'svg', actions: false, defaultStyle: false, ast: true });
  const svg = place.querySelector('svg');
  svg.style.maxWidth = ${SCREEN_SCALE} * svg.viewBox.baseVal.width + 'px';
  chart.replaceChildren(place);
  figure.dataset.drawn = 'yes';
}
async function drawAll() {
  await Promise.all([400, 600].map((weight) => document.fonts.load(weight + ' 10px "Source Sans 3"')));
  for (const figure of document.querySelectorAll('figure')) await draw(figure);
}
narrow.addEventListener('change', drawAll);
drawAll();
`;

/**
 * The report as one HTML document that needs nothing else: charts (interactive, and static where
 * scripts are off), tables, font and libraries are inside, and its policy forbids every request.
 */
export async function renderHtml(
  results: StudyResults,
  table: SummaryTable,
  figures: Figure[],
): Promise<string> {
  const font = (await readFile(webFontFile)).toString('base64');
  const libraries = await Promise.all(
    ['vega', 'vega-lite', 'vega-embed'].map((name) =>
      // The packages export their modules only; the browser builds lie beside them.
      readFile(join(dirname(require.resolve(name)), `${name}.min.js`), 'utf8'),
    ),
  );
  const name = escapeHtml(results.name);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; font-src data:; img-src data:">
<title>${name}: basin report</title>
<!-- Contains Vega, Vega-Lite and Vega-Embed (BSD-3-Clause) and Source Sans 3 (SIL Open Font License 1.1). -->
<style>
@font-face { font-family: "Source Sans 3"; font-weight: 200 900; src: url(data:font/woff2;base64,${font}) format("woff2"); }
${style}</style>
</head>
<body>
<header>
<h1>${name}</h1>
<p class="lead">${escapeHtml(`${results.network.name} on ${results.data.name}: sharpness of the minima and the generalization gap, by training regime.`)}</p>
</header>
<main>
${overview(results, table)}
${figures.length ? `<section aria-labelledby="figures"><h2 id="figures">Figures</h2>\n${figures.map(figureHtml).join('\n')}\n</section>` : ''}
${settings(results)}
${provenance(results)}
</main>
<footer><p>Made by basin ${escapeHtml(results.version)}.</p></footer>
${figures.length ? [...libraries, script].map((code) => `<script>${inlineScript(code)}</script>`).join('\n') : ''}
</body>
</html>
`;
}

function figureHtml({ chart, svg }: Figure): string {
  const { name, title, caption, spec, rows } = chart;
  const id = escapeHtml(name);
  const files = [
    { extension: 'svg', label: 'SVG', type: 'image/svg+xml', content: svg },
    {
      extension: 'vl.json',
      label: 'Vega-Lite spec',
      type: 'application/json',
      content: JSON.stringify(spec),
    },
    { extension: 'csv', label: 'Data (CSV)', type: 'text/csv', content: csv(rows) },
  ];
  const link = ({ extension, label, type, content }: (typeof files)[number]) =>
    `<li><a download="${id}.${extension}" href="data:${type};base64,${Buffer.from(content).toString('base64')}" aria-label="${label} of ${escapeHtml(title)}">${label}</a></li>`;
  return `<figure id="${id}" aria-labelledby="${id}-title">
<h3 id="${id}-title">${escapeHtml(title)}</h3>
<div class="chart">${svg}</div>
<figcaption>${escapeHtml(caption)}</figcaption>
<ul class="files">${files.map(link).join('')}</ul>
<script type="application/json">${JSON.stringify(spec).replaceAll('<', '\\u003c')}</script>
</figure>`;
}

/** A script that cannot end its own element: both sequences occur in strings and regular expressions only. */
function inlineScript(code: string): string {
  return code.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
}
