import { applySelect, checkSelect, contextUrl, parseSelect } from '../http/odata.js';
import type { Route } from '../http/route.js';
import { requireSharePoint } from './sharepoint-access.js';

/** The tenant's switches for SharePoint and OneDrive (https://learn.microsoft.com/graph/api/resources/sharepointsettings). */
export function sharepointSettingsRoutes(): Route[] {
  return [
    {
      method: 'GET', path: '/admin/sharepoint/settings', roles: ['SharePointTenantSettings.Read.All', 'SharePointTenantSettings.ReadWrite.All'], service: 'files',
      handle: (req) => {
        requireSharePoint(req.tenant);
        const settings = {
          allowedDomainGuidsForSyncApp: [],
          deletedUserPersonalSiteRetentionPeriodInDays: 30,
          excludedFileExtensionsForSyncApp: [],
          isResharingByExternalUsersEnabled: true,
          isSiteCreationEnabled: true,
          isSitesStorageLimitAutomatic: true,
          personalSiteDefaultStorageLimitInMB: req.tenant.files.personalQuotaMb,
          sharingAllowedDomainList: [],
          sharingBlockedDomainList: [],
          sharingCapability: req.tenant.files.sharingCapability,
          sharingDomainRestrictionMode: 'none',
          siteCreationDefaultManagedPath: '/sites/',
          siteCreationDefaultStorageLimitInMB: 26_214_400,
        };
        const select = parseSelect(req.query);
        checkSelect(select, Object.keys(settings), 'microsoft.graph.sharepointSettings');
        return { status: 200, json: { '@odata.context': contextUrl(req, 'admin/sharepoint/settings', { select, entity: true }), ...applySelect(null, settings, select) } };
      },
    },
  ];
}
