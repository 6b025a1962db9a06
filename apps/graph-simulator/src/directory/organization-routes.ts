import { applySelect, checkSelect, entityReply, pageReply, parseSelect } from '../http/odata.js';
import { type GraphRequest, type Route } from '../http/route.js';
import type { SimTenant } from '../world/tenant.js';
import { notFound } from './directory-list.js';
import { assignedPlans, subscribedSku } from './licences.js';

const readOrganization = ['Organization.Read.All', 'Organization.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'] as const;
const readDomains = ['Domain.Read.All', 'Domain.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'] as const;
const readLicences = ['Organization.Read.All', 'Organization.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All', 'LicenseAssignment.Read.All', 'LicenseAssignment.ReadWrite.All'] as const;

function organizationView(tenant: SimTenant): Record<string, unknown> {
  const capabilities = 'Email, OfficeCommunicationsOnline';
  const licensed = tenant.users.find((u) => u.licensed);
  return {
    id: tenant.id,
    deletedDateTime: null,
    businessPhones: [],
    city: null,
    country: null,
    countryLetterCode: 'US',
    createdDateTime: tenant.createdDateTime,
    defaultUsageLocation: null,
    displayName: tenant.displayName,
    marketingNotificationEmails: [],
    onPremisesLastSyncDateTime: null,
    onPremisesSyncEnabled: null,
    partnerTenantType: null,
    postalCode: null,
    preferredLanguage: 'en',
    securityComplianceNotificationMails: [],
    securityComplianceNotificationPhones: [],
    state: null,
    street: null,
    technicalNotificationMails: [`admin@${tenant.initialDomain}`],
    tenantType: 'AAD',
    privacyProfile: null,
    assignedPlans: licensed === undefined ? [] : assignedPlans(licensed),
    provisionedPlans: [],
    verifiedDomains: [
      { capabilities, isDefault: tenant.domain !== tenant.initialDomain, isInitial: false, name: tenant.domain, type: 'Managed' },
      { capabilities, isDefault: tenant.domain === tenant.initialDomain, isInitial: true, name: tenant.initialDomain, type: 'Managed' },
    ].filter((d, i) => i === 1 || d.name !== tenant.initialDomain),
  };
}

function domainView(tenant: SimTenant, id: string): Record<string, unknown> {
  return {
    id,
    authenticationType: 'Managed',
    availabilityStatus: null,
    isAdminManaged: true,
    isDefault: id === tenant.domain,
    isInitial: id === tenant.initialDomain,
    isRoot: true,
    isVerified: true,
    manufacturer: null,
    model: null,
    passwordNotificationWindowInDays: null,
    passwordValidityPeriodInDays: null,
    state: null,
    supportedServices: ['Email', 'OfficeCommunicationsOnline'],
  };
}

function one(req: GraphRequest, set: string, view: Record<string, unknown>, type: string): ReturnType<typeof entityReply> {
  const select = parseSelect(req.query);
  checkSelect(select, Object.keys(view), type);
  return entityReply(req, set, applySelect(null, view, select));
}

function many(req: GraphRequest, context: string, views: Record<string, unknown>[], type: string): ReturnType<typeof pageReply> {
  const select = parseSelect(req.query);
  for (const view of views.slice(0, 1)) checkSelect(select, Object.keys(view), type);
  return pageReply(req, { context, value: views.map((v) => applySelect(null, v, select)) });
}

/** The organisation itself, its domains and its subscriptions. */
export function organizationRoutes(): Route[] {
  const domains = (tenant: SimTenant): string[] => [...new Set([tenant.domain, tenant.initialDomain])];
  return [
    { method: 'GET', path: '/organization', roles: [...readOrganization, 'User.Read.All'], service: 'directory', handle: (req) => many(req, 'organization', [organizationView(req.tenant)], 'Microsoft.DirectoryServices.Organization') },
    {
      method: 'GET', path: '/organization/{organization}', roles: readOrganization, service: 'directory',
      handle: (req) => {
        const id = req.params['organization'] ?? '';
        if (id.toLowerCase() !== req.tenant.id) throw notFound(id);
        return one(req, 'organization', organizationView(req.tenant), 'Microsoft.DirectoryServices.Organization');
      },
    },
    { method: 'GET', path: '/domains', roles: readDomains, service: 'directory', handle: (req) => many(req, 'domains', domains(req.tenant).map((d) => domainView(req.tenant, d)), 'Microsoft.DirectoryServices.Domain') },
    {
      method: 'GET', path: '/domains/{domain}', roles: readDomains, service: 'directory',
      handle: (req) => {
        const id = (req.params['domain'] ?? '').toLowerCase();
        if (!domains(req.tenant).includes(id)) throw notFound(id);
        return one(req, 'domains', domainView(req.tenant, id), 'Microsoft.DirectoryServices.Domain');
      },
    },
    { method: 'GET', path: '/subscribedSkus', roles: readLicences, service: 'directory', units: 3, handle: (req) => many(req, 'subscribedSkus', [subscribedSku(req.tenant)], 'Microsoft.DirectoryServices.SubscribedSku') },
  ];
}
