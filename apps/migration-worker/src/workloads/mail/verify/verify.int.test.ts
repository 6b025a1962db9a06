/** Verification of a mailbox against a simulated Exchange: what it finds, and that it finds nothing where nothing is. */
import { createLogger } from '@migrator/service-kit/logger';
import { startSimulator, type TestSimulator } from '@migrator/testing/simulator';
import { attempt, ledgerDatabase, type LedgerDatabase } from '../../../testing/engine-rig.js';
import { verifyAttempt, type VerifyAttemptEnd } from '../../../testing/verify-rig.js';
import type { UnitScope, Workload } from '../../workload.js';
import { mailWorkload } from '../mail-workload.js';
import { MailRig } from '../testing/mail-rig.js';

let simulator: TestSimulator;
let database: LedgerDatabase;
let rig: MailRig;
let owner = '';
let owners = 0;
beforeAll(async () => {
  database = await ledgerDatabase();
  simulator = await startSimulator({ args: ['--limits', 'none'] });
  // Copies that JSON makes are read again: the simulator keeps their bytes.
  await simulator.control('POST', '/exchange/imports', { keepBytesMax: 8 * 1024 * 1024 });
});
afterAll(async () => {
  await database.close();
  await simulator.stop();
});
afterEach(() => rig.stop());

const workload: Workload = mailWorkload({ clock: { now: () => new Date() }, log: createLogger('test', 'silent') });
const everything = { seed: 'v', messages: 80, mailFolders: 6, events: 30, contacts: 16, tasks: 8, notes: 4, largeAttachments: [4 * 1024 * 1024] };

const unit = (): { ports: { source: typeof rig.source; destination: typeof rig.destination }; scope: Partial<UnitScope> } => ({
  ports: { source: rig.source, destination: rig.destination },
  scope: { source: { microsoftId: rig.ids.source, address: rig.ids.sourceAddress }, dest: { microsoftId: rig.ids.dest, address: rig.ids.destAddress } },
});

async function start(content: unknown, destContent?: unknown): Promise<void> {
  rig = await MailRig.start(simulator, content, destContent);
  owner = `mailbox ${++owners}`;
}

const copy = (passId = 'pass 1', mode: 'full' | 'delta' = 'full'): ReturnType<typeof attempt> => attempt(database.sql, owner, workload, { ...unit(), passId, mode });
const verify = (): Promise<VerifyAttemptEnd> => verifyAttempt(database.sql, owner, workload, unit());
const damage = (kind: string, more: Record<string, unknown> = {}): Promise<{ folder: string; class: string | null }> => simulator.control('POST', '/exchange/damage', { tenant: rig.ids.destTenant, mailbox: rig.ids.destAddress, kind, ...more });
const refuse = (at: 'export' | 'read' | 'import', folder: string, count: number): Promise<{ items: unknown[] }> => simulator.control('POST', '/exchange/refusals', { tenant: rig.ids.sourceTenant, mailbox: rig.ids.sourceAddress, at, folder, count });
const writes = async (): Promise<unknown> => [await simulator.control('GET', `/writes?tenant=${rig.ids.sourceTenant}`), await simulator.control('GET', `/writes?tenant=${rig.ids.destTenant}`)];

/** What is left when items whose content Microsoft does not show are not counted. */
const findings = ({ found }: VerifyAttemptEnd): string[] => found.filter(({ code }) => code !== 'VERIFY_CONTENT_NOT_SHOWN').map(({ code, container, fields }) => `${code} ${container} ${fields.join('+')}`.trim()).sort();

test('a faithful copy of every class and setting verifies without a difference, and neither side is written', async () => {
  await start(everything);
  const copied = await copy();
  const before = await writes();
  const end = await verify();
  // A rule that points where nothing is stays behind, and the job said so.
  expect(findings(end)).toEqual(copied.reports.map(({ container }) => `VERIFY_NOT_COPIED ${container}`));
  expect(end.found.flatMap(({ because }) => because ?? [])).toEqual(copied.reports.map(({ code }) => code));
  expect(end.total).toMatchObject({ missing: copied.counters.skipped, extra: 0, differs: 0, matched: copied.counters.done, sourceItems: copied.counters.total });
  expect(end.total.sourceItems).toBeGreaterThan(130);
  expect(end.total.destBytes).toBeGreaterThan(4 * 1024 * 1024);
  expect(await writes()).toEqual(before);
  // Notes travel unseen: each is named.
  expect(end.found.filter(({ code }) => code === 'VERIFY_CONTENT_NOT_SHOWN').map(({ kind }) => kind)).toEqual(Array(4).fill('IPM.StickyNote'));
}, 60_000);

const kinds = {
  renameFolder: ['VERIFY_CONTAINER_RENAMED', ['name']],
  loseException: ['VERIFY_COPY_CHANGED', ['exceptions']],
  changeByte: ['VERIFY_COPY_CHANGED', ['attachmentContent']],
  dropCategory: ['VERIFY_COPY_CHANGED', ['categories']],
  changeText: ['VERIFY_COPY_CHANGED', ['body']],
  shiftDate: ['VERIFY_COPY_CHANGED', ['received']],
  dropFlag: ['VERIFY_COPY_CHANGED', ['isRead']],
  removeItem: ['VERIFY_COPY_GONE', []],
  doubleItem: ['VERIFY_DOUBLED', []],
  moveItem: ['VERIFY_MOVED', []],
} as const;

test('every kind of damage is found as what it is, in its folder, and nothing else is', async () => {
  await start({ ...everything, mailFolders: 14, settings: false, largeAttachments: [] });
  await copy();
  const clean = await verify();
  expect(findings(clean)).toEqual([]);
  const folders = [...clean.counts].filter(([, { destItems }]) => destItems > 0).map(([path]) => path);
  const expected: string[] = [];
  for (const [kind, [code, fields]] of Object.entries(kinds)) {
    // Each in a folder of its own, the first that has something for it.
    for (const [at, folder] of folders.entries()) {
      const done = await damage(kind, { folder }).catch(() => null);
      if (done === null) continue;
      folders.splice(at, 1);
      expected.push(`${code} ${folder} ${fields.join('+')}`.trim());
      break;
    }
  }
  expect(expected).toHaveLength(Object.keys(kinds).length);
  const end = await verifyAttempt(database.sql, owner, workload, { ...unit(), passId: 'verify 2' });
  expect(findings(end)).toEqual(expected.sort());
  expect(end.found.find(({ code }) => code === 'VERIFY_MOVED')?.foundIn).toEqual(expect.any(String));
  // What the renamed folder holds was compared where it is.
  expect(end.total.sourceItems - end.total.matched).toBe(expected.length - 2);
}, 120_000);

test('a copy made through JSON is held to what JSON can keep, and damage to it is found all the same', async () => {
  await start({ ...everything, settings: false, largeAttachments: [] });
  for (const [folder, count] of [['Inbox', 12], ['Calendar', 12], ['Contacts', 6], ['Tasks', 3]] as const) expect((await refuse('export', folder, count)).items.length).toBeGreaterThan(0);
  const copied = await copy();
  const end = await verify();
  expect(findings(end).filter((each) => !each.startsWith('VERIFY_NOT_COPIED'))).toEqual([]);
  // What no way could carry is missing, for the reason the job gave.
  expect(end.total.missing).toBe(copied.counters.error + copied.counters.skipped);
  expect(end.total.matched).toBe(copied.counters.done);
  const { items } = await simulator.control<{ items: { itemId: string; properties?: Record<string, string>; class: string }[] }>('GET', `/exchange/items?tenant=${rig.ids.destTenant}&mailbox=${rig.ids.destAddress}&folder=Inbox&top=500&full=true`);
  const made = items.filter((item) => JSON.stringify(item).toLowerCase().includes('migsourcekey'));
  expect(made.length).toBeGreaterThan(5);
  await damage('changeText', { itemId: made[0]?.itemId });
  await damage('removeItem', { itemId: made[1]?.itemId });
  const after = await verifyAttempt(database.sql, owner, workload, { ...unit(), passId: 'verify 2' });
  expect(findings(after).filter((each) => !each.startsWith('VERIFY_NOT_COPIED'))).toEqual(['VERIFY_COPY_CHANGED Inbox body', 'VERIFY_COPY_GONE Inbox']);
}, 60_000);

test('items that either side refuses for good are missing with the job’s own reason', async () => {
  await start({ seed: 'r', messages: 40, mailFolders: 2, settings: false });
  await refuse('read', 'Inbox', 2);
  const copied = await copy();
  expect(copied.counters.error).toBe(2);
  const end = await verify();
  expect(findings(end)).toEqual(['VERIFY_NOT_COPIED Inbox', 'VERIFY_NOT_COPIED Inbox']);
  expect(end.found.map(({ because }) => because)).toEqual(copied.reports.map(({ code }) => code));
});

test('a destination that had mail of its own is not accused of it, and what went at the source is said to have been left behind', async () => {
  await start({ seed: 'm', messages: 40, mailFolders: 3, settings: false }, { seed: 'theirs', messages: 30, events: 5, contacts: 4, settings: false });
  await copy();
  const end = await verify();
  expect(findings(end)).toEqual([]);
  expect(end.total.ownItems).toBeGreaterThan(20);
  await simulator.control('POST', '/exchange/changes', { tenant: rig.ids.sourceTenant, perMailbox: { moved: 2, deleted: 1 } });
  // What has moved lies in the old place until a delta pass follows it.
  const moved = await verifyAttempt(database.sql, owner, workload, { ...unit(), passId: 'verify moved' });
  expect(moved.found.map(({ code }) => code).sort()).toEqual(['VERIFY_LEFT_BEHIND', 'VERIFY_MOVED', 'VERIFY_MOVED']);
  await copy('delta 1', 'delta');
  const after = await verifyAttempt(database.sql, owner, workload, { ...unit(), passId: 'verify 2' });
  expect(after.found.map(({ code }) => code).sort()).toEqual(['VERIFY_LEFT_BEHIND']);
  expect(after.total.ownItems).toBe(end.total.ownItems);
});

test('a copy that somebody deleted or changed is left as it is by later passes, and a job to another place brings the source’s version', async () => {
  await start({ seed: 'g', messages: 30, mailFolders: 1, settings: false });
  const first = await copy();
  await damage('removeItem', { folder: 'Inbox' });
  await damage('changeText', { folder: 'Inbox' });
  for (const mode of ['retry', 'delta', 'full'] as const) {
    expect(await attempt(database.sql, owner, workload, { ...unit(), passId: `later ${mode}`, mode })).toMatchObject({ result: 'done', counters: first.counters });
    const end = await verifyAttempt(database.sql, owner, workload, { ...unit(), passId: `verify after ${mode}` });
    expect(findings(end)).toEqual(['VERIFY_COPY_CHANGED Inbox body', 'VERIFY_COPY_GONE Inbox']);
  }
  const { ports, scope } = unit();
  const beside = await attempt(database.sql, owner, workload, { ports, scope: { ...scope, destPrefix: 'Restored' }, jobId: 'another', unitId: `${owner} beside`, passId: 'pass beside' });
  // Copied, and not found: the bytes went once more.
  expect(beside).toMatchObject({ result: 'done', counters: { done: 30, error: 0, bytes: first.counters.bytes } });
});

test('a folder of ours that somebody renamed keeps that name until a pass has something new for it', async () => {
  await start({ seed: 'h', messages: 40, mailFolders: 4, settings: false });
  await copy();
  const { folder } = await damage('renameFolder');
  const renamed = [`VERIFY_CONTAINER_RENAMED ${folder} name`];
  await copy('delta without news', 'delta');
  expect(findings(await verify())).toEqual(renamed);
  await simulator.control('POST', '/exchange/changes', { tenant: rig.ids.sourceTenant, seed: 'news', perMailbox: { new: 0, edited: 38 } });
  await copy('delta with news', 'delta');
  expect(findings(await verifyAttempt(database.sql, owner, workload, { ...unit(), passId: 'verify 2' }))).toEqual([]);
});
