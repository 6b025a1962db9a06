/** Holds a claim of consent against the tenant itself: a token, its roles, its id, its domains. */
import type { TenantRole } from '@migrator/contracts/api/tenants';
import { GraphRequestError, TokenError, whileConsentSpreads, type TenantApp } from '@migrator/graph-client';
import type { Clock } from '@migrator/service-kit/clock';
import { readOrganisation, type OpenMicrosoft } from '../microsoft/organisation.js';
import { allowedWorkloads } from '../tenants/tenant.js';

/** Why a consent was not accepted, as the dashboard is told. */
export type ConsentFailure = 'incomplete' | 'refused' | 'state_unknown' | 'wrong_tenant' | 'domain_not_verified' | 'domain_moved' | 'no_permissions' | 'no_token' | 'graph_unavailable';

/** The claim does not hold; the words are for the administrator. */
export class ConsentFailed extends Error {
  constructor(
    readonly failure: ConsentFailure,
    readonly title: string,
    readonly remedy: string,
    options?: { cause?: unknown },
  ) {
    super(title, options);
  }
}

export interface VerifyDeps {
  openMicrosoft: OpenMicrosoft;
  clock: Clock;
  /** How long a fresh consent may take to spread, in milliseconds. */
  patienceMs: number;
}

export interface VerifiedTenant {
  grantedRoles: string[];
}

/** Resolves with the granted roles; throws ConsentFailed. A fresh consent is looked at again until the roles have arrived. */
export const makeVerifyTenant =
  ({ openMicrosoft, clock, patienceMs }: VerifyDeps) =>
  async (app: TenantApp, organisation: string, domain: string, role: TenantRole): Promise<VerifiedTenant> => {
    const { port, tokens } = openMicrosoft(app, organisation);
    const deadline = clock.now().getTime() + patienceMs;
    try {
      return await whileConsentSpreads(
        async (last) => {
          const { roles } = await tokens.token({ fresh: true });
          if (roles.length === 0 || (allowedWorkloads(role, roles).length === 0 && !last)) {
            if (!last) return null;
            throw new ConsentFailed('no_permissions', 'The tenant has granted none of the application’s permissions.', 'Let an administrator accept the whole list of permissions; docs/real-tenant.md names them.');
          }
          const organisation = await readOrganisation(port, AbortSignal.timeout(60_000));
          if (organisation.id !== app.tenantId.toLowerCase()) throw new ConsentFailed('wrong_tenant', 'The consent belongs to another tenant.', 'Start again from “connect” and sign in with an administrator of the tenant you want to connect.');
          if (!organisation.verifiedDomains.includes(domain)) throw new ConsentFailed('domain_not_verified', `${domain} is not a verified domain of the tenant that consented.`, `Sign in with an administrator of the tenant that owns ${domain}, or connect one of that tenant’s own domains.`);
          return { grantedRoles: roles };
        },
        deadline,
        () => clock.now().getTime(),
      );
    } catch (error) {
      throw explained(error);
    }
  };

function explained(error: unknown): unknown {
  if (error instanceof ConsentFailed) return error;
  if (error instanceof TokenError) return new ConsentFailed('no_token', 'Microsoft gives no token for this tenant.', error.remedy, { cause: error });
  if (error instanceof GraphRequestError) return new ConsentFailed('graph_unavailable', 'Microsoft Graph does not answer for this tenant yet.', 'Wait a few minutes, then start again from “connect”. If it stays, check the granted permissions.', { cause: error });
  return error;
}
