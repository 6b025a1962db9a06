import { createLogger } from '@migrator/service-kit/logger';
import { startSimulator, type TestSimulator } from '@migrator/testing/simulator';
import { attempt, dyingAt, ledgerDatabase, type LedgerDatabase } from '../../testing/engine-rig.js';
import type { DestContainer, UnitScope, Workload } from '../workload.js';
import { listItems, ListingManners } from './list-items.js';
import { mailWorkload } from './mail-workload.js';
import { openMailbox } from './mailbox.js';
import { all, signal } from './testing/build.js';
import { MailRig } from './testing/mail-rig.js';

let simulator: TestSimulator;
let database: LedgerDatabase;
let rig: MailRig;
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

const workload: Workload = mailWorkload({ clock: { now: () => new Date() }, log: createLogger('test', 'silent') });

function unit(): { ports: { source: typeof rig.source; destination: typeof rig.destination }; scope: Partial<UnitScope> } {
  return { ports: { source: rig.source, destination: rig.destination }, scope: { source: { microsoftId: rig.ids.source, address: rig.ids.sourceAddress }, dest: { microsoftId: rig.ids.dest, address: rig.ids.destAddress } } };
}

/** The folders of the mailbox alone, so that every container can be compared item by item. */
const foldersOnly: Workload = {
  ...workload,
  open: async (...args) => {
    const session = await workload.open(...args);
    return {
      containers: async function* (stop) {
        for await (const container of session.containers(stop)) if (container.kind.startsWith('IPF')) yield container;
      },
      ensure: (...rest) => session.ensure(...rest),
      pages: (...rest) => session.pages(...rest),
      find: (...rest) => session.find(...rest),
      transfer: (...rest) => session.transfer(...rest),
      sides: session.sides,
      foresee: (...rest) => session.foresee(...rest),
    };
  },
};

/** Match keys of every folder on both sides, listed anew: what is at the source, and what has arrived. */
async function bothSides(): Promise<{ source: string[]; dest: string[] }> {
  const session = await rig.open();
  const dests = new Map<string, DestContainer>();
  const keys: { source: string[]; dest: string[] } = { source: [], dest: [] };
  const destination = await openMailbox('dest', rig.destination, rig.ids.dest, signal);
  for (const container of await all(session.containers(signal))) {
    if (!container.kind.startsWith('IPF')) continue;
    const dest = await session.ensure(container, container.parentKey === null ? null : (dests.get(container.parentKey) ?? null), signal);
    dests.set(container.key, dest);
    for (const page of await all(session.pages(container, null, signal))) keys.source.push(...page.items.map(({ matchKey }) => `${container.path} ${matchKey ?? ''}`));
    for (const page of await all(listItems(destination, dest.id, null, new ListingManners(), signal))) keys.dest.push(...page.items.map(({ matchKey }) => `${container.path} ${matchKey ?? ''}`));
  }
  return { source: keys.source.sort(), dest: keys.dest.sort() };
}

test('a worker killed again and again at any step copies every item once', async () => {
  rig = await MailRig.start(simulator, { seed: 'a', messages: 60, mailFolders: 3, events: 12, contacts: 6, tasks: 4, notes: 2, settings: false });
  await simulator.control('POST', '/faults', { id: 'cut', match: { method: 'POST', path: 'importItem' }, probability: 0.1, seed: 'x', times: 20, action: { kind: 'resetAfterWrite' } });
  let kills = 0;
  for (let at = 3; kills < 40; at += 2) {
    const dying = dyingAt(at);
    const end = await attempt(database.sql, 'killed', foldersOnly, { ...unit(), step: dying.step });
    if (!dying.dead()) {
      expect(end.failure).toBeNull();
      break;
    }
    kills += 1;
  }
  expect(kills).toBeGreaterThan(5);
  expect(kills).toBeLessThan(40);
  const { source, dest } = await bothSides();
  expect(source.length).toBeGreaterThan(80);
  expect(dest).toEqual(source);
});

test('throttled down to one request at a time per mailbox, large and small items still all arrive', async () => {
  const large = [3, 4, 5, 3].map((megabytes) => megabytes * 1024 * 1024);
  rig = await MailRig.start(simulator, { seed: 'b', messages: 60, largeAttachments: large, settings: false });
  const throttle = (id: string, path: string): unknown => ({ id, match: { method: 'POST', path }, nth: 2, times: 3, action: { kind: 'status', status: 429, code: 'ApplicationThrottled', message: 'Application is over its MailboxConcurrency limit.', headers: { 'Retry-After': '1' } } });
  await simulator.control('POST', '/faults', [throttle('out', 'exportItems'), throttle('in', 'importItem')]);
  const end = await attempt(database.sql, 'throttled', foldersOnly, unit());
  expect(end.failure).toBeNull();
  const { source, dest } = await bothSides();
  expect(dest).toEqual(source);
}, 30_000);
