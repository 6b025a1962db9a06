/**
 * A process of the fleet for tests: asks the real governor for permits as fast as its lanes allow, and tells the parent of every request as
 * it goes and as it ends. Started with one JSON argument; the parent is heard as Microsoft would be.
 */
import { openSharedStore } from '@migrator/messaging/shared-store';
import { createLogger } from '@migrator/service-kit/logger';
import { setTimeout as pass } from 'node:timers/promises';
import type { Budget } from '../graph-port.js';
import { joinFleet } from '../governor/fleet.js';
import { createGovernor } from '../governor/governor.js';
import type { LimitOverrides } from '../governor/limits.js';
import { machineTime, type SpenderOptions, type SpenderOrder, type SpenderReport } from './spender-protocol.js';

const options = JSON.parse(process.argv[2] ?? '{}') as SpenderOptions;
const say = (report: SpenderReport): void => {
  process.send?.(report);
};
const store = openSharedStore(options.redisUrl, createLogger('spender', 'silent'));
const fleet = joinFleet(store, options.prefix, {
  onShared: (shared) => {
    say({ shared });
  },
});
const governor = createGovernor({
  fleet,
  overrides: options.overrides as LimitOverrides,
  observer: {
    onRest: ({ restMs, told }) => {
      say({ restMs, told });
    },
  },
});
const budget: Budget = options.files === true ? { kind: 'files' } : { kind: 'outlook', mailbox: options.mailbox ?? 'm' };
const cost = { requests: 1, bytes: options.bytes ?? 0, write: (options.bytes ?? 0) > 0, units: 1 };
const flows = options.flows.map((flow) => ({ flow, governed: governor.governed({ app: 'app', tenantId: 'tenant', flow }), stop: new AbortController() }));

async function lane({ flow, governed, stop }: (typeof flows)[number]): Promise<void> {
  while (!stop.signal.aborted) {
    try {
      const permit = await governed.acquire(budget, cost, stop.signal);
      const since = machineTime();
      say({ went: flow.job ?? '', bytes: cost.bytes, at: since });
      await pass(options.serviceMs);
      say({ came: machineTime(), since });
      permit.release();
    } catch {
      // Told to stop.
    }
  }
}
const start = (job: string | null): void => {
  for (const each of flows) if (job === null || each.flow.job === job) for (let i = 0; i < options.lanes; i += 1) void lane(each);
};

/** How late this process gets its turn on a busy machine: a request can go as much later than its permit was given. */
const tickMs = 10;
let lastTick = machineTime();
setInterval(() => {
  const now = machineTime();
  const lateMs = now - lastTick - tickMs;
  if (lateMs > tickMs) say({ lateMs });
  lastTick = now;
}, tickMs);

process.on('message', (order: SpenderOrder) => {
  if ('start' in order) start(order.start);
  if ('stop' in order) for (const each of flows) each.stop.abort();
  if ('throttled' in order) flows[0]?.governed.throttled(budget, order.throttled);
  if ('left' in order) {
    const { limit, remaining, resetSeconds } = order.left;
    flows[0]?.governed.answered(budget, cost, 200, 1, new Headers({ 'RateLimit-Limit': String(limit), 'RateLimit-Remaining': String(remaining), 'RateLimit-Reset': String(resetSeconds) }));
  }
  if ('leave' in order)
    void governor.close().then(() => {
      store.close();
      process.exit(0);
    });
});
process.on('disconnect', () => {
  process.exit(0);
});
say({ ready: true });
