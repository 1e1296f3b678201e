import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

export const chromiumPath = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
].find((file) => file !== undefined && existsSync(file));

export interface Look {
  /** Marks drawn in each figure. */
  figures: Record<string, number>;
  /** Errors and warnings of the console, and uncaught ones. */
  troubles: string[];
  /** Addresses asked for, the page's own included. */
  requests: string[];
  text: string;
}

/** Opens a report in headless Chromium and waits until all its figures are drawn. */
export async function lookAt(url: string): Promise<Look> {
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
  });
  try {
    const page = await browser.newPage();
    const troubles: string[] = [];
    const requests: string[] = [];
    page.on('console', (said) => {
      if (['error', 'warning'].includes(said.type())) troubles.push(said.text());
    });
    page.on('pageerror', (error) => troubles.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith('data:')) requests.push(request.url());
    });
    await page.goto(url);
    await page.waitForFunction(() =>
      [...document.querySelectorAll('figure')].every((figure) => figure.dataset.drawn),
    );
    const figures = await page.$$eval('figure', (all) =>
      all.map((figure): [string, number] => [
        figure.id,
        figure.querySelectorAll('svg .role-mark path, svg .role-mark line').length,
      ]),
    );
    const text = (await page.textContent('body')) ?? '';
    return { figures: Object.fromEntries(figures), troubles, requests, text };
  } finally {
    await browser.close();
  }
}
