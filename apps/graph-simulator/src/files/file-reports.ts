import { day, reportLagMs, type ReportMoment, type UsageReport } from '../directory/usage-report.js';
import type { SimTenant } from '../world/tenant.js';
import { siteUrl, type Site } from './file-store.js';

/** Sites that were there when the report was made: new ones are missing for about two days. */
const reported = (tenant: SimTenant, { nowMs }: ReportMoment, personal: boolean): Site[] =>
  tenant.files.sites.filter((site) => (site.ownerId !== null) === personal && Date.parse(site.createdDateTime) <= nowMs - reportLagMs);

const templates: Readonly<Record<string, string>> = { 'GROUP#0': 'Group', 'SITEPAGEPUBLISHING#0': 'Communication Site', 'STS#3': 'Team Site' };

function siteOwner(tenant: SimTenant, site: Site): { displayName: string; principalName: string } {
  const group = tenant.groups.find((each) => each.id === site.groupId);
  return { displayName: group === undefined ? 'System Account' : `${group.displayName} Owners`, principalName: group?.mail ?? '' };
}

/** `getSharePointSiteUsageDetail`: a row per site that is not somebody's OneDrive. */
const siteReport: UsageReport = {
  function: 'getSharePointSiteUsageDetail',
  fileName: 'SharePointSiteUsageDetail.csv',
  columns: [
    'Report Refresh Date', 'Site Id', 'Site URL', 'Owner Display Name', 'Is Deleted', 'Last Activity Date', 'File Count', 'Active File Count', 'Page View Count', 'Visited Page Count',
    'Storage Used (Byte)', 'Storage Allocated (Byte)', 'Root Web Template', 'Owner Principal Name', 'Report Period',
  ],
  rows: (tenant, moment) => reported(tenant, moment, false).map((site) => {
    const owner = siteOwner(tenant, site);
    return [
      day(moment.nowMs - reportLagMs), moment.name(site.collectionId), moment.name(siteUrl(site)), moment.name(owner.displayName), 'False', '', String(site.fileCount), '0', '0', '0',
      String(site.usedBytes), String(site.quotaBytes), templates[site.template] ?? site.template, owner.principalName === '' ? '' : moment.name(owner.principalName), moment.period.slice(1),
    ];
  }),
};

/** `getOneDriveUsageAccountDetail`: a row per provisioned OneDrive. */
const driveReport: UsageReport = {
  function: 'getOneDriveUsageAccountDetail',
  fileName: 'OneDriveUsageAccountDetail.csv',
  columns: ['Report Refresh Date', 'Site URL', 'Owner Display Name', 'Is Deleted', 'Last Activity Date', 'File Count', 'Active File Count', 'Storage Used (Byte)', 'Storage Allocated (Byte)', 'Owner Principal Name', 'Report Period'],
  rows: (tenant, moment) => reported(tenant, moment, true).flatMap((site) => {
    const user = tenant.findUser(site.ownerId ?? '');
    if (user === undefined) return [];
    return [[
      day(moment.nowMs - reportLagMs), moment.name(siteUrl(site)), moment.name(user.displayName), 'False', '', String(site.fileCount), '0', String(site.usedBytes), String(site.quotaBytes), moment.name(user.userPrincipalName), moment.period.slice(1),
    ]];
  }),
};

/** The usage reports of SharePoint and OneDrive (graph/files.md 1.4). */
export const fileReports: readonly UsageReport[] = [siteReport, driveReport];
