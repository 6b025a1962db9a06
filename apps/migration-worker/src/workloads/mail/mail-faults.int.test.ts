/** What can befall a mailbox while it is copied: each has its outcome with a code, and the next pass brings the rest, once. */
import { createLogger } from '@migrator/service-kit/logger';
import { eventually } from '@migrator/testing/eventually';
import { startSimulator, type TestSimulator } from '@migrator/testing/simulator';
import { attempt, ledgerDatabase, type Attempt, type AttemptEnd, type LedgerDatabase } from '../../testing/engine-rig.js';
import { recountUnit } from '../../engine/ledger.js';
import { mailWorkload } from './mail-workload.js';
import { MailRig } from './testing/mail-rig.js';

let simulator: TestSimulator;
let database: LedgerDatabase;
let rig: MailRig;
let owner = '';
let owners = 0;
beforeAll(async () => {
  [simulator, database] = await Promise.all([startSimulator({ args: ['--limits', 'none'] }), ledgerDatabase()]);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await rig.stop();
});
afterAll(async () => {
  await database.close();
  await simulator.stop();
});

const content = { seed: 'a', messages: 60, mailFolders: 3, events: 8, contacts: 6, tasks: 4, notes: 2, settings: false };

async function start(profile: unknown = content): Promise<void> {
  rig = await MailRig.start(simulator, profile);
  owner = `faults ${++owners}`;
}

const pass = (options: Attempt = {}, now = (): Date => new Date()): Promise<AttemptEnd> =>
  attempt(database.sql, owner, mailWorkload({ clock: { now }, log: createLogger('test', 'silent') }), {
    ports: { source: rig.source, destination: rig.destination },
    scope: { source: { microsoftId: rig.ids.source, address: rig.ids.sourceAddress }, dest: { microsoftId: rig.ids.dest, address: rig.ids.destAddress } },
    ...options,
  });

interface Comparison {
  items: { expected: number; matched: number; missing: number; extra: number; doubled: number; differs: number; refused: number };
  outboundMail: number;
}
const tenantOf = (side: 'source' | 'dest'): string => (side === 'source' ? rig.ids.sourceTenant : rig.ids.destTenant);
const addressOf = (side: 'source' | 'dest'): string => (side === 'source' ? rig.ids.sourceAddress : rig.ids.destAddress);
const compare = (): Promise<Comparison> => simulator.control<Comparison>('POST', '/compare', { source: rig.ids.sourceTenant, destination: rig.ids.destTenant, mapping: [{ source: rig.ids.sourceAddress, dest: rig.ids.destAddress }] });
const fault = (rule: unknown): Promise<unknown> => simulator.control('POST', '/faults', rule);
const onMailbox = (operation: string, side: 'source' | 'dest', body: Record<string, unknown>): Promise<unknown> => simulator.control('POST', `/exchange/${operation}`, { tenant: tenantOf(side), mailbox: addressOf(side), ...body });

/** Calls `act` once, as soon as so many transactions of the ledger are stored. */
function afterCommits(count: number, act: () => Promise<unknown>): { step: (name: string) => void; done: () => Promise<unknown> } {
  let seen = 0;
  let acted: Promise<unknown> | null = null;
  return {
    step: (name) => {
      if (name === 'after a commit' && ++seen === count) acted = act();
    },
    done: async () => {
      if (acted === null) throw new Error(`the pass stored only ${seen} transactions`);
      await acted;
    },
  };
}

async function expectWhole({ refused = 0 }: { refused?: number } = {}): Promise<void> {
  const { items, outboundMail } = await compare();
  expect({ missing: items.missing, extra: items.extra, doubled: items.doubled, differs: items.differs, outboundMail }).toEqual({ missing: 0, extra: 0, doubled: 0, differs: 0, outboundMail: 0 });
  expect(items.matched).toBe(items.expected - refused);
}

async function expectExact({ counters }: AttemptEnd): Promise<void> {
  expect(counters.done + counters.error + counters.skipped).toBe(counters.total);
  expect(await recountUnit(database.sql, `unit ${owner}`)).toEqual(counters);
}

test('an item that changes between its listing and its export arrives as it is then, and its last state with the next delta pass, once', async () => {
  await start();
  // Each export answers slowly: what the owner changes meanwhile has been listed already and is read later.
  await fault({ id: 'slow', match: { method: 'POST', path: 'exportItems' }, times: 3, action: { kind: 'delayMs', ms: 300 } });
  const changes = { tenant: rig.ids.sourceTenant, perMailbox: { new: 0, edited: 10, readFlags: 10 } };
  const during = afterCommits(2, () => simulator.control('POST', '/exchange/changes', { ...changes, seed: 'meanwhile' }));
  const first = await pass({ step: during.step });
  await during.done();
  expect(first).toMatchObject({ result: 'done', counters: { error: 0 } });
  await expectExact(first);
  const second = await pass({ mode: 'delta', passId: 'pass 2' });
  expect(second).toMatchObject({ result: 'done', counters: { error: 0, total: first.counters.total } });
  await expectWhole();
  await expectExact(second);
});

describe('an item that the destination refuses', () => {
  test('for its size is DEST_ITEM_TOO_LARGE, the others arrive, and with room for it a retry brings it', async () => {
    await start({ ...content, largeAttachments: [3 * 1024 * 1024] });
    await onMailbox('quota', 'dest', { messageBytesMax: 1024 * 1024 });
    const end = await pass();
    expect(end).toMatchObject({ result: 'done', counters: { error: 1 } });
    expect(end.reports.filter(({ status }) => status === 'failed')).toMatchObject([{ code: 'DEST_ITEM_TOO_LARGE', graphCode: 'ErrorMessageSizeExceeded' }]);
    await expectExact(end);
    await onMailbox('quota', 'dest', { messageBytesMax: 150 * 1024 * 1024 });
    const again = await pass({ mode: 'retry', passId: 'pass 2' });
    expect(again).toMatchObject({ result: 'done', counters: { error: 0, total: end.counters.total } });
    await expectWhole();
  });

  test('by a policy, in every form, is DEST_ITEM_REFUSED with what Graph said', async () => {
    await start();
    await fault({ id: 'policy', match: { method: 'POST', path: 'importItem' }, nth: 2, times: 1, action: { kind: 'status', status: 400, code: 'ErrorInvalidPropertySet', message: 'refused' } });
    await fault({ id: 'policy by json', match: { method: 'POST', path: 'graph.microsoft.com/v1.0/users/[^/]+/(mailFolders|calendars?|contactFolders|todo|messages|events|contacts)' }, action: { kind: 'status', status: 400, code: 'ErrorAccountPolicy', message: 'refused' } });
    const end = await pass();
    expect(end).toMatchObject({ result: 'done', counters: { error: 1 } });
    const [refused] = end.reports.filter(({ status }) => status === 'failed');
    expect(refused?.code).toBe('DEST_ITEM_REFUSED');
    expect(['ErrorInvalidPropertySet', 'ErrorAccountPolicy']).toContain(refused?.graphCode);
    await expectExact(end);
    await simulator.control('DELETE', '/faults');
    expect(await pass({ mode: 'retry', passId: 'pass 2' })).toMatchObject({ result: 'done', counters: { error: 0, total: end.counters.total } });
    await expectWhole();
  });

  test('because its stream is corrupt is DEST_ITEM_REFUSED, and the others arrive', async () => {
    await start();
    await onMailbox('refusals', 'source', { at: 'import', count: 1, code: 'ErrorCorruptData' });
    const end = await pass();
    expect(end).toMatchObject({ result: 'done', counters: { error: 1 } });
    expect(end.reports.filter(({ status }) => status === 'failed')).toMatchObject([{ code: 'DEST_ITEM_REFUSED', graphCode: 'ErrorCorruptData' }]);
    await expectExact(end);
    expect((await compare()).items).toMatchObject({ missing: 0, doubled: 0, refused: 1 });
  });
});

describe('a destination mailbox that', () => {
  const befalls: [string, 'DEST_FULL' | 'DEST_MISSING', () => Promise<unknown>, () => Promise<unknown>][] = [
    ['fills up', 'DEST_FULL', () => onMailbox('quota', 'dest', { quotaBytes: 0 }), () => onMailbox('quota', 'dest', { quotaBytes: 100 * 1024 ** 3 })],
    ['loses its licence', 'DEST_MISSING', () => onMailbox('enabled', 'dest', { enabled: false }), () => onMailbox('enabled', 'dest', { enabled: true })],
  ];
  test.each(befalls)('%s in the middle ends the unit as %s with what is known stored, and the next pass brings the rest once', async (_how, code, strike, heal) => {
    await start();
    const during = afterCommits(4, strike);
    const end = await pass({ step: during.step });
    await during.done();
    expect(end).toMatchObject({ result: 'failed', failure: { code, side: 'dest' } });
    const { done, error, skipped, total } = end.counters;
    expect(done + error + skipped).toBeLessThan(total);
    await heal();
    const again = await pass({ mode: 'retry', passId: 'pass 2' });
    expect(again).toMatchObject({ result: 'done', counters: { error: 0 } });
    await expectWhole();
    await expectExact(again);
  });

  test('is deleted in the middle ends the unit as DEST_MISSING', async () => {
    await start();
    const during = afterCommits(4, () => simulator.control('DELETE', `/exchange/mailboxes?tenant=${rig.ids.destTenant}&mailbox=${encodeURIComponent(rig.ids.destAddress)}`));
    const end = await pass({ step: during.step });
    await during.done();
    expect(end).toMatchObject({ result: 'failed', failure: { code: 'DEST_MISSING', side: 'dest' } });
    expect(await pass({ mode: 'retry', passId: 'pass 2' })).toMatchObject({ result: 'failed', failure: { code: 'DEST_MISSING', side: 'dest' } });
  });
});

describe('access revoked in the middle', () => {
  test.each(['source', 'dest'] as const)('at the %s ends the unit as ACCESS_LOST of that side, and after a new consent the rest arrives once', async (side) => {
    await start();
    const clientId = '6f1c0a52-7d3e-4b8a-9c41-2e5d8f7a1b30';
    const during = afterCommits(4, () => simulator.control('DELETE', '/consents', { tenant: tenantOf(side), clientId, tokens: 'end' }));
    const end = await pass({ step: during.step });
    await during.done();
    expect(end).toMatchObject({ result: 'failed', failure: { code: 'ACCESS_LOST', side } });
    await simulator.control('POST', '/consents', { tenant: tenantOf(side), clientId });
    const again = await pass({ mode: 'retry', passId: 'pass 2' });
    expect(again).toMatchObject({ result: 'done', counters: { error: 0 } });
    await expectWhole();
    await expectExact(again);
  });
});

describe('a clock that jumps', () => {
  const day = 24 * 3600_000;

  test.each([
    ['forward', day],
    ['back', -day],
  ])('%s by a day on our side, also while Microsoft makes us wait, neither stops the pass nor doubles anything', async (_direction, jump) => {
    // Before anything of ours holds on to the clock.
    let shift = 0;
    const honest = Date.now.bind(Date);
    jest.spyOn(Date, 'now').mockImplementation(() => honest() + shift);
    await start();
    await fault({ id: 'busy', match: { method: 'POST', path: 'importItem' }, nth: 10, times: 2, action: { kind: 'status', status: 429, code: 'ApplicationThrottled', message: 'Application is over its MailboxConcurrency limit.', headers: { 'Retry-After': '2' } } });
    const running = pass({}, () => new Date(honest() + shift));
    await eventually('Microsoft makes us wait', async () => (await simulator.control<{ faults: { struck: number }[] }>('GET', '/faults')).faults.some(({ struck }) => struck > 0));
    shift = jump;
    const end = await running;
    expect(end).toMatchObject({ result: 'done', counters: { error: 0 } });
    await expectWhole();
    await expectExact(end);
  }, 30_000);

  test('at Microsoft by two hours ends tokens and import sessions, which are renewed', async () => {
    await start();
    const during = afterCommits(4, () => simulator.control('POST', '/clock', { advanceMs: 2 * 3600_000 }));
    const end = await pass({ step: during.step });
    await during.done();
    expect(end).toMatchObject({ result: 'done', counters: { error: 0 } });
    await expectWhole();
    await expectExact(end);
  });
});

test('a folder listing of Microsoft that never ends is left with LISTING_ENDLESS, and a retry brings it whole', async () => {
  await start();
  await onMailbox('delta', 'source', { emptyPageEvery: 1 });
  const end = await pass();
  expect(end).toMatchObject({ result: 'failed', failure: { code: 'LISTING_ENDLESS', side: 'source' } });
  await onMailbox('delta', 'source', { emptyPageEvery: 0 });
  const again = await pass({ mode: 'retry', passId: 'pass 2' });
  expect(again).toMatchObject({ result: 'done', counters: { error: 0 } });
  await expectWhole();
  await expectExact(again);
}, 60_000);
