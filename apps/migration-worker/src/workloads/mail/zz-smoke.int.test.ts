import { createLogger } from '@migrator/service-kit/logger';
import { startSimulator, type TestSimulator } from '@migrator/testing/simulator';
import { attempt, dyingAt, ledgerDatabase, type LedgerDatabase } from '../../testing/engine-rig.js';
import { recountUnit } from '../../engine/ledger.js';
import { mailWorkload } from './mail-workload.js';
import { MailRig } from './testing/mail-rig.js';
let simulator: TestSimulator; let database: LedgerDatabase; let rig: MailRig;
beforeAll(async () => { [simulator, database] = await Promise.all([startSimulator({ args: ['--limits', 'none'] }), ledgerDatabase()]); });
afterAll(async () => { await rig.stop(); await database.close(); await simulator.stop(); });
test('smoke', async () => {
  rig = await MailRig.start(simulator, { seed: 'smoke', messages: 400, mailFolders: 6, events: 12, contacts: 6, tasks: 4, notes: 2, settings: false });
  const unit = { ports: { source: rig.source, destination: rig.destination }, scope: { source: { microsoftId: rig.ids.source, address: rig.ids.sourceAddress }, dest: { microsoftId: rig.ids.dest, address: rig.ids.destAddress } } };
  const whole = mailWorkload({ clock: { now: () => new Date() }, log: createLogger('test', 'silent') });
  const w: typeof whole = { ...whole, open: async (...a) => { const session = await whole.open(...a); return new Proxy(session, { get: (t, k) => k === 'containers' ? async function* (sig: AbortSignal) { for await (const c of t.containers(sig)) if (c.kind.startsWith('IPF.')) yield c; } : (typeof (t as any)[k] === 'function' ? (t as any)[k].bind(t) : (t as any)[k]) }); } };
  for (const at of [10, 25, 40]) { const life = dyingAt(at); const e = await attempt(database.sql, 'a', w, { ...unit, step: life.step }); process.stdout.write(`${at} ${e.result} ${JSON.stringify(e.counters)}\n`); }
  const t = performance.now();
  const end = await attempt(database.sql, 'a', w, unit);
  process.stdout.write(JSON.stringify({ r: end.result, c: end.counters, n: end.notes.slice(0, 5), rep: end.reports.slice(0, 5), ms: performance.now() - t }) + '\n');
  process.stdout.write(JSON.stringify(await recountUnit(database.sql, 'unit a')) + '\n');
  const t2 = performance.now();
  const delta = await attempt(database.sql, 'a', w, { ...unit, mode: 'delta', passId: 'p2' });
  process.stdout.write(JSON.stringify({ r: delta.result, c: delta.counters, ms: performance.now() - t2 }) + '\n');
});
