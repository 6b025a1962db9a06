/** Headers of an answer, found by name in any case. Not the `Headers` of fetch: making one costs as much as sending the request. */

export interface AnswerHeaders extends Iterable<[string, string]> {
  get(name: string): string | null;
}

/** Headers that were taken apart already. */
export class ReceivedHeaders implements AnswerHeaders {
  /** Names are in lower case. */
  constructor(private readonly received: Readonly<Record<string, string>>) {}

  get(name: string): string | null {
    return this.received[name.toLowerCase()] ?? null;
  }

  [Symbol.iterator](): Iterator<[string, string]> {
    return Object.entries(this.received)[Symbol.iterator]();
  }
}

/** Headers as they came, name after name and value after value: of nearly every answer one is looked for and the others never read. */
export class RawHeaders implements AnswerHeaders {
  constructor(private readonly received: readonly Buffer[]) {}

  get(name: string): string | null {
    const wanted = name.toLowerCase();
    let found: string | null = null;
    for (let at = 0; at + 1 < this.received.length; at += 2) {
      if (this.received[at]?.length !== wanted.length || this.#nameAt(at) !== wanted) continue;
      const value = this.received[at + 1]?.toString('latin1') ?? '';
      found = found === null ? value : `${found}, ${value}`;
    }
    return found;
  }

  *[Symbol.iterator](): Generator<[string, string]> {
    const names = new Set(Array.from({ length: this.received.length >> 1 }, (_each, index) => this.#nameAt(2 * index)));
    for (const name of names) yield [name, this.get(name) ?? ''];
  }

  #nameAt(at: number): string {
    return this.received[at]?.toString('latin1').toLowerCase() ?? '';
  }
}
