/** Headers of an answer, found by name in any case. Not the `Headers` of fetch: making one costs as much as sending the request. */
import type { IncomingHttpHeaders } from 'node:http';

export interface AnswerHeaders extends Iterable<[string, string]> {
  get(name: string): string | null;
}

export class ReceivedHeaders implements AnswerHeaders {
  /** Names are in lower case. */
  constructor(private readonly received: IncomingHttpHeaders) {}

  get(name: string): string | null {
    const value = this.received[name.toLowerCase()];
    return value === undefined ? null : Array.isArray(value) ? value.join(', ') : value;
  }

  *[Symbol.iterator](): Generator<[string, string]> {
    for (const name of Object.keys(this.received)) yield [name, this.get(name) ?? ''];
  }
}
