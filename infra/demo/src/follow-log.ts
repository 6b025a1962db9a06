/** Follows a job's log over server-sent events; comes back with the last id when the stream breaks. */
import { logDoneSchema, logLineSchema, type LogDone, type LogLine } from '@migrator/contracts/api/logs';
import type { ApiClient } from './api-client.js';

/** Calls `onLine` for every line once, in order; resolves when the job's log ends, or when `signal` aborts (null). */
export async function followLog(api: ApiClient, jobId: string, onLine: (line: LogLine) => void, signal: AbortSignal, after?: string): Promise<LogDone | null> {
  let last = after;
  while (!signal.aborted) {
    try {
      const response = await api.open(`/v1/jobs/${jobId}/logs`, { accept: 'text/event-stream', ...(last === undefined ? {} : { 'last-event-id': last }) }, signal);
      if (!response.ok || response.body === null) throw new Error(`The log answered ${response.status}.`);
      let buffer = '';
      const decoder = new TextDecoder();
      for await (const piece of response.body) {
        buffer += decoder.decode(piece as Uint8Array, { stream: true });
        const events = buffer.split('\n\n');
        buffer = events.pop() ?? '';
        for (const event of events) {
          const name = /^event: (.*)$/m.exec(event)?.[1];
          const data = /^data: (.*)$/m.exec(event)?.[1];
          if (data === undefined) continue;
          if (name === 'done') return logDoneSchema.parse(JSON.parse(data));
          const line = logLineSchema.parse(JSON.parse(data));
          last = line.id;
          onLine(line);
        }
      }
    } catch (error) {
      if (signal.aborted) return null;
      if (!(error instanceof TypeError)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return null;
}
