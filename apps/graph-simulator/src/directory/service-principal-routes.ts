import { applySelect, checkSelect, entityReply, pageReply, parseSelect } from '../http/odata.js';
import type { GraphRequest, Route } from '../http/route.js';
import { appRoleId, graphAppId, type AppRegistration, type Consent } from '../world/app-registry.js';
import { stableGuid } from '../world/ids.js';
import type { SimTenant } from '../world/tenant.js';
import type { World } from '../world/world.js';
import { listReply, notFound } from './directory-list.js';

const readApps = ['Application.Read.All', 'Application.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'] as const;
const writeApps = ['Application.ReadWrite.All', 'Directory.ReadWrite.All'] as const;
const typeName = 'Microsoft.DirectoryServices.ServicePrincipal';

interface Principal { id: string; appId: string; name: string; roles: readonly string[]; consent: Consent | null; app: AppRegistration | null }

function graphPrincipalId(tenant: SimTenant): string {
  return stableGuid('graph service principal', tenant.id);
}

/** The service principals of a tenant: Graph's own, and one for every app consented there. */
function principals(world: World, tenant: SimTenant): Principal[] {
  const offered = [...new Set([...world.apps.list().flatMap((a) => a.requiredRoles), ...world.apps.consents().flatMap((c) => c.grants.map((g) => g.role))])].sort();
  return [
    { id: graphPrincipalId(tenant), appId: graphAppId, name: 'Microsoft Graph', roles: offered, consent: null, app: null },
    ...world.apps.consents().filter((c) => c.tenantId === tenant.id).map((consent) => {
      const app = world.apps.find(consent.clientId) ?? null;
      return { id: consent.servicePrincipalId, appId: consent.clientId, name: app?.displayName ?? consent.clientId, roles: [], consent, app };
    }),
  ];
}

function principalView(p: Principal): Record<string, unknown> {
  return {
    id: p.id,
    deletedDateTime: null,
    accountEnabled: p.consent?.enabled ?? true,
    addIns: [],
    alternativeNames: [],
    appDescription: null,
    appDisplayName: p.name,
    appId: p.appId,
    appRoleAssignmentRequired: false,
    appRoles: p.roles.map((role) => ({ allowedMemberTypes: ['Application'], description: `Allows the app to use ${role}.`, displayName: role, id: appRoleId(role), isEnabled: true, origin: 'Application', value: role })),
    description: null,
    displayName: p.name,
    homepage: null,
    keyCredentials: [],
    notificationEmailAddresses: [],
    oauth2PermissionScopes: [],
    passwordCredentials: [],
    replyUrls: p.app?.redirectUris ?? [],
    resourceSpecificApplicationPermissions: [],
    servicePrincipalNames: [p.appId],
    servicePrincipalType: 'Application',
    signInAudience: 'AzureADMultipleOrgs',
    tags: [],
  };
}

function principalOf(world: World, req: GraphRequest): Principal {
  const { appId, principal } = req.params;
  const all = principals(world, req.tenant);
  const found = appId === undefined ? all.find((p) => p.id === principal?.toLowerCase()) : all.find((p) => p.appId === appId.toLowerCase());
  if (found === undefined) throw notFound(appId ?? principal ?? '');
  return found;
}

function assignments(p: Principal, tenant: SimTenant): Record<string, unknown>[] {
  return (p.consent?.grants ?? []).map((g) => ({
    id: g.id,
    deletedDateTime: null,
    appRoleId: appRoleId(g.role),
    createdDateTime: g.createdDateTime,
    principalDisplayName: p.name,
    principalId: p.id,
    principalType: 'ServicePrincipal',
    resourceDisplayName: 'Microsoft Graph',
    resourceId: graphPrincipalId(tenant),
  }));
}

/** Service principals, what was granted to them, and how an administrator takes it back. */
export function servicePrincipalRoutes(world: World): Route[] {
  const known = Object.keys(principalView({ id: '', appId: '', name: '', roles: [], consent: null, app: null }));
  const both = (suffix: string, route: Omit<Route, 'path'>): Route[] => [
    { ...route, path: `/servicePrincipals/{principal}${suffix}` },
    { ...route, path: `/servicePrincipals(appId={appId})${suffix}` },
  ];
  return [
    { method: 'GET', path: '/servicePrincipals', roles: readApps, service: 'directory', handle: (req) => listReply(req, { world, context: 'servicePrincipals', typeName, items: principals(world, req.tenant), view: principalView, known, defaults: null }) },
    ...both('', {
      method: 'GET', roles: readApps, service: 'directory',
      handle: (req) => {
        const select = parseSelect(req.query);
        checkSelect(select, known, typeName);
        return entityReply(req, 'servicePrincipals', applySelect(null, principalView(principalOf(world, req)), select));
      },
    }),
    ...both('', {
      method: 'DELETE', roles: writeApps, service: 'directory', write: true,
      handle: (req) => {
        const p = principalOf(world, req);
        world.apps.revoke(req.tenant.id, p.appId, { endTokens: false });
        return { status: 204 };
      },
    }),
    ...both('/appRoleAssignments', {
      method: 'GET', roles: readApps, service: 'directory', units: 2,
      handle: (req) => {
        const p = principalOf(world, req);
        return pageReply(req, { context: `servicePrincipals('${p.id}')/appRoleAssignments`, value: assignments(p, req.tenant).map((a) => applySelect(null, a, parseSelect(req.query))) });
      },
    }),
    ...both('/appRoleAssignments/{assignment}', {
      method: 'DELETE', roles: ['AppRoleAssignment.ReadWrite.All', ...writeApps], service: 'directory', write: true, units: 2,
      handle: (req) => {
        const p = principalOf(world, req);
        const at = p.consent?.grants.findIndex((g) => g.id === req.params['assignment']) ?? -1;
        if (at < 0) throw notFound(req.params['assignment'] ?? '');
        p.consent?.grants.splice(at, 1);
        return { status: 204 };
      },
    }),
  ];
}
