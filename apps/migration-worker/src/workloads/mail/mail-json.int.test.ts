/** Items that Exchange's own stream does not carry, against a simulated Exchange. */
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

const folders = { only: ({ kind }: { kind: string }) => kind.startsWith('IPF.') };

test('items that Exchange refuses to export arrive through JSON, once', async () => {
  rig = await MailRig.start(simulator, { seed: 'j', messages: 24, refusedExports: 4, settings: false });
  const end = await rig.pass(folders);
  expect(end.results.filter(({ outcome }) => outcome !== 'copied')).toEqual([]);
  expect(end.results).toHaveLength(24);
  expect((await rig.pass(folders)).results).toEqual([]);
  await expectEqual();
});

test('where no stream is taken, messages, events, contacts and tasks go through JSON and nobody is invited', async () => {
  rig = await MailRig.start(simulator, { seed: 'k', messages: 24, events: 20, contacts: 8, tasks: 6, notes: 2, settings: false });
  await simulator.control('POST', '/faults', { id: 'refuse', match: { path: 'importItem' }, probability: 1, seed: 'x', action: { kind: 'status', status: 400, code: 'ErrorInvalidExportedItem', message: 'no' } });
  const end = await rig.pass(folders);
  const not = end.results.filter(({ outcome, kind }) => outcome !== 'copied' && !/StickyNote|DistList/.test(kind));
  expect(not).toEqual([]);
  expect(end.results.filter(({ kind }) => kind === 'IPM.StickyNote').map((result) => (result.outcome === 'failed' ? result.failure : result.outcome))).toEqual(['DEST_ITEM_REFUSED', 'DEST_ITEM_REFUSED']);
  await expectEqual();
});

/** The simulator's own comparison knows what a copy through JSON may lose; nobody may have been invited. */
async function expectEqual(): Promise<void> {
  const { items, outboundMail, examples } = await simulator.control<{ items: Record<string, number>; outboundMail: number; examples: Record<string, unknown[]> }>('POST', '/compare', { source: rig.ids.sourceTenant, destination: rig.ids.destTenant, examplesMax: 5 });
  expect(examples).toMatchObject({ extra: [], doubled: [], differs: [] });
  expect(items).toMatchObject({ extra: 0, doubled: 0, differs: 0 });
  expect(outboundMail).toBe(0);
}
