/**
 * How much of a bare copy's speed the engine keeps: the same mailboxes, by turns, each time into a tenant that holds nothing. Both run
 * as one process, with as many mailboxes and requests under way; the engine has its ledger, checkpoints, reports and services besides.
 */
import type { Measure, MeasureOptions } from './measure.js';
import { startBareCopier, type BareCopier } from './bare-copier.js';
import { startBenchStack, type BenchStack } from './bench-stack.js';
import { cpuDuring } from './cpu.js';
import { figure, median } from './figure.js';
import { Tenants, onlyMessages, type TenantMade } from './tenants.js';

const wantedShare = 0.8;
/** A single thread above this would be what is measured. */
const simulatorShareMax = 0.95;
const mailboxesAtOnce = 6;
/** What Exchange allows for one mailbox, and what the engine uses: two lanes with two imports each. */
const requestsAtOnce = 4;
const bodyChars = 500;

const clients = { bare: 'bare', engine: 'migration-worker-1' } as const;

interface Run {
  perSecond: number;
  seconds: number;
  items: number;
  /** Seconds of CPU, by process. */
  cpu: Record<string, number>;
}

export const measureEngineMail: Measure = async (options) => {
  const { short, progress } = options;
  const mailboxes = short ? 4 : 20;
  const messages = short ? 40 : 2_000;
  const rounds = short ? 1 : 3;
  const bench = await startBenchStack({ 'migration-worker': { WORKER_UNITS: String(mailboxesAtOnce), LOG_LEVEL: 'warn' } }, 1);
  const copier = startBareCopier();
  try {
    const tenants = new Tenants(bench);
    const source = await tenants.make('contoso', Array.from({ length: mailboxes }, (_each, n) => ({ alias: `user${n}`, content: { ...onlyMessages, seed: `mailbox ${n}`, messages, bodyChars } })));
    const sourceId = await tenants.connect(source, 'source');
    const runs: Record<'bare' | 'engine', Run[]> = { bare: [], engine: [] };
    // The first round warms both up.
    for (let round = short ? 1 : 0; round <= rounds; round += 1) {
      for (const which of ['bare', 'engine'] as const) {
        const run = await runOnce(which, { bench, copier, tenants, source, sourceId, items: mailboxes * messages });
        progress(`${which} ${round === 0 ? '(warming up) ' : ''}${describe(run)}`);
        if (round > 0) runs[which].push(run);
      }
    }
    return figures(runs, options);
  } finally {
    await copier.stop();
    await bench.down();
  }
};

interface Rig {
  bench: BenchStack;
  copier: BareCopier;
  tenants: Tenants;
  source: TenantMade;
  sourceId: string;
  items: number;
}

async function runOnce(which: 'bare' | 'engine', { bench, copier, tenants, source, sourceId, items }: Rig): Promise<Run> {
  const destination = await tenants.make(which, Object.keys(source.userIds).map((alias) => ({ alias, content: 'empty' })));
  const pids = { ...bench.pids(), ...(which === 'bare' ? { bare: copier.pid } : {}) };
  const destId = which === 'engine' ? await tenants.connect(destination, 'destination') : '';
  const { value: seconds, seconds: cpu } = await cpuDuring(pids, async () => {
    if (which === 'engine') return (await tenants.migrate(sourceId, destId)).seconds;
    const began = performance.now();
    const side = ({ microsoftId, userIds }: TenantMade): { microsoftId: string; userIds: string[] } => ({ microsoftId, userIds: Object.keys(source.userIds).map((alias) => userIds[alias] ?? '') });
    const { clientId, clientSecret } = bench.stack.simulatorApp;
    const copied = await copier.copy({ mailboxes: { lastHop: bench.stack.simulatorUrl, clientId, clientSecret, source: side(source), destination: side(destination), mailboxesAtOnce, requestsAtOnce } });
    if (copied !== items) throw new Error(`The bare copy took ${copied} of ${items} items.`);
    return (performance.now() - began) / 1_000;
  });
  const arrived = await tenants.compareItems(source, destination);
  if (arrived !== items) throw new Error(`${arrived} of ${items} items arrived.`);
  await tenants.remove(destination);
  return { perSecond: items / seconds, seconds, items, cpu };
}

const describe = ({ perSecond, seconds, items, cpu }: Run): string =>
  `${Math.round(perSecond)} items a second; microseconds of CPU an item: ${Object.entries(cpu).map(([name, used]) => `${name} ${Math.round((used / items) * 1e6)}`).join(', ')}; the simulator’s share of the time ${(((cpu['graph-simulator'] ?? 0) / seconds) * 100).toFixed(0)} %`;

function figures({ bare, engine }: Record<'bare' | 'engine', Run[]>, { short }: MeasureOptions): ReturnType<typeof figure>[] {
  const of = (runs: Run[], value: (run: Run) => number): number => median(runs.map(value));
  const speed = of(engine, (run) => run.perSecond);
  const bareSpeed = of(bare, (run) => run.perSecond);
  const cpu = (name: string) => (run: Run): number => ((run.cpu[name] ?? 0) / run.items) * 1e6;
  const share = (run: Run): number => (run.cpu['graph-simulator'] ?? 0) / run.seconds;
  const shares = { says: `simulator below ${simulatorShareMax * 100} % of its core`, reached: of(engine, share) < simulatorShareMax && of(bare, share) < simulatorShareMax };
  return [
    figure('engine-mail.speed', speed, 'items/s', bareSpeed, { says: `≥ ${wantedShare} of the bare copy`, reached: speed >= bareSpeed * wantedShare }),
    figure('engine-mail.cpu', of(engine, cpu(clients.engine)), 'µs/item', of(bare, cpu(clients.bare))),
    figure('engine-mail.simulator-share', of(engine, share), 'of one core', of(bare, share), short ? null : shares),
  ];
}
