/** The conformance suite over drives, between two simulated tenants. */
import type { GraphPort } from '@migrator/graph-client';
import { startSimulator, type TestSimulator } from '@migrator/testing/simulator';
import { describeWorkload } from '../../testing/describe-workload.js';
import { ledgerDatabase, type LedgerDatabase } from '../../testing/engine-rig.js';
import type { SimulatedEnd } from '../../testing/simulated-tenants.js';
import { parseDriveItem, type Raw } from './drive-item.js';
import { DriveRig } from './testing/drive-rig.js';

let simulator: TestSimulator;
let database: LedgerDatabase;
beforeAll(async () => {
  [simulator, database] = await Promise.all([startSimulator({ args: ['--limits', 'none'] }), ledgerDatabase()]);
});
afterAll(async () => {
  await database.close();
  await simulator.stop();
});

/** Everything below the root by the folder it lies in: kind, name, size, hash and dates. */
async function held({ port, userId }: SimulatedEnd): Promise<Map<string, string[]>> {
  const all = new Map<string, string[]>();
  const walk = async (path: string, of: string): Promise<void> => {
    const words: string[] = [];
    for await (const item of children(port, `/users/${userId}/drive${of}/children`)) {
      words.push([item.kind, item.name, item.size, item.hash, item.dates?.createdDateTime, item.dates?.lastModifiedDateTime].join(' '));
      if (item.kind === 'folder') await walk(`${path}${item.name}/`, `/items/${item.id}`);
    }
    all.set(path, words);
  };
  await walk('/', '/root');
  return all;
}

async function* children(port: GraphPort, path: string): AsyncGenerator<ReturnType<typeof parseDriveItem>> {
  for await (const { value } of port.pages<Raw>(path, { budget: { kind: 'files' } })) yield* value.map(parseDriveItem);
}

describeWorkload(
  'ONEDRIVE',
  async () => {
    const rig = await DriveRig.start(simulator, database, { seed: 'd', files: 24, folders: 3, bytesMax: 4_000, awkwardNames: true });
    await rig.owns('source', [
      { kind: 'folder', path: 'Plans' },
      { kind: 'write', path: 'Plans/a.bin', bytes: 700 },
      { kind: 'write', path: 'Plans/b.bin', bytes: 800 },
      { kind: 'write', path: 'c.bin', bytes: 900 },
    ]);
    return {
      workload: rig.workload,
      ports: rig.tenants.ports,
      scope: rig.tenants.scope,
      source: () => held(rig.tenants.source),
      destination: () => held(rig.tenants.dest),
      writes: async () => (await rig.writes()).length,
      change: async () => {
        await rig.owns('source', [{ kind: 'write', path: 'Plans/a.bin', bytes: 701 }, { kind: 'write', path: 'Plans/new.bin', bytes: 5 }]);
        return 32;
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
        return { container: '/' };
      },
      forgetCheckpoints: async () => {
        await rig.control('expire', 'source', { what: 'delta' });
      },
      close: () => rig.stop(),
    };
  },
  { cannotDouble: true },
);
