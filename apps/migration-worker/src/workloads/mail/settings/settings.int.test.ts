/** The mailbox's settings against a simulated Exchange. */
import { startSimulator, type TestSimulator } from '@migrator/testing/simulator';
import { byKey } from '../testing/build.js';
import { MailRig } from '../testing/mail-rig.js';

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
const settings = { only: ({ kind }: { kind: string }) => !kind.startsWith('IPF.') };

test('settings are written once and rules stay switched off', async () => {
  rig = await MailRig.start(simulator, { seed: 's', messages: 4, settings: true });
  // Rules point at folders: those come first.
  await rig.pass(folders);
  const end = await rig.pass(settings);
  const allowed = end.results.filter((result) => result.outcome === 'copied' || (result.outcome === 'skipped' && /^RULE_/.test(result.cause)));
  expect(allowed).toHaveLength(end.results.length);
  expect(new Set(end.results.map(({ kind }) => kind))).toEqual(new Set(['category', 'mailboxSetting', 'focusedOverride', 'rule']));
  const again = await rig.pass(settings);
  expect(again.results.filter(({ outcome }) => outcome !== 'skipped')).toEqual([]);
  expect(again.unchanged).toBe(end.results.filter(({ outcome }) => outcome === 'copied').length);
  const { value } = await rig.destination.get<{ value: { isEnabled: boolean }[] }>(`/users/${rig.ids.dest}/mailFolders/inbox/messageRules`, { budget: { kind: 'outlook', mailbox: rig.ids.dest } });
  expect(value.length).toBeGreaterThan(0);
  expect(value.some(({ isEnabled }) => isEnabled)).toBe(false);
});

test('settings whose answers were lost are found again and not doubled', async () => {
  rig = await MailRig.start(simulator, { seed: 't', messages: 4, settings: true });
  await rig.pass(folders);
  await simulator.control('POST', '/faults', { id: 'cut', match: { method: 'POST', path: 'masterCategories|messageRules' }, nth: 1, times: 2, action: { kind: 'resetAfterWrite' } });
  const end = await rig.pass(settings);
  expect(Object.values(byKey(end.results)).filter((outcome) => !/^copied|^skipped RULE_/.test(outcome))).toEqual([]);
  const rows = await rig.destination.get<{ value: { displayName: string }[] }>(`/users/${rig.ids.dest}/outlook/masterCategories`, { budget: { kind: 'outlook', mailbox: rig.ids.dest } });
  expect(rows.value).toHaveLength(new Set(rows.value.map(({ displayName }) => displayName)).size);
});
