import fc from 'fast-check';
import { HeldContent } from '../content/file-content.js';
import { DeltaExpired } from '../../exchange/store/change-log.js';
import { Drive, DriveRefusal } from './drive.js';
import { parseDriveProfile } from './drive-profile.js';
import { GeneratedTree } from './generated-tree.js';
import type { Item } from './item.js';

const by = { kind: 'app', clientId: 'c' } as const;
const text = (size: number): HeldContent => new HeldContent(Buffer.alloc(size, 'x'));

function make(profile?: Record<string, unknown>, quotaBytes = 1e15): { drive: Drive; storage: { usedBytes: number; quotaBytes: number } } {
  const tree = profile === undefined ? null : new GeneratedTree(parseDriveProfile(profile), { ownerId: 'owner', sharedWith: [{ kind: 'user', id: 'u1' }] });
  const storage = { usedBytes: tree?.storedBytes ?? 0, quotaBytes };
  return { storage, drive: new Drive('bbbbbbbb-cccc-dddd-eeee-ffffffffffff', { tree, storage, now: () => '2026-01-01T00:00:00Z', createdAt: '2020-01-01T00:00:00Z', owner: by, rootPathChars: 60 }) };
}
const refusal = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof DriveRefusal) return error.code;
    throw error;
  }
  return 'done';
};

/** Everything below a folder, found by walking. */
function walk(drive: Drive, folder = 0): Item[] {
  return [...drive.children(folder)].flatMap((item) => [item, ...(item.kind === 'file' ? [] : walk(drive, item.key))]);
}

const seeded = { seed: 's', files: 60, folders: 9, fanout: 3, notebooks: 1, shortcuts: 1, emptyFolders: 2, large: [5_000_000], versionsEvery: 5, sharedEvery: 4, emptyEvery: 7 };

test('a seeded drive is the same each time, whole, with sizes and counts that add up', () => {
  const [first, second] = [make(seeded).drive, make(seeded).drive];
  const items = walk(first);
  expect(items).toHaveLength(60 + 9 + 1 + 3 + 1 + 2 + 1);
  expect(new Set(items.map(({ key }) => key)).size).toBe(items.length);
  expect(walk(second)).toEqual(items);
  expect([...first.items()].slice(1).map(({ key }) => key)).toEqual(items.map(({ key }) => key).sort((a, b) => a - b));
  for (const folder of [first.root, ...items.filter(({ kind }) => kind === 'folder' || kind === 'notebook')]) {
    expect(first.childCount(folder.key)).toBe([...first.children(folder.key)].length);
    expect(first.size(folder)).toBe(walk(first, folder.key).reduce((sum, { content }) => sum + (content?.size ?? 0), 0));
    for (const child of first.children(folder.key)) expect(child.key).toBeGreaterThan(folder.key);
  }
  expect(items.filter(({ earlier }) => earlier.length > 0).length).toBe(12);
  expect(items.filter(({ content }) => content?.size === 0).length).toBeGreaterThan(5);
});

test('a seeded drive holds nothing deeper or longer than any organisation’s address takes', () => {
  const longest = Array.from({ length: 60 }, (_each, seed) => {
    const { drive } = make({ seed: `paths ${String(seed)}`, files: 120, folders: 18, fanout: 2 });
    return Math.max(...walk(drive).map((item) => drive.path(item).join('/').length));
  });
  expect(Math.max(...longest)).toBeGreaterThan(200);
  expect(Math.max(...longest)).toBeLessThan(330);
});

test('a drive of two million files costs no memory beyond its folders', () => {
  const before = process.memoryUsage().heapUsed;
  const { drive } = make({ files: 2_000_000, folders: 1_000, fanout: 10 });
  expect(drive.delta(null, 1_000)?.entries).toHaveLength(1_000);
  expect(drive.childCount(500)).toBeGreaterThan(1_900);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(60 * 1024 * 1024);
});

describe('whatever is done to a drive', () => {
  type Op = { kind: 'folder' | 'file' | 'rename' | 'move' | 'remove' | 'write' | 'date'; a: number; b: number };
  const ops = fc.array(fc.record({ kind: fc.constantFrom<Op['kind']>('folder', 'file', 'rename', 'move', 'remove', 'write', 'date'), a: fc.nat(1_000), b: fc.nat(1_000) }), { maxLength: 60 });

  function act(drive: Drive, { kind, a, b }: Op): void {
    const all = [drive.root, ...walk(drive)];
    const folders = all.filter((item) => item.kind === 'folder');
    const item = all[a % all.length] ?? drive.root;
    const folder = folders[b % folders.length] ?? drive.root;
    if (kind === 'folder') drive.addFolder(folder, `new ${a}`, 'rename', by);
    else if (kind === 'file') drive.addFile(folder, `file ${a}.txt`, text(b), 'replace', by);
    else if (kind === 'rename') drive.change(item, { name: `renamed ${b}` }, by);
    else if (kind === 'move') drive.change(item, { parent: folder }, by);
    else if (kind === 'remove') drive.remove(item);
    else if (kind === 'write') drive.replaceContent(item, text(b), by);
    else drive.change(item, { dates: { createdAt: '2001-01-01T00:00:00Z', modifiedAt: '2002-01-01T00:00:00Z' } }, by);
  }

  /** What a client holds that has followed delta, by id; the last word on an item counts. */
  function follow(drive: Drive, known: Map<number, string>, token: string | null, pageItems: number): string {
    for (let next = token; ; ) {
      const page = drive.delta(next, pageItems);
      for (const { key, item } of page?.entries ?? []) {
        if (item === null) known.delete(key);
        else known.set(key, `${item.parentKey}/${item.name}/${item.content?.size ?? ''}`);
      }
      if (page?.next == null) return page?.delta ?? '';
      next = page.next;
    }
  }

  test('sizes, counts, names and delta agree with a walk through it', () => {
    fc.assert(
      fc.property(ops, ops, fc.integer({ min: 1, max: 20 }), fc.constantFrom('asWritten' as const, 'mixed' as const), (before, after, pageItems, order) => {
        const { drive, storage } = make(seeded);
        Object.assign(drive.manners, { order, emptyPageEvery: 3, repeatEvery: 2 });
        for (const op of before) refusal(() => { act(drive, op); });
        const known = new Map<number, string>();
        const token = follow(drive, known, null, pageItems);
        for (const op of after) refusal(() => { act(drive, op); });
        follow(drive, known, token, pageItems);
        const items = walk(drive);
        expect(new Map([[0, known.get(0)], ...items.map((item): [number, string] => [item.key, `${item.parentKey}/${item.name}/${item.content?.size ?? ''}`])])).toEqual(known);
        for (const folder of [drive.root, ...items.filter(({ kind }) => kind !== 'file')]) {
          expect(drive.childCount(folder.key)).toBe([...drive.children(folder.key)].length);
          expect(drive.size(folder)).toBe(walk(drive, folder.key).reduce((sum, { content }) => sum + (content?.size ?? 0), 0));
        }
        for (const item of items) expect(drive.child(item.parentKey, item.name.toUpperCase())?.key).toBe(item.key);
        expect(storage.usedBytes).toBe(items.reduce((sum, { content, earlier }) => sum + (content?.size ?? 0) + earlier.reduce((bytes, version) => bytes + version.content.size, 0), 0));
      }),
      { numRuns: 25 },
    );
  });
});

test('forgotten tokens are refused, and those of another drive are none', () => {
  const { drive } = make(seeded);
  const token = drive.latestToken();
  expect(drive.delta(token, 10)).toMatchObject({ entries: [], next: null });
  drive.log.expireTokens();
  expect(() => drive.delta(token, 10)).toThrow(DeltaExpired);
  expect(drive.delta('nonsense', 10)).toBeNull();
});

test('conflicts, names, paths, locks and quota are refused as SharePoint refuses them', () => {
  const { drive } = make(undefined, 1_000);
  const { item: folder } = drive.addFolder(drive.root, 'Folder', 'fail', by);
  drive.addFile(folder, 'a.txt', text(10), 'fail', by);
  expect(refusal(() => drive.addFile(folder, 'A.TXT', text(10), 'fail', by))).toBe('nameAlreadyExists');
  expect(drive.addFile(folder, 'A.txt', text(20), 'replace', by)).toMatchObject({ created: false, item: { name: 'a.txt', version: 2 } });
  expect(drive.addFile(folder, 'a.txt', text(1), 'rename', by).item.name).toBe('a 1.txt');
  expect(drive.addFolder(drive.root, 'FOLDER', 'replace', by)).toMatchObject({ created: false, item: { key: folder.key } });
  expect(refusal(() => drive.addFolder(folder, 'a.txt', 'replace', by))).toBe('nameAlreadyExists');
  for (const name of ['', 'a:b', 'a/b', ' a', 'a ', 'a.', 'CON', 'lpt1', '~$a', 'desktop.ini', 'x_vti_y', 'a\u0001', 'x'.repeat(256)]) expect(refusal(() => drive.addFile(folder, name, text(1), 'fail', by))).toBe('invalidRequest');
  expect(refusal(() => drive.addFolder(drive.root, 'forms', 'fail', by))).toBe('invalidRequest');
  for (const name of ['100% # & +', '.hidden', 'forms', 'x'.repeat(255)]) expect(refusal(() => drive.addFile(folder, name, text(1), 'fail', by))).toBe('done');
  expect(refusal(() => drive.addFile(drive.addFolder(folder, 'y'.repeat(200), 'fail', by).item, 'z'.repeat(200), text(1), 'fail', by))).toBe('pathIsTooLong');
  expect(refusal(() => drive.addFile(folder, 'big', text(2_000), 'fail', by))).toBe('quotaLimitReached');
  const { item } = drive.addFile(folder, 'locked', text(1), 'fail', by);
  item.lock = { reads: false };
  expect([refusal(() => drive.replaceContent(item, text(2), by)), refusal(() => { drive.remove(item); }), refusal(() => drive.change(item, { name: 'n' }, by))]).toEqual(['resourceLocked', 'resourceLocked', 'resourceLocked']);
  expect(refusal(() => drive.change(folder, { parent: drive.addFolder(folder, 'inner', 'fail', by).item }, by))).toBe('invalidRequest');
});

test('new dates of a file are a version of their own, and count against the quota', () => {
  const { drive, storage } = make(undefined);
  const { item } = drive.addFile(drive.root, 'a', text(100), 'fail', by);
  drive.change(item, { dates: { createdAt: '2001-01-01T00:00:00Z', modifiedAt: '2002-01-01T00:00:00Z' } }, by);
  expect(item).toMatchObject({ version: 2, createdAt: '2001-01-01T00:00:00Z', modifiedAt: '2002-01-01T00:00:00Z', contentChanges: 1, changes: 2 });
  expect(storage.usedBytes).toBe(200);
});
