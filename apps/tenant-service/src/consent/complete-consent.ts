/** The redirect after the consent page: believed only with our state and the tenant's own word. */
import type { Clock } from '@migrator/service-kit/clock';
import type { Sql } from '@migrator/service-kit/database';
import { platformCredential, type PlatformApp } from '../credentials/tenant-app.js';
import type { TenantRow } from '../tenants/tenant.js';
import type { ConsentStateRepository } from './consent-state-repository.js';
import type { Callback } from './consent-state.js';
import type { StoreTenant } from './store-tenant.js';
import { ConsentFailed, type makeVerifyTenant } from './verify-tenant.js';

export interface CompleteConsentDeps {
  sql: Sql;
  states: ConsentStateRepository;
  verify: ReturnType<typeof makeVerifyTenant>;
  store: StoreTenant;
  platform: PlatformApp;
  clock: Clock;
}

/** Resolves with the connected tenant; throws ConsentFailed, and then nothing was stored. */
export const makeCompleteConsent =
  ({ sql, states, verify, store, platform, clock }: CompleteConsentDeps) =>
  async (callback: Callback): Promise<TenantRow> => {
    if (callback.kind === 'malformed') throw new ConsentFailed('incomplete', 'The answer of the consent page is not complete.', 'Start again from “connect”.');
    const state = callback.state === null ? null : await states.claim(sql, callback.state, clock.now());
    if (callback.kind === 'refused') throw new ConsentFailed('refused', 'The consent was refused.', `Start again from “connect” and let an administrator accept. Microsoft said: ${callback.error}.`);
    if (state === null) throw new ConsentFailed('state_unknown', 'This consent link was used already, has expired, or was not made here.', 'Start again from “connect”; a link is good for 15 minutes and for one use.');
    const { grantedRoles } = await verify({ tenantId: callback.microsoftTenantId, clientId: platform.clientId, credential: platformCredential(platform) }, state.orgId, state.domain, state.role);
    return store({ ...state, microsoftTenantId: callback.microsoftTenantId, grantedRoles, own: null });
  };
