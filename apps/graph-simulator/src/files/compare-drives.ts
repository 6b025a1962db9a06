/** Two drives held against each other, path by path: what a migration should have carried, and what it made besides. Shares no code with any migration. */
import type { SimTenant } from '../world/tenant.js';
import type { Drive } from './drives/drive.js';
import { effectivePermissions } from './drives/effective-permissions.js';
import type { Item, Permission } from './drives/item.js';
import { foldName } from './drives/names.js';
import { asSent } from './drives/promotion.js';
import { copiesTooMany, KeptCopies } from './kept-copies.js';

export interface DriveEnd {
  readonly tenant: SimTenant;
  readonly drive: Drive;
}

export interface DriveComparison {
  /** Files and folders that a migration should carry; infected files and shortcuts are `withheld`. */
  expected: number;
  matched: number;
  withheld: number;
  missing: number;
  /** At the destination, and no copy of anything that the source holds or held. */
  extra: number;
  /** Copies of things that were deleted at the source, or have another name or place there by now; of the latter `keptMoved`. */
  kept: number;
  keptMoved: number;
  /** Files that stand there more often than the source ever held their content; they are extra as well. */
  doubled: number;
  differs: number;
  /** Of what there is. */
  examples: Record<'missing' | 'extra' | 'differs', string[]> & Partial<Record<Surprise, string[]>>;
}

type Surprise = 'missing' | 'extra' | 'kept' | 'doubled' | 'differs';

export interface CompareOptions {
  /** Folder of the destination that stands for the source's root. */
  readonly under?: string | undefined;
  /** Files above this are held against each other by size and quickXorHash alone, which cannot see whole blocks that changed places. */
  readonly deepBytesMax: number;
  readonly versions: boolean;
  /** Versions of a file that a migration was asked for, the current one counted. */
  readonly versionsMax: number;
  readonly permissions: boolean;
  /** The same person or group at the destination; null when there is none. */
  readonly principal: (grantee: Permission['grantees'][number]) => string | null;
  readonly examplesMax: number;
}

const isWithheld = (item: Item): boolean => item.infected || item.kind === 'shortcut';

export async function compareDrives(source: DriveEnd, dest: DriveEnd, options: CompareOptions): Promise<DriveComparison> {
  const found: DriveComparison = { expected: 0, matched: 0, withheld: 0, missing: 0, extra: 0, kept: 0, keptMoved: 0, doubled: 0, differs: 0, examples: { missing: [], extra: [], differs: [] } };
  const missing: Item[] = [];
  const surplus: { item: Item; path: string }[] = [];
  const note = (kind: Surprise, what: string): void => {
    found[kind] += 1;
    const examples = (found.examples[kind] ??= []);
    if (examples.length < options.examplesMax) examples.push(what);
  };
  let root: Item | undefined = dest.drive.root;
  for (const name of (options.under ?? '').split('/').filter((each) => each !== '')) root = root === undefined ? undefined : dest.drive.child(root.key, name);

  const walk = async (from: Item, to: Item | undefined, path: string): Promise<void> => {
    const there = new Map(to === undefined ? [] : [...dest.drive.children(to.key)].map((item) => [foldName(item.name), item]));
    for (const item of source.drive.children(from.key)) {
      const name = `${path}/${item.name}`;
      if (isWithheld(item)) {
        found.withheld += 1;
        continue;
      }
      found.expected += 1;
      const copy = there.get(foldName(item.name));
      there.delete(foldName(item.name));
      if (copy === undefined) {
        missing.push(item);
        note('missing', name);
      } else {
        const differences = await differencesOf(source, dest, item, copy, options);
        if (differences.length > 0) note('differs', `${name}: ${differences.join(', ')}`);
        else found.matched += 1;
      }
      if (item.kind !== 'file') await walk(item, copy, name);
    }
    for (const item of there.values()) addSurplus(item, `${path}/${item.name}`);
  };
  const addSurplus = (item: Item, path: string): void => {
    surplus.push({ item, path });
    if (item.kind !== 'file') for (const child of dest.drive.children(item.key)) addSurplus(child, `${path}/${child.name}`);
  };
  await walk(source.drive.root, root, '');
  const kept = new KeptCopies(source.drive, missing);
  for (const { item, path } of surplus) {
    const why = kept.take(item);
    note(why === null ? 'extra' : 'kept', path);
    if (why === 'moved') found.keptMoved += 1;
  }
  for (const path of copiesTooMany(source.drive, dest.drive)) note('doubled', path);
  return found;
}

/** Every version of a file, oldest first: date, size and hash. */
function history({ content, modifiedAt, earlier }: Item): string[] {
  return [...earlier, ...(content === null ? [] : [{ content, modifiedAt }])].map((version) => `${version.modifiedAt}/${version.content.size}/${version.content.quickXorHash}`);
}

/** A notebook arrives as a folder: Graph makes no notebooks. */
const arrivesAs = (item: Item): Item['kind'] => (item.kind === 'notebook' ? 'folder' : item.kind);

async function differencesOf(source: DriveEnd, dest: DriveEnd, item: Item, copy: Item, options: CompareOptions): Promise<string[]> {
  const differences: string[] = [];
  if (arrivesAs(item) !== copy.kind) differences.push(`is a ${copy.kind}`);
  if (item.name !== copy.name) differences.push('name');
  if (item.createdAt !== copy.createdAt || item.modifiedAt !== copy.modifiedAt) differences.push(`dates ${item.createdAt} ${item.modifiedAt} are ${copy.createdAt} ${copy.modifiedAt}`);
  if (item.content !== null && copy.content !== null) {
    const sent = await asSent(dest.drive, copy.name, copy.content);
    if (item.content.size !== sent.size) differences.push(`size ${item.content.size} is ${sent.size}`);
    else if (item.content.quickXorHash !== sent.quickXorHash) differences.push('content');
    else if (item.content.size <= options.deepBytesMax && (await item.content.sha256()) !== (await sent.sha256())) differences.push('content, in its order');
    if (options.versions) {
      const [wanted, got] = [history(item).slice(-options.versionsMax), history(copy)];
      if (wanted.join(' ') !== got.join(' ')) differences.push(`versions ${wanted.join(' ')} are ${got.join(' ')}`);
    }
  }
  if (options.permissions) {
    const [wanted, got] = [grants(source.drive, item, options.principal), grants(dest.drive, copy, ({ id }) => id)];
    if (wanted.join(' ') !== got.join(' ')) differences.push(`grants ${wanted.join(' ')} are ${got.join(' ')}`);
  }
  return differences;
}

/** What an item's own and inherited grants allow whom, in words that both sides share; those without a counterpart are left out. */
function grants(drive: Drive, item: Item, principal: CompareOptions['principal']): string[] {
  const words = effectivePermissions(drive, item).flatMap(({ roles, grantees, link }) => {
    const role = roles.join('+');
    if (link !== null && link.scope !== 'users') return [`${role} by a link for ${link.scope}`];
    return grantees.flatMap((grantee) => {
      const id = principal(grantee);
      return id === null ? [] : [`${role}${link === null ? '' : ' by a link'} to ${id}`];
    });
  });
  return [...new Set(words)].sort();
}
