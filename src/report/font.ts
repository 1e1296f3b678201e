import { createRequire } from 'node:module';
import { type Font, openSync } from 'fontkit';

const require = createRequire(import.meta.url);

/** TrueType files of the two weights that the theme uses, normal and 600. */
export const fontFiles = {
  regular: require.resolve('source-sans/TTF/SourceSans3-Regular.ttf'),
  semibold: require.resolve('source-sans/TTF/SourceSans3-Semibold.ttf'),
};

/** All weights in one compressed file, for web pages. */
export const webFontFile = require.resolve('source-sans/WOFF2/VF/SourceSans3VF-Upright.ttf.woff2');

const opened = new Map<string, Font>();

/** Width of a line of text in the theme's font, kerning included, in the unit of `size`. */
export function textWidth(text: string, size: number, bold: boolean): number {
  const file = bold ? fontFiles.semibold : fontFiles.regular;
  const font = opened.get(file) ?? openSync(file);
  opened.set(file, font);
  return (font.layout(text).advanceWidth * size) / font.unitsPerEm;
}
