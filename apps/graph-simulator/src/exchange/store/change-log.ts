/** What changed in one folder, for delta queries: positions grow, tokens are opaque, a generation can be forgotten. */
import { hash } from 'node:crypto';

export type ChangeKind = 'upsert' | 'deleted' | 'moved';
export interface Change {
  position: number;
  key: number;
  /** How often the item had moved: the id it was known by. */
  moves: number;
  kind: ChangeKind;
}

/** The token is not known any more: 410. */
export class DeltaExpired extends Error {
  constructor(
    readonly generation: number,
    readonly highest: number,
  ) {
    super('delta token expired');
  }
}

export class ChangeLog {
  #changes: Change[] = [];
  #position = 0;
  /** Grows when tokens are forgotten; tokens of an older generation are refused. */
  generation = 1;

  get position(): number {
    return this.#position;
  }

  record(key: number, kind: ChangeKind, moves = 0): void {
    this.#position += 1;
    this.#changes.push({ position: this.#position, key, moves, kind });
  }

  /** The last change of each id after `from` and up to `to`, in order. */
  between(from: number, to: number): Change[] {
    let low = 0;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#changes[middle]?.position ?? 0) <= from) low = middle + 1;
      else high = middle;
    }
    const last = new Map<string, Change>();
    for (let at = low; at < this.#changes.length; at += 1) {
      const change = this.#changes[at];
      if (change === undefined || change.position > to) break;
      const id = `${String(change.key)} ${String(change.moves)}`;
      last.delete(id);
      last.set(id, change);
    }
    return [...last.values()];
  }

  /** Forgets every token that was given out. */
  expireTokens(): void {
    this.generation += 1;
  }
}

/**
 * How awkward delta answers are. All of it is documented behaviour of Graph (graph/exchange.md 3.3) that a client has to bear:
 * order is not promised, items may come twice, and a page may be empty and still have a nextLink.
 */
export interface DeltaManners {
  order: 'asWritten' | 'mixed';
  /** Every n-th page is empty; 0: none. */
  emptyPageEvery: number;
  /** Every n-th page begins with the item that the page before it ended with; 0: none. */
  repeatEvery: number;
}

/** Where a delta round stands; `page` counts the pages of the round, `last` is the key the page before ended with. */
export type DeltaState =
  /** First round: `at` is the place in the folder's listing, `from` the log position when the round began. */
  | { step: 'list'; generation: number; from: number; at: number; page: number; last: number | null }
  /** Changes after `from` up to `to`; `at` of them were given. */
  | { step: 'changes'; generation: number; from: number; to: number; at: number; page: number }
  /** Between rounds. */
  | { step: 'rest'; generation: number; from: number };

const seal = (scope: string, json: string): Buffer => hash('sha256', `${scope}\u0000${json}`, 'buffer').subarray(0, 9);

/** `scope` names mailbox and folder: a token is good for that folder alone. */
export function encodeState(scope: string, state: DeltaState): string {
  const json = JSON.stringify(state);
  return Buffer.concat([seal(scope, json), Buffer.from(json)]).toString('base64url');
}

/** Null when the text is no token that was given out for this scope. */
export function decodeState(scope: string, token: string): DeltaState | null {
  const raw = Buffer.from(token, 'base64url');
  const json = raw.subarray(9).toString('utf8');
  return seal(scope, json).equals(raw.subarray(0, 9)) ? (JSON.parse(json) as DeltaState) : null;
}

/** The same mixed order each time, from a number. */
export function mixed<T>(list: readonly T[], seed: number): T[] {
  const order = (at: number): number => Math.imul((at + 1) ^ seed, 0x9e3779b1) >>> 0;
  return list.map((value, at) => ({ value, rank: order(at) })).sort((a, b) => a.rank - b.rank).map(({ value }) => value);
}
