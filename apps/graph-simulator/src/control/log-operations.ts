import { z } from 'zod';
import type { LogQuery } from '../world/request-log.js';
import type { SimulatedWorld } from '../world/simulated-world.js';
import type { ControlRequest, ControlRoute } from './control-route.js';
import { tenantOf } from './tenant-operations.js';

const Query = z.strictObject({
  tenant: z.string().optional(),
  clientId: z.string().optional(),
  mailbox: z.string().optional(),
  method: z.string().optional(),
  status: z.coerce.number().int().optional(),
  path: z.string().optional(),
  throttled: z.stringbool().optional(),
  limit: z.coerce.number().int().min(1).max(100_000).optional(),
});

const Samples = z.strictObject({ each: z.int().min(0).max(1_000) });

function readQuery(world: SimulatedWorld, req: ControlRequest): LogQuery {
  const { tenant, mailbox, ...rest } = Query.parse(Object.fromEntries(req.query));
  const found = tenant === undefined ? undefined : tenantOf(world, tenant);
  // A mailbox may be named by its address as well.
  const tenants = found === undefined ? [...world.tenants.values()] : [found];
  const id = mailbox === undefined ? undefined : (tenants.map((t) => t.findUser(mailbox)?.id).find((u) => u !== undefined) ?? mailbox);
  return { ...rest, tenantId: found?.id, mailbox: id };
}

/** What was asked of the simulator. */
export function logOperations(world: SimulatedWorld, stop: () => void): ControlRoute[] {
  return [
    {
      method: 'GET', path: '/state', summary: 'Everything at a glance',
      handle: () => Promise.resolve({
        clock: { now: new Date(world.clock.now()).toISOString(), scale: world.clock.scale },
        tenants: [...world.tenants.values()].map((t) => ({ id: t.id, domain: t.domain, displayName: t.displayName, users: t.users.length, groups: t.groups.length })),
        apps: world.apps.list().map((a) => ({ clientId: a.clientId, displayName: a.displayName })),
        consents: world.apps.consents().map((c) => ({ tenantId: c.tenantId, clientId: c.clientId, roles: c.grants.map((g) => g.role), enabled: c.enabled })),
        limits: world.limits.describe(),
        faults: world.faults.list(),
        counters: world.log.counters(),
        memory: process.memoryUsage(),
      }),
    },
    { method: 'GET', path: '/requests', summary: 'Newest requests: ?tenant= clientId= mailbox= method= status= path= throttled= limit=', handle: (req) => Promise.resolve({ requests: world.log.requests(readQuery(world, req)) }) },
    { method: 'GET', path: '/writes', summary: 'Newest requests that changed state, also those whose answer was lost; same filters', handle: (req) => Promise.resolve({ writes: world.log.writes(readQuery(world, req)) }) },
    {
      method: 'GET', path: '/counters', summary: 'Sums: requests, 429s, writes, bytes, milliseconds, by status, route, tenant (resource units too) and app; process CPU',
      handle: () => {
        const cpu = process.cpuUsage();
        return Promise.resolve({ ...world.log.counters(), inFlight: world.log.inFlight, cpuUserMs: cpu.user / 1000, cpuSystemMs: cpu.system / 1000 });
      },
    },
    {
      method: 'POST', path: '/samples', summary: 'Keep whole exchanges with Graph from now on, so many of each kind: { each }; 0 for none',
      handle: async (req) => {
        world.samples.start(Samples.parse(await req.json()).each);
        return { ok: true };
      },
    },
    { method: 'GET', path: '/samples', summary: 'The exchanges that were kept: method, url, status, bodies', handle: () => Promise.resolve({ exchanges: world.samples.all() }) },
    {
      method: 'DELETE', path: '/requests', summary: 'Forget requests, writes and counters',
      handle: () => {
        world.log.clear();
        return Promise.resolve({ ok: true });
      },
    },
    {
      method: 'POST', path: '/shutdown', summary: 'Stop the simulator',
      handle: () => {
        setImmediate(stop);
        return Promise.resolve({ ok: true });
      },
    },
  ];
}
