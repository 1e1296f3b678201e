import { format } from 'prettier';
import { type LoggerInterface } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { describe, expect, it } from 'vitest';
import type { ChartName } from '../../../src/study/schema.js';
import { charts, drawAll } from '../../../src/report/charts/registry.js';
import { renderSvg } from '../../../src/report/render.js';
import type { StudyResults } from '../../../src/study/results.js';
import { divergedRun, fixture } from '../fixture.js';

const names = Object.keys(charts) as ChartName[];

/** What Vega-Lite complains of while it compiles. */
function warnings(spec: TopLevelSpec): string[] {
  const said: string[] = [];
  const listen = (...words: unknown[]) => {
    said.push(words.join(' '));
    return logger;
  };
  const silent = () => logger;
  const logger = {
    level: silent,
    warn: listen,
    error: listen,
    info: silent,
    debug: silent,
  } as unknown as LoggerInterface;
  compile(spec, { logger });
  return said;
}

/** Marks that stand for data: everything drawn but guides. */
function marks(svg: string): number {
  const groups = svg.match(/<g class="mark-[a-z]+ role-mark[^>]*>.*?<\/g>/gs) ?? [];
  return groups.join('').match(/<(path|text|line)\b/g)?.length ?? 0;
}

const edited = (edit: (results: StudyResults) => void): StudyResults => {
  const results = fixture();
  edit(results);
  return results;
};

const cases: Record<string, StudyResults> = {
  'the whole study': fixture(),
  'one seed': edited((r) => {
    r.runs = r.runs.filter((run) => run.seed === 1);
    r.lines = r.lines.filter((line) => line.seed === 1);
  }),
  'one regime': edited((r) => {
    r.runs = r.runs.filter((run) => run.regime === 'SB');
    r.lines = [];
  }),
  'no measures': edited((r) => r.runs.forEach((run) => (run.measures = []))),
  'all runs diverged': edited((r) => {
    r.runs = r.runs.map(divergedRun);
    r.lines = [];
  }),
  'values that are not finite': edited((r) => {
    r.runs[0].measures[0].value = NaN;
    r.runs[1].measures[4].value = Infinity;
    r.runs[0].history[2].trainLoss = NaN;
    r.lines[0].points[0].testLoss = Infinity;
  }),
  'two batch-norm modes': edited((r) =>
    r.runs.forEach((run) =>
      run.measures.push(
        ...run.measures.map((m) => ({
          ...m,
          provenance: { ...m.provenance, batchNorm: 'batch' as const, chunk: 2000 },
        })),
      ),
    ),
  ),
  'a negative eigenvalue': edited((r) => (r.runs[0].measures[4].value = -3)),
  'values that are all equal': edited((r) =>
    r.runs.forEach((run) => run.measures.forEach((m) => (m.value = 1))),
  ),
};

describe.each(names)('%s', (name) => {
  it('equals the golden spec and drawing', async () => {
    const chart = charts[name](fixture());
    const spec = await format(JSON.stringify(chart?.spec), { parser: 'json', printWidth: 100 });
    await expect(spec).toMatchFileSnapshot(`../golden/${name}.vl.json`);
    await expect(await renderSvg(chart!.spec)).toMatchFileSnapshot(`../golden/${name}.svg`);
  });

  it('keeps its name and holds its own rows as data', () => {
    const chart = charts[name](fixture());
    expect(chart?.name).toBe(name);
    expect(chart?.spec.data).toEqual({ values: chart?.rows });
  });

  it('states seeds, samples and batch norm in its caption', () => {
    const caption = charts[name](fixture())?.caption;
    expect(caption).toMatch(/2 seeds/);
    expect(caption).toMatch(/(8,000|60,000) .*samples/);
    expect(caption).toMatch(/batch norm/);
    expect(caption).toMatch(/Seeds differ in initial weights and data order\./);
  });
});

describe.each(Object.entries(cases))('drawn from %s', (_, results) => {
  it('every chart compiles without a warning and shows marks', async () => {
    for (const { spec } of drawAll(results)) {
      expect(warnings(spec)).toEqual([]);
      const svg = await renderSvg(spec);
      expect(marks(svg)).toBeGreaterThan(0);
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    }
  });
});

describe('a chart without data', () => {
  const drawn = (results: StudyResults) => drawAll(results).map((chart) => chart.name);

  it('is left out', () => {
    expect(drawn(cases['the whole study'])).toEqual(names);
    expect(drawn(cases['no measures'])).toEqual(['gap', 'parametric-line', 'training-curves']);
    expect(drawn(cases['all runs diverged'])).toEqual(['training-curves']);
    expect(drawn({ ...fixture(), runs: [], lines: [] })).toEqual([]);
  });
});

describe('captions', () => {
  it('count what is not finite', () => {
    const results = cases['values that are not finite'];
    expect(charts.sharpness(results)?.caption).toContain(
      '1 value is left out: not finite or not positive on a log axis.',
    );
    expect(charts['hessian-top'](results)?.caption).toContain('1 value is left out: not finite.');
  });

  it('count the points that did not converge, and only those have another status', () => {
    const chart = charts.sharpness(fixture());
    expect(chart?.caption).toContain('Hollow points did not converge (1 of 16).');
    const hollow = chart?.rows.filter((row) => row.status === 'not converged');
    expect(hollow).toMatchObject([{ regime: 'LB', seed: 2, epsilon: 1e-3, panel: 'full space' }]);
  });

  it('name what a run that diverged left behind', () => {
    expect(charts['training-curves'](fixture())?.caption).toContain('a run that diverged (1)');
  });

  it('do not claim shared initial weights where they differ', () => {
    const results = edited((r) => (r.runs[1].initialWeightsHash = 'f'.repeat(64)));
    expect(charts.gap(fixture())?.caption).toContain('Runs of one seed share');
    expect(charts.gap(results)?.caption).not.toContain('Runs of one seed share');
  });
});

describe('sharpness', () => {
  it('never puts values of two batch-norm modes into one panel', () => {
    const chart = charts.sharpness(cases['two batch-norm modes']);
    expect(new Set(chart?.rows.map((row) => row.panel))).toEqual(
      new Set([
        'full space, batch norm with running statistics',
        '100-dimensional subspace, batch norm with running statistics',
        'full space, batch norm with batch statistics of 2,000 samples',
        '100-dimensional subspace, batch norm with batch statistics of 2,000 samples',
      ]),
    );
  });
});
