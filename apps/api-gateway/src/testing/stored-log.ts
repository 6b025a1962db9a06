/** One job's stored log, as job-service would answer for it, and as it answers over HTTP. */
import { AppError } from '@migrator/contracts/errors';
import type { InternalLogsAnswer } from '@migrator/contracts/internal';
import type { StoredLine } from '../job-logs/log-source.js';

export const idOf = (seq: number): `log_${string}` => `log_${String(seq).padStart(26, '0')}`;

export class StoredLog {
  lines: StoredLine[] = [];
  status: InternalLogsAnswer['status'] = 'RUNNING';
  away = false;
  deleted = false;

  /** The next line; `padding` characters make it long. */
  append(padding = 0): StoredLine {
    const seq = this.lines.length + 1;
    const next: StoredLine = { seq, id: idOf(seq), level: 'INFO', message: `line ${seq}${'.'.repeat(padding)}`, ts: '2026-01-01T00:00:00.000Z' };
    this.lines.push(next);
    return next;
  }

  page(_org: string, _job: string, after: { seq: number } | { id: string }, limit: number): Promise<InternalLogsAnswer> {
    if (this.away) return Promise.reject(new AppError('SERVICE_UNAVAILABLE', { publicMessage: 'away' }));
    if (this.deleted) return Promise.reject(new AppError('JOB_NOT_FOUND', { publicMessage: 'gone' }));
    const from = 'seq' in after ? after.seq : Number(after.id.slice(4));
    const completedAt = this.status === 'DONE' ? '2026-01-01T00:00:01.000Z' : null;
    return Promise.resolve({ lines: this.lines.slice(from, from + limit), status: this.status, completedAt, lastSeq: this.lines.length });
  }

  get ids(): string[] {
    return this.lines.map(({ id }) => id);
  }
}
