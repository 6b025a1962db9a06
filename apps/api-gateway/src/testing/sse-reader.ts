/** A client of server-sent events on a connection of its own, which can stop reading. */
import { request, type IncomingMessage } from 'node:http';
import { logDoneSchema, logLineSchema, type LogDone } from '@migrator/contracts/api/logs';

export class SseReader {
  status: number | null = null;
  headers: IncomingMessage['headers'] = {};
  ids: string[] = [];
  comments = 0;
  done: LogDone | null = null;
  /** `end`: the answer came to its end; `cut`: the connection was lost. */
  closed: 'end' | 'cut' | null = null;
  /** Milliseconds without reading after each piece. */
  slowMs = 0;
  #text = '';
  #response: IncomingMessage | null = null;
  readonly #request;

  constructor(url: string, headers: Record<string, string> = {}) {
    this.#request = request(url, { headers: { accept: 'text/event-stream', ...headers }, agent: false });
    this.#request.on('error', () => {
      this.closed ??= 'cut';
    });
    this.#request.on('response', (response) => {
      this.#response = response;
      this.status = response.statusCode ?? 0;
      this.headers = response.headers;
      response.setEncoding('utf8').on('data', (text: string) => {
        this.#take(text);
        if (this.slowMs === 0) return;
        response.pause();
        setTimeout(() => response.resume(), this.slowMs);
      });
      response.on('end', () => {
        this.closed ??= 'end';
      });
      response.on('close', () => {
        this.closed ??= 'cut';
      });
      response.on('error', () => {
        this.closed ??= 'cut';
      });
    });
    this.#request.end();
  }

  /** Stops reading: the connection stays. */
  pause(): void {
    this.#response?.pause();
  }

  resume(): void {
    this.#response?.resume();
  }

  leave(): void {
    this.#request.destroy();
  }

  #take(text: string): void {
    const events = (this.#text + text).split('\n\n');
    this.#text = events.pop() ?? '';
    for (const event of events) {
      const fields = Object.fromEntries(event.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
      if ('' in fields) this.comments += 1;
      else if (fields['event'] === 'done') this.done = logDoneSchema.strict().parse(JSON.parse(fields['data'] ?? ''));
      else {
        const line = logLineSchema.strict().parse(JSON.parse(fields['data'] ?? ''));
        if (line.id !== fields['id'] || fields['event'] !== 'log') throw new Error('an event does not carry its id');
        this.ids.push(line.id);
      }
    }
  }
}
