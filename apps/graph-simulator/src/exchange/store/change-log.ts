/** What changed in one folder, for delta queries: positions grow, tokens are opaque, a generation can be forgotten. */

export type ChangeKind = 'upsert' | 'deleted' | 'moved';
export interface Change {
  position: number;
  key: number;
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

  record(key: number, kind: ChangeKind): void {
    this.#position += 1;
    this.#changes.push({ position: this.#position, key, kind });
  }

  /** The last change of each key after `from` and up to `to`, in order. */
  between(from: number, to: number): Change[] {
    let low = 0;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#changes[middle]?.position ?? 0) <= from) low = middle + 1;
      else high = middle;
    }
    const last = new Map<number, Change>();
    for (let at = low; at < this.#changes.length; at += 1) {
      const change = this.#changes[at];
      if (change === undefined || change.position > to) break;
      last.delete(change.key);
      last.set(change.key, change);
    }
    return [...last.values()];
  }

  /** Forgets every token that was given out. */
  expireTokens(): void {
    this.generation += 1;
  }
}

/** Where a delta round stands. */
export type DeltaState =
  /** First round: `at` is the place in the folder's listing, `from` the log position when the round began. */
  | { step: 'list'; generation: number; from: number; at: number }
  /** Changes after `from` up to `to`; `at` of them were given. */
  | { step: 'changes'; generation: number; from: number; to: number; at: number }
  /** Between rounds. */
  | { step: 'rest'; generation: number; from: number };

export const encodeState = (state: DeltaState): string => Buffer.from(JSON.stringify(state)).toString('base64url');

/** Null when the text is no token of ours. */
export function decodeState(token: string): DeltaState | null {
  try {
    const state = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as DeltaState;
    return typeof state.generation === 'number' && typeof state.from === 'number' && ['list', 'changes', 'rest'].includes(state.step) ? state : null;
  } catch {
    return null;
  }
}
