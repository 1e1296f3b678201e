import { join } from 'node:path';
import { makeFolder, writeAtomically } from '../atomicFile.js';
import type { StudyResults } from '../study/results.js';
import { drawAll } from './charts/registry.js';
import { csv } from './csv.js';
import { type Figure, renderHtml } from './html.js';
import { formatResults } from './json.js';
import { measuredColumns, measuredRows } from './measuredRows.js';
import { renderPng, renderSvg } from './render.js';
import { summaryTable } from './table.js';

/**
 * Writes the whole report into `folder`, which is made if it is missing: `index.html` (complete in
 * itself), `results.json`, `results.csv` (one record a measured number), and for every chart that has
 * data `figures/<name>.svg`, `.png`, `.vl.json` and `.csv`. Each file replaces its old version at once.
 *
 * @returns the paths written, `index.html` first.
 * @throws InputError where the folder cannot be written.
 */
export async function writeReport(results: StudyResults, folder: string): Promise<string[]> {
  const figureFolder = join(folder, 'figures');
  await makeFolder(figureFolder);
  const figures: Figure[] = [];
  for (const chart of drawAll(results)) figures.push({ chart, svg: await renderSvg(chart.spec) });

  const files: [path: string, content: string | Buffer][] = [
    [join(folder, 'index.html'), await renderHtml(results, summaryTable(results), figures)],
    [join(folder, 'results.json'), formatResults(results)],
    [join(folder, 'results.csv'), csv(measuredRows(results), measuredColumns)],
    ...figures.flatMap(({ chart: { name, spec, rows }, svg }): [string, string | Buffer][] => [
      [join(figureFolder, `${name}.svg`), svg],
      [join(figureFolder, `${name}.png`), renderPng(svg)],
      [join(figureFolder, `${name}.vl.json`), JSON.stringify(spec, null, 2) + '\n'],
      [join(figureFolder, `${name}.csv`), csv(rows)],
    ]),
  ];
  for (const [path, content] of files) await writeAtomically(path, [content]);
  return files.map(([path]) => path);
}
