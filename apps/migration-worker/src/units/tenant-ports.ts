/** Graph ports of tenants: credentials from tenant-service, kept in memory for a short while, and one port for each credential. */
import { randomUUID } from 'node:crypto';
import { AppError } from '@migrator/contracts/errors';
import { tenantCredentialSchema, type TenantCredential } from '@migrator/contracts/internal';
import { createGraphClient, createTokenSource, type Flow, type Governor, type GraphPort, type Http, type TokenSource } from '@migrator/graph-client';
import { serviceIdentity } from '@migrator/service-kit/identity';
import type { InternalClient } from '@migrator/service-kit/internal-client';
import { UnitError } from '../workloads/workload.js';

/** A revoked or replaced credential, and other business hours, are noticed after this time at the latest by whoever asks. */
const keptMs = 60_000;

export interface TenantPort {
  /** Microsoft's id of the tenant. */
  microsoftTenantId: string;
  port: GraphPort;
}

export interface TenantPorts {
  /**
   * A port for the requests of one flow. Throws UnitError TENANT_DISCONNECTED when the tenant is not there any more. A tenant's business
   * hours hold for ports that were given out before, too, from when anybody asks for the tenant again.
   */
  get(tenantId: string, side: 'source' | 'dest', flow: Flow): Promise<TenantPort>;
}

export function createTenantPorts({ tenants, http, governor, timeoutMs, keepMs = keptMs, now = () => performance.now() }: { tenants: InternalClient; http: Http; governor: Governor; timeoutMs: number; keepMs?: number | undefined; now?: () => number }): TenantPorts {
  const kept = new Map<string, { credential: TenantCredential; tokens: TokenSource; until: number }>();
  return {
    async get(tenantId, side, flow) {
      const orgId = flow.organisation;
      const key = `${orgId}/${tenantId}`;
      const before = kept.get(key);
      if (before !== undefined && before.until > now()) return connect(before.credential, before.tokens, flow);
      let credential: TenantCredential;
      try {
        credential = await tenants.call({ method: 'GET', path: `/internal/orgs/${orgId}/tenants/${tenantId}/credential`, identity: serviceIdentity('migration-worker', `req_${randomUUID()}`), answer: tenantCredentialSchema });
      } catch (error) {
        if (error instanceof AppError && (error.code === 'TENANT_NOT_FOUND' || error.code === 'TENANT_DISCONNECTED')) {
          kept.delete(key);
          throw new UnitError('TENANT_DISCONNECTED', side, false, { code: null, requestId: null }, { cause: error });
        }
        throw error;
      }
      // The same credential keeps its token.
      const tokens = before !== undefined && JSON.stringify(appOf(before.credential)) === JSON.stringify(appOf(credential)) ? before.tokens : createTokenSource(appOf(credential), http);
      kept.set(key, { credential, tokens, until: now() + keepMs });
      return connect(credential, tokens, flow);
    },
  };

  function connect({ microsoftTenantId, clientId, businessHours }: TenantCredential, tokens: TokenSource, flow: Flow): TenantPort {
    return { microsoftTenantId, port: createGraphClient({ tenantId: microsoftTenantId, clientId, tokens, http, governor, flow, businessHours, timeoutMs }) };
  }
}

const appOf = ({ microsoftTenantId, clientId, credential }: TenantCredential) => ({ tenantId: microsoftTenantId, clientId, credential });
