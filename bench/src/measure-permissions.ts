/**
 * What sharing costs: a copy of a drive of ten thousand things of which two hundred are shared, beside a drive with as many shared things and
 * a tenth of the items; and a second pass over it with nothing new. Requests are counted by the simulator.
 */
import { BareGraph } from './bare-graph.js';
import { startBenchStack, type BenchStack } from './bench-stack.js';
import { figure } from './figure.js';
import type { Measure } from './measure.js';
import { Tenants, type TenantMade } from './tenants.js';

/** Microsoft's units and shares in a window are not what is measured. */
const unlimited = JSON.stringify({ limits: Object.fromEntries(['files.unitsPerMinute', 'files.sharing'].map((name) => [name, { max: 1e15 }])) });
const permissionRoute = /\/(permissions(\/\{permission\})?|invite|createLink)$/;
/** A shared thing is read once and shared once. */
const eachShared = 2;
/** What the root grants, which everything may inherit. */
const eachDrive = 1;

interface Counted {
  permissions: number;
  all: number;
}

interface Copied {
  jobId: string;
  seconds: number;
  items: number;
  shared: number;
  first: Counted;
}

/** Copies one person's drive with its sharing, and counts. */
async function copied(bench: BenchStack, tenants: Tenants, items: number, sharedEvery: number): Promise<Copied> {
  const folders = items / 50;
  const content = { files: items - folders, folders, bytesMax: 4 * 1024, awkwardNames: false, sharedEvery };
  const people = (drive: { content: Record<string, unknown> } | true) => [{ alias: 'ada', drive }, ...['bob', 'eve'].map((alias) => ({ alias, drive: true as const }))];
  const [source, destination] = [await tenants.make('contoso', people({ content })), await tenants.make('fabrikam', people(true))];
  const shared = await sharedIn(bench, source, 'ada');
  const [sourceTenant, destTenant] = [await tenants.connect(source, 'source'), await tenants.connect(destination, 'destination')];
  await tenants.control.call('DELETE', '/requests');
  const { job, seconds } = await tenants.migrate(sourceTenant, destTenant, { type: 'ONEDRIVE', scope: { versions: false, permissions: true } });
  const first = await counted(tenants);
  await tenants.compareDrives(source, destination, 'everything', true);
  return { jobId: job.id, seconds, items, shared, first };
}

async function counted(tenants: Tenants): Promise<Counted> {
  const { requests, byRoute } = await tenants.control.call<{ requests: number; byRoute: Record<string, number> }>('GET', '/counters');
  return { all: requests, permissions: Object.entries(byRoute).filter(([route]) => permissionRoute.test(route)).reduce((sum, [, count]) => sum + count, 0) };
}

/** How many things in a drive say that they are shared themselves. */
async function sharedIn({ stack }: BenchStack, { microsoftId, userIds }: TenantMade, alias: string): Promise<number> {
  const graph = new BareGraph({ lastHop: stack.simulatorUrl, ...stack.simulatorApp });
  try {
    const headers = { ...(await graph.signIn(microsoftId)), prefer: 'hierarchicalsharing' };
    const { drive } = await graph.driveOf(userIds[alias] ?? '', headers);
    let shared = 0;
    for (let next: string | undefined = `${drive}/root/delta?$top=1000&$select=id,shared`; next !== undefined; ) {
      const page = (await graph.send('GET', next, headers)) as { value: { shared?: unknown }[]; '@odata.nextLink'?: string };
      shared += page.value.filter((item) => item.shared !== undefined).length;
      next = page['@odata.nextLink'];
    }
    return shared;
  } finally {
    await graph.close();
  }
}

export const measurePermissions: Measure = async ({ short, progress }) => {
  const bench = await startBenchStack({ 'migration-worker': { LOG_LEVEL: 'warn', GRAPH_LIMITS: unlimited } }, 1);
  try {
    const tenants = new Tenants(bench);
    const few = await copied(bench, tenants, short ? 100 : 1_000, 5);
    const many = await copied(bench, tenants, short ? 400 : 10_000, short ? 20 : 50);
    for (const { items, shared, first, seconds } of [few, many]) progress(`${items} things of which ${shared} are shared: ${first.permissions} permission requests of ${first.all}, ${seconds.toFixed(1)} s`);
    if (few.shared !== many.shared) throw new Error(`As many should be shared in both: ${few.shared} and ${many.shared}.`);
    await tenants.control.call('DELETE', '/requests');
    await tenants.deltaPass(many.jobId);
    const second = await counted(tenants);
    progress(`a second pass with nothing new: ${second.permissions} permission requests of ${second.all}`);
    const most = eachShared * many.shared + eachDrive;
    return [
      figure('permissions.requests', many.first.permissions, 'permission requests', most, { says: `≤ ${eachShared} for each of ${many.shared} shared things and ${eachDrive} for the drive`, reached: many.first.permissions <= most }),
      figure('permissions.by-items', many.first.permissions, 'permission requests', few.first.permissions, { says: `as many as among ${few.items} things`, reached: many.first.permissions === few.first.permissions }),
      figure('permissions.unchanged', second.permissions, 'permission requests', many.first.permissions, { says: 'none', reached: second.permissions === 0 }),
    ];
  } finally {
    await bench.down();
  }
};
