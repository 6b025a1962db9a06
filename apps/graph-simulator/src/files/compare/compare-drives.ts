/** Two drives held against each other, path by path: what a migration should have carried, and what it made besides. Shares no code with any migration. */
import { judge, newTally, note, type Tally } from './tally.js';
import type { SimTenant } from '../../world/tenant.js';
import { sameBytes, type FileContent } from '../content/file-content.js';
import type { Drive } from '../drives/drive.js';
import { effectivePermissions } from '../drives/effective-permissions.js';
import type { Item, Permission } from '../drives/item.js';
import { foldName } from '../drives/names.js';
import { promotedContent } from '../drives/promotion.js';
import { copiesTooMany, KeptCopies, type HashesOf } from './kept-copies.js';

export interface DriveEnd {
  readonly tenant: SimTenant;
  readonly drive: Drive;
}

/** Of files and folders; infected files and shortcuts are withheld, and what is extra is no copy of anything that the source holds or held. */
export interface DriveComparison extends Tally {
  /** Copies of things that were deleted at the source, or have another name or place there by now; of the latter `keptMoved`. */
  kept: number;
  keptMoved: number;
  /** Files that stand there more often than the source ever held their content; they are extra as well. */
  doubled: number;
}

export interface CompareOptions {
  /** Folder of the destination that stands for the source's root. */
  readonly under?: string | undefined;
  /** Files above this are held against each other by size and quickXorHash alone, which cannot see whole blocks that changed places. */
  readonly deepBytesMax: number;
  readonly versions: boolean;
  /** Versions of a file that a migration was asked for, the current one counted. */
  readonly versionsMax: number;
  readonly permissions: boolean;
  /** In what the columns of two libraries say different things of a file. */
  readonly fields?: ((item: Item, copy: Item) => string[]) | undefined;
  /** The same person or group at the destination; null when there is none. */
  readonly principal: (grantee: Permission['grantees'][number]) => string | null;
  readonly examplesMax: number;
}

const isWithheld = (item: Item): boolean => item.infected || item.kind === 'shortcut';

export async function compareDrives(source: DriveEnd, dest: DriveEnd, options: CompareOptions): Promise<DriveComparison> {
  const found: DriveComparison = { ...newTally(), kept: 0, keptMoved: 0, doubled: 0 };
  const missing: Item[] = [];
  const surplus: { item: Item; path: string }[] = [];
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
        note(found, 'missing', name, options.examplesMax);
      } else {
        const differences = await differencesOf(source, dest, item, copy, options);
        judge(found, name, differences, options.examplesMax);
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
  const known = new Map<Item, ReadonlySet<string>>();
  const hashesOf: HashesOf = async (item) => {
    const hashes = known.get(item) ?? (await everyHash(item, dest.drive, options.deepBytesMax));
    known.set(item, hashes);
    return hashes;
  };
  const kept = new KeptCopies(source.drive, missing, hashesOf);
  for (const { item, path } of surplus) {
    const why = await kept.take(item);
    note(found, why === null ? 'extra' : 'kept', path, options.examplesMax);
    if (why === 'moved') found.keptMoved += 1;
  }
  for (const path of await copiesTooMany(source.drive, dest.drive, hashesOf)) note(found, 'doubled', path, options.examplesMax);
  return found;
}

interface Version { readonly modifiedAt: string; readonly content: Pick<FileContent, 'size' | 'quickXorHash'> }
const inWords = (versions: readonly Version[]): string => versions.map(({ modifiedAt, content }) => `${modifiedAt}/${content.size}/${content.quickXorHash}`).join(' ');

/** Every version of a file, oldest first. */
const history = ({ content, modifiedAt, earlier }: Item): { modifiedAt: string; content: FileContent }[] => [...earlier, ...(content === null ? [] : [{ content, modifiedAt }])];

/** Of versions that follow each other with the same bytes the last alone. */
const withoutRepeats = (versions: readonly Version[]): Version[] => versions.filter(({ content }, at) => content.quickXorHash !== versions[at + 1]?.content.quickXorHash || content.size !== versions[at + 1]?.content.size);

/** What the destination's library makes of a file; of one that is too large to read, or was not kept, what was sent. */
const asStored = async (dest: Drive, name: string, content: FileContent, deepBytesMax: number): Promise<Version['content']> => (content.kept && content.size <= deepBytesMax ? await promotedContent(dest, name, content) : null) ?? content;

async function everyHash(item: Item, dest: Drive, deepBytesMax: number): Promise<ReadonlySet<string>> {
  const hashes = new Set<string>();
  for (const { content } of history(item)) hashes.add(content.quickXorHash).add((await asStored(dest, item.name, content, deepBytesMax)).quickXorHash);
  return hashes;
}

/** The history that a migration should have written, as the destination's library stores it. */
const wantedHistory = async (item: Item, dest: Drive, { versionsMax, deepBytesMax }: CompareOptions): Promise<Version[]> =>
  Promise.all(history(item).slice(-versionsMax).map(async ({ modifiedAt, content }) => ({ modifiedAt, content: await asStored(dest, item.name, content, deepBytesMax) })));

/** A notebook arrives as a folder: Graph makes no notebooks. */
const arrivesAs = (item: Item): Item['kind'] => (item.kind === 'notebook' ? 'folder' : item.kind);

/** Bytes, and where the destination's library writes its properties into what arrives, the bytes with them. */
async function contentDifferences(dest: Drive, name: string, content: FileContent, copy: FileContent, deepBytesMax: number): Promise<string[]> {
  const promoted = content.size !== copy.size && content.kept && content.size <= deepBytesMax ? await promotedContent(dest, name, content) : null;
  if (promoted !== null && promoted.size === copy.size) return promoted.quickXorHash === copy.quickXorHash && promoted.sha256 === (await copy.sha256()) ? [] : ['content'];
  if (content.size !== copy.size) return [`size ${content.size} is ${copy.size}`];
  if (content.quickXorHash !== copy.quickXorHash) return ['content'];
  return content.size <= deepBytesMax && !(await sameBytes(content, copy)) ? ['content, in its order'] : [];
}

async function differencesOf(source: DriveEnd, dest: DriveEnd, item: Item, copy: Item, options: CompareOptions): Promise<string[]> {
  const differences: string[] = [];
  if (arrivesAs(item) !== copy.kind) differences.push(`is a ${copy.kind}`);
  if (item.name !== copy.name) differences.push('name');
  if (item.createdAt !== copy.createdAt || item.modifiedAt !== copy.modifiedAt) differences.push(`dates ${item.createdAt} ${item.modifiedAt} are ${copy.createdAt} ${copy.modifiedAt}`);
  if (item.content !== null && copy.content !== null) {
    differences.push(...(await contentDifferences(dest.drive, item.name, item.content, copy.content, options.deepBytesMax)));
    if (options.versions) {
      // Writing to columns, and dating the file again after it, are versions of the same bytes.
      const told = Object.keys(copy.fields).length > 0 ? withoutRepeats : (versions: Version[]): Version[] => versions;
      const [wanted, got] = [inWords(told(await wantedHistory(item, dest.drive, options))), inWords(told(history(copy)))];
      if (wanted !== got) differences.push(`versions ${wanted} are ${got}`);
    }
  }
  differences.push(...(options.fields?.(item, copy) ?? []));
  if (options.permissions) {
    const [wanted, got] = [grants(source.drive, item, options.principal), grants(dest.drive, copy, ({ id }) => id)];
    if (wanted.join(' ') !== got.join(' ')) differences.push(`grants ${wanted.join(' ')} are ${got.join(' ')}`);
  }
  return differences;
}

/** What an item's own and inherited grants allow whom, in words that both sides share; those without a counterpart are left out. */
function grants(drive: Drive, item: Item, principal: CompareOptions['principal']): string[] {
  const words = effectivePermissions(drive, item).flatMap(({ roles, grantees, link }) => {
    const role = `${roles.join('+')}${link?.preventsDownload === true ? ' without download' : ''}`;
    if (link !== null && link.scope !== 'users') return [`${role} by a link for ${link.scope}`];
    return grantees.flatMap((grantee) => {
      const id = principal(grantee);
      return id === null ? [] : [`${role}${link === null ? '' : ' by a link'} to ${id}`];
    });
  });
  return [...new Set(words)].sort();
}
