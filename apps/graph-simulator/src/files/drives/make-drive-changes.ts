/** Seeded changes in a drive, as its owner makes them. */
import { Rng } from '../../exchange/generator/random.js';
import { SeededContent } from '../content/file-content.js';
import { mix } from '../content/seeded-bytes.js';
import { DriveRefusal, type Drive } from './drive.js';
import type { Item } from './item.js';

export const driveChangeKinds = ['new', 'edited', 'emptied', 'renamed', 'moved', 'deleted', 'locked', 'newFolders', 'renamedFolders', 'movedFolders', 'deletedFolders', 'swapped', 'savedAnew'] as const;
export type DriveChangeKind = (typeof driveChangeKinds)[number];

/** How many of each are made, where there is enough to change. */
export type DriveChangePlan = Readonly<Partial<Record<DriveChangeKind, number>>>;

/** How deep an owner goes, and how long paths get: what another organisation with a longer name would not take is no change that could be followed. */
const depthMax = 5;
const pathCharsMost = 330;
const bytesMax = 40_000;

/** The same seed makes the same changes of the same drive, and others when called again. What a drive refuses is not done. Answers how many were made. */
export function makeDriveChanges(drive: Drive, plan: DriveChangePlan, seed: string): Record<DriveChangeKind, number> {
  const rng = new Rng(`${seed} ${drive.listId} ${String(drive.log.position)}`);
  const by = drive.root.createdBy;
  const made = Object.fromEntries(driveChangeKinds.map((kind) => [kind, 0])) as Record<DriveChangeKind, number>;
  const content = (): SeededContent => new SeededContent(1 + rng.below(bytesMax), [mix(rng.next(), drive.log.position), drive.log.position]);
  /** No two things get the same name. */
  const name = (word: string, ending = ''): string => `${word} ${String(drive.log.position)} ${rng.hex(2)}${ending}`;
  const all = [...drive.items()].filter((item) => item.key !== 0 && drive.item(item.parentKey)?.kind !== 'notebook');
  const files = all.filter((item) => item.kind === 'file' && !item.infected && item.lock === null && (item.content?.size ?? 0) <= bytesMax * 10);
  const folders = all.filter((item) => item.kind === 'folder');
  /** Takes one, so that each is changed once. */
  const draw = (from: Item[]): Item | undefined => (from.length === 0 ? undefined : from.splice(rng.below(from.length), 1)[0]);
  /** Characters of the longest path from an item down, its own name counted. */
  const reach = (item: Item): number => item.name.length + (item.kind === 'file' ? 0 : Math.max(0, ...[...drive.children(item.key)].map((child) => 1 + reach(child))));
  /** A place for `item`, or for something new. */
  const somewhere = (item?: Item): Item => {
    const chars = item === undefined ? 40 : reach(item);
    const places = [drive.root, ...folders].filter((each) => drive.item(each.key) !== undefined && drive.path(each).length < depthMax && drive.path(each).join('/').length + 1 + chars <= pathCharsMost);
    return rng.pick(places.length === 0 ? [drive.root] : places);
  };
  const there = (item: Item | undefined): item is Item => item !== undefined && drive.item(item.key) !== undefined;
  const endingOf = (item: Item): string => /\.[^.]*$/.exec(item.name)?.[0] ?? '';

  const acts: Record<DriveChangeKind, () => boolean> = {
    newFolders: () => {
      folders.push(drive.addFolder(somewhere(), name('Later – später'), 'fail', by).item);
      return true;
    },
    new: () => {
      drive.addFile(somewhere(), name('New – neu', '.docx'), content(), 'fail', by);
      return true;
    },
    edited: () => onFile((item) => drive.replaceContent(item, content(), by)),
    emptied: () => onFile((item) => drive.replaceContent(item, new SeededContent(0, [0, 0]), by)),
    renamed: () => onFile((item) => drive.change(item, { name: name('Renamed', endingOf(item)) }, by)),
    moved: () => onFile((item) => drive.change(item, { parent: somewhere(item) }, by)),
    deleted: () => onFile((item) => drive.remove(item)),
    locked: () => onFile((item) => (drive.own(item).lock = { reads: true })),
    renamedFolders: () => onFolder((item) => drive.change(item, { name: name('Renamed') }, by)),
    movedFolders: () => onFolder((item) => drive.change(item, { parent: somewhere(item) }, by)),
    deletedFolders: () => onFolder((item) => drive.remove(item)),
    // Two files exchange their names, by way of a third one.
    swapped: () =>
      onFile((one) => {
        const other = draw(files);
        if (!there(other)) throw new DriveRefusal('itemNotFound', 'There is nothing to swap with.');
        const [first, second, place] = [one.name, other.name, drive.item(other.parentKey)];
        drive.change(one, { name: name('Between') }, by);
        drive.change(other, { name: first, parent: drive.item(one.parentKey) }, by);
        drive.change(one, { name: second, parent: place }, by);
      }),
    // As programs save: beside it, then the old one goes, then the new one takes its name.
    savedAnew: () =>
      onFile((item) => {
        const parent = drive.item(item.parentKey) ?? drive.root;
        const beside = drive.addFile(parent, name('Saving', '.tmp'), content(), 'fail', by).item;
        drive.remove(item);
        drive.change(beside, { name: item.name }, by);
      }),
  };
  function onFile(work: (item: Item) => unknown): boolean {
    const item = draw(files);
    if (!there(item)) return false;
    work(item);
    return true;
  }
  function onFolder(work: (item: Item) => unknown): boolean {
    const item = draw(folders);
    if (!there(item)) return false;
    work(item);
    return true;
  }
  for (const kind of ['newFolders', ...driveChangeKinds.filter((each) => each !== 'newFolders')] as const) {
    for (let count = plan[kind] ?? 0; count > 0; count -= 1) {
      try {
        if (acts[kind]()) made[kind] += 1;
      } catch (error) {
        // A name that is taken, a folder into itself, a path too long: an owner would see it and leave it.
        if (!(error instanceof DriveRefusal)) throw error;
      }
    }
  }
  return made;
}
