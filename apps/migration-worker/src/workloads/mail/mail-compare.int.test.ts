/** What arrives, judged by the simulator's own comparison of both tenants, which shares no code with us. */
import { startSimulator, type TestSimulator } from '@migrator/testing/simulator';
import { MailRig } from './testing/mail-rig.js';

let simulator: TestSimulator;
let rig: MailRig;
beforeAll(async () => {
  simulator = await startSimulator({ args: ['--limits', 'none'] });
});
afterEach(async () => {
  await rig.stop();
});
afterAll(async () => {
  await simulator.stop();
});

interface Comparison {
  items: { expected: number; matched: number; missing: number; extra: number; doubled: number; differs: number; refused: number };
  folders: { expected: number; missing: number; extra: number; differs: number };
  settings: { expected: number; matched: number; missing: number; differs: number };
  outboundMail: number;
  examples: Record<string, unknown[]>;
}

const compare = (): Promise<Comparison> => simulator.control('POST', '/compare', { source: rig.ids.sourceTenant, destination: rig.ids.destTenant, examplesMax: 3 });

const everything = { seed: 'c', messages: 80, mailFolders: 6, events: 30, contacts: 16, tasks: 8, notes: 4, largeAttachments: [4 * 1024 * 1024] };

test('every item of every class arrives once and equal, in its folder, and no mail leaves', async () => {
  rig = await MailRig.start(simulator, everything);
  await rig.pass();
  const { items, folders, settings, outboundMail, examples } = await compare();
  expect(examples).toMatchObject({ missing: [], extra: [], doubled: [], differs: [], folders: [] });
  expect(items).toMatchObject({ matched: items.expected, missing: 0, extra: 0, doubled: 0, differs: 0 });
  expect(items.expected).toBeGreaterThan(130);
  expect(folders).toMatchObject({ missing: 0, extra: 0, differs: 0 });
  expect(settings.differs).toBe(0);
  expect(outboundMail).toBe(0);
});

test('what changes at the source afterwards arrives with the next pass', async () => {
  rig = await MailRig.start(simulator, everything);
  await rig.pass();
  await simulator.control('POST', '/exchange/changes', { tenant: rig.ids.sourceTenant, perMailbox: { new: 5, edited: 4, readFlags: 4, newFolder: true } });
  const delta = await rig.pass();
  expect(delta.results.filter(({ outcome }) => outcome === 'updated').length).toBeGreaterThanOrEqual(4);
  const { items, folders, examples } = await compare();
  expect(examples).toMatchObject({ missing: [], extra: [], doubled: [], differs: [], folders: [] });
  expect(items.matched).toBe(items.expected);
  expect(folders.missing).toBe(0);
});

test('delta tokens and import sessions that Exchange forgets cost nothing but a new listing', async () => {
  rig = await MailRig.start(simulator, everything);
  await rig.pass();
  await simulator.control('POST', '/exchange/expire', { tenant: rig.ids.sourceTenant, what: 'delta' });
  await simulator.control('POST', '/exchange/expire', { tenant: rig.ids.destTenant, what: 'importSessions' });
  await simulator.control('POST', '/exchange/changes', { tenant: rig.ids.sourceTenant, perMailbox: { new: 3 } });
  const again = await rig.pass();
  expect(again.results.filter(({ outcome }) => outcome === 'copied')).toHaveLength(3);
  const { items } = await compare();
  expect(items).toMatchObject({ matched: items.expected, doubled: 0, missing: 0 });
});

test('streams many times as large as their items, and items left out of an answer, arrive as well', async () => {
  rig = await MailRig.start(simulator, { seed: 'x', messages: 30, bodyChars: 40_000, settings: false });
  const { container, entries } = await firstFolder();
  await simulator.control('POST', '/exchange/exports', { inflation: 20, omitOnce: entries.slice(1, 4) });
  try {
    const end = await rig.pass({ only: ({ kind }) => kind.startsWith('IPF.') });
    expect(end.results.filter(({ outcome }) => outcome !== 'copied')).toEqual([]);
  } finally {
    await simulator.control('POST', '/exchange/exports', { inflation: 1 });
  }
  expect(container).toBe('Inbox');
  const { items } = await compare();
  expect(items).toMatchObject({ matched: items.expected, doubled: 0, missing: 0, differs: 0 });
});

async function firstFolder(): Promise<{ container: string; entries: string[] }> {
  const listed = await rig.pass({ only: ({ path }) => path === 'Inbox', dryRun: true });
  rig.checkpoints.clear();
  return { container: listed.containers.find(({ path }) => path === 'Inbox')?.path ?? '', entries: listed.listed };
}
