import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { charts } from '../../src/report/charts/registry.js';
import { renderHtml } from '../../src/report/html.js';
import { summaryTable } from '../../src/report/table.js';
import { writeReport } from '../../src/report/write.js';
import { fixture } from './fixture.js';

const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path !== undefined && existsSync(path),
);

describe('renderHtml', () => {
  it('escapes text from the study, in elements and in scripts', async () => {
    const results = fixture();
    results.name = '</script><b>"x" & y';
    for (const run of results.runs) run.regime = run.regime.replace('SB', '</script><SB>');
    const chart = charts['training-curves'](results)!;
    const html = await renderHtml(results, summaryTable(results), [{ chart, svg: '<svg></svg>' }]);
    expect(html).toContain('<h1>&lt;/script&gt;&lt;b&gt;&quot;x&quot; &amp; y</h1>');
    expect(html).not.toContain('<SB>');
    expect(html.match(/<script\b/g)).toHaveLength(html.match(/<\/script>/g)!.length);
  });
});

const message = 'needs Chromium: set CHROMIUM to its path';
if (!executablePath && process.env.CI) throw new Error(`tests/report/html.test.ts ${message}`);

describe.skipIf(!executablePath)(`the report in Chromium (${message})`, () => {
  let browser: Browser;
  let page: Page;
  let url: string;
  const troubles: string[] = [];
  const requests: string[] = [];

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'basin-html-'));
    const [index] = await writeReport(fixture(), folder);
    url = pathToFileURL(index).href;
    browser = await chromium.launch({
      executablePath,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--no-first-run',
      ],
    });
    page = await browser.newPage();
    page.on('console', (said) => {
      if (['error', 'warning'].includes(said.type())) troubles.push(said.text());
    });
    page.on('pageerror', (error) => troubles.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
  }, 60_000);
  afterAll(async () => browser?.close());

  const open = async (width: number) => {
    await page.setViewportSize({ width, height: 900 });
    await page.goto(url);
    await page.waitForFunction(() =>
      [...document.querySelectorAll('figure')].every((figure) => figure.dataset.drawn),
    );
  };

  it('draws every figure without a console message or a request', async () => {
    await open(1440);
    const figures = await page.$$eval('figure', (all) =>
      all.map((figure) => ({
        id: figure.id,
        marks: figure.querySelectorAll(
          '.vega-embed svg .role-mark path, .vega-embed svg .role-mark line',
        ).length,
        caption: figure.querySelector('figcaption')?.textContent?.length ?? 0,
      })),
    );
    expect(figures.map(({ id }) => id)).toEqual(Object.keys(charts));
    for (const { marks, caption } of figures) {
      expect(marks).toBeGreaterThan(0);
      expect(caption).toBeGreaterThan(80);
    }
    expect(troubles).toEqual([]);
    expect(requests.filter((request) => !request.startsWith('data:'))).toEqual([url]);
  });

  it('shows a tooltip with the run under the pointer', async () => {
    await open(1440);
    const point = page.locator('#sharpness .mark-symbol.role-mark path').first();
    await point.scrollIntoViewIfNeeded();
    await point.hover();
    await page.waitForSelector('#vg-tooltip-element.visible');
    const text = await page.textContent('#vg-tooltip-element');
    expect(text).toContain('SB-seed1-0123abcd');
    expect(text).toContain('sharpness');
  });

  it.each([360, 1440])('has no horizontal page scroll at %d px', async (width) => {
    await open(width);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(width);
    const charts = await page.$$eval('.chart svg.marks', (all) =>
      all.map((svg) => svg.getBoundingClientRect().right),
    );
    expect(Math.max(...charts)).toBeLessThanOrEqual(width);
  });

  it('offers each figure as SVG, spec and data', async () => {
    await open(1440);
    const links = await page.$$eval('#gap .files a', (all) =>
      all.map((link) => [link.getAttribute('download'), link.getAttribute('href')?.slice(0, 20)]),
    );
    expect(links).toEqual([
      ['gap.svg', 'data:image/svg+xml;b'],
      ['gap.vl.json', 'data:application/jso'],
      ['gap.csv', 'data:text/csv;base64'],
    ]);
  });

  it('has headings in order, a caption in every table, and rows and columns that say what they head', async () => {
    const levels = await page.$$eval('h1, h2, h3', (all) => all.map((h) => Number(h.tagName[1])));
    expect(levels[0]).toBe(1);
    levels.slice(1).forEach((level, i) => expect(level - levels[i]).toBeLessThanOrEqual(1));
    const bare = await page.$$eval('table', (all) =>
      all.filter((table) => !table.caption || !table.querySelector('th[scope=col]')),
    );
    expect(bare).toEqual([]);
    expect(await page.textContent('#overview + .scroll')).toContain('keskar full eps=1e-3');
  });
});
