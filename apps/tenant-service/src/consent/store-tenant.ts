/** Stores a verified tenant, its credential if it has one of its own, and queues its discovery: all or nothing. */
import type { TenantRole } from '@migrator/contracts/api/tenants';
import type { Id } from '@migrator/contracts/ids';
import type { AppCredential } from '@migrator/graph-client';
import type { Outbox } from '@migrator/messaging/outbox';
import type { Clock } from '@migrator/service-kit/clock';
import { inTransaction, type Sql } from '@migrator/service-kit/database';
import type { Ids } from '@migrator/service-kit/ids';
import type { CredentialRepository } from '../credentials/credential-repository.js';
import type { Vault } from '../credentials/vault.js';
import type { DiscoveryRepository } from '../discovery/discovery-repository.js';
import type { TenantRow } from '../tenants/tenant.js';
import type { TenantRepository } from '../tenants/tenant-repository.js';
import { ConsentFailed } from './verify-tenant.js';

export interface StoreTenantCommand {
  orgId: Id<'org'>;
  domain: string;
  role: TenantRole;
  microsoftTenantId: string;
  grantedRoles: string[];
  own: { clientId: string; credential: AppCredential } | null;
}
/** Throws ConsentFailed when the domain is connected to another Microsoft tenant. */
export type StoreTenant = (command: StoreTenantCommand) => Promise<TenantRow>;

export interface StoreTenantDeps {
  sql: Sql;
  tenants: TenantRepository;
  credentials: CredentialRepository;
  discoveries: DiscoveryRepository;
  vault: Vault;
  outbox: Outbox;
  clock: Clock;
  ids: Ids;
  wakeDiscovery: () => void;
}

export const makeStoreTenant =
  ({ sql, tenants, credentials, discoveries, vault, outbox, clock, ids, wakeDiscovery }: StoreTenantDeps): StoreTenant =>
  async ({ orgId, domain, role, microsoftTenantId, grantedRoles, own }) => {
    const now = clock.now();
    const tenant = await inTransaction(sql, async (tx) => {
      const stored = await tenants.upsert(tx, { id: ids.next('ten'), orgId, domain, role, microsoftTenantId, clientId: own?.clientId ?? null, grantedRoles, connectedAt: now });
      if (stored === null) throw new ConsentFailed('domain_moved', `${domain} is connected as the ${role} already, and belonged to another Microsoft tenant then.`, 'If the domain has moved, disconnect it first: that pauses its jobs. Then connect it again.');
      if (own === null) await credentials.remove(tx, stored.id);
      else await credentials.put(tx, stored.id, vault.seal(own.credential, stored.id));
      await discoveries.enqueue(tx, ids.next('dis'), stored.id, now);
      await outbox.add(tx, 'tenant.connected', { orgId, tenantId: stored.id, at: now.toISOString() });
      return stored;
    });
    wakeDiscovery();
    return tenant;
  };
