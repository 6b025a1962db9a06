/**
 * How much of what Microsoft allows a copy uses: eight mailboxes under the published limits, whose windows are shortened at the simulator
 * and in the workers' configuration alike, first of small items (requests are what is scarce), then of 1 MB items (bytes are). The mailboxes
 * hold more than can be copied; what the destination got in one whole window is counted by the simulator.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { jobAnswer } from '@migrator/contracts/api/jobs';
import { request } from 'undici';
import { startBenchStack } from './bench-stack.js';
import { cpuDuring } from './cpu.js';
import { figure, type Figure } from './figure.js';
import { Tenants, onlyMessages } from './tenants.js';
import type { Measure, MeasureOptions } from './measure.js';

const mailboxes = 8;
const usedMin = 0.95;
const refusedMax = 0.005;
const megabyte = 1024 * 1024;

interface Case {
  name: string;
  /** What lies in each mailbox. */
  content: Record<string, unknown>;
  /** What Microsoft allows one mailbox in one window. */
  allowed: number;
  windowSeconds: number;
  /** So that the machine is not what is measured: eight mailboxes' limits, this much faster, must be within its reach. */
  timeScale: number;
  of(counters: Counters, destination: string): number;
}

interface Counters {
  requests: number;
  throttled: number;
  bytesIn: number;
  byTenant: Record<string, number>;
}

const cases: Case[] = [
  { name: 'small', content: { messages: 1_000_000, bodyChars: 200 }, allowed: 10_000, windowSeconds: 600, timeScale: 4, of: ({ byTenant }, destination) => byTenant[destination] ?? 0 },
  { name: 'large', content: { messages: 100_000, bodyChars: megabyte }, allowed: 150 * megabyte, windowSeconds: 300, timeScale: 2.5, of: ({ bytesIn }) => bytesIn },
];

export const measureGovernorMail: Measure = async (options) => {
  const figures: Figure[] = [];
  for (const each of cases) figures.push(...(await measureCase(each, options)));
  return figures;
};

async function measureCase({ name, content, allowed, windowSeconds, timeScale, of }: Case, { short, progress }: MeasureOptions): Promise<Figure[]> {
  const scale = short ? 60 : timeScale;
  const windowMs = (windowSeconds / scale) * 1_000;
  const limits = JSON.stringify({ windowsShorterBy: scale });
  const bench = await startBenchStack({ 'migration-worker': { WORKER_UNITS: String(mailboxes), GRAPH_LIMITS: limits, LOG_LEVEL: 'warn' }, 'tenant-service': { GRAPH_LIMITS: limits }, 'job-service': { GRAPH_LIMITS: limits } }, 1);
  try {
    const tenants = new Tenants(bench);
    const aliases = Array.from({ length: mailboxes }, (_each, n) => `user${n}`);
    const source = await tenants.make('contoso', aliases.map((alias) => ({ alias, content: { ...onlyMessages, seed: `mailbox ${alias}`, ...content } })));
    const destination = await tenants.make('fabrikam', aliases.map((alias) => ({ alias, content: 'empty' })));
    const [sourceTenantId, destTenantId] = [await tenants.connect(source, 'source'), await tenants.connect(destination, 'destination')];
    await tenants.control.call('POST', '/limits', { profile: 'published', timeScale: scale });
    // On a connection of its own: one that was left idle for a whole window may be on its way to being closed.
    const counters = async (): Promise<Counters> => (await request(new URL('/counters', bench.stack.simulatorControlUrl), { reset: true })).body.json() as Promise<Counters>;
    const idle = of(await counters(), destination.microsoftId);
    await tenants.api.call('POST', '/v1/jobs', jobAnswer, { sourceTenantId, destTenantId, type: 'EMAIL' });
    // Begun: a twentieth of a window's allowance has gone; the short form does not wait for a machine that cannot.
    while (of(await counters(), destination.microsoftId) - idle < (allowed * mailboxes) / (short ? 10_000 : 20)) await pause(100);
    await pause(windowMs / 4);
    const before = await counters();
    const began = performance.now();
    const { seconds: cpu } = await cpuDuring(bench.pids(), () => pause(windowMs));
    const after = await counters();
    const windows = (performance.now() - began) / windowMs;
    const used = (of(after, destination.microsoftId) - of(before, destination.microsoftId)) / (allowed * mailboxes * windows);
    const [requests, throttled] = [after.requests - before.requests, after.throttled - before.throttled];
    const simulator = (cpu['graph-simulator'] ?? 0) / (windows * windowMs) * 1_000;
    progress(`${name}: ${(used * 100).toFixed(1)} % of what ${mailboxes} mailboxes may in ${(windowMs / 1_000).toFixed(0)} s; ${throttled} refusals of ${requests} requests; seconds of CPU: ${Object.entries(cpu).map(([each, seconds]) => `${each} ${seconds.toFixed(1)}`).join(', ')}; the simulator’s share of the time ${(simulator * 100).toFixed(0)} %`);
    return [
      figure(`governor-mail.${name}.used`, used, 'of the limits', 1, { says: `≥ ${usedMin}`, reached: used >= usedMin }),
      figure(`governor-mail.${name}.refused`, requests === 0 ? 1 : throttled / requests, 'of all requests', refusedMax, { says: `< ${refusedMax}`, reached: requests > 0 && throttled / requests < refusedMax }),
      figure(`governor-mail.${name}.simulator-share`, simulator, 'of one core', 1),
    ];
  } finally {
    await bench.down();
  }
}
