/** Holds one destination mailbox against its source, item by item. */
import type { Folder } from '../store/folder.js';
import { sizeOf, type Item } from '../store/item.js';
import type { Mailbox } from '../store/mailbox.js';
import { expectedFolders, placeOf } from './expected-folders.js';
import { differences, fullFingerprint, jsonFingerprint, markId, type Fingerprint } from './fingerprint.js';

export interface Example {
  mailbox: string;
  folder: string;
  class?: string;
  fields?: string[];
  note?: string;
}
export interface MailboxComparison {
  source: string;
  dest: string;
  items: { expected: number; matched: number; missing: number; extra: number; doubled: number; differs: number; refused: number };
  folders: { expected: number; missing: number; extra: number; differs: number };
  bytes: number;
  examples: Record<'missing' | 'extra' | 'doubled' | 'differs' | 'refused' | 'folders', Example[]>;
}

const key = (print: Fingerprint): string => JSON.stringify(print);

export function compareMailboxes(source: Mailbox, dest: Mailbox): MailboxComparison {
  const result: MailboxComparison = {
    source: source.address,
    dest: dest.address,
    items: { expected: 0, matched: 0, missing: 0, extra: 0, doubled: 0, differs: 0, refused: 0 },
    folders: { expected: 0, missing: 0, extra: 0, differs: 0 },
    bytes: 0,
    examples: { missing: [], extra: [], doubled: [], differs: [], refused: [], folders: [] },
  };
  const places = new Map(expectedFolders(dest).map((folder) => [placeOf(dest, folder), folder]));
  for (const folder of expectedFolders(source)) {
    const place = placeOf(source, folder);
    result.folders.expected += 1;
    const counterpart = places.get(place);
    places.delete(place);
    const path = source.path(folder).join('/');
    if (counterpart === undefined) {
      result.folders.missing += 1;
      result.examples.folders.push({ mailbox: dest.address, folder: path, note: 'missing' });
    } else if ((counterpart.containerClass ?? 'IPF.Note') !== (folder.containerClass ?? 'IPF.Note')) {
      result.folders.differs += 1;
      result.examples.folders.push({ mailbox: dest.address, folder: path, note: `class ${String(counterpart.containerClass)} instead of ${String(folder.containerClass)}` });
    }
    compareItems(source, folder, dest, counterpart ?? null, path, result);
  }
  for (const [, folder] of places) {
    const path = dest.path(folder).join('/');
    // A new mailbox brings folders of its own that are empty; what a person or a migration made, or filled, is extra.
    if (folder.wellKnownName === null) {
      result.folders.extra += 1;
      result.examples.folders.push({ mailbox: dest.address, folder: path, note: 'extra' });
    }
    for (const { item } of dest.items(folder)) {
      result.items.extra += 1;
      result.examples.extra.push({ mailbox: dest.address, folder: path, class: item.content.messageClass });
    }
  }
  return result;
}

function compareItems(source: Mailbox, folder: Folder, dest: Mailbox, counterpart: Folder | null, path: string, result: MailboxComparison): void {
  const { items, examples } = result;
  const copies: Item[] = counterpart === null ? [] : [...dest.items(counterpart)].map(({ item }) => item);
  const byStream = new Map<string, Item[]>();
  const bySearchKey = new Map<string, Item[]>();
  const byJson = new Map<string, Item[]>();
  const put = (map: Map<string, Item[]>, name: string, item: Item): void => {
    const list = map.get(name);
    if (list === undefined) map.set(name, [item]);
    else list.push(item);
  };
  for (const copy of copies) {
    if (copy.content.properties[markId] !== undefined) put(byJson, key(jsonFingerprint(copy.content)), copy);
    else {
      put(byStream, `${String(copy.content.searchKey)} ${key(fullFingerprint(copy.content))}`, copy);
      put(bySearchKey, String(copy.content.searchKey), copy);
    }
  }
  const used = new Set<number>();
  const take = (list: Item[] | undefined): Item | undefined => {
    const found = list?.find((each) => !used.has(each.key));
    if (found !== undefined) used.add(found.key);
    return found;
  };
  const unmatched: Item[] = [];
  for (const { item } of source.items(folder)) {
    items.expected += 1;
    result.bytes += sizeOf(item.content);
    const twin = take(byStream.get(`${String(item.content.searchKey)} ${key(fullFingerprint(item.content))}`)) ?? take(byJson.get(key(jsonFingerprint(item.content))));
    if (twin === undefined) unmatched.push(item);
    else items.matched += 1;
  }
  for (const item of unmatched) {
    const example = { mailbox: source.address, folder: path, class: item.content.messageClass };
    const same = take(bySearchKey.get(String(item.content.searchKey)));
    const near = same ?? take([...byJson.values()].flat().filter((each) => each.content.subject === item.content.subject && each.content.messageClass === item.content.messageClass));
    if (near !== undefined) {
      items.differs += 1;
      examples.differs.push({ ...example, fields: same === undefined ? differences(jsonFingerprint(item.content), jsonFingerprint(near.content)) : differences(fullFingerprint(item.content), fullFingerprint(near.content)) });
    } else if (item.refusal !== null && item.refusal.at !== 'export') {
      items.refused += 1;
      examples.refused.push({ ...example, note: `${item.refusal.at}: ${item.refusal.code}` });
    } else {
      items.missing += 1;
      examples.missing.push(example);
    }
  }
  for (const copy of copies) {
    if (used.has(copy.key)) continue;
    // A second copy of something that has its copy already, or something that came from nowhere.
    const again = copies.some((other) => used.has(other.key) && (other.content.searchKey === copy.content.searchKey || key(jsonFingerprint(other.content)) === key(jsonFingerprint(copy.content))));
    items[again ? 'doubled' : 'extra'] += 1;
    examples[again ? 'doubled' : 'extra'].push({ mailbox: dest.address, folder: path, class: copy.content.messageClass });
  }
}
