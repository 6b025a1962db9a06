/** The conformance suite over sites, between two simulated tenants. */
import { startSimulator, type TestSimulator } from '@migrator/testing/simulator';
import { describeWorkload } from '../../testing/describe-workload.js';
import { ledgerDatabase, type LedgerDatabase } from '../../testing/engine-rig.js';
import { parseDriveItem, type Raw } from '../drive/drive-item.js';
import { SiteRig, type SiteEnd } from './testing/site-rig.js';

let simulator: TestSimulator;
let database: LedgerDatabase;
beforeAll(async () => {
  [simulator, database] = await Promise.all([startSimulator({ args: ['--limits', 'none'] }), ledgerDatabase()]);
});
afterAll(async () => {
  await database.close();
  await simulator.stop();
});

/** Everything in a site by where it lies. */
async function held({ port, siteId }: SiteEnd): Promise<Map<string, string[]>> {
  const all = new Map<string, string[]>();
  const walk = async (drive: string, path: string, of: string): Promise<void> => {
    const words: string[] = [];
    for await (const { value } of port.pages<Raw>(`${drive}${of}/children`, { budget: { kind: 'files' } })) {
      for (const item of value.map(parseDriveItem)) {
        words.push([item.kind, item.name, item.size, item.hash, item.dates?.createdDateTime, item.dates?.lastModifiedDateTime].join(' '));
        if (item.kind === 'folder') await walk(drive, `${path}${item.name}/`, `/items/${item.id}`);
      }
    }
    all.set(path, words);
  };
  const { value } = await port.get<{ value: Raw[] }>(`/sites/${siteId}/drives`, { budget: { kind: 'files' } });
  for (const { id, name } of value) await walk(`/drives/${String(id)}`, `${String(name)}/`, '/root');
  const notes = await port.get<{ value: { fields: Raw }[] }>(`/sites/${siteId}/lists/Notes/items`, { budget: { kind: 'files' }, query: { $expand: 'fields($select=Title,Qty)' } }).catch(() => ({ value: [] }));
  all.set('Notes', notes.value.map(({ fields }) => `${String(fields['Title'])} ${String(fields['Qty'])}`));
  return all;
}

describeWorkload(
  'SHAREPOINT',
  async () => {
    const rig = await SiteRig.start(simulator, database, { content: { seed: 'd', files: 0, folders: 3, awkwardNames: true }, structure: { lists: [{ displayName: 'Notes', items: 8, columns: [{ name: 'Qty', number: {} }] }] } });
    await rig.owns('source', [
      { kind: 'folder', path: 'Plans' },
      ...Array.from({ length: 20 }, (_, at) => ({ kind: 'write' as const, path: `Plans/f${at}.bin`, bytes: 100 + at })),
      { kind: 'write', path: 'Plans/a.bin', bytes: 700 },
      { kind: 'write', path: 'Plans/b.bin', bytes: 800 },
      { kind: 'write', path: 'c.bin', bytes: 900 },
    ]);
    return {
      workload: rig.workload,
      ports: rig.tenants.ports,
      // A page that both sites have from the beginning is as good as copied: pages have tests of their own.
      scope: { ...rig.scope, scope: { files: true, lists: true, pages: false } },
      source: () => held(rig.source),
      destination: () => held(rig.dest),
      writes: async () => (await rig.writes()).length,
      change: async () => {
        await rig.owns('source', [{ kind: 'write', path: 'Plans/a.bin', bytes: 701 }, { kind: 'write', path: 'Plans/new.bin', bytes: 5 }]);
        // Three folders, Plans, 24 files, eight notes, and the settings that stay behind.
        return 37;
      },
      move: async () => {
        await rig.owns('source', [{ kind: 'move', path: 'c.bin', to: 'Plans' }]);
      },
      remove: async () => {
        await rig.owns('source', [{ kind: 'delete', path: 'Plans/b.bin' }]);
      },
      touchCopy: async () => {
        await rig.owns('dest', [{ kind: 'write', path: 'Plans/b.bin', bytes: 801 }]);
      },
      loseAnswers: async (count) => {
        await rig.fault({ id: 'lost', match: { method: 'PUT', path: 'uploadSession' }, times: count, action: { kind: 'resetAfterWrite' } });
      },
      damage: async (kind) => {
        if (kind === 'change') await rig.owns('dest', [{ kind: 'write', path: 'Plans/a.bin', bytes: 1 }]);
        if (kind === 'remove') await rig.owns('dest', [{ kind: 'delete', path: 'Plans/a.bin' }]);
        if (kind === 'own') await rig.owns('dest', [{ kind: 'write', path: 'Plans/own.bin', bytes: 1 }]);
        return { container: 'Documents' };
      },
      forgetCheckpoints: async () => {
        await rig.control('expire', 'source', { what: 'delta' });
      },
      close: () => rig.stop(),
    };
  },
  { cannotDouble: true },
);
