import type { Row } from './chart.js';

/**
 * A table as CSV (RFC 4180): a header, CRLF after every record, quotes where a field holds a comma, a
 * quote or a line break. Null is an empty field; numbers keep all their digits, NaN and Infinity too.
 */
export function csv(rows: Row[], columns: string[] = Object.keys(rows[0] ?? {})): string {
  const records = [columns, ...rows.map((row) => columns.map((column) => row[column] ?? null))];
  return records.map((record) => record.map(field).join(',') + '\r\n').join('');
}

function field(value: Row[string]): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
