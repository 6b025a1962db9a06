/** What job-service asks tenant-service: is this tenant connected, and who was discovered in it. */
import { AppError } from '@migrator/contracts/errors';
import { internalTenantSchema, internalUsersAnswer, type InternalTenant } from '@migrator/contracts/internal';
import type { InternalClient } from '@migrator/service-kit/internal-client';
import { serviceIdentity } from '@migrator/service-kit/identity';
import type { Mailbox } from '../jobs/match-mailboxes.js';

export interface TenantDirectory {
  /** The tenant; null when it is unknown, of another organisation, or disconnected. */
  find(orgId: string, tenantId: string, requestId: string): Promise<InternalTenant | null>;
  /** Everybody in the tenant's last finished discovery. */
  listPeople(orgId: string, tenantId: string, requestId: string, signal: AbortSignal): Promise<Mailbox[]>;
}

export function createTenantDirectory(client: InternalClient): TenantDirectory {
  const identity = (requestId: string, orgId: string) => serviceIdentity('job-service', requestId, orgId as `org_${string}`);
  const base = (orgId: string, tenantId: string): string => `/internal/orgs/${encodeURIComponent(orgId)}/tenants/${encodeURIComponent(tenantId)}`;
  return {
    async find(orgId, tenantId, requestId) {
      try {
        return await client.call({ method: 'GET', path: base(orgId, tenantId), identity: identity(requestId, orgId), answer: internalTenantSchema });
      } catch (error) {
        if (error instanceof AppError && error.code === 'TENANT_NOT_FOUND') return null;
        throw error;
      }
    },
    async listPeople(orgId, tenantId, requestId, signal) {
      const people: Mailbox[] = [];
      let cursor: string | null = null;
      do {
        const query: string = cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`;
        const page: { users: Mailbox[]; nextCursor: string | null } = await client.call({ method: 'GET', path: `${base(orgId, tenantId)}/users${query}`, identity: identity(requestId, orgId), answer: internalUsersAnswer, signal });
        for (const { id, microsoftId, upn, mail, hasMailbox, sizeBytes } of page.users) people.push({ id, microsoftId, upn, mail, hasMailbox, sizeBytes });
        cursor = page.nextCursor;
      } while (cursor !== null);
      return people;
    },
  };
}
