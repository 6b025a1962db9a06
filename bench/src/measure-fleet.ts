/**
 * More workers, more speed: the same mailboxes by one, two and four worker processes, while Microsoft takes 100 ms to answer. What is
 * measured is that workers do not wait for each other, so the machine itself must have room: each works on two mailboxes only.
 */
import { availableParallelism } from 'node:os';
import type { Measure } from './measure.js';
import { startBenchStack } from './bench-stack.js';
import { cpuDuring } from './cpu.js';
import { figure } from './figure.js';
import { Tenants, onlyMessages } from './tenants.js';

const latencyMs = 100;
const unitsPerWorker = 2;
const wanted = new Map([
  [2, 1.9],
  [4, 3.6],
]);
/** Above this the cores, not the latency, would be what is measured. */
const busyMax = 0.7;

export const measureFleet: Measure = async ({ short, progress }) => {
  const fleets = short ? [1, 2] : [1, 2, 4];
  const mailboxes = short ? 4 : 16;
  const messages = short ? 20 : 300;
  const bench = await startBenchStack({ 'migration-worker': { WORKER_UNITS: String(unitsPerWorker), LOG_LEVEL: 'warn' } });
  try {
    const tenants = new Tenants(bench);
    const source = await tenants.make('contoso', Array.from({ length: mailboxes }, (_each, n) => ({ alias: `user${n}`, content: { ...onlyMessages, seed: `mailbox ${n}`, messages } })));
    const sourceId = await tenants.connect(source, 'source');
    const rates = new Map<number, number>();
    let busiest = 0;
    for (const workers of fleets) {
      await bench.freshWorkers(workers);
      const destination = await tenants.make('fabrikam', Object.keys(source.userIds).map((alias) => ({ alias, content: 'empty' })));
      const destId = await tenants.connect(destination, 'destination');
      await tenants.control.call('POST', '/limits', { latency: { fixedMs: short ? latencyMs / 10 : latencyMs } });
      const { value, seconds: cpu } = await cpuDuring(bench.pids(), () => tenants.migrate(sourceId, destId));
      await tenants.control.call('POST', '/limits', { latency: { fixedMs: 0 } });
      const items = await tenants.compareItems(source, destination);
      if (items !== mailboxes * messages) throw new Error(`${items} of ${mailboxes * messages} items arrived.`);
      await tenants.remove(destination);
      const busy = Object.values(cpu).reduce((sum, each) => sum + each, 0) / value.seconds / availableParallelism();
      busiest = Math.max(busiest, busy);
      rates.set(workers, items / value.seconds);
      progress(`${workers} workers: ${(items / value.seconds).toFixed(1)} items a second; seconds of CPU in ${value.seconds.toFixed(1)} s: ${Object.entries(cpu).map(([name, used]) => `${name} ${used.toFixed(1)}`).join(', ')}; ${(busy * 100).toFixed(0)} % of all cores`);
    }
    const one = rates.get(1) ?? Number.NaN;
    return [
      ...fleets.slice(1).map((workers) => {
        const rate = rates.get(workers) ?? Number.NaN;
        const atLeast = wanted.get(workers) ?? workers;
        return figure(`fleet.${workers}-workers`, rate, 'items/s', one, { says: `≥ ${atLeast} times one worker`, reached: rate >= one * atLeast });
      }),
      figure('fleet.machine-busy', busiest, 'of all cores', 1, { says: `< ${busyMax}, or the cores are the limit`, reached: busiest < busyMax }),
    ];
  } finally {
    await bench.down();
  }
};
