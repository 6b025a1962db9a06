/** Disconnects a tenant: its jobs are paused first, then the credential and everything discovered are erased. */
import { randomUUID } from 'node:crypto';
import type { Id } from '@migrator/contracts/ids';
import { detachTenantAnswer } from '@migrator/contracts/internal';
import type { Outbox } from '@migrator/messaging/outbox';
import type { Clock } from '@migrator/service-kit/clock';
import { inTransaction, type Sql } from '@migrator/service-kit/database';
import { serviceIdentity } from '@migrator/service-kit/identity';
import type { InternalClient } from '@migrator/service-kit/internal-client';
import type { Logger } from '@migrator/service-kit/logger';
import type { TenantRepository } from './tenant-repository.js';

export interface DisconnectTenantDeps {
  sql: Sql;
  tenants: TenantRepository;
  jobs: InternalClient;
  outbox: Outbox;
  clock: Clock;
  logger: Logger;
}

/** A disconnection that was begun this long ago and not ended was broken off. */
const brokenOffMs = 60_000;

export interface DisconnectTenant {
  /** Throws TENANT_NOT_FOUND; SERVICE_UNAVAILABLE when job-service is away, and then nothing is erased. */
  disconnect(command: { orgId: `org_${string}`; tenantId: string; requestId: string }): Promise<void>;
  /** Completes what a process that died had begun; false, for there is nothing more to do at once. */
  resume(): Promise<boolean>;
}

export function makeDisconnectTenant({ sql, tenants, jobs, outbox, clock, logger }: DisconnectTenantDeps): DisconnectTenant {
  const complete = async (orgId: `org_${string}`, id: Id<'ten'>, requestId: string): Promise<void> => {
    const detach = (erased: boolean) => jobs.call({ method: 'POST', path: `/internal/orgs/${encodeURIComponent(orgId)}/tenants/${encodeURIComponent(id)}/detach?erased=${String(erased)}`, identity: serviceIdentity('tenant-service', requestId, orgId), answer: detachTenantAnswer });
    const { draining } = await detach(false);
    if (draining.length > 0) logger.info({ tenantId: id, draining }, 'a tenant is disconnected while workers still finish their batch');
    await inTransaction(sql, async (tx) => {
      if (await tenants.disconnect(tx, id, clock.now())) await outbox.add(tx, 'tenant.disconnected', { orgId, tenantId: id, at: clock.now().toISOString() });
    });
    // What began between the two steps is paused as well; from here on nothing begins.
    await detach(true);
    await tenants.endDisconnect(sql, id);
  };
  return {
    disconnect: async ({ orgId, tenantId, requestId }) => {
      const { id } = await tenants.get(sql, orgId, tenantId);
      await tenants.beginDisconnect(sql, id, clock.now());
      try {
        await complete(orgId, id, requestId);
      } catch (error) {
        // Refused before anything was erased: the caller is told, and it must not happen behind their back. After that it goes on.
        if (await tenants.get(sql, orgId, id).then(() => true, () => false)) await tenants.endDisconnect(sql, id);
        throw error;
      }
    },
    resume: async () => {
      for (const { id, orgId } of await tenants.unfinishedDisconnects(sql, new Date(clock.now().getTime() - brokenOffMs))) {
        await complete(orgId, id, `req_${randomUUID()}`);
        logger.info({ tenantId: id }, 'a disconnection that was broken off is complete');
      }
      return false;
    },
  };
}
