import { randomUUID } from 'node:crypto';
import { GraphFault, type GraphReply, type HostRequest } from '../http/route.js';
import type { AppRegistration } from '../world/app-registry.js';
import type { SimTenant } from '../world/tenant.js';
import type { World } from '../world/world.js';
import { consentErrorPage, consentPage } from './consent-page.js';
import { graphResource } from './token-verifier.js';

const formBytesMax = 64 * 1024;

interface ConsentRequest { app: AppRegistration; tenant: SimTenant | null; redirectUri: string; state: string; scope: string | null; roles: readonly string[] }

/** The admin consent page and what its buttons do, in the v1 form (`/{tenant}/adminconsent`) or the v2 form (graph/platform.md 1). */
export function makeConsentEndpoint(world: World, v2: boolean): { show: (req: HostRequest) => GraphReply; decide: (req: HostRequest) => Promise<GraphReply> } {
  return {
    show: (req) => {
      const asked = read(world, v2, req.params['tenant'] ?? '', req.query);
      if (typeof asked === 'string') return errorPage(asked);
      return {
        status: 200,
        contentType: 'text/html; charset=utf-8',
        text: consentPage({
          app: asked.app,
          tenant: asked.tenant,
          tenants: [...world.tenants.values()],
          roles: asked.roles,
          hidden: { client_id: asked.app.clientId, redirect_uri: asked.redirectUri, state: asked.state, ...(asked.scope === null ? {} : { scope: asked.scope }) },
        }),
      };
    },
    decide: async (req) => {
      const form = new URLSearchParams((await req.body(formBytesMax)).toString('utf8'));
      const asked = read(world, v2, req.params['tenant'] ?? '', form);
      if (typeof asked === 'string') return errorPage(asked);
      const chosen = form.get('decision') === 'wrong-tenant' ? world.findTenant(form.get('other') ?? '') : (asked.tenant ?? world.findTenant(form.get('tenant') ?? ''));
      return decide(world, v2, form.get('decision') ?? '', asked, chosen);
    },
  };
}

function read(world: World, v2: boolean, name: string, query: URLSearchParams): ConsentRequest | string {
  const shared = v2 ? ['organizations'] : ['common', 'organizations'];
  const tenant = world.findTenant(name) ?? null;
  if (tenant === null && !shared.includes(name.toLowerCase())) {
    return v2 && name.toLowerCase() === 'common'
      ? "AADSTS900561: The v2.0 admin consent endpoint takes a tenant or 'organizations', not 'common'."
      : `AADSTS90002: Tenant '${name}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`;
  }
  const clientId = query.get('client_id');
  if (clientId === null) return "AADSTS900144: The request body must contain the following parameter: 'client_id'.";
  const app = world.apps.find(clientId);
  if (app === undefined) return `AADSTS700016: Application with identifier '${clientId}' was not found in the directory.`;
  const redirectUri = query.get('redirect_uri') ?? '';
  if (!registered(app, redirectUri, v2)) return `AADSTS50011: The redirect URI '${redirectUri}' specified in the request does not match the redirect URIs configured for the application '${app.clientId}'.`;
  const scope = query.get('scope');
  if (v2 && (scope === null || scope.trim() === '')) return "AADSTS900144: The request body must contain the following parameter: 'scope'.";
  // Application permissions are asked for through the static list only; named scopes are delegated ones.
  const roles = !v2 || (scope ?? '').split(/\s+/).some((s) => s === `${graphResource}/.default` || s === '.default') ? app.requiredRoles : [];
  return { app, tenant, redirectUri, state: query.get('state') ?? '', scope, roles };
}

/** v2 wants the exact address; v1 tolerates further path segments. */
function registered(app: AppRegistration, redirectUri: string, v2: boolean): boolean {
  return app.redirectUris.some((uri) => uri === redirectUri || (!v2 && redirectUri.startsWith(`${uri.replace(/\/$/, '')}/`)));
}

function decide(world: World, v2: boolean, decision: string, asked: ConsentRequest, tenant: SimTenant | undefined): GraphReply {
  const state: Record<string, string> = asked.state === '' ? {} : { state: asked.state };
  const granted = asked.roles.map((role) => `${graphResource}/${role}`).join(' ');
  const success = (tenantId: string): Record<string, string> => ({ admin_consent: 'True', tenant: tenantId, ...state, ...(v2 && granted !== '' ? { scope: granted } : {}) });
  // A failure of the v2 page carries admin_consent=True as well: clients have to look at `error` first.
  const failure = (error: string, description: string, more: Record<string, string> = {}): Record<string, string> =>
    ({ error, ...more, error_description: description, ...(v2 ? { admin_consent: 'True' } : {}), ...state });
  switch (decision) {
    case 'accept':
    case 'wrong-tenant':
      if (tenant === undefined) throw new GraphFault(400, 'invalid_request', 'Choose the tenant that consents.');
      world.apps.consent(tenant.id, asked.app.clientId, asked.roles);
      return redirect(asked.redirectUri, success(tenant.id));
    case 'cancel':
      return redirect(asked.redirectUri, v2
        ? failure('consent_required', 'AADSTS65004: The resource owner or authorization server denied the request.')
        : failure('permission_denied', 'The admin canceled the request'));
    case 'denied':
      return redirect(asked.redirectUri, failure('access_denied', 'AADSTS90094: An administrator of the organization has to grant the permissions of this application.', { error_subcode: 'cancel' }));
    case 'forged':
      return redirect(asked.redirectUri, success(randomUUID()));
    case 'wrong-state':
      return redirect(asked.redirectUri, { ...success(tenant?.id ?? randomUUID()), state: randomUUID() });
    default:
      throw new GraphFault(400, 'invalid_request', `Unknown decision '${decision}'.`);
  }
}

function redirect(uri: string, query: Record<string, string>): GraphReply {
  const url = new URL(uri);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return { status: 302, headers: { Location: url.href } };
}

function errorPage(description: string): GraphReply {
  return { status: 400, contentType: 'text/html; charset=utf-8', text: consentErrorPage(description) };
}
