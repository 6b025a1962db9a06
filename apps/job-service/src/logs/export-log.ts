/** A job's whole log as CSV, a thousand lines at a time: memory stays flat whatever the length. */
import type { Sql } from '@migrator/service-kit/database';
import { csvRow, logCsvHeader } from './csv.js';
import { logId } from './log-id.js';
import { listLines } from './log-repository.js';

const linesPerChunk = 1_000;

/** Text in pieces: the header, then the lines up to `upTo` (the last line when the export was asked for). */
export async function* exportLog(sql: Sql, jobId: string, upTo: number): AsyncGenerator<string> {
  yield logCsvHeader;
  let after = 0;
  for (;;) {
    const lines = await listLines(sql, jobId, after, upTo, linesPerChunk);
    const last = lines.at(-1);
    if (last === undefined) return;
    yield lines.map(({ seq, level, message, at }) => csvRow([logId(jobId, seq, at), level, message, at.toISOString()])).join('');
    after = last.seq;
  }
}
