/** What job-service asks tenant-service: is this tenant connected, and who was discovered in it. */
import { AppError } from '@migrator/contracts/errors';
import type { WorkloadName } from '@migrator/contracts/api/tenants';
import { internalSitesAnswer, internalTeamsAnswer, internalTenantSchema, internalUsersAnswer, type InternalTenant } from '@migrator/contracts/internal';
import type { InternalClient } from '@migrator/service-kit/internal-client';
import { serviceIdentity } from '@migrator/service-kit/identity';
import { personCandidate, siteCandidate, teamCandidate, type Candidate } from '../matching/candidate.js';

export interface TenantDirectory {
  /** The tenant; null when it is unknown, of another organisation, or disconnected. */
  find(orgId: string, tenantId: string, requestId: string): Promise<InternalTenant | null>;
  /** Everything of the workload in the tenant's last finished discovery. */
  listCandidates(wish: { orgId: string; tenantId: string; workload: WorkloadName; requestId: string; signal: AbortSignal }): Promise<Candidate[]>;
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
      const found: Candidate[] = [];
      const part = workload === 'SHAREPOINT' ? 'sites' : workload === 'TEAMS' ? 'teams' : 'users';
      let cursor: string | null = null;
      do {
        const query: string = cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`;
        const call = { method: 'GET', path: `${base(orgId, tenantId)}/${part}${query}`, identity: identity(requestId, orgId), signal } as const;
        if (workload === 'SHAREPOINT') {
          const { sites, nextCursor } = await client.call({ ...call, answer: internalSitesAnswer });
          for (const site of sites) found.push(siteCandidate(site));
          cursor = nextCursor;
        } else if (workload === 'TEAMS') {
          const { teams, nextCursor } = await client.call({ ...call, answer: internalTeamsAnswer });
          for (const team of teams) found.push(teamCandidate(team));
          cursor = nextCursor;
        } else {
          const { users, nextCursor } = await client.call({ ...call, answer: internalUsersAnswer });
          for (const user of users) found.push(personCandidate(workload, user));
          cursor = nextCursor;
        }
      } while (cursor !== null);
      return found;
    },
  };
}
