/** What a tenant says of itself, by a token of its own. */
import { createGraphClient, createTokenSource, type Governor, type GraphPort, type Http, type TenantApp, type TokenSource } from '@migrator/graph-client';

export interface MicrosoftAccess {
  port: GraphPort;
  tokens: TokenSource;
}
export type OpenMicrosoft = (app: TenantApp) => MicrosoftAccess;

export const makeOpenMicrosoft =
  (http: Http, governor: Governor): OpenMicrosoft =>
  (app) => {
    const tokens = createTokenSource(app, http);
    return { tokens, port: createGraphClient({ tenantId: app.tenantId, clientId: app.clientId, tokens, http, governor }) };
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
