/**
 * A workload in memory, with a source that changes, a destination that keeps what is written, and faults on demand. It stands for
 * what workloads may meet: lost answers, repeated pages, forgotten checkpoints, twins that share a match key.
 */
import { CheckpointExpired, type Container, type DestContainer, type DestRef, type Fingerprint, type FingerprintPage, type Following, type ItemResult, type Page, type SideReader, type SourceItem, type TransferItem, type UnitScope, type UnitSession, type Workload } from '../workloads/workload.js';

export interface FakeItem {
  key: string;
  version: number;
  sizeBytes: number;
  matchKey: string | null;
  at: string | null;
  needs: string | null;
  /** Items of other containers, as `path key`. */
  refersTo: string[];
  /** Change number at the source. */
  seq: number;
  gone: boolean;
}

/** What a link of the source stands for, as Exchange's sync state: where its round is, and what was given on the way to it. */
interface SyncState {
  /** Keys that the round shows, as they were when it began, and the last change before it. */
  readonly round: { readonly keys: readonly string[]; readonly upTo: number };
  /** Null between rounds. */
  readonly offset: number | null;
  readonly given: ReadonlySet<string>;
}

export interface FakeCopy {
  id: string;
  version: number;
  matchKey: string | null;
  mark: string;
  content: string;
  /** Id of the copy that its item needed. */
  inside: string | null;
  /** Ids of the copies that its item refers to. */
  refersTo: string[];
}

export interface Faults {
  /** Called at every step with its name; may throw to kill the process there. */
  step(name: string): void;
  /** Number from 0 to 1. */
  random(): number;
  /** Probability that the answer to a write is lost; whether the write happened is decided by a coin. */
  lostAnswers: number;
  /** Probability that a page repeats items of pages before it. */
  repeats: number;
  /** How many listings still fail because their checkpoint is forgotten. */
  expiries: number;
  /** Keys that the destination refuses for good. */
  refused: Set<string>;
  /** Items a page holds. */
  pageItems: number;
  /** Containers whose listing sends its last page again and again, or empty ones, and never ends. */
  endless: Map<string, 'empty' | 'repeated'>;
}

export const noFaults = (): Faults => ({ step: () => undefined, random: () => 0.5, lostAnswers: 0, repeats: 0, expiries: 0, refused: new Set(), pageItems: 7, endless: new Map() });

/** Both ends of one fake unit. Survives the death of the workers that use it. */
export class FakeWorld {
  readonly source = new Map<string, FakeItem[]>();
  readonly destination = new Map<string, FakeCopy[]>();
  /** How often each kind of call was made. */
  readonly calls = { containers: 0, ensure: 0, pages: 0, find: 0, read: 0, written: 0, removed: 0 };
  /** Containers that the job leaves out. */
  readonly leftOut = new Set<string>();
  /** Containers that come after others, by path. */
  readonly after = new Map<string, string[]>();
  seq = 0;
  #copies = 0;
  readonly #links: SyncState[] = [];
  #ready: Promise<void> = Promise.resolve();

  put(path: string, key: string, options: Partial<Pick<FakeItem, 'matchKey' | 'sizeBytes' | 'at' | 'needs' | 'refersTo'>> = {}): FakeItem {
    const items = this.source.get(path) ?? [];
    this.source.set(path, items);
    let item = items.find((one) => one.key === key);
    if (item === undefined) {
      item = { key, version: 0, sizeBytes: options.sizeBytes ?? 100 + key.length, matchKey: options.matchKey === undefined ? `match ${path} ${key}` : options.matchKey, at: options.at ?? null, needs: options.needs ?? null, refersTo: options.refersTo ?? [], seq: 0, gone: false };
      items.push(item);
    }
    item.version++;
    item.seq = ++this.seq;
    return item;
  }

  remove(path: string, key: string): void {
    const item = this.source.get(path)?.find((one) => one.key === key);
    if (item !== undefined) Object.assign(item, { gone: true, seq: ++this.seq });
  }

  /** Moves an item as Exchange does: it is gone where it was, and a new one with a new key elsewhere; what it is known by stays. */
  move(path: string, key: string, to: string): FakeItem {
    const item = this.source.get(path)?.find((one) => one.key === key && !one.gone);
    if (item === undefined) throw new Error('there is no such item to move');
    this.remove(path, key);
    const { matchKey, sizeBytes, at } = item;
    return this.put(to, `${key.split(' moved ')[0] ?? key} moved ${this.seq}`, { matchKey, sizeBytes, at });
  }

  /** What a person does to the copy of an item. */
  touch(path: string, matchKey: string): void {
    const copy = this.destination.get(path)?.find((one) => one.matchKey === matchKey);
    if (copy === undefined) throw new Error('there is no such copy');
    copy.version++;
    copy.content += ' touched';
  }

  /** Where a listing begins or goes on: a new round shows everything, or what has changed since the one before. */
  stateOf(path: string, from: string | null): SyncState & { readonly offset: number } {
    const state = from === null ? null : this.#links[Number(from.slice('link '.length))];
    if (state === undefined) throw new Error('a link that was never given');
    if (state !== null && state.offset !== null) return { ...state, offset: state.offset };
    const since = state?.round.upTo ?? 0;
    const keys = (this.source.get(path) ?? []).filter(({ seq }) => seq > since).map(({ key }) => key);
    return { round: { keys, upTo: this.seq }, offset: 0, given: state?.given ?? new Set() };
  }
  link(state: SyncState): string {
    return `link ${this.#links.push(state) - 1}`;
  }

  write(path: string, { item, existing, mark, needed, referred = [] }: TransferItem): FakeCopy {
    const copies = this.destination.get(path) ?? [];
    this.destination.set(path, copies);
    this.calls.written++;
    const content = contentOf(item);
    if (item.needs != null && !copies.some(({ id }) => id === needed?.id)) throw new Error('an item was written before what it needs');
    const refersTo = referred.map(({ id }) => id);
    if (refersTo.length !== (item.refersTo ?? []).length) throw new Error('an item was written without what it refers to');
    const copy = existing === null ? undefined : copies.find(({ id }) => id === existing.id);
    if (copy !== undefined) {
      copy.version++;
      Object.assign(copy, { content, refersTo });
      return copy;
    }
    const made = { id: `copy-${++this.#copies}`, version: 1, matchKey: item.matchKey, mark, content, inside: needed?.id ?? null, refersTo };
    copies.push(made);
    return made;
  }

  /** What should be there, or is there, by container: sorted. */
  expected(path: string): string[] {
    return (this.source.get(path) ?? []).filter((item) => !item.gone).map((item) => contentOf({ ...item, version: String(item.version) })).sort();
  }
  actual(path: string): string[] {
    return (this.destination.get(path) ?? []).map((copy) => copy.content).sort();
  }

  /** Call to let other tasks run, as real input and output would. */
  turn(): Promise<void> {
    this.#ready = new Promise((resolve) => setImmediate(resolve));
    return this.#ready;
  }
}

/** Twins (equal match keys) have equal content, as copies of one message have; versions of it differ. */
const contentOf = ({ key, matchKey, version }: Pick<SourceItem, 'key' | 'matchKey' | 'version'>): string => `${matchKey ?? key} v${version}`;

export function fakeWorkload(world: FakeWorld, faults: Faults): Workload {
  const sessionOf = (unit: Pick<UnitScope, 'dryRun'>): UnitSession => ({
    async *containers(signal) {
      world.calls.containers++;
      for (const path of world.source.keys()) {
        await world.turn();
        signal.throwIfAborted();
        if (!world.leftOut.has(path)) yield containerOf(world, path);
      }
    },
    async ensure(container, _parent, signal): Promise<DestContainer> {
      faults.step('ensure');
      world.calls.ensure++;
      await world.turn();
      signal.throwIfAborted();
      if (!unit.dryRun && !world.destination.has(container.path)) world.destination.set(container.path, []);
      return { id: container.path, exists: world.destination.has(container.path) };
    },
    async *pages(container, from, signal): AsyncGenerator<Page> {
      world.calls.pages++;
      if (from !== null && faults.expiries > 0) {
        faults.expiries--;
        throw new CheckpointExpired('forgotten');
      }
      const items = world.source.get(container.path) ?? [];
      const { round, offset, given } = world.stateOf(container.path, from);
      const told = new Set(given);
      const removedFirst = offset === 0 && faults.random() < 0.5;
      for (let at = offset; ; at += faults.pageItems) {
        await world.turn();
        signal.throwIfAborted();
        faults.step('page');
        const complete = at + faults.pageItems >= round.keys.length;
        const standing = (keys: readonly string[]): FakeItem[] => items.filter(({ key, gone }) => !gone && keys.includes(key));
        const shown = standing(round.keys.slice(at, at + faults.pageItems));
        if (faults.random() < faults.repeats) shown.push(...standing(round.keys.slice(Math.max(0, at - 3), at)));
        const endless = faults.endless.get(container.path);
        if (complete && endless !== undefined) {
          for (;;) {
            signal.throwIfAborted();
            yield { items: endless === 'empty' ? [] : shown.map(sourceItem), removed: [], checkpoint: world.link({ round, offset: at, given: new Set(told) }), complete: false };
          }
        }
        // What left may stand on any page; here on the first or on the last one. Nobody is told of what this chain of links never gave.
        const tells = removedFirst ? at === offset : complete;
        const removed = tells ? items.filter(({ key, gone }) => gone && round.keys.includes(key) && told.has(key)).map(({ key }) => key) : [];
        for (const { key } of shown) told.add(key);
        for (const key of removed) told.delete(key);
        yield { items: shown.map(sourceItem), removed, checkpoint: world.link({ round, offset: complete ? null : at + faults.pageItems, given: new Set(told) }), complete };
        if (complete) return;
      }
    },
    async find(inDoubt, dest, _container, signal) {
      world.calls.find++;
      faults.step('find');
      await world.turn();
      signal.throwIfAborted();
      const copies = world.destination.get(dest.id) ?? [];
      return new Map(inDoubt.map(({ item, mark }): [string, DestRef[]] => [item.key, copies.filter((copy) => (item.matchKey === null ? copy.mark === mark : copy.matchKey === item.matchKey)).map(({ id, version }) => ({ id, version: String(version) }))]));
    },
    foresee: (batch) => Promise.resolve(batch.flatMap(({ item }) => (faults.refused.has(item.key) ? [{ key: item.key, outcome: 'failed' as const, failure: 'DEST_ITEM_REFUSED' as const, graphCode: null, requestId: null }] : []))),
    async *transfer(batch, dest, _container, signal): AsyncGenerator<ItemResult> {
      for (const one of batch) {
        const { item } = one;
        await world.turn();
        signal.throwIfAborted();
        faults.step('before a write');
        if (faults.refused.has(item.key)) {
          yield { key: item.key, outcome: 'failed', failure: 'DEST_ITEM_REFUSED', graphCode: 'ErrorInvalidItem', requestId: 'request-1' };
          continue;
        }
        const lost = faults.random() < faults.lostAnswers;
        if (lost && faults.random() < 0.5) {
          yield { key: item.key, outcome: 'in_doubt', graphCode: null, requestId: null };
          continue;
        }
        const copy = world.write(dest.id, one);
        faults.step('after a write');
        await world.turn();
        if (lost) yield { key: item.key, outcome: 'in_doubt', graphCode: null, requestId: null };
        else yield { key: item.key, outcome: one.existing === null ? 'copied' : 'updated', dest: { id: copy.id, version: String(copy.version) }, bytes: item.sizeBytes };
      }
    },
    sides: fakeSides(world, faults),
  });
  const following: Following = {
    async *remove(copies, dest, signal) {
      for (const { id, version } of copies) {
        faults.step('before a removal');
        await world.turn();
        signal.throwIfAborted();
        const held = world.destination.get(dest.id) ?? [];
        const copy = held.find((one) => one.id === id);
        if (copy === undefined) yield { id, outcome: 'none' };
        else if (String(copy.version) !== version) yield { id, outcome: 'changed' };
        else {
          held.splice(held.indexOf(copy), 1);
          world.calls.removed++;
          faults.step('after a removal');
          yield { id, outcome: 'removed' };
        }
      }
    },
    async *copies(dest, signal) {
      await world.turn();
      signal.throwIfAborted();
      for (const { id, version, matchKey, mark } of world.destination.get(dest.id) ?? []) yield { dest: { id, version: String(version) }, matchKey, mark, whole: true };
    },
    async *leftOut(signal) {
      await world.turn();
      signal.throwIfAborted();
      for (const path of world.leftOut) yield containerOf(world, path);
    },
  };
  return { name: 'EMAIL', can: { delta: true, batchItemsMax: 4, batchBytesMax: 2_000, lanes: 2, verifiedFields: ['content'], readsByPost: [] }, open: (unit) => Promise.resolve({ ...sessionOf(unit), following }) };
}

/** What both ends hold, page by page. A copy without a match key is known by its mark. */
function fakeSides(world: FakeWorld, faults: Faults): SideReader {
  const printOf = (id: string, version: string, matchKey: string | null, mark: string | null, sizeBytes: number, at: string | null, content: string): Fingerprint => ({
    ...{ part: 'item', key: matchKey, join: null, mark, likeness: null, id, version, kind: 'thing', sizeBytes, at, content: 'here', fields: { content }, lesser: { content }, ownersChoice: false },
  });
  return {
    async *read(side, container, dest, _depth, from, signal): AsyncGenerator<FingerprintPage> {
      world.calls.read++;
      if (from !== null && faults.expiries > 0) {
        faults.expiries--;
        throw new CheckpointExpired('forgotten');
      }
      const prints =
        side === 'source'
          ? (world.source.get(container.path) ?? []).filter((item) => !item.gone).map((item) => printOf(item.key, String(item.version), item.matchKey, null, item.sizeBytes, item.at, contentOf({ ...item, version: String(item.version) })))
          : (world.destination.get(dest.id) ?? []).map((copy) => printOf(copy.id, String(copy.version), copy.matchKey, copy.mark, 100, null, copy.content));
      for (let at = from === null ? 0 : Number(from); ; at += faults.pageItems) {
        await world.turn();
        signal.throwIfAborted();
        faults.step('page');
        const complete = at + faults.pageItems >= prints.length;
        yield { prints: prints.slice(at, at + faults.pageItems), checkpoint: String(at + faults.pageItems), complete };
        if (complete) return;
      }
    },
    async *destContainers() {
      for (const path of world.destination.keys()) {
        await world.turn();
        yield { key: path, path, kind: 'folder', parentKey: null, itemCount: null, ref: null };
      }
    },
  };
}

function containerOf(world: FakeWorld, path: string): Container {
  const cut = path.lastIndexOf('/');
  const itemCount = (world.source.get(path) ?? []).filter((item) => !item.gone).length;
  const after = world.after.get(path);
  return { key: path, path, kind: 'folder', parentKey: cut < 0 ? null : path.slice(0, cut), itemCount, ...(after === undefined ? {} : { after }), ref: null };
}

const sourceItem = ({ key, version, sizeBytes, matchKey, at, needs, refersTo }: FakeItem): SourceItem => ({ key, version: String(version), sizeBytes, kind: 'thing', at, matchKey, needs, ...(refersTo.length === 0 ? {} : { refersTo: refersTo.map(addressOf) }), ref: null });

function addressOf(words: string): { container: string; key: string } {
  const [container = '', key = ''] = words.split(' ');
  return { container, key };
}
