/** What job-service asks tenant-service: is this tenant connected, and who was discovered in it. */
import { AppError } from '@migrator/contracts/errors';
import type { MappingSubject } from '@migrator/contracts/api/mappings';
import { internalPrincipalsAnswer, internalSitesAnswer, internalTeamsAnswer, internalTenantSchema, internalUsersAnswer, type InternalTenant } from '@migrator/contracts/internal';
import type { InternalClient } from '@migrator/service-kit/internal-client';
import { serviceIdentity } from '@migrator/service-kit/identity';
import type { z } from 'zod';
import { groupIdentity, guestIdentity, personCandidate, siteCandidate, teamCandidate, toldApart, userIdentity, type Candidate } from '../matching/candidate.js';

export interface TenantDirectory {
  /** The tenant; null when it is unknown, of another organisation, or disconnected. */
  find(orgId: string, tenantId: string, requestId: string): Promise<InternalTenant | null>;
  /** Everything of the workload in the tenant's last finished discovery; for `IDENTITY` whoever can hold a permission. */
  listCandidates(wish: { orgId: string; tenantId: string; workload: MappingSubject; requestId: string; signal: AbortSignal }): Promise<Candidate[]>;
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
    async listCandidates({ orgId, tenantId, workload, requestId, signal }) {
      /** Every row of one list, page after page. */
      const list = async <Answer extends { nextCursor: string | null }>(part: string, answer: z.ZodType<Answer>, take: (page: Answer) => void): Promise<void> => {
        let cursor: string | null = null;
        do {
          const query: string = cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`;
          const page: Answer = await client.call({ method: 'GET', path: `${base(orgId, tenantId)}/${part}${query}`, identity: identity(requestId, orgId), signal, answer });
          take(page);
          cursor = page.nextCursor;
        } while (cursor !== null);
      };
      const found: Candidate[] = [];
      switch (workload) {
        case 'EMAIL':
        case 'ONEDRIVE':
          await list('users', internalUsersAnswer, ({ users }) => found.push(...users.map((user) => personCandidate(workload, user))));
          return found;
        case 'SHAREPOINT':
          await list('sites', internalSitesAnswer, ({ sites }) => found.push(...sites.map(siteCandidate)));
          return found;
        case 'TEAMS':
          await list('teams', internalTeamsAnswer, ({ teams }) => found.push(...teams.map(teamCandidate)));
          return found;
        case 'IDENTITY':
          await list('users', internalUsersAnswer, ({ users }) => found.push(...users.map(userIdentity)));
          await list('guests', internalPrincipalsAnswer, ({ principals }) => found.push(...principals.map(guestIdentity)));
          await list('groups', internalPrincipalsAnswer, ({ principals }) => found.push(...principals.map(groupIdentity)));
          return toldApart(found);
      }
    },
  };
}
