import { Rng } from '../generator/random.js';
import { copyMailbox, twoTenants } from '../testing/two-tenants.js';
import { DeltaExpired } from './change-log.js';
import type { Folder, ItemSource } from './folder.js';
import { blankContent } from './item.js';
import type { DeltaManners } from './change-log.js';
import type { Mailbox } from './mailbox.js';

const note = (n: number) => ({ ...blankContent('IPM.Note'), subject: `number ${String(n)}` });
const lazy = (count: number): ItemSource => ({ count, item: note, createdAt: () => '2026-01-01T00:00:00Z' });
const fresh = (): Mailbox => twoTenants('empty').from;
const folderOf = (mailbox: Mailbox, name: string, count: number): Folder => mailbox.addFolder({ displayName: name, containerClass: 'IPF.Note', parentKey: mailbox.root.key, source: lazy(count) });

/** A client: what it believes to be in the folder, by id (a key and how often it has moved) and change key. */
const idOf = ({ key, moves }: { key: number; moves: number }): string => `${String(key)} ${String(moves)}`;

class Client {
  readonly known = new Map<string, string>();
  token: string | null = null;
  pages = 0;
  /** Runs a round; `between` happens after each page. */
  round(mailbox: Mailbox, folder: Folder, pageSize: number, between: () => void = () => undefined): void {
    for (;;) {
      const page = mailbox.delta(folder, this.token, pageSize);
      if (page === null) throw new Error('The token was refused');
      this.pages += 1;
      for (const entry of page.entries) {
        if (entry.kind === 'item') this.known.set(idOf(entry.item), entry.item.changeKey);
        else this.known.delete(idOf(entry));
      }
      expect((page.next === null) !== (page.delta === null)).toBe(true);
      this.token = page.next ?? page.delta;
      if (page.delta !== null) return;
      between();
    }
  }
}
const truth = (mailbox: Mailbox, folder: Folder): Map<string, string> => new Map([...mailbox.items(folder)].map(({ item }) => [idOf(item), item.changeKey]));

function disturb(mailbox: Mailbox, folders: readonly [Folder, Folder], rng: Rng): void {
  const folder = rng.pick(folders);
  const items = [...mailbox.items(folder)].map(({ item }) => item);
  const item = items[rng.below(Math.max(1, items.length))];
  switch (rng.below(4)) {
    case 0:
      mailbox.addItem(folder, note(rng.below(1_000)));
      return;
    case 1:
      if (item !== undefined) mailbox.updateItem(item.key, note(rng.below(1_000)));
      return;
    case 2:
      if (item !== undefined) mailbox.moveItem(item.key, folder === folders[0] ? folders[1] : folders[0]);
      return;
    default:
      if (item !== undefined) mailbox.removeItem(item.key);
  }
}

const manners: DeltaManners[] = [
  { order: 'asWritten', emptyPageEvery: 0, repeatEvery: 0 },
  { order: 'mixed', emptyPageEvery: 2, repeatEvery: 0 },
  { order: 'mixed', emptyPageEvery: 3, repeatEvery: 2 },
];

test.each(manners)('whatever happens in between, a client that follows the links knows the folder after a quiet round: %p', (how) => {
  for (let run = 0; run < 25; run += 1) {
    const rng = new Rng(`delta ${String(run)}`);
    const mailbox = fresh();
    Object.assign(mailbox.deltaManners, how);
    const folders: [Folder, Folder] = [folderOf(mailbox, 'one', rng.below(30)), folderOf(mailbox, 'two', rng.below(5))];
    const client = new Client();
    for (let round = 0; round < 6; round += 1) {
      for (let n = rng.below(8); n > 0; n -= 1) disturb(mailbox, folders, rng);
      client.round(mailbox, folders[0], 1 + rng.below(6), () => { if (rng.chance(2)) disturb(mailbox, folders, rng); });
    }
    client.round(mailbox, folders[0], 100);
    expect(client.known).toEqual(truth(mailbox, folders[0]));
    expect(folders[0].itemCount).toBe(client.known.size);
  }
});

test('awkward pages do occur: an empty one with a next link, an item twice, another order', () => {
  const mailbox = fresh();
  const folder = folderOf(mailbox, 'one', 20);
  Object.assign(mailbox.deltaManners, { order: 'mixed', emptyPageEvery: 3, repeatEvery: 2 });
  const keys: number[] = [];
  let empty = 0;
  for (let token: string | null = null, page = mailbox.delta(folder, token, 5); page !== null; page = token === null ? null : mailbox.delta(folder, token, 5)) {
    keys.push(...page.entries.flatMap((entry) => (entry.kind === 'item' ? [entry.item.key] : [])));
    if (page.entries.length === 0) empty += 1;
    token = page.next;
  }
  expect(empty).toBeGreaterThan(0);
  expect(keys.length).toBeGreaterThan(20);
  expect(new Set(keys).size).toBe(20);
  expect(keys).not.toEqual([...keys].sort((a, b) => a - b));
});

test('expiry ends tokens and next links alike, and a round from the start sees everything again', () => {
  const mailbox = fresh();
  const folder = folderOf(mailbox, 'one', 12);
  const first = mailbox.delta(folder, null, 5)?.next ?? '';
  const client = new Client();
  client.round(mailbox, folder, 5);
  mailbox.expireDeltaTokens(folder);
  expect(() => mailbox.delta(folder, first, 5)).toThrow(DeltaExpired);
  expect(() => mailbox.delta(folder, client.token, 5)).toThrow(DeltaExpired);
  client.token = null;
  client.known.clear();
  client.round(mailbox, folder, 5);
  expect(client.known).toEqual(truth(mailbox, folder));
});

test('a token is good for its folder alone, and made-up ones are none', () => {
  const mailbox = fresh();
  const [one, two] = [folderOf(mailbox, 'one', 12), folderOf(mailbox, 'two', 12)];
  const token = mailbox.delta(one, null, 5)?.next ?? '';
  expect(mailbox.delta(two, token, 5)).toBeNull();
  for (const made of ['x', `${token}A`, token.slice(0, -2), Buffer.from('{"step":"rest","generation":1,"from":0}').toString('base64url')]) expect(mailbox.delta(one, made, 5)).toBeNull();
});

test('a delta with nothing new, a count and a late page of a folder of hundreds of thousands cost next to nothing', () => {
  const mailbox = fresh();
  const count = 300_000;
  let made = 0;
  const folder = mailbox.addFolder({ displayName: 'huge', containerClass: 'IPF.Note', parentKey: mailbox.root.key, source: { count, item: (n) => { made += 1; return note(n); }, createdAt: () => '2026-01-01T00:00:00Z' } });
  const other = mailbox.delta(folderOf(mailbox, 'other', 0), null, 10)?.delta ?? '';
  expect(other).not.toBe('');
  let token = mailbox.delta(folder, null, 1_000)?.next ?? null;
  for (let page = 0; token !== null; page += 1) {
    const next = mailbox.delta(folder, token, 50_000);
    if (next?.delta != null) {
      token = next.delta;
      break;
    }
    token = next?.next ?? null;
  }
  expect(made).toBe(count);
  const before = process.hrtime.bigint();
  for (let n = 0; n < 1_000; n += 1) expect(mailbox.delta(folder, token, 100)?.entries).toEqual([]);
  expect(Number(process.hrtime.bigint() - before) / 1e6).toBeLessThan(1_000);
  expect(made).toBe(count);
  expect(folder.itemCount).toBe(count);
  const { at, left } = folder.skip(count - 2);
  expect([[...folder.keys(at)].length, left]).toEqual([2, 0]);
});

test('generated content is the same on every read, a change touches its item alone, and the neighbours stay unread', () => {
  const { from } = twoTenants({ seed: 'lazy', messages: 60, mailFolders: 4, events: 6, contacts: 6, tasks: 3, notes: 1 });
  const again = twoTenants({ seed: 'lazy', messages: 60, mailFolders: 4, events: 6, contacts: 6, tasks: 3, notes: 1 }).from;
  const subjects = (mailbox: Mailbox): string[] => mailbox.folders().flatMap((folder) => [...mailbox.items(folder)].map(({ item }) => `${item.changeKey} ${JSON.stringify(item.content)}`));
  const before = subjects(from);
  expect(subjects(from)).toEqual(before);
  expect(subjects(again)).toEqual(before);
  const inbox = from.wellKnown('inbox')!;
  const [{ key }] = [...inbox.keys()] as [{ key: number; next: number }, ...unknown[]];
  from.updateItem(key, { ...from.item(key)!.content, subject: 'changed' });
  expect(subjects(from).filter((each, n) => each !== before[n])).toHaveLength(1);
});

test('a removed folder gives its bytes back, and the quota counts what was written alone', () => {
  const two = twoTenants({ seed: 'quota', messages: 20, settings: false, untouchables: false });
  copyMailbox(two);
  const extra = two.to.addFolder({ displayName: 'extra', containerClass: 'IPF.Note', parentKey: two.to.root.key });
  const before = two.to.writtenBytes;
  expect(before).toBeGreaterThan(20_000);
  two.to.addItem(extra, note(1));
  expect(two.to.writtenBytes).toBeGreaterThan(before);
  two.to.removeFolder(extra);
  expect(two.to.writtenBytes).toBe(before);
  expect(two.from.writtenBytes).toBe(0);
});
