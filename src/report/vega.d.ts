// Vega exports `textMetrics` for replacement by hosts without a canvas, but its types leave it out.
import 'vega';

declare module 'vega' {
  export interface TextItem {
    fontSize?: number;
    fontWeight?: number | string;
  }
  export const textMetrics: {
    width(item: TextItem, text: string | number | null | undefined): number;
  };
}
