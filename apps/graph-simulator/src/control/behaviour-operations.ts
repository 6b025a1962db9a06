import { z } from 'zod';
import { profileByName } from '../world/limits/limits.js';
import { publishedLimits, type LimitProfile } from '../world/limits/profile.js';
import type { SimulatedWorld } from '../world/simulated-world.js';
import { ControlError, type ControlRoute } from './control-route.js';
import { tenantOf } from './tenant-operations.js';

const headers = z.record(z.string(), z.string()).optional();
const status = z.int().min(200).max(599);

const Action = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('status'), status, code: z.string(), message: z.string().optional(), headers }),
  z.strictObject({ kind: z.literal('emptyStatus'), status, headers }),
  z.strictObject({ kind: z.literal('htmlError'), status, headers }),
  z.strictObject({ kind: z.literal('resetBefore') }),
  z.strictObject({ kind: z.literal('resetAfterWrite') }),
  z.strictObject({ kind: z.literal('statusAfterWrite'), status, code: z.string(), message: z.string().optional(), headers }),
  z.strictObject({ kind: z.literal('delayMs'), ms: z.number().min(0).max(600_000) }),
  z.strictObject({ kind: z.literal('lateAnswer'), ms: z.number().min(0).max(600_000) }),
  z.strictObject({ kind: z.literal('slowBody'), bytesPerSecond: z.number().min(1) }),
  z.strictObject({ kind: z.literal('truncateBody'), bytes: z.int().min(0) }),
]);

const Fault = z.strictObject({
  id: z.string().min(1),
  match: z.strictObject({ method: z.string().optional(), path: z.string().optional(), mailbox: z.string().optional(), tenantId: z.string().optional(), clientId: z.string().optional() }).default({}),
  nth: z.int().min(1).optional(),
  probability: z.number().min(0).max(1).optional(),
  seed: z.string().optional(),
  times: z.int().min(1).optional(),
  action: Action,
});

const Rate = z.strictObject({ max: z.int().min(1), windowMs: z.number().min(1) }).nullable();
const Custom = z.strictObject({
  name: z.string().default('custom'),
  outlook: z.strictObject({ requests: Rate, concurrent: z.int().min(1).nullable(), uploadBytes: Rate }).partial().optional(),
  directory: z.strictObject({ units: z.strictObject({ max: z.union([z.int().min(1), z.literal('bySize')]), windowMs: z.number().min(1) }).nullable(), writes: Rate }).partial().optional(),
  files: z.strictObject({ units: z.union([z.strictObject({ perMinute: z.int().min(1), perDay: z.int().min(1) }), z.literal('bySize')]).nullable(), sharing: Rate }).partial().optional(),
  reports: Rate.optional(),
  global: Rate.optional(),
  retryAfter: z.enum(['exact', 'missing', 'one']).optional(),
});

const LimitsBody = z.strictObject({
  tenant: z.string().optional(),
  profile: z.union([z.enum(['none', 'published']), Custom]).optional(),
  timeScale: z.number().positive().optional(),
  latency: z.strictObject({ fixedMs: z.number().min(0), jitterMs: z.number().min(0).default(0) }).optional(),
});

const ClockBody = z.strictObject({ advanceMs: z.number().min(0).optional(), scale: z.number().min(0).optional() });

/** What a custom profile leaves out keeps the published number. */
function customProfile(custom: z.infer<typeof Custom>): LimitProfile {
  const { outlook, directory, files, reports, global, retryAfter } = custom;
  const given = <T extends object>(o: T | undefined): Partial<T> => Object.fromEntries(Object.entries(o ?? {}).filter(([, v]) => v !== undefined)) as Partial<T>;
  return {
    name: custom.name,
    outlook: { ...publishedLimits.outlook, ...given(outlook) } as LimitProfile['outlook'],
    directory: { ...publishedLimits.directory, ...given(directory) } as LimitProfile['directory'],
    files: { ...publishedLimits.files, ...given(files) } as LimitProfile['files'],
    reports: reports === undefined ? publishedLimits.reports : reports,
    global: global === undefined ? publishedLimits.global : global,
    retryAfter: retryAfter ?? 'exact',
  };
}

/** Faults, limits, latency and the clock. */
export function behaviourOperations(world: SimulatedWorld): ControlRoute[] {
  return [
    { method: 'GET', path: '/faults', summary: 'The fault script: each rule with how often it matched and struck', handle: () => Promise.resolve({ faults: world.faults.list() }) },
    {
      method: 'POST', path: '/faults', summary: 'Add or replace a fault (or a list): { id, match: { method?, path?, mailbox?, tenantId?, clientId? }, nth?, probability?, seed?, times?, action }',
      handle: async (req) => {
        const body = await req.json();
        const rules = z.array(Fault).parse(Array.isArray(body) ? body : [body]);
        for (const rule of rules) {
          try {
            world.faults.add(rule);
          } catch (error) {
            throw new ControlError(400, `The path of fault '${rule.id}' is no regular expression: ${error instanceof Error ? error.message : String(error)}`);
          }
        }
        return { faults: world.faults.list() };
      },
    },
    { method: 'DELETE', path: '/faults', summary: 'Remove all faults', handle: () => Promise.resolve({ removed: world.faults.remove() }) },
    {
      method: 'DELETE', path: '/faults/{id}', summary: 'Remove one fault',
      handle: (req) => {
        const removed = world.faults.remove(req.params['id']);
        if (removed === 0) throw new ControlError(404, `There is no fault '${req.params['id'] ?? ''}'.`);
        return Promise.resolve({ removed });
      },
    },
    { method: 'GET', path: '/limits', summary: 'Limit profiles, latency and requests in flight', handle: () => Promise.resolve(world.limits.describe()) },
    {
      method: 'POST', path: '/limits', summary: 'Set limits of one tenant or all: { tenant?, profile: "none" | "published" | { outlook, directory, files, reports, global, retryAfter }, timeScale?, latency?: { fixedMs, jitterMs } }',
      handle: async (req) => {
        const body = LimitsBody.parse(await req.json());
        const tenantId = body.tenant === undefined ? undefined : tenantOf(world, body.tenant).id;
        if (body.timeScale !== undefined) world.limits.setTimeScale(body.timeScale);
        if (body.profile !== undefined) {
          const profile = typeof body.profile === 'string' ? profileByName(body.profile) : customProfile(body.profile);
          if (profile !== undefined) world.limits.setProfile(profile, tenantId);
        }
        if (body.latency !== undefined) world.limits.setLatency(body.latency, tenantId);
        return world.limits.describe();
      },
    },
    { method: 'GET', path: '/clock', summary: 'The simulated time', handle: () => Promise.resolve(clockState(world)) },
    {
      method: 'POST', path: '/clock', summary: 'Move the clock: { advanceMs?, scale? } (scale 0 stands still)',
      handle: async (req) => {
        const body = ClockBody.parse(await req.json());
        if (body.scale !== undefined) world.clock.setScale(body.scale);
        if (body.advanceMs !== undefined) world.clock.advance(body.advanceMs);
        return clockState(world);
      },
    },
  ];
}

function clockState(world: SimulatedWorld): Record<string, unknown> {
  return { now: new Date(world.clock.now()).toISOString(), scale: world.clock.scale };
}
