/** What a tenant says of itself, by a token of its own. */
import type { BusinessHours } from '@migrator/contracts/api/throttling';
import { createGraphClient, createTokenSource, type Governor, type GraphPort, type Http, type TenantApp, type TokenSource } from '@migrator/graph-client';

export interface MicrosoftAccess {
  port: GraphPort;
  tokens: TokenSource;
}
/** For the platform's own requests on behalf of an organisation. */
export type OpenMicrosoft = (app: TenantApp, organisation: string, businessHours?: BusinessHours | null) => MicrosoftAccess;

export const makeOpenMicrosoft =
  (http: Http, governor: Governor): OpenMicrosoft =>
  (app, organisation, businessHours = null) => {
    const tokens = createTokenSource(app, http);
    return { tokens, port: createGraphClient({ tenantId: app.tenantId, clientId: app.clientId, tokens, http, governor, flow: { organisation, job: null, workload: 'discovery' }, businessHours }) };
  };

export interface OrganisationFacts {
  id: string;
  /** Lower case. */
  verifiedDomains: string[];
}

/** `GET /organization`: the id and the verified domains of the tenant the token belongs to. */
export async function readOrganisation(port: GraphPort, signal: AbortSignal): Promise<OrganisationFacts> {
  const answer = await port.get<{ value: { id: string; verifiedDomains: { name: string }[] }[] }>('/organization', { budget: { kind: 'directory' }, query: { $select: 'id,verifiedDomains' }, signal, timeoutMs: 20_000 });
  const [organisation] = answer.value;
  if (organisation === undefined) throw new Error('A tenant has one organisation');
  return { id: organisation.id.toLowerCase(), verifiedDomains: organisation.verifiedDomains.map((domain) => domain.name.toLowerCase()) };
}
