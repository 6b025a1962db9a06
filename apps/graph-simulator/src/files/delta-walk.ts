/** The rounds of a delta query over numbered things: everything first, then what has changed since, in pages that tokens hold together. */
import { ChangeLog, decodeState, DeltaExpired, encodeState, mixed, type DeltaManners, type DeltaState } from '../exchange/store/change-log.js';

export interface DeltaPage<T> {
  /** `item` null: it is gone. */
  entries: { key: number; item: T | null }[];
  next: string | null;
  delta: string | null;
  /** Position in the log that a round of changes began at; null in a listing of everything. */
  since: number | null;
}

/** What is walked. */
export interface Numbered<T> {
  item(key: number): T | undefined;
  /** By ascending key above `after`. */
  items(after: number): Iterable<T>;
}

type ListState = Extract<DeltaState, { step: 'list' }>;

export class DeltaWalk<T> {
  readonly manners: DeltaManners = { order: 'asWritten', emptyPageEvery: 0, repeatEvery: 0 };
  readonly log = new ChangeLog();

  /** `scope`: a token is good for it alone. */
  constructor(
    private readonly scope: string,
    private readonly source: Numbered<T>,
    private readonly keyOf: (item: T) => number,
  ) {}

  /** A token that names the present; there is nothing to list with it but what comes later. */
  latestToken(): string {
    return this.#rest(this.log.generation, this.log.position);
  }

  /** A page. `token` null begins a round. Throws DeltaExpired for a forgotten token, null answers a text that is none. */
  page(token: string | null, pageSize: number): DeltaPage<T> | null {
    const { log, source } = this;
    const state: DeltaState | null = token === null ? { step: 'list', generation: log.generation, from: log.position, at: -1, page: 0, last: null } : decodeState(this.scope, token);
    if (state === null) return null;
    if (state.generation !== log.generation) throw new DeltaExpired(state.generation, log.generation);
    if (state.step === 'list') return this.#listPage(state, pageSize);
    const round = state.step === 'changes' ? state : { step: 'changes' as const, generation: state.generation, from: state.from, to: log.position, at: 0, page: 0 };
    if (round.to === round.from) return { entries: [], next: null, delta: this.#rest(state.generation, round.to), since: round.from };
    if (this.#everyNth(round.page, this.manners.emptyPageEvery)) return { entries: [], next: encodeState(this.scope, { ...round, page: round.page + 1 }), delta: null, since: round.from };
    const between = log.between(round.from, round.to);
    const changes = this.manners.order === 'mixed' ? mixed(between, round.to) : between;
    const begin = round.at > 0 && this.#everyNth(round.page, this.manners.repeatEvery) ? round.at - 1 : round.at;
    const end = round.at + pageSize;
    const entries = changes.slice(begin, end).map(({ key }) => ({ key, item: source.item(key) ?? null }));
    return end < changes.length ? { entries, next: encodeState(this.scope, { ...round, at: end, page: round.page + 1 }), delta: null, since: round.from } : { entries, next: null, delta: this.#rest(state.generation, round.to), since: round.from };
  }

  #listPage(state: ListState, pageSize: number): DeltaPage<T> {
    if (this.#everyNth(state.page, this.manners.emptyPageEvery)) return { entries: [], next: encodeState(this.scope, { ...state, page: state.page + 1 }), delta: null, since: null };
    const entries: DeltaPage<T>['entries'] = [];
    const repeated = state.last !== null && this.#everyNth(state.page, this.manners.repeatEvery) ? this.source.item(state.last) : undefined;
    if (repeated !== undefined) entries.push({ key: this.keyOf(repeated), item: repeated });
    const limit = pageSize + entries.length;
    let { at } = state;
    for (const item of this.source.items(state.at)) {
      if (entries.length === limit) return { entries: this.#ordered(entries, state.page), next: encodeState(this.scope, { ...state, at, page: state.page + 1, last: at }), delta: null, since: null };
      at = this.keyOf(item);
      entries.push({ key: at, item });
    }
    return { entries: this.#ordered(entries, state.page), next: null, delta: this.#rest(state.generation, state.from), since: null };
  }

  #rest(generation: number, from: number): string {
    return encodeState(this.scope, { step: 'rest', generation, from });
  }

  #ordered<E>(entries: E[], page: number): E[] {
    return this.manners.order === 'mixed' ? mixed(entries, page) : entries;
  }

  #everyNth(page: number, every: number): boolean {
    return every > 0 && page % every === every - 1;
  }
}
