/**
 * The engine's copy of drives against rclone's and a bare loop's: the same drives, by turns, each time into a tenant that holds nothing,
 * all three over TLS to the same simulator. The engine has its ledger, hashes, checkpoints, reports and services besides.
 */
import type { Measure, MeasureOptions } from './measure.js';
import { startBareCopier, type BareCopier } from './bare-copier.js';
import { BareGraph } from './bare-graph.js';
import { startBenchStack, type BenchStack } from './bench-stack.js';
import { cpuDuring, othersDuring } from './cpu.js';
import { figure, median, type Figure } from './figure.js';
import { readyRclone, type RcloneEnd, type RcloneSettings } from './rclone-copy.js';
import { Tenants, type TenantMade } from './tenants.js';

const gigabyte = 1024 ** 3;
const simulatorShareMax = 0.95;
/** What the engine has under way: drives by a worker's units, requests by what it lets one tenant have in flight. */
const drivesAtOnce = 6;
const filesAtOnce = 32;
/** Microsoft's units and bytes are not what is measured; how many requests are in flight is as the product has it. */
const unlimited = { limits: Object.fromEntries(['files.unitsPerMinute', 'files.unitsPerDay', 'files.bytes'].map((name) => [name, { max: 1e15 }])) };
/** The first are its own; what is fastest here is what it is measured with. */
const rcloneChoices: readonly RcloneSettings[] = [{ transfers: 4, checkers: 8 }, { transfers: 8, checkers: 8 }, { transfers: 16, checkers: 16 }, { transfers: 32, checkers: 16 }];

const peers = ['bare', 'rclone', 'engine'] as const;
type Peer = (typeof peers)[number];

interface Run {
  seconds: number;
  files: number;
  bytes: number;
  /** Seconds of CPU, by process. */
  cpu: Record<string, number>;
  /** The same of everything on the machine that is no part of the run. */
  others: number;
}

interface Content {
  drives: number;
  /** Profile of each drive, besides its seed. */
  profile: Record<string, unknown>;
  files: number;
}

interface Case {
  full: Content;
  /** What rclone's settings are chosen on, and everything is warmed up with. */
  little: Content;
  short: Content;
  rounds: Record<Peer, number>;
}

const small = (drives: number, files: number): Content => ({ drives, files: drives * files, profile: { files, folders: Math.ceil(files / 50), bytesMin: 4 * 1024, bytesMax: 256 * 1024, awkwardNames: false } });
const large = (files: number, bytes: number): Content => ({ drives: 1, files, profile: { files: 0, large: Array.from({ length: files }, () => bytes) } });

const cases = {
  small: { full: small(20, 1_000), little: small(20, 30), short: small(2, 20), rounds: { bare: 2, rclone: 1, engine: 2 } },
  large: { full: large(8, gigabyte), little: large(8, gigabyte / 8), short: large(2, 24 * 1024 ** 2), rounds: { bare: 1, rclone: 1, engine: 1 } },
} satisfies Record<string, Case>;

interface Rig {
  bench: BenchStack;
  copier: BareCopier;
  tenants: Tenants;
  source: TenantMade;
  sourceId: string;
  content: Content;
}

async function measured({ full, little, short: tiny, rounds }: Case, { short, progress }: MeasureOptions): Promise<Record<Peer, Run[]>> {
  const bench = await startBenchStack();
  await bench.freshWorkers(1, { WORKER_UNITS: String(drivesAtOnce), LOG_LEVEL: 'warn', GRAPH_LIMITS: JSON.stringify(unlimited), MICROSOFT_LAST_HOP: bench.tls.url, NODE_EXTRA_CA_CERTS: bench.tls.caFile });
  const copier = startBareCopier({ NODE_EXTRA_CA_CERTS: bench.tls.caFile });
  try {
    const tenants = new Tenants(bench);
    // What arrives is weighed and hashed, not kept.
    await tenants.control.call('POST', '/files/uploads', { keepBytesMax: 0 });
    const rig = async (content: Content): Promise<Rig> => {
      const source = await tenants.make('contoso', Array.from({ length: content.drives }, (_each, n) => ({ alias: `user${n}`, drive: { content: { ...content.profile, seed: `drive ${n}` } } })));
      return { bench, copier, tenants, source, sourceId: await tenants.connect(source, 'source'), content };
    };
    const told = async (peer: Peer, on: Rig, settings: RcloneSettings, note = ''): Promise<Run> => {
      const run = await runOnce(peer, on, settings);
      progress(`${peer}${note} ${describe(run)}`);
      return run;
    };
    let [best = { transfers: 4, checkers: 8 }] = rcloneChoices;
    if (!short) {
      const warm = await rig(little);
      for (const peer of ['bare', 'engine'] as const) await told(peer, warm, best, ' (warming up)');
      let least = Infinity;
      for (const settings of rcloneChoices) {
        const { seconds } = await told('rclone', warm, settings, ` (transfers ${settings.transfers}, checkers ${settings.checkers}, a part of it)`);
        if (seconds < least) [least, best] = [seconds, settings];
      }
    }
    const on = await rig(short ? tiny : full);
    const runs: Record<Peer, Run[]> = { bare: [], rclone: [], engine: [] };
    for (let round = 1; round <= (short ? 1 : Math.max(...Object.values(rounds))); round += 1) for (const peer of peers) if (round <= rounds[peer]) runs[peer].push(await told(peer, on, best, peer === 'rclone' ? ` (transfers ${best.transfers}, checkers ${best.checkers})` : ''));
    return runs;
  } finally {
    await copier.stop();
    await bench.down();
  }
}

async function runOnce(peer: Peer, rig: Rig, settings: RcloneSettings): Promise<Run> {
  const { tenants, source, content } = rig;
  const destination = await tenants.make(peer, Object.keys(source.userIds).map((alias) => ({ alias, drive: true })));
  const before = await tenants.control.call<{ bytesIn: number }>('GET', '/counters');
  const { value: { seconds, cpu }, others } = await othersDuring(() => ({ bare: bareRun, rclone: rcloneRun, engine: engineRun })[peer](rig, destination, settings));
  const after = await tenants.control.call<{ bytesIn: number }>('GET', '/counters');
  // rclone keeps one date of the two.
  const arrived = await tenants.compareDrives(source, destination, peer === 'rclone' ? 'names' : 'everything');
  if (arrived < content.files) throw new Error(`${arrived} of ${content.files} files arrived.`);
  await tenants.remove(destination);
  return { seconds, files: content.files, bytes: after.bytesIn - before.bytesIn, others, cpu: { ...cpu, simulator: cpu['graph-simulator'] ?? 0 } };
}

const own = ({ bench: { stack } }: Rig): { clientId: string; clientSecret: string } => ({ clientId: stack.simulatorApp.clientId, clientSecret: stack.simulatorApp.clientSecret });

async function engineRun({ bench, tenants, sourceId }: Rig, destination: TenantMade): Promise<Pick<Run, 'seconds' | 'cpu'>> {
  const destId = await tenants.connect(destination, 'destination');
  const { value, seconds: cpu } = await cpuDuring(bench.pids(), () => tenants.migrate(sourceId, destId, { type: 'ONEDRIVE', scope: { versions: false, permissions: false } }));
  return { seconds: value.seconds, cpu: { ...cpu, engine: cpu['migration-worker-1'] ?? 0 } };
}

async function bareRun(rig: Rig, destination: TenantMade): Promise<Pick<Run, 'seconds' | 'cpu'>> {
  const { bench, copier, source } = rig;
  const aliases = Object.keys(source.userIds);
  const side = ({ microsoftId, userIds }: TenantMade): { microsoftId: string; userIds: string[] } => ({ microsoftId, userIds: aliases.map((alias) => userIds[alias] ?? '') });
  return timed({ ...bench.pids(), bare: copier.pid }, () => copier.copy({ drives: { lastHop: bench.tls.url, ...own(rig), source: side(source), destination: side(destination), drivesAtOnce, filesAtOnce } }));
}

async function rcloneRun(rig: Rig, destination: TenantMade, settings: RcloneSettings): Promise<Pick<Run, 'seconds' | 'cpu'>> {
  const { bench, source } = rig;
  const graph = new BareGraph({ lastHop: bench.stack.simulatorUrl, ...own(rig) });
  const side = async ({ microsoftId, userIds }: TenantMade): Promise<RcloneEnd> => {
    const token = await graph.signIn(microsoftId);
    return { tenantId: microsoftId, driveIds: await Promise.all(Object.keys(source.userIds).map(async (alias) => (await graph.driveOf(userIds[alias] ?? '', token)).id)) };
  };
  const rclone = await readyRclone({ ...own(rig), proxy: bench.stack.simulatorUrl, caFile: bench.tls.caFile, source: await side(source), destination: await side(destination), ...settings });
  try {
    return await timed({ ...bench.pids(), rclone: rclone.pid }, () => rclone.copy());
  } finally {
    await rclone.stop();
    await graph.close();
  }
}

async function timed(pids: Record<string, number>, work: () => Promise<unknown>): Promise<Pick<Run, 'seconds' | 'cpu'>> {
  const began = performance.now();
  const { seconds: cpu } = await cpuDuring(pids, work);
  return { seconds: (performance.now() - began) / 1_000, cpu };
}

const describe = ({ seconds, files, bytes, cpu, others }: Run): string =>
  `${(files / seconds).toFixed(1)} files and ${(bytes / seconds / 1e6).toFixed(0)} MB a second in ${seconds.toFixed(1)} s; seconds of CPU: ${Object.entries(cpu).filter(([, used]) => used >= 0.05).map(([name, used]) => `${name} ${used.toFixed(1)}`).join(', ')}, others on the machine ${others.toFixed(1)}; the simulator’s share of the time ${((cpu['simulator'] ?? 0) / seconds * 100).toFixed(0)} %`;

/** The median of each peer's runs, read off a run by `value`. */
const by = (runs: Record<Peer, Run[]>) => (peer: Peer, value: (run: Run) => number): number => median(runs[peer].map(value));
const share = ({ cpu, seconds }: Run): number => (cpu['simulator'] ?? 0) / seconds;

function common(name: string, runs: Record<Peer, Run[]>, short: boolean): Figure[] {
  const of = by(runs);
  const shares = peers.map((peer) => of(peer, share));
  const target = { says: `simulator below ${simulatorShareMax * 100} % of its core`, reached: Math.max(...shares) < simulatorShareMax };
  return [figure(`${name}.simulator-share`, of('engine', share), 'of one core', of('rclone', share), short ? null : target)];
}

export const measureFilesSmall: Measure = async (options) => {
  const runs = await measured(cases.small, options);
  const of = by(runs);
  const speed = ({ files, seconds }: Run): number => files / seconds;
  const cpu = (peer: Peer) => (run: Run): number => ((run.cpu[peer] ?? 0) / run.files) * 1e6;
  const [engine, rclone, bare] = [of('engine', speed), of('rclone', speed), of('bare', speed)];
  return [
    figure('engine-files-small.against-rclone', engine, 'files/s', rclone, { says: 'faster than rclone', reached: engine > rclone }),
    figure('engine-files-small.against-bare', engine, 'files/s', bare, { says: '≥ 0.75 of the bare loop', reached: engine >= bare * 0.75 }),
    figure('engine-files-small.cpu', of('engine', cpu('engine')), 'µs/file', of('rclone', cpu('rclone'))),
    ...common('engine-files-small', runs, options.short),
  ];
};

export const measureFilesLarge: Measure = async (options) => {
  const runs = await measured(cases.large, options);
  const of = by(runs);
  const speed = ({ bytes, seconds }: Run): number => bytes / 1e6 / seconds;
  const cpu = (peer: Peer) => (run: Run): number => (run.cpu[peer] ?? 0) / (run.bytes / gigabyte);
  const [engine, rclone, bare] = [of('engine', speed), of('rclone', speed), of('bare', speed)];
  return [
    figure('engine-files-large.against-rclone', engine, 'MB/s', rclone, { says: 'faster than rclone', reached: engine > rclone }),
    figure('engine-files-large.against-bare', engine, 'MB/s', bare),
    figure('engine-files-large.cpu', of('engine', cpu('engine')), 's/GB', of('rclone', cpu('rclone'))),
    ...common('engine-files-large', runs, options.short),
  ];
};
