/**
 * Tenants that are gone. Whether a tenant is connected is known to tenant-service alone, and asking it takes a while; what was asked
 * before a disconnection must not be acted upon after it. So the last word is here, in the transaction that lets work begin.
 */
import type { AppError } from '@migrator/contracts/errors';
import { dropIdentityMapsOf } from '../identities/identity-repository.js';
import { inTransaction, type Sql, type TransactionSql } from '@migrator/service-kit/database';

const lockName = (tenantId: string): string => `jobs:tenant:${tenantId}`;

/** Throws `refusal` when one of the tenants is gone. Until the transaction ends none of them can go. */
export async function holdTenants(tx: TransactionSql, tenantIds: readonly string[], refusal: () => AppError): Promise<void> {
  for (const id of new Set(tenantIds)) await tx`select pg_advisory_xact_lock_shared(hashtextextended(${lockName(id)}, 0))`;
  const gone = await tx`select 1 from jobs.detached_tenants where tenant_id in ${tx([...tenantIds])} limit 1`;
  if (gone.length > 0) throw refusal();
}

/** From its return on nothing begins with this tenant, all that had begun can be seen, and who its people are elsewhere is forgotten. */
export async function noteDetached(sql: Sql, tenantId: string): Promise<void> {
  await inTransaction(sql, async (tx) => {
    await tx`select pg_advisory_xact_lock(hashtextextended(${lockName(tenantId)}, 0))`;
    await tx`insert into jobs.detached_tenants (tenant_id) values (${tenantId}) on conflict do nothing`;
    await dropIdentityMapsOf(tx, tenantId);
  });
}
