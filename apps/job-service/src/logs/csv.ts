/** CSV by RFC 4180, with cells that a spreadsheet would take for a formula made harmless. */

/** The header of the log export, with its line end. */
export const logCsvHeader = 'id,level,message,ts\r\n';

/** One row, with its line end. A cell that begins with `=`, `+`, `-`, `@`, tab or CR gets a leading apostrophe. */
export function csvRow(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

/** One cell: neutralised, and quoted where it must be. */
export function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
