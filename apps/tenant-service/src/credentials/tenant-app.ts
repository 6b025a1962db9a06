/** Which application acts in a tenant, and with what: the platform's own registration or the customer's. */
import type { AppCredential, TenantApp } from '@migrator/graph-client';
import type { Secret } from '@migrator/service-kit/config';
import type { Sql } from '@migrator/service-kit/database';
import type { TenantRow } from '../tenants/tenant.js';
import type { CredentialRepository } from './credential-repository.js';
import type { Vault } from './vault.js';

export interface PlatformApp {
  clientId: string;
  clientSecret: Secret;
}

export const platformCredential = (app: PlatformApp): AppCredential => ({ kind: 'secret', clientSecret: app.clientSecret.reveal() });

export type FindTenantApp = (tenant: TenantRow) => Promise<TenantApp>;

export const makeFindTenantApp =
  ({ sql, credentials, vault, platform }: { sql: Sql; credentials: CredentialRepository; vault: Vault; platform: PlatformApp }): FindTenantApp =>
  async (tenant) => {
    if (tenant.clientId === null) return { tenantId: tenant.microsoftTenantId, clientId: platform.clientId, credential: platformCredential(platform) };
    const sealed = await credentials.find(sql, tenant.id);
    if (sealed === null) throw new Error('A tenant with an app registration of its own has a stored credential.');
    return { tenantId: tenant.microsoftTenantId, clientId: tenant.clientId, credential: vault.open(sealed, tenant.id) };
  };
