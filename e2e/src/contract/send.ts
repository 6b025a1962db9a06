/** One HTTP request exactly as it is given: nothing is normalised, added or repeated on the way. */
import { Agent, request } from 'node:http';

export interface Sent {
  status: number;
  headers: Headers;
  /** Null when it is a stream of events, which is left at once. */
  body: string | null;
}

export interface Sender {
  send(method: string, path: string, headers: Record<string, string>, body: Buffer | undefined): Promise<Sent>;
  close(): void;
}

/** Connections are kept; give up after a minute. */
export function createSender(baseUrl: string): Sender {
  const { hostname, port } = new URL(baseUrl);
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  return {
    send: (method, path, headers, body) =>
      new Promise((resolve, reject) => {
        const outgoing = request({ hostname, port, method, path, agent, headers: { ...headers, ...(body === undefined ? {} : { 'content-length': String(body.length) }) }, timeout: 60_000 }, (answer) => {
          const given = new Headers();
          for (let at = 0; at < answer.rawHeaders.length; at += 2) given.append(answer.rawHeaders[at] ?? '', answer.rawHeaders[at + 1] ?? '');
          const status = answer.statusCode ?? 0;
          if ((given.get('content-type') ?? '').startsWith('text/event-stream')) {
            outgoing.destroy();
            resolve({ status, headers: given, body: null });
            return;
          }
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => { resolve({ status, headers: given, body: Buffer.concat(chunks).toString('utf8') }); }).on('error', reject);
        });
        outgoing.on('timeout', () => { outgoing.destroy(new Error(`${method} ${path} was not answered within a minute`)); }).on('error', reject);
        outgoing.end(body);
      }),
    close: () => { agent.destroy(); },
  };
}
