/**
 * Whether places and requests are put to use to the end. Inside a mailbox: one huge folder and many small ones keep the four requests
 * busy that Exchange allows. Over mailboxes: a huge one among small ones is begun first, so that it is not the last one, alone.
 */
import type { Measure } from './measure.js';
import { startBenchStack } from './bench-stack.js';
import { figure } from './figure.js';
import { Tenants, onlyMessages, type TenantMade } from './tenants.js';

const latencyMs = 100;
/** Of the four requests that may be in flight so many must be, over the whole time of a mailbox, its beginning and its end included. */
const busyMin = 3;
/** How much longer than the best a job may take. */
const overIdealMax = 1.35;
const smallMailboxes = 8;

interface Counters {
  peakInFlight: Record<string, number>;
}
interface Logged {
  mailbox: string | null;
  ms: number;
}

export const measureDistribution: Measure = async ({ short, progress }) => {
  const size = short ? 0.1 : 1;
  const bench = await startBenchStack({ 'migration-worker': { WORKER_UNITS: '1', LOG_LEVEL: 'warn' } }, 2);
  try {
    const tenants = new Tenants(bench);
    const make = async (name: string, contents: readonly Record<string, unknown>[]): Promise<{ source: TenantMade; destination: TenantMade; ids: [string, string] }> => {
      const source = await tenants.make(name, contents.map((content, n) => ({ alias: `${name}${n}`, content: { ...onlyMessages, seed: `${name} ${n}`, ...content } })));
      const destination = await tenants.make(`${name}-to`, Object.keys(source.userIds).map((alias) => ({ alias, content: 'empty' })));
      return { source, destination, ids: [await tenants.connect(source, 'source'), await tenants.connect(destination, 'destination')] };
    };
    const folders = await make('folders', [{ messages: Math.round(1_800 * size), mailFolders: Math.round(60 * size) }]);
    const small = { messages: Math.round(120 * size) };
    const mailboxes = await make('mailboxes', [...Array.from({ length: smallMailboxes }, () => small), { messages: Math.round(960 * size) }]);
    const hugeAlone = await make('huge', [{ messages: Math.round(960 * size) }]);
    const smallAlone = await make('small', [small]);
    await tenants.control.call('POST', '/limits', { profile: 'published', latency: { fixedMs: short ? latencyMs / 10 : latencyMs } });

    await forget(bench.stack.simulatorControlUrl);
    const inside = await tenants.migrate(...folders.ids);
    const { peakInFlight } = await tenants.control.call<Counters>('GET', '/counters');
    const { requests } = await tenants.control.call<{ requests: Logged[] }>('GET', '/requests?limit=100000');
    const [destId = ''] = Object.values(folders.destination.userIds);
    const busyMs = requests.filter(({ mailbox }) => mailbox === destId).reduce((sum, { ms }) => sum + ms, 0);
    const peak = Math.max(...Object.entries(peakInFlight).filter(([key]) => key.includes(destId)).map(([, most]) => most));
    await tenants.compareItems(folders.source, folders.destination);
    progress(`a mailbox with one huge folder and many small ones: ${inside.seconds.toFixed(1)} s, at most ${peak} requests in flight, ${(busyMs / 1_000 / inside.seconds).toFixed(2)} on average`);

    const huge = (await tenants.migrate(...hugeAlone.ids)).seconds;
    const one = (await tenants.migrate(...smallAlone.ids)).seconds;
    const among = (await tenants.migrate(...mailboxes.ids)).seconds;
    await tenants.compareItems(mailboxes.source, mailboxes.destination);
    // Nobody is done before the huge one is, nor before two workers have shared everything.
    const ideal = Math.max(huge, (huge + smallMailboxes * one) / 2);
    progress(`a huge mailbox ${huge.toFixed(1)} s alone, a small one ${one.toFixed(1)} s; the huge one and ${smallMailboxes} small ones by two workers: ${among.toFixed(1)} s, at best ${ideal.toFixed(1)} s`);

    return [
      figure('distribution.mailbox.most-in-flight', peak, 'requests', 4, { says: '4 of 4 allowed', reached: peak === 4 }),
      figure('distribution.mailbox.in-flight', busyMs / 1_000 / inside.seconds, 'requests on average', 4, { says: `≥ ${busyMin} of 4`, reached: busyMs / 1_000 / inside.seconds >= busyMin }),
      figure('distribution.job.makespan', among, 's', ideal, { says: `≤ ${overIdealMax} times the best that two workers can do`, reached: among <= ideal * overIdealMax }),
    ];
  } finally {
    await bench.down();
  }
};

async function forget(controlUrl: string): Promise<void> {
  const response = await fetch(new URL('/requests', controlUrl), { method: 'DELETE' });
  if (!response.ok) throw new Error(`The simulator answered ${response.status} when it was to forget its log.`);
}
