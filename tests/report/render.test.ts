import { describe, expect, it } from 'vitest';
import { drawAll } from '../../src/report/charts/registry.js';
import { textWidth } from '../../src/report/font.js';
import { PNG_SCALE, renderPng, renderSvg } from '../../src/report/render.js';
import { fixture } from './fixture.js';

const charts = drawAll(fixture());

describe('renderSvg', () => {
  it.each(charts)('gives the same bytes again: $name', async ({ spec }) => {
    const first = await renderSvg(spec);
    await renderSvg(charts[0].spec);
    expect(await renderSvg(structuredClone(spec))).toBe(first);
  });

  it('writes a document that says what it is', async () => {
    const svg = await renderSvg(charts[0].spec);
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).toContain('<desc>Generalization gap. Accuracy and loss');
    expect(svg).toContain('Source Sans 3');
  });
});

describe('renderPng', () => {
  it.each(charts)('has the size of the SVG times the scale: $name', async ({ spec }) => {
    const svg = await renderSvg(spec);
    const size = /width="([\d.]+)" height="([\d.]+)"/.exec(svg)!.slice(1).map(Number);
    const png = renderPng(svg);
    expect([...png.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    expect(Math.abs(png.readUInt32BE(16) - PNG_SCALE * size[0])).toBeLessThanOrEqual(1);
    expect(Math.abs(png.readUInt32BE(20) - PNG_SCALE * size[1])).toBeLessThanOrEqual(1);
    expect(renderPng(svg)).toEqual(png);
  });

  it('fits the text width of a paper', async () => {
    for (const { spec } of charts) {
      const width = Number(/width="([\d.]+)"/.exec(await renderSvg(spec))?.[1]);
      expect(width).toBeLessThanOrEqual(504);
    }
  });

  it('draws letters with the font that comes along', () => {
    const svg = (text: string) =>
      `<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"><text x="2" y="15" font-family="&quot;Source Sans 3&quot;" font-size="12">${text}</text></svg>`;
    expect(renderPng(svg('ελ−φ')).length).toBeGreaterThan(renderPng(svg('')).length + 200);
  });
});

describe('textWidth', () => {
  it('is the sum of advances of the font, in proportion to the size', () => {
    // Advance widths of Source Sans 3 Regular 3.052 from its hmtx table: H 652, space 200, of 1000.
    expect(textWidth('HH', 10, false)).toBeCloseTo(13.04, 6);
    expect(textWidth('H H', 20, false)).toBeCloseTo(30.08, 6);
    expect(textWidth('H', 10, true)).toBeGreaterThan(textWidth('H', 10, false));
    expect(textWidth('', 10, false)).toBe(0);
  });
});
