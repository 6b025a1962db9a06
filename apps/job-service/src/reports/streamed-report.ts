/** A report that is written as it is read, as JSON or as CSV: it costs no memory, however long it is. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { reportFormats } from '@migrator/contracts/api/report';
import { streamed } from '@migrator/service-kit/http';

interface StreamedReport {
  readonly format: (typeof reportFormats)[number];
  /** Of the CSV. */
  readonly filename: string;
  csv(): AsyncIterable<string>;
  json(): AsyncIterable<string>;
}

export async function sendReport(response: ServerResponse, signal: AbortSignal, { format, filename, csv, json }: StreamedReport): Promise<typeof streamed> {
  const kind = format === 'csv' ? { 'content-type': 'text/csv; charset=utf-8', 'content-disposition': `attachment; filename="${filename}"` } : { 'content-type': 'application/json; charset=utf-8' };
  response.writeHead(200, { ...kind, 'cache-control': 'no-store' });
  for await (const text of format === 'csv' ? csv() : json()) {
    if (signal.aborted) return streamed;
    if (!response.write(text)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
  }
  response.end();
  return streamed;
}

/** Rows as the inside of a JSON list. */
export async function* joined(chunks: AsyncIterable<readonly unknown[]>): AsyncGenerator<string> {
  let comma = '';
  for await (const rows of chunks) {
    if (rows.length === 0) continue;
    yield comma + rows.map((row) => JSON.stringify(row)).join(',');
    comma = ',';
  }
}
