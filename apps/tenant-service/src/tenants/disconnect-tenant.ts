/** Disconnects a tenant: its jobs are paused first, then the credential and everything discovered are erased. */
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

/** Throws TENANT_NOT_FOUND; SERVICE_UNAVAILABLE when job-service is away, and then nothing is erased. */
export const makeDisconnectTenant =
  ({ sql, tenants, jobs, outbox, clock, logger }: DisconnectTenantDeps) =>
  async (command: { orgId: `org_${string}`; tenantId: string; requestId: string }): Promise<void> => {
    const { orgId, requestId } = command;
    const { id } = await tenants.get(sql, orgId, command.tenantId);
    const detach = () => jobs.call({ method: 'POST', path: `/internal/orgs/${encodeURIComponent(orgId)}/tenants/${encodeURIComponent(id)}/detach`, identity: serviceIdentity('tenant-service', requestId, orgId), answer: detachTenantAnswer });
    const { draining } = await detach();
    if (draining.length > 0) logger.info({ tenantId: id, draining }, 'a tenant is disconnected while workers still finish their batch');
    await inTransaction(sql, async (tx) => {
      if (await tenants.disconnect(tx, id, clock.now())) await outbox.add(tx, 'tenant.disconnected', { orgId, tenantId: id, at: clock.now().toISOString() });
    });
    // A job created between the two steps would run against an erased tenant: pause it as well.
    await detach();
  };
