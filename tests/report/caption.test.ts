import { describe, expect, it } from 'vitest';
import { measuredOn, wholeData } from '../../src/report/caption.js';
import { charts } from '../../src/report/charts/registry.js';
import { fixture } from './fixture.js';

const measure = () => fixture().runs[0].measures[0];

describe('measuredOn', () => {
  it('says how many samples of which, and the seed of a subset, of all of them too', () => {
    const { provenance, ...rest } = measure();
    const on = (changed: Partial<typeof provenance>) =>
      measuredOn({ ...rest, provenance: { ...provenance, ...changed } });
    const mode = 'batch norm with running statistics';
    expect(on({})).toBe(`8,000 of 60,000 training samples (subset seed 7), ${mode}`);
    expect(on({ samples: 60_000 })).toBe(`all 60,000 training samples (subset seed 7), ${mode}`);
    expect(on({ samples: 60_000, subsetSeed: null })).toBe(`all 60,000 training samples, ${mode}`);
  });

  it('names the L2 penalty where there is one', () => {
    const { provenance, ...rest } = measure();
    expect(measuredOn({ ...rest, provenance: { ...provenance, l2: 0.001 } })).toMatch(
      /statistics, L2 penalty l2\/2 \|\|w\|\|\^2 with l2 = 0\.001 included$/,
    );
  });
});

describe('wholeData', () => {
  it('names the whole training set and no penalty where there is none', () => {
    expect(wholeData(fixture())).toBe(
      'f1 on mnist, all 60,000 training samples and all 10,000 test samples, batch norm (if any) with running statistics.',
    );
  });

  it('names the part that was trained on', () => {
    const results = fixture();
    Object.assign(results.data, { trainSamples: 20_000, subsetSeed: 3 });
    expect(wholeData(results)).toContain(
      'on mnist, 20,000 of the 60,000 published training samples (subset seed 3) and all 10,000 test samples,',
    );
  });

  it.each(['gap', 'training-curves', 'parametric-line'] as const)(
    'and the line: the caption of %s names the L2 penalty',
    (name) => {
      expect(charts[name]({ ...fixture(), l2: 0.5 })?.caption).toContain(
        ', L2 penalty l2/2 ||w||^2 with l2 = 0.5 included.',
      );
    },
  );
});
