/** Lists that come whole: written row by row as they are read, at the client's pace, never built in memory. */
import { once } from 'node:events';
import type { Call } from './http.js';

/**
 * Writes `{ ...head, [name]: [rows] }`. `chunks` yields rows ready for JSON, a few hundred at a time. Ends early, without an error, when
 * the client goes away.
 */
export async function streamList({ response, signal }: Pick<Call, 'response' | 'signal'>, name: string, head: Record<string, unknown>, chunks: AsyncIterable<readonly unknown[]>): Promise<void> {
  const opening = JSON.stringify(head);
  let open = false;
  let first = true;
  for await (const rows of chunks) {
    if (signal.aborted) return;
    // Nothing is written before the first rows are there: what goes wrong until then is still an answer of its own.
    if (!open) response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).write(`${opening === '{}' ? '{' : `${opening.slice(0, -1)},`}${JSON.stringify(name)}:[`);
    open = true;
    if (rows.length === 0) continue;
    const text = rows.map((row) => JSON.stringify(row)).join(',');
    const more = response.write(first ? text : `,${text}`);
    first = false;
    if (!more) await Promise.race([once(response, 'drain'), once(response, 'close')]);
  }
  if (!open) response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).write(`${opening === '{}' ? '{' : `${opening.slice(0, -1)},`}${JSON.stringify(name)}:[`);
  response.end(']}');
}
