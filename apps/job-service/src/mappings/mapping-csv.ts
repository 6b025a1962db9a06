/** The mapping as a spreadsheet, in both directions. */
import { mappingCsvHeader, type MappingRow } from '@migrator/contracts/api/mappings';
import type { FieldError } from '@migrator/contracts/errors';
import { parse as parseCsv } from 'csv-parse/sync';
import { invalid } from '../jobs/job-input.js';
import { csvCell, csvRow } from '../logs/csv.js';

/** In the column `dest`: do not migrate this source. */
export const excludedMark = '-';
const rowsMax = 200_000;
/** Names no longer than in the options of a job. */
const nameMax = 400;
/** Problems named in one answer; more than a person mends at once. */
const problemsMax = 100;

/** The header, then row by row. */
export function* formatMappings(rows: Iterable<MappingRow>): Generator<string> {
  yield csvRow(mappingCsvHeader);
  // The mark alone is no formula, and must read as the mark.
  for (const { source, dest, how, problem } of rows) yield how === 'excluded' ? `${csvCell(source)},${excludedMark},${csvRow([how, problem ?? ''])}` : csvRow([source, dest ?? '', how, problem ?? '']);
}

export interface UploadedRow {
  /** Line of the file, beginning with 1. */
  line: number;
  source: string;
  /** Empty: match by itself. */
  dest: string;
}

/** The rows of an upload; VALIDATION_ERROR naming the lines that cannot be read. Commas, semicolons and tabs separate alike, for spreadsheets differ. */
export function parseMappings(text: string): UploadedRow[] {
  let records: { record: string[]; info: { lines: number } }[];
  try {
    const parsed: unknown = parseCsv(text, { bom: true, info: true, relax_column_count: true, skip_empty_lines: true, delimiter: delimiterOf(text) });
    records = parsed as typeof records;
  } catch (error) {
    throw invalid([{ path: 'body', message: `is not CSV: ${error instanceof Error ? error.message.slice(0, 200) : 'unreadable'}` }]);
  }
  const [header, ...rest] = records;
  const names = header?.record.map((name) => name.trim().toLowerCase()) ?? [];
  const sourceAt = names.indexOf('source');
  const destAt = names.indexOf('dest');
  if (sourceAt < 0 || destAt < 0) throw invalid([{ path: 'line 1', message: 'the header must name the columns source and dest' }]);
  if (rest.length > rowsMax) throw invalid([{ path: 'body', message: `has more than ${rowsMax} rows` }]);
  const problems: FieldError[] = [];
  const rows = rest.flatMap(({ record, info }): UploadedRow[] => {
    const [source, dest] = [cell(record[sourceAt]), cell(record[destAt])];
    if (source === '' && dest === '') return [];
    const wrong = source === '' ? 'the source is missing' : [source, dest].some((text) => text.length > nameMax) ? `a name is longer than ${nameMax} characters` : [source, dest].some(unclean) ? 'a name has control characters or broken Unicode' : null;
    if (wrong !== null) problems.push({ path: `line ${info.lines}`, message: wrong });
    return [{ line: info.lines, source, dest }];
  });
  if (problems.length > 0) throw tooMany(problems);
  return rows;
}

/** VALIDATION_ERROR with the first problems, and how many there are. */
export function tooMany(problems: FieldError[]): ReturnType<typeof invalid> {
  const rest = problems.length - problemsMax;
  return invalid([...problems.slice(0, problemsMax), ...(rest > 0 ? [{ path: 'body', message: `${rest} more lines cannot be right` }] : [])], 'Some lines cannot be right; nothing was changed.');
}

/** Undoes what keeps a spreadsheet from taking a cell for a formula. */
function cell(text = ''): string {
  const trimmed = text.trim();
  return /^'[=+\-@\t\r]/.test(trimmed) ? trimmed.slice(1) : trimmed;
}

// eslint-disable-next-line no-control-regex
const unclean = (text: string): boolean => /[\u0000-\u001f\u007f]/.test(text) || !text.isWellFormed();

function delimiterOf(text: string): string {
  const header = /^[^\r\n]*/.exec(text)?.[0] ?? '';
  return [',', ';', '\t'].find((mark) => header.includes(mark)) ?? ',';
}
