import type { MeasureResult, StudyResults } from '../study/results.js';
import { clauses, enumerate, integer, measuredOn, penalty, trainedOn } from './caption.js';
import { escapeHtml } from './escapeHtml.js';
import { regimesOf } from './regimes.js';
import { cellText, runCount, type SummaryTable, tableNotes, type TableRow } from './table.js';

interface Column {
  title: string;
  /** Words and sentences stand left, and sentences may wrap; numbers, the default, stand right. */
  kind?: 'text' | 'prose';
}

/** A table that scrolls by itself on narrow screens; the first column heads its row. */
function htmlTable(caption: string, columns: Column[], rows: string[][]): string {
  const kind = ({ kind }: Column) => (kind ? ` class="${kind}"` : '');
  const head = columns.map(
    (column) => `<th scope="col"${column.kind ? ' class="text"' : ''}>${column.title}</th>`,
  );
  const body = rows.map(([first, ...rest]) => {
    const cells = rest.map((cell, i) => `<td${kind(columns[i + 1])}>${cell}</td>`);
    return `<tr><th scope="row">${first}</th>${cells.join('')}</tr>`;
  });
  return `<div class="scroll" role="region" tabindex="0" aria-label="${caption}"><table><caption>${caption}</caption>
<thead><tr>${head.join('')}</tr></thead>
<tbody>
${body.join('\n')}
</tbody></table></div>`;
}

function definitions(entries: [term: string, html: string][]): string {
  return `<dl>${entries.map(([term, html]) => `<dt>${term}</dt><dd>${html}</dd>`).join('\n')}</dl>`;
}

const code = (text: string) => `<code>${escapeHtml(text)}</code>`;

/** The regimes side by side, every run on demand, and why values did not converge. */
export function overview(results: StudyResults, table: SummaryTable): string {
  const column = (row: TableRow) =>
    table.quantities.map((quantity, i) => escapeHtml(cellText(row.cells[i], quantity, row)));
  const across = (caption: string, rows: TableRow[], title: (row: TableRow) => string) => {
    const columns = rows.map(column);
    return htmlTable(
      caption,
      [{ title: 'quantity' }, ...rows.map((row) => ({ title: escapeHtml(title(row)) }))],
      [
        ['runs', ...rows.map((row) => escapeHtml(runCount(row)))],
        ...table.quantities.map(({ label }, i) => [
          escapeHtml(label),
          ...columns.map((cells) => cells[i]),
        ]),
      ],
    );
  };
  const notes = tableNotes(table).map((note) => `<p class="notes">${escapeHtml(note)}</p>`);
  const remarks = results.runs.flatMap((run) => [
    ...(run.status === 'diverged' ? [`${run.id}: diverged after ${run.steps} updates.`] : []),
    ...run.measures
      .filter((measure) => measure.note)
      .map((measure) => `${run.id}, ${measure.label}: ${measure.note}`),
  ]);
  return `<section aria-labelledby="overview"><h2 id="overview">Overview</h2>
${across(`Final numbers by regime`, table.regimes, (row) => row.regime)}
${notes.join('\n')}
${remarks.length ? `<h3>Remarks</h3><ul class="notes">${remarks.map((remark) => `<li>${escapeHtml(remark)}</li>`).join('')}</ul>` : ''}
<details><summary>Every run</summary>
${across('Final numbers of every run', table.runs, (row) => `${row.regime}, seed ${row.seed}`)}
</details>
</section>`;
}

/** Data, network, how each regime trained, and how each measure was taken. */
export function settings({ data, network, l2, runs }: StudyResults): string {
  const trained = regimesOf({ runs }).map((regime) => {
    const [first, ...rest] = runs.filter((run) => run.regime === regime);
    return [
      escapeHtml(regime),
      integer(first.batch),
      escapeHtml(first.optimizer),
      String(first.learningRate),
      integer(first.epochs),
      integer(Math.max(first.steps, ...rest.map((run) => run.steps))),
      enumerate([first, ...rest].map((run) => String(run.seed))),
    ];
  });
  const measures = new Map(
    runs.flatMap((run) => run.measures).map((measure) => [measure.label, measure]),
  );
  const taken = [...measures.values()].map((measure) => [
    escapeHtml(measure.label),
    escapeHtml(options(measure)),
    escapeHtml(measuredOn(measure)),
    String(measure.provenance.l2),
    escapeHtml(measure.provenance.engine),
  ]);
  const columns = ['batch', 'optimizer', 'learning rate', 'epochs', 'updates', 'seeds'];
  return `<section aria-labelledby="settings"><h2 id="settings">Method and settings</h2>
${definitions([
  [
    'Data',
    escapeHtml(
      `${data.name}: ${trainedOn(data)} and all ${integer(data.testSamples)} test samples, inputs scaled by ${data.normalise}.`,
    ),
  ],
  ['Network', escapeHtml(`${network.name}, ${integer(network.weights)} weights.`)],
  [
    'Gap',
    `${clauses(
      'Training accuracy − test accuracy, and test loss − training loss, on all of these samples',
      'batch norm (if any) with running statistics',
      penalty(l2),
    )}.`,
  ],
])}
<h3>Training</h3>
${htmlTable('Training of each regime', [{ title: 'regime' }, ...columns.map((title) => ({ title }))], trained)}
${taken.length ? `<h3>Measures</h3>\n${htmlTable('How each measure was taken', [{ title: 'measure' }, { title: 'options', kind: 'prose' }, { title: 'measured on', kind: 'prose' }, { title: 'L2' }, { title: 'engine' }], taken)}` : ''}
</section>`;
}

function options({ options }: MeasureResult): string {
  return Object.entries(options)
    .map(([key, value]) => `${key} ${JSON.stringify(value)}`)
    .join(', ');
}

/** What is needed to get the same numbers again, and to see that they are the same. */
export function provenance(results: StudyResults): string {
  const { hardware, engine, data, runs } = results;
  const made = runs.map((run) => [
    code(run.id),
    run.status,
    run.seconds.toFixed(0),
    code(run.initialWeightsHash.slice(0, 16)),
    code(run.weightsHash.slice(0, 16)),
  ]);
  return `<section aria-labelledby="provenance"><h2 id="provenance">Provenance</h2>
${definitions([
  ['Command', code(results.command)],
  ['Version', escapeHtml(`basin ${results.version}, Node.js ${hardware.node}`)],
  ['Engine', escapeHtml(`${engine.name} ${engine.version}, ${engine.threads} threads`)],
  [
    'Hardware',
    escapeHtml(
      `${hardware.cpu}, ${hardware.cores} cores, ${hardware.memoryGiB} GiB, ${hardware.os}`,
    ),
  ],
  ['Data (SHA-256)', code(data.hash)],
])}
<h3>Runs</h3>
${htmlTable('Runs, with the first 16 digits of the SHA-256 of their weights', [{ title: 'run' }, { title: 'status', kind: 'text' }, { title: 'seconds' }, { title: 'initial weights', kind: 'text' }, { title: 'final weights', kind: 'text' }], made)}
</section>`;
}
