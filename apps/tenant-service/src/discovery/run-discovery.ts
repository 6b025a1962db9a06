/** One discovery run: scans the tenant, and makes what it found the snapshot in one step. */
import type { Outbox } from '@migrator/messaging/outbox';
import type { Clock } from '@migrator/service-kit/clock';
import { inTransaction, type Sql, type TransactionSql } from '@migrator/service-kit/database';
import type { Ids } from '@migrator/service-kit/ids';
import type { Logger } from '@migrator/service-kit/logger';
import type { FindTenantApp } from '../credentials/tenant-app.js';
import type { OpenMicrosoft } from '../microsoft/organisation.js';
import type { TenantRepository } from '../tenants/tenant-repository.js';
import { RunLost, type ClaimedRun } from './claimed-run.js';
import type { DiscoveryRepository } from './discovery-repository.js';
import type { makeScanTenant } from './scan-tenant.js';

export interface DiscoveryDeps {
  sql: Sql;
  tenants: TenantRepository;
  discoveries: DiscoveryRepository;
  findApp: FindTenantApp;
  openMicrosoft: OpenMicrosoft;
  scan: ReturnType<typeof makeScanTenant>;
  outbox: Outbox;
  clock: Clock;
  ids: Ids;
  logger: Logger;
}

const leaseMs = 60_000;

/**
 * Claims and carries out one run; false when none was waiting. A failed run ends as ERROR with its reason in the log; the old snapshot
 * stays. `stop` gives the run back: it is begun anew at once by another instance, or by this one after its restart.
 */
export const makeRunDiscovery =
  ({ sql, tenants, discoveries, findApp, openMicrosoft, scan, outbox, clock, ids, logger }: DiscoveryDeps) =>
  async (stop: AbortSignal): Promise<boolean> => {
    const lease = (): Date => new Date(clock.now().getTime() + leaseMs);
    const announce = (tx: TransactionSql, run: ClaimedRun, status: 'DONE' | 'ERROR'): Promise<void> => outbox.add(tx, 'discovery.finished', { orgId: run.orgId, tenantId: run.tenantId, discoveryId: run.id, status, at: clock.now().toISOString() });
    await inTransaction(sql, async (tx) => {
      for (const run of await discoveries.giveUp(tx, clock.now())) await announce(tx, run, 'ERROR');
    });
    const run = await discoveries.claim(sql, clock.now(), lease());
    if (run === null) return false;
    const log = logger.child({ discoveryId: run.id, tenantId: run.tenantId });
    const lost = new AbortController();
    const signal = AbortSignal.any([stop, lost.signal]);
    const renewal = setInterval(() => {
      discoveries.renew(sql, run, lease()).then(
        (ours) => {
          if (!ours) lost.abort();
        },
        (error: unknown) => {
          log.warn({ err: error }, 'a discovery could not renew its lease');
        },
      );
    }, leaseMs / 3);
    try {
      log.info('discovery started');
      const tenant = await tenants.get(sql, run.orgId, run.tenantId);
      const { facts, ...seen } = await scan(openMicrosoft(await findApp(tenant), run.orgId, tenant.businessHours), run, signal);
      await inTransaction(sql, async (tx) => {
        await discoveries.finish(tx, run, ids, clock.now(), facts);
        await announce(tx, run, 'DONE');
      });
      for (const each of facts.skipped) log.warn(each, 'a part of the tenant was not looked at');
      log.info(seen, 'discovery finished');
    } catch (error) {
      if (stop.aborted) {
        await discoveries.release(sql, run);
        log.info('a discovery was given back');
        return true;
      }
      if (error instanceof RunLost || lost.signal.aborted) {
        log.info('a discovery is not ours any more');
        return true;
      }
      const failed = await inTransaction(sql, async (tx) => {
        const ours = await discoveries.fail(tx, run, error instanceof Error ? error.message : 'unknown', clock.now());
        if (ours) await announce(tx, run, 'ERROR');
        return ours;
      });
      // Not ours: the tenant was disconnected meanwhile, and whatever went wrong went wrong because of it.
      if (failed) log.error({ err: error }, 'discovery failed');
    } finally {
      clearInterval(renewal);
    }
    return true;
  };
