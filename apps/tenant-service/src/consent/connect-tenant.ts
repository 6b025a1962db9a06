/** Begins a connection: a consent address with a single-use state, or, with an app registration of one's own, the connection itself. */
import type { ConnectTenantBody, Tenant } from '@migrator/contracts/api/tenants';
import { AppError } from '@migrator/contracts/errors';
import type { Id } from '@migrator/contracts/ids';
import type { AppCredential } from '@migrator/graph-client';
import type { Clock } from '@migrator/service-kit/clock';
import type { Sql } from '@migrator/service-kit/database';
import type { Ids } from '@migrator/service-kit/ids';
import { toPublicTenant } from '../tenants/tenant.js';
import type { ConsentStateRepository } from './consent-state-repository.js';
import { stateMinutes } from './consent-state.js';
import type { StoreTenant } from './store-tenant.js';
import { ConsentFailed, type makeVerifyTenant } from './verify-tenant.js';

export interface ConnectTenantDeps {
  sql: Sql;
  states: ConsentStateRepository;
  verify: ReturnType<typeof makeVerifyTenant>;
  store: StoreTenant;
  clock: Clock;
  ids: Ids;
  /** The platform's client id, the redirect address and the authority that browsers see. */
  consent: { clientId: string; redirectUri: string; authority: string };
}

export interface ConnectTenant extends ConnectTenantBody {
  orgId: Id<'org'>;
}

export const makeConnectTenant =
  ({ sql, states, verify, store, clock, ids, consent }: ConnectTenantDeps) =>
  async (command: ConnectTenant): Promise<{ authUrl: string; state: string; tenant?: Tenant }> => {
    const { orgId, domain, role } = command;
    const now = clock.now();
    const state = `tok_${ids.secret(32)}`;
    const clientId = command.clientId ?? consent.clientId;
    const authUrl = new URL(`${consent.authority.replace(/\/$/, '')}/common/adminconsent`);
    authUrl.search = new URLSearchParams({ client_id: clientId, redirect_uri: consent.redirectUri, state }).toString();
    const own = ownCredential(command);
    if (own === null || command.tenantId === undefined || command.clientId === undefined) {
      await states.removeExpired(sql, new Date(now.getTime() - 24 * 60 * 60_000));
      await states.insert(sql, state, { orgId, domain, role }, now, new Date(now.getTime() + stateMinutes * 60_000));
      return { authUrl: authUrl.href, state };
    }
    const app = { tenantId: command.tenantId.toLowerCase(), clientId: command.clientId.toLowerCase(), credential: own };
    try {
      const { grantedRoles } = await verify(app, orgId, domain, role);
      const tenant = await store({ orgId, domain, role, microsoftTenantId: app.tenantId, grantedRoles, own: { clientId: app.clientId, credential: own } });
      return { authUrl: authUrl.href, state, tenant: toPublicTenant(tenant) };
    } catch (error) {
      if (error instanceof ConsentFailed) throw new AppError('VALIDATION_ERROR', { publicMessage: `${error.title} ${error.remedy}`, errors: [{ path: 'clientId', message: error.title }], cause: error });
      throw error;
    }
  };

function ownCredential({ clientSecret, certificate }: ConnectTenantBody): AppCredential | null {
  if (clientSecret !== undefined) return { kind: 'secret', clientSecret };
  if (certificate !== undefined) return { kind: 'certificate', ...certificate };
  return null;
}
