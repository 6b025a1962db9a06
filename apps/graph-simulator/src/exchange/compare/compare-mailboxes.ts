/**
 * Holds one destination mailbox against what should have arrived in it: every item exactly once, in its place, with its content, and
 * nothing else. Only hashes are held while it runs, and other requests are served in between.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Folder } from '../store/folder.js';
import { sizeOf } from '../store/item.js';
import type { Mailbox } from '../store/mailbox.js';
import type { Difference } from './canonical.js';
import { classOf, expectedFolders, placeOf } from './expected-folders.js';
import { KeptCopies, type SeenDeleted } from './kept-copies.js';
import { entryOf, itemOf, matchItems, type Entry, type Finding } from './match-items.js';

export interface Example {
  mailbox: string;
  folder: string;
  class?: string;
  subject?: string;
  /** Names of the fields that differ. */
  fields?: string[];
  /** The same with both values. */
  values?: Difference[];
  note?: string;
}

export interface ItemCounts {
  /** matched + differs + missing + refused. */
  expected: number;
  matched: number;
  /** Of the matched: copies made through JSON, held to what JSON can keep. */
  matchedByJson: number;
  missing: number;
  extra: number;
  doubled: number;
  differs: number;
  /** Planted refusals that are indeed absent. */
  refused: number;
  /** Copies of items that have since been moved or deleted at the source. */
  kept: number;
  /** Of the kept: copies of items that were moved. A migration that follows moves leaves none. */
  keptMoved: number;
  /** The destination's own generated items; harmed: those changed, moved or removed. */
  own: number;
  harmed: number;
}
export const noItems = (): ItemCounts => ({ expected: 0, matched: 0, matchedByJson: 0, missing: 0, extra: 0, doubled: 0, differs: 0, refused: 0, kept: 0, keptMoved: 0, own: 0, harmed: 0 });

export interface MailboxComparison {
  source: string;
  dest: string;
  items: ItemCounts;
  folders: { expected: number; missing: number; extra: number; differs: number };
  /** Size of the matched items at the source. */
  bytes: number;
  examples: Record<'missing' | 'extra' | 'doubled' | 'differs' | 'refused' | 'kept' | 'harmed' | 'folders', Example[]>;
}

interface Place {
  mailbox: Mailbox;
  folder: Folder;
}

const pathOf = ({ mailbox, folder }: Place): string => mailbox.path(folder).join('/');

/** Several sources may have been merged into one destination: folders of the same place are one. `examplesMax` of each kind. */
export async function compareMailboxes(sources: readonly Mailbox[], dest: Mailbox, examplesMax: number): Promise<MailboxComparison> {
  const result: MailboxComparison = {
    source: sources.map(({ address }) => address).join(', '),
    dest: dest.address,
    items: noItems(),
    folders: { expected: 0, missing: 0, extra: 0, differs: 0 },
    bytes: 0,
    examples: { missing: [], extra: [], doubled: [], differs: [], refused: [], kept: [], harmed: [], folders: [] },
  };
  const example = (kind: keyof MailboxComparison['examples'], one: Example): void => {
    if (result.examples[kind].length < examplesMax) result.examples[kind].push(one);
  };
  const groups = new Map<string, [Place, ...Place[]]>();
  for (const mailbox of sources) {
    for (const folder of expectedFolders(mailbox)) {
      const group = groups.get(placeOf(mailbox, folder));
      if (group === undefined) groups.set(placeOf(mailbox, folder), [{ mailbox, folder }]);
      else group.push({ mailbox, folder });
    }
  }
  const seen: SeenDeleted = new Set();
  const copies = new Map<string, Folder>();
  const surplus: Folder[] = [];
  for (const folder of expectedFolders(dest)) {
    const place = placeOf(dest, folder);
    if (copies.has(place)) surplus.push(folder);
    else copies.set(place, folder);
  }
  for (const [place, group] of groups) {
    const folder = copies.get(place);
    copies.delete(place);
    result.folders.expected += 1;
    const path = pathOf(group[0]);
    const wrongClass = folder === undefined ? undefined : group.find((each) => classOf(each.folder) !== classOf(folder));
    if (folder === undefined) {
      result.folders.missing += 1;
      example('folders', { mailbox: dest.address, folder: path, note: 'missing' });
    } else if (wrongClass !== undefined) {
      result.folders.differs += 1;
      example('folders', { mailbox: dest.address, folder: path, note: `class ${classOf(folder)} instead of ${classOf(wrongClass.folder)}` });
    }
    await compareItems(group, folder === undefined ? null : { mailbox: dest, folder }, path, seen, result, example);
  }
  for (const folder of [...copies.values(), ...surplus]) {
    const path = pathOf({ mailbox: dest, folder });
    // A new mailbox brings empty folders of its own, a used one its owner's; what a migration made is extra.
    if (folder.wellKnownName === null && folder.source === null) {
      result.folders.extra += 1;
      example('folders', { mailbox: dest.address, folder: path, note: 'extra' });
    }
    await compareItems([], { mailbox: dest, folder }, path, seen, result, example);
  }
  return result;
}

async function compareItems(group: readonly Place[], copy: Place | null, path: string, seen: SeenDeleted, result: MailboxComparison, example: (kind: keyof MailboxComparison['examples'], one: Example) => void): Promise<void> {
  const sources: Entry[] = [];
  for (const place of group) sources.push(...(await indexed(place, 0)));
  const copies: Entry[] = [];
  if (copy !== null) {
    const own = copy.folder.source?.count ?? 0;
    copies.push(...(await indexed(copy, own)));
    const harmed = copy.mailbox.touchedSeeded(copy.folder);
    result.items.own += own;
    result.items.harmed += harmed;
    if (harmed > 0) example('harmed', { mailbox: copy.mailbox.address, folder: path, note: `${String(harmed)} of ${String(own)} items` });
  }
  let turns = 0;
  for (const finding of matchItems(sources, copies, new KeptCopies(group, seen))) {
    count(result, finding);
    if (finding.kind !== 'matched') example(finding.kind, described(finding, path));
    turns += 1;
    if (turns % 500 === 0) await turn();
  }
}

/** The folder's items from a place of its listing on. */
async function indexed({ mailbox, folder }: Place, from: number): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const { item } of mailbox.items(folder, from)) {
    entries.push(entryOf(mailbox, item, sizeOf(item.content)));
    if (entries.length % 200 === 0) await turn();
  }
  return entries;
}

function count(result: MailboxComparison, finding: Finding): void {
  const { items } = result;
  items[finding.kind] += 1;
  if ('source' in finding) items.expected += 1;
  if (finding.kind === 'kept' && finding.why === 'moved') items.keptMoved += 1;
  if (finding.kind !== 'matched') return;
  result.bytes += finding.source.bytes;
  if (finding.byJson) items.matchedByJson += 1;
}

function described(finding: Exclude<Finding, { kind: 'matched' }>, folder: string): Example {
  const entry = 'source' in finding ? finding.source : finding.copy;
  const { content, refusal } = itemOf(entry);
  return {
    mailbox: entry.mailbox.address,
    folder,
    class: content.messageClass,
    subject: content.subject,
    ...(finding.kind === 'differs' ? { fields: finding.fields.map(({ field }) => field), values: finding.fields.map(shortened), note: finding.byJson ? 'made through JSON' : 'made through the stream' } : {}),
    ...(finding.kind === 'refused' && refusal !== null ? { note: `${refusal.at}: ${refusal.code}` } : {}),
    ...(finding.kind === 'kept' ? { note: `${finding.why} at the source` } : {}),
  };
}

/** Values in a report are for people: long ones are cut. */
function shortened({ field, source, destination }: Difference): Difference {
  const cut = (value: unknown): unknown => {
    const text = JSON.stringify(value) ?? 'null';
    return text.length <= 300 ? value : `${text.slice(0, 300)}…`;
  };
  return { field, source: cut(source), destination: cut(destination) };
}
