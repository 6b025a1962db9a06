/** The wire form of server-sent events. */
import type { LogDone } from '@migrator/contracts/api/logs';
import type { StoredLine } from './log-source.js';

export const encodeLines = (lines: readonly StoredLine[]): Buffer =>
  Buffer.from(lines.map(({ id, level, message, ts }) => `id: ${id}\nevent: log\ndata: ${JSON.stringify({ id, level, message, ts })}\n\n`).join(''));

export const encodeDone = (done: LogDone): string => `event: done\ndata: ${JSON.stringify(done)}\n\n`;

export const heartbeat = ': keep-alive\n\n';
