/** Finds for every source item of a folder its copy at the destination: exactly one, with equal content. */
import type { Item, ItemContent } from '../store/item.js';
import type { Mailbox } from '../store/mailbox.js';
import { canonicalFields, contentHash, differences, type Difference } from './canonical.js';
import { isMarked, jsonDifferences, jsonFamily, jsonIdentity } from './json-fidelity.js';
import type { Departure, KeptCopies } from './kept-copies.js';

/** An item as the index of a folder holds it: content is read again only where it is needed. */
export interface Entry {
  mailbox: Mailbox;
  key: number;
  searchKey: string | null;
  hash: string;
  bytes: number;
  /** May be a copy made through JSON: marked, or a task, which nothing can mark. */
  byJson: boolean;
}

export function entryOf(mailbox: Mailbox, item: Item, bytes: number): Entry {
  const { content } = item;
  return { mailbox, key: item.key, searchKey: content.searchKey, hash: contentHash(content), bytes, byJson: isMarked(content) || jsonFamily(content) === 'task' };
}

export type Finding =
  | { kind: 'matched'; source: Entry; copy: Entry; byJson: boolean }
  | { kind: 'differs'; source: Entry; copy: Entry; byJson: boolean; fields: Difference[] }
  | { kind: 'missing' | 'refused'; source: Entry }
  | { kind: 'extra' | 'doubled'; copy: Entry }
  | { kind: 'kept'; copy: Entry; why: Departure };

/** The item behind an entry. Throws when it has gone since: nobody may write while a comparison runs. */
export function itemOf({ mailbox, key }: Entry): Item {
  const item = mailbox.item(key);
  if (item === undefined) throw new Error('An item went away while the tenants were compared');
  return item;
}
const contentOf = (entry: Entry): ItemContent => itemOf(entry).content;

function grouped<T>(list: readonly T[], by: (each: T) => string | null): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const each of list) {
    const name = by(each);
    if (name === null) continue;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [each]);
    else group.push(each);
  }
  return groups;
}

/** Pairs what is equal first, so that one bad copy does not make its good neighbours look bad. */
function* pairs(sources: readonly Entry[], copies: readonly Entry[], equal: (source: Entry, copy: Entry) => boolean): Generator<{ source: Entry; copy: Entry; equal: boolean }> {
  const left = [...copies];
  const waiting: Entry[] = [];
  for (const source of sources) {
    const at = left.findIndex((copy) => equal(source, copy));
    const [copy] = at < 0 ? [] : left.splice(at, 1);
    if (copy === undefined) waiting.push(source);
    else yield { source, copy, equal: true };
  }
  for (const source of waiting) {
    const copy = left.shift();
    if (copy === undefined) return;
    yield { source, copy, equal: false };
  }
}

/**
 * First by search key, which every true copy keeps; then, for copies made through JSON, by what a person would know the item by.
 * What is left is missing on one side, and extra, doubled or kept on the other.
 */
export function* matchItems(sources: readonly Entry[], copies: readonly Entry[], kept: KeptCopies): Generator<Finding> {
  const openSources = new Set(sources);
  const openCopies = new Set(copies);
  const close = (source: Entry, copy: Entry): void => {
    openSources.delete(source);
    openCopies.delete(copy);
  };
  const bySearchKey = grouped(copies.filter((copy) => copy.searchKey !== null), (copy) => copy.searchKey);
  for (const [searchKey, group] of grouped(sources, (source) => source.searchKey)) {
    for (const { source, copy, equal } of pairs(group, bySearchKey.get(searchKey) ?? [], (a, b) => a.hash === b.hash)) {
      close(source, copy);
      yield equal ? { kind: 'matched', source, copy, byJson: false } : { kind: 'differs', source, copy, byJson: false, fields: differences(canonicalFields(contentOf(source)), canonicalFields(contentOf(copy))) };
    }
  }
  // Items that never had a search key: equal content is all there is to go by.
  for (const [hash, group] of grouped([...openSources].filter((source) => source.searchKey === null), (source) => source.hash)) {
    for (const { source, copy } of pairs(group, [...openCopies].filter((each) => each.hash === hash), () => true)) {
      close(source, copy);
      yield { kind: 'matched', source, copy, byJson: false };
    }
  }
  yield* matchJson(openSources, openCopies, close);
  const known = new Set(sources.filter((source) => !openSources.has(source)).map((source) => source.searchKey));
  const identities = openCopies.size === 0 ? new Set<string | null>() : new Set(sources.filter((source) => !openSources.has(source)).map((source) => jsonIdentity(contentOf(source))));
  for (const copy of openCopies) {
    const content = contentOf(copy);
    const again = (copy.searchKey !== null && known.has(copy.searchKey)) || (jsonIdentity(content) !== null && identities.has(jsonIdentity(content)));
    const why = again ? null : kept.take(content);
    yield why === null ? { kind: again ? 'doubled' : 'extra', copy } : { kind: 'kept', copy, why };
  }
  for (const source of openSources) {
    const { refusal, content } = itemOf(source);
    // What only exports refuse has to come through JSON, if JSON can show it at all.
    const forGood = refusal !== null && (refusal.at !== 'export' || jsonFamily(content) === null);
    yield { kind: forGood ? 'refused' : 'missing', source };
  }
}

function* matchJson(sources: ReadonlySet<Entry>, copies: ReadonlySet<Entry>, close: (source: Entry, copy: Entry) => void): Generator<Finding> {
  const candidates = [...copies].filter((copy) => copy.byJson);
  if (candidates.length === 0) return;
  const byIdentity = grouped(candidates, (copy) => jsonIdentity(contentOf(copy)));
  for (const [identity, group] of grouped([...sources], (source) => jsonIdentity(contentOf(source)))) {
    const compare = (source: Entry, copy: Entry): Difference[] => jsonDifferences(contentOf(source), contentOf(copy));
    for (const { source, copy, equal } of pairs(group, byIdentity.get(identity) ?? [], (a, b) => compare(a, b).length === 0)) {
      close(source, copy);
      yield equal ? { kind: 'matched', source, copy, byJson: true } : { kind: 'differs', source, copy, byJson: true, fields: compare(source, copy) };
    }
  }
}
