/** Some whole exchanges of each kind, for whoever wants to hold them against Microsoft's description. Off until it is asked for; bodies are kept nowhere else. */

export interface Exchange {
  readonly method: string;
  /** Production shape. */
  readonly url: string;
  readonly status: number;
  readonly requestBody?: unknown;
  readonly body?: unknown;
}

export class ExchangeSamples {
  /** Of each kind; 0: none. */
  #each = 0;
  readonly #kept = new Map<string, string[]>();

  /** Forgets what was kept and keeps so many of each kind from now on. */
  start(each: number): void {
    this.#each = each;
    this.#kept.clear();
  }

  get wanted(): boolean {
    return this.#each > 0;
  }

  /** Keeps it as it is at this moment. `kind`: what it shares with others like it. */
  offer(kind: string, exchange: () => Exchange): void {
    const kept = this.#kept.get(kind) ?? [];
    if (kept.length >= this.#each) return;
    kept.push(JSON.stringify(exchange()));
    this.#kept.set(kind, kept);
  }

  all(): Exchange[] {
    return [...this.#kept.values()].flat().map((text) => JSON.parse(text) as Exchange);
  }
}
