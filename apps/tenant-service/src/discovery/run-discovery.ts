/** One discovery run: reads the directory, and makes what it found the tenant's snapshot in one step. */
import type { Outbox } from '@migrator/messaging/outbox';
import type { Clock } from '@migrator/service-kit/clock';
import { inTransaction, type Sql } from '@migrator/service-kit/database';
import type { Ids } from '@migrator/service-kit/ids';
import type { Logger } from '@migrator/service-kit/logger';
import type { FindTenantApp } from '../credentials/tenant-app.js';
import type { OpenMicrosoft } from '../microsoft/organisation.js';
import type { TenantRepository } from '../tenants/tenant-repository.js';
import type { DiscoveryRepository } from './discovery-repository.js';
import { readUsers } from './read-users.js';
import { readMailboxUsage } from './usage-report.js';

export interface DiscoveryDeps {
  sql: Sql;
  tenants: TenantRepository;
  discoveries: DiscoveryRepository;
  findApp: FindTenantApp;
  openMicrosoft: OpenMicrosoft;
  outbox: Outbox;
  clock: Clock;
  ids: Ids;
  logger: Logger;
}

const leaseMs = 60_000;

/** Claims and carries out one run; false when none was waiting. A failed run ends as ERROR with its reason in the log; the old snapshot stays. */
export const makeRunDiscovery =
  ({ sql, tenants, discoveries, findApp, openMicrosoft, outbox, clock, ids, logger }: DiscoveryDeps) =>
  async (stop: AbortSignal): Promise<boolean> => {
    const lease = (): Date => new Date(clock.now().getTime() + leaseMs);
    const run = await discoveries.claim(sql, clock.now(), lease());
    if (run === null) return false;
    const log = logger.child({ discoveryId: run.id, tenantId: run.tenantId });
    const lost = new AbortController();
    const signal = AbortSignal.any([stop, lost.signal]);
    const renewal = setInterval(() => {
      discoveries.renew(sql, run.id, lease()).then(
        (ours) => {
          if (!ours) lost.abort();
        },
        (error: unknown) => {
          log.warn({ err: error }, 'a discovery could not renew its lease');
        },
      );
    }, leaseMs / 3);
    const event = (status: 'DONE' | 'ERROR') => ({ orgId: run.orgId, tenantId: run.tenantId, discoveryId: run.id, status, at: clock.now().toISOString() });
    try {
      log.info('discovery started');
      const tenant = await tenants.get(sql, run.orgId, run.tenantId);
      const { port } = openMicrosoft(await findApp(tenant));
      await discoveries.clearFindings(sql, run.id);
      const usage = await readMailboxUsage(port, signal);
      let users = 0;
      for await (const findings of readUsers(port, usage, signal)) {
        await discoveries.addFindings(sql, run.id, findings);
        users += findings.length;
      }
      const finished = await inTransaction(sql, async (tx) => {
        const ours = await discoveries.finish(tx, run.id, run.tenantId, ids, clock.now());
        if (ours) await outbox.add(tx, 'discovery.finished', event('DONE'));
        return ours;
      });
      log.info({ users, finished, concealedNames: usage === null }, 'discovery finished');
    } catch (error) {
      // Stopped in order: the lease runs out and another instance, or this one after its restart, begins anew.
      if (signal.aborted) return true;
      log.error({ err: error }, 'discovery failed');
      await inTransaction(sql, async (tx) => {
        if (await discoveries.fail(tx, run.id, error instanceof Error ? error.message : 'unknown', clock.now())) await outbox.add(tx, 'discovery.finished', event('ERROR'));
      });
    } finally {
      clearInterval(renewal);
    }
    return true;
  };
