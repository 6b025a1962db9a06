/** Sharing of drives: who has a counterpart gets it, once and without a message; whoever has none is said; nobody sees more than before. */
import { newLinksSchema } from '@migrator/contracts/links';
import { startSimulator, type TestSimulator } from '@migrator/testing/simulator';
import { dyingAt, ledgerDatabase, testSeals, type AttemptEnd, type LedgerDatabase } from '../../testing/engine-rig.js';
import { recountUnit } from '../../engine/ledger.js';
import { DriveRig, type Step } from './testing/drive-rig.js';

let simulator: TestSimulator;
let database: LedgerDatabase;
let rig: DriveRig;
beforeAll(async () => {
  [simulator, database] = await Promise.all([startSimulator({ args: ['--limits', 'none'] }), ledgerDatabase()]);
});
afterEach(async () => {
  await rig.stop();
});
afterAll(async () => {
  await database.close();
  await simulator.stop();
});

const scope = { files: true, versions: false, permissions: true };
const start = async (content: Record<string, unknown>, steps: readonly Step[] = []): Promise<void> => {
  rig = await DriveRig.start(simulator, database, { seed: 's', ...content });
  await rig.people('source', ['bob', 'eve', 'gone'], ['readers']);
  await rig.people('dest', ['bob', 'eve', 'own'], ['readers']);
  if (steps.length > 0) await rig.owns('source', steps);
};
const pass = (options: Parameters<DriveRig['pass']>[0] = {}): Promise<AttemptEnd> => rig.pass({ ...options, scope: { scope, ...options.scope } });
const told = ({ reports }: AttemptEnd): string[] => reports.filter(({ status, sealedLinks }) => status !== 'resolved' || sealedLinks === undefined).map(({ status, code, kind }) => `${status} ${kind} ${code ?? ''}`).sort();
/** What is told of links: the path, each link, and whether both of its addresses are those that both sides show. */
const links = async ({ reports }: AttemptEnd): Promise<string[]> => {
  const said: string[] = [];
  for (const { itemKey, sealedLinks } of reports) {
    if (sealedLinks === undefined) continue;
    if (sealedLinks === null) said.push('none any more');
    else {
      const { path, links: all } = newLinksSchema.parse(JSON.parse(testSeals.links.open(Buffer.from(sealedLinks, 'base64'), itemKey) ?? ''));
      const [from, to] = [await rig.linkAddresses('source', path), await rig.linkAddresses('dest', path)];
      said.push(...all.map((link) => `${path}: ${link.type} for ${link.scope} ${String(link.from !== null && from.includes(link.from))} ${String(to.includes(link.to))}`));
    }
  }
  return said.sort();
};
const expectSame = async (): Promise<void> => {
  const { expected, matched, missing, extra, differs, examples, invitationsSent } = await rig.compare({ permissions: true });
  expect({ matched, missing, extra, differs, examples, invitationsSent }).toEqual({ matched: expected, missing: 0, extra: 0, differs: 0, examples: { missing: [], extra: [], differs: [] }, invitationsSent: 0 });
};
const clean = { result: 'done', counters: { error: 0, skipped: 0 } } as const;

/** Everything that sharing can be, on a few things. */
const shared = (bob = 'bob'): Step[] => [
  { kind: 'folder', path: 'Team' },
  { kind: 'write', path: 'Team/a.txt', bytes: 10 },
  { kind: 'write', path: 'Team/secret.txt', bytes: 11 },
  { kind: 'write', path: 'Team/hidden.txt', bytes: 11 },
  { kind: 'write', path: 'b.txt', bytes: 12 },
  { kind: 'share', path: 'Team', with: bob, role: 'read' },
  { kind: 'share', path: 'Team', with: 'readers', role: 'write' },
  { kind: 'share', path: 'Team/a.txt', with: 'eve', role: 'write', until: '2031-01-01T00:00:00Z' },
  { kind: 'restrict', path: 'Team/secret.txt' },
  { kind: 'share', path: 'Team/secret.txt', with: 'eve', role: 'read' },
  { kind: 'restrict', path: 'Team/hidden.txt' },
  { kind: 'share', path: 'b.txt', link: { type: 'view', scope: 'organization' }, until: '2032-01-01T00:00:00Z' },
  { kind: 'share', path: 'b.txt', link: { type: 'edit', scope: 'users' }, with: 'eve' },
];
const addresses = (steps: readonly Step[]): Step[] => steps.map((step) => (step.with === undefined || step.with === 'readers' ? step : { ...step, with: `${step.with}@${rig.tenants.source.address.split('@')[1] ?? ''}` }));

test('grants, links, ends and what is cut off arrive once and without a message; later changes follow, and what was taken back goes', async () => {
  await start({ files: 8, folders: 2 });
  await rig.owns('source', addresses(shared()));
  const end = await pass();
  expect({ told: told(end), end }).toMatchObject({ told: [], end: clean });
  await expectSame();
  expect(await rig.granted('dest', 'Team/a.txt')).toEqual(['read: bob', 'write: eve until 2031-01-01', 'write: readers']);
  expect(await rig.granted('dest', 'Team/secret.txt')).toEqual(['read: eve']);
  expect(await rig.granted('dest', 'Team/hidden.txt')).toEqual([]);
  expect(await rig.granted('dest', 'b.txt')).toEqual(['edit link for users: eve', 'view link for organization:  until 2032-01-01']);
  expect(await links(end)).toEqual(['b.txt: edit for users true true', 'b.txt: view for organization true true']);
  expect(JSON.stringify(end.reports)).not.toMatch(/https?:|b\.txt/);
  expect(await recountUnit(database.sql, `unit ${rig.owner}`)).toEqual(end.counters);
  expect((await rig.verify({ scope })).found).toEqual([]);

  const before = (await rig.writes()).length;
  expect(await pass({ unitId: `other ${rig.owner}`, jobId: 'job 2', passId: 'pass 2' })).toMatchObject(clean);
  expect((await rig.writes()).length).toBe(before);

  await rig.owns('source', addresses([{ kind: 'unshare', path: 'Team' }, { kind: 'share', path: 'Team', with: 'eve', role: 'write' }, { kind: 'unshare', path: 'b.txt' }, { kind: 'write', path: 'Team/a.txt', bytes: 20 }]));
  const later = await pass({ mode: 'delta', passId: 'pass 3' });
  expect(later).toMatchObject(clean);
  expect(await links(later)).toContain('none any more');
  await expectSame();
  expect(await rig.granted('dest', 'Team')).toEqual(['write: eve']);
  expect(await rig.granted('dest', 'b.txt')).toEqual([]);
});

test('whoever has no counterpart is left out and said, also beforehand, and gets it by a retry once there is one; what the destination forbids is said', async () => {
  await start({ files: 2 });
  const policy = (sharingCapability: string): Promise<unknown> => simulator.control('PATCH', `/tenants/${rig.tenants.dest.tenantId}`, { sharingCapability });
  await policy('externalUserSharingOnly');
  await rig.people('source', ['ivy']);
  // An account that is blocked.
  await rig.people('dest', ['ivy'], [], { kind: 'shared' });
  await rig.owns('source', addresses([
    ...['one.txt', 'two.txt', 'three.txt', 'four.txt', 'five.txt', 'six.txt'].map((path): Step => ({ kind: 'write', path, bytes: 5 })),
    { kind: 'share', path: 'five.txt', with: 'eve', role: 'read' },
    { kind: 'share', path: 'five.txt', with: 'ivy', role: 'read' },
    { kind: 'share', path: 'one.txt', with: 'gone', role: 'write' },
    { kind: 'share', path: 'one.txt', with: 'bob', role: 'read' },
    { kind: 'share', path: 'two.txt', link: { type: 'view', scope: 'anonymous' } },
    { kind: 'share', path: 'three.txt', link: { type: 'view', scope: 'organization', password: true } },
    { kind: 'share', path: 'four.txt', with: 'bob', role: 'owner' },
    { kind: 'share', path: 'six.txt', link: { type: 'view', scope: 'organization', preventsDownload: true } },
  ]));
  const foreseen = ['skipped sharing IDENTITY_UNRESOLVED', 'skipped sharing LINK_HAS_PASSWORD', 'skipped sharing SHARING_NOT_PORTABLE', 'skipped sharing SHARING_NOT_PORTABLE'];
  expect(told(await pass({ dryRun: true, scope: { dryRun: true } }))).toEqual(foreseen);
  const end = await pass();
  expect(told(end)).toEqual([foreseen[0], foreseen[1], 'skipped sharing SHARING_FORBIDDEN', foreseen[2], foreseen[3], 'skipped sharing SHARING_REFUSED']);
  expect(end.counters).toMatchObject({ error: 0, skipped: 6 });
  // A link that lets nobody download does not become one that does.
  expect(await rig.granted('dest', 'six.txt')).toEqual([]);
  expect(await rig.granted('dest', 'one.txt')).toEqual(['read: bob']);
  expect(await rig.granted('dest', 'five.txt')).toEqual(['read: eve']);
  expect((await rig.verify({ scope })).found.map(({ code, because }) => `${code} ${because ?? ''}`).sort()).toEqual(['VERIFY_NOT_COPIED LINK_HAS_PASSWORD', 'VERIFY_NOT_COPIED SHARING_FORBIDDEN', 'VERIFY_NOT_COPIED SHARING_NOT_PORTABLE', 'VERIFY_NOT_COPIED SHARING_NOT_PORTABLE', 'VERIFY_PARTLY_COPIED IDENTITY_UNRESOLVED', 'VERIFY_PARTLY_COPIED SHARING_REFUSED']);
  await rig.people('dest', ['gone']);
  await rig.leaves('dest', 'ivy');
  await rig.people('dest', ['ivy']);
  await policy('externalUserAndGuestSharing');
  const next = await pass({ mode: 'retry', passId: 'pass 2' });
  expect(next.counters).toMatchObject({ error: 0, skipped: 3 });
  expect(await rig.granted('dest', 'one.txt')).toEqual(['read: bob', 'write: gone']);
  expect(await rig.granted('dest', 'two.txt')).toEqual(['view link for anonymous: ']);
  expect((await rig.compare()).invitationsSent).toBe(0);
});

test('a worker killed again and again at any step, and answers that are lost, grant everything once', async () => {
  await start({ files: 12, folders: 2, sharedEvery: 3, bytesMax: 500 });
  await rig.owns('source', addresses(shared()));
  await rig.fault({ id: 'cut', match: { method: 'POST', path: 'invite|createLink' }, probability: 0.3, seed: 'x', times: 8, action: { kind: 'resetAfterWrite' } });
  let kills = 0;
  for (let at = 3; kills < 60; at += 3) {
    const dying = dyingAt(at);
    const end = await pass({ step: dying.step });
    if (!dying.dead()) {
      expect(end.counters.error).toBe(0);
      break;
    }
    kills += 1;
  }
  expect(kills).toBeGreaterThan(4);
  for (const path of ['Team', 'Team/a.txt', 'b.txt']) expect(await rig.granted('dest', path)).toEqual(await rig.granted('source', path));
}, 60_000);

test('what is deleted or no longer shared at the source goes with its sharing, where the job asks for it, and nothing else does', async () => {
  await start({ files: 2 });
  await rig.owns('source', addresses(shared()));
  expect(await pass()).toMatchObject(clean);
  await rig.owns('source', [{ kind: 'delete', path: 'Team/a.txt' }, { kind: 'delete', path: 'b.txt' }, { kind: 'unshare', path: 'Team' }]);
  const end = await pass({ mode: 'delta', passId: 'pass 2', deletions: 'apply' });
  expect(end).toMatchObject(clean);
  expect(await recountUnit(database.sql, `unit ${rig.owner}`)).toEqual(end.counters);
  await expectSame();
  expect(await rig.granted('dest', 'Team')).toEqual([]);
  expect(await rig.granted('dest', 'Team/secret.txt')).toEqual(['read: eve']);
  expect((await rig.verify({ scope })).found).toEqual([]);
});

test('what the destination’s owner grants is never taken back, and only what is shared costs requests', async () => {
  await start({ files: 200, folders: 10, bytesMax: 50, sharedEvery: 20 });
  const source = `source ${rig.owner}`;
  await rig.owns('dest', [{ kind: 'folder', path: 'Team' }, { kind: 'share', path: 'Team', with: `own@${rig.tenants.dest.address.split('@')[1] ?? ''}` }]);
  await rig.owns('source', addresses([...shared(), { kind: 'write', path: 'c.txt', bytes: 1 }, { kind: 'share', path: 'c.txt', with: 'bob' }]));
  await simulator.control('DELETE', '/requests');
  const end = await pass();
  expect({ source, error: end.counters.error }).toEqual({ source, error: 0 });
  const items = 10 + 4 + 2;
  // Each shared thing is asked once, and the root.
  expect((await rig.requests('source', '/permissions')).length).toBeLessThanOrEqual(items + 1);
  expect(await rig.granted('dest', 'Team')).toEqual(['read: bob', 'write: own', 'write: readers']);
  await rig.owns('dest', [{ kind: 'share', path: 'c.txt', with: `own@${rig.tenants.dest.address.split('@')[1] ?? ''}` }]);
  expect((await rig.verify({ scope })).found).toContainEqual(expect.objectContaining({ code: 'VERIFY_COPY_CHANGED', kind: 'sharing', fields: ['grants'] }));
  await rig.owns('source', addresses([{ kind: 'unshare', path: 'Team' }, { kind: 'unshare', path: 'c.txt' }]));
  const later = await pass({ mode: 'delta', passId: 'pass 2' });
  expect(told(later)).toContain('skipped sharing DEST_ITEM_CHANGED');
  expect(await rig.granted('dest', 'c.txt')).toEqual(['write: bob', 'write: own']);
  expect(await rig.granted('dest', 'Team')).toContain('write: own');
});
