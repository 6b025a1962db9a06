/**
 * How much of SharePoint's resource units a copy of drives uses: the published units of the smallest tenant, whose windows are shortened
 * at the simulator and in the services' configuration alike. The drives hold more than can be copied; what the destination's tenant was
 * let do in whole windows is counted by the simulator.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { jobAnswer } from '@migrator/contracts/api/jobs';
import { request } from 'undici';
import { startBenchStack } from './bench-stack.js';
import { cpuDuring } from './cpu.js';
import { figure } from './figure.js';
import type { Measure } from './measure.js';
import { Tenants } from './tenants.js';

const drives = 4;
const unitsAMinute = 1_250;
const usedMin = 0.95;
const refusedMax = 0.005;
/** No more than that: what a request takes and what the fleet is asked take their time, and are a larger part of a shorter window than they are of Microsoft's. */
const timeScale = 2;
const windowsMeasured = 3;

interface Counters {
  requests: number;
  throttled: number;
  unitsByTenant: Record<string, number>;
}

export const measureGovernorFiles: Measure = async ({ short, progress }) => {
  const scale = short ? 20 : timeScale;
  const windows = short ? 1 : windowsMeasured;
  const windowMs = 60_000 / scale;
  const limits = { GRAPH_LIMITS: JSON.stringify({ windowsShorterBy: scale }) };
  const bench = await startBenchStack({ 'migration-worker': { ...limits, LOG_LEVEL: 'warn' }, 'tenant-service': limits, 'job-service': limits }, 1);
  try {
    const tenants = new Tenants(bench);
    const aliases = Array.from({ length: drives }, (_each, n) => `user${n}`);
    const source = await tenants.make('contoso', aliases.map((alias) => ({ alias, drive: { content: { seed: alias, files: 100_000, folders: 100, bytesMin: 1_024, bytesMax: 16 * 1_024, awkwardNames: false } } })));
    const destination = await tenants.make('fabrikam', aliases.map((alias) => ({ alias, drive: true })));
    const [sourceTenantId, destTenantId] = [await tenants.connect(source, 'source'), await tenants.connect(destination, 'destination')];
    await tenants.control.call('POST', '/files/uploads', { keepBytesMax: 0 });
    await tenants.control.call('POST', '/limits', { profile: 'published', timeScale: scale });
    // On a connection of its own: one that was left idle for a whole window may be on its way to being closed.
    const counters = async (): Promise<Counters> => (await request(new URL('/counters', bench.stack.simulatorControlUrl), { reset: true })).body.json() as Promise<Counters>;
    const spent = ({ unitsByTenant }: Counters): number => unitsByTenant[destination.microsoftId] ?? 0;
    const idle = spent(await counters());
    await tenants.api.call('POST', '/v1/jobs', jobAnswer, { sourceTenantId, destTenantId, type: 'ONEDRIVE', scope: { versions: false, permissions: false } });
    // Begun: a fifth of a window's units have gone.
    while (spent(await counters()) - idle < unitsAMinute / 5) await pause(100);
    await pause(windowMs);
    const before = await counters();
    const began = performance.now();
    const { seconds: cpu } = await cpuDuring(bench.pids(), () => pause(windowMs * windows));
    const after = await counters();
    const seconds = (performance.now() - began) / 1_000;
    const used = (spent(after) - spent(before)) / ((unitsAMinute * seconds * 1_000) / windowMs);
    const [requests, throttled] = [after.requests - before.requests, after.throttled - before.throttled];
    const simulator = (cpu['graph-simulator'] ?? 0) / seconds;
    progress(`${(used * 100).toFixed(1)} % of the destination’s units in ${seconds.toFixed(0)} s; ${throttled} refusals of ${requests} requests; seconds of CPU: ${Object.entries(cpu).map(([name, each]) => `${name} ${each.toFixed(1)}`).join(', ')}`);
    return [
      figure('governor-files.used', used, 'of the units', 1, { says: `≥ ${usedMin}`, reached: used >= usedMin }),
      figure('governor-files.refused', requests === 0 ? 1 : throttled / requests, 'of all requests', refusedMax, { says: `< ${refusedMax}`, reached: requests > 0 && throttled / requests < refusedMax }),
      figure('governor-files.simulator-share', simulator, 'of one core', 1),
    ];
  } finally {
    await bench.down();
  }
};
