import { Resvg } from '@resvg/resvg-js';
import { parse, resetSVGDefIds, type TextItem, textMetrics, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { escapeHtml } from './escapeHtml.js';
import { fontFiles, textWidth } from './font.js';

/** PNG pixels per point. */
export const PNG_SCALE = 3;

/**
 * Draws a Vega-Lite spec as one SVG document that carries the spec's description, sizes in points.
 * Equal specs give equal bytes: text is measured in the theme's own font file and not by what the machine has.
 * Await one call before the next: Vega numbers its clip paths globally.
 */
export async function renderSvg(spec: TopLevelSpec): Promise<string> {
  textMetrics.width = measure;
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  resetSVGDefIds();
  try {
    const svg = await view.toSVG();
    // Vega keeps the description for the element around the drawing, which a file does not have.
    const description = `<desc>${escapeHtml(String(spec.description ?? ''))}</desc>`;
    return svg.replace(/^<svg [^>]*>/, (tag) => tag + description);
  } finally {
    view.finalize();
  }
}

/** Rasterises an SVG of `renderSvg` with the theme's fonts, `scale` pixels a point. */
export function renderPng(svg: string, scale = PNG_SCALE): Buffer {
  const resvg = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: scale },
    font: {
      fontFiles: Object.values(fontFiles),
      loadSystemFonts: false,
      defaultFontFamily: 'Source Sans 3',
      sansSerifFamily: 'Source Sans 3',
    },
  });
  return resvg.render().asPng();
}

/** Vega's own guess without a canvas is 0.8 em a character, far off, and cuts legends. */
function measure(item: TextItem, text: string | number | null | undefined): number {
  const bold = item.fontWeight === 'bold' || Number(item.fontWeight) >= 600;
  return textWidth(String(text ?? '').trim(), item.fontSize ?? 11, bold);
}
