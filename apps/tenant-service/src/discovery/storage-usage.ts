/**
 * The usage reports of SharePoint and OneDrive (https://learn.microsoft.com/graph/api/reportroot-getsharepointsiteusagedetail and
 * reportroot-getonedriveusageaccountdetail). They are about two days old: what is newer is not in them.
 */
import type { GraphPort } from '@migrator/graph-client';
import { readUsageReport, wholeNumber } from './usage-report.js';

/** What a report says of one OneDrive. */
export interface StorageUsage {
  readonly bytes: number;
  readonly files: number;
}

/** What it says of one site. */
export interface SiteUsage extends StorageUsage {
  /** What its root was made from, as Microsoft writes it: `Group`, `GROUP#0`. */
  readonly template: string | null;
}

/** By the site collection's GUID, and by its address without a slash at the end; both lower case. */
export type SitesUsage = ReadonlyMap<string, SiteUsage>;

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const emptyGuid = '00000000-0000-0000-0000-000000000000';

/** Null when the application may not read reports. A tenant that conceals names gives hashes, which match no site. */
export async function readSiteUsage(port: GraphPort, signal: AbortSignal): Promise<SitesUsage | null> {
  const usage = new Map<string, SiteUsage>();
  const readable = await readUsageReport(port, 'getSharePointSiteUsageDetail', (row) => {
    const template = row['Root Web Template']?.trim() ?? '';
    const of = { ...usageOf(row), template: template === '' ? null : template };
    const id = row['Site Id']?.toLowerCase() ?? '';
    if (guid.test(id) && id !== emptyGuid) usage.set(id, of);
    const url = row['Site URL']?.toLowerCase() ?? '';
    if (url.startsWith('https://')) usage.set(url.replace(/\/+$/, ''), of);
  }, signal);
  return readable ? usage : null;
}

/** What is used, by lower-case UPN of the owner; null when names are concealed, or the application may not read reports. */
export async function readDriveUsage(port: GraphPort, signal: AbortSignal): Promise<Map<string, StorageUsage> | null> {
  const usage = new Map<string, StorageUsage>();
  let concealed = false;
  const readable = await readUsageReport(port, 'getOneDriveUsageAccountDetail', (row) => {
    const upn = row['Owner Principal Name'];
    if (upn === undefined || upn === '') return;
    concealed ||= !upn.includes('@');
    usage.set(upn.toLowerCase(), usageOf(row));
  }, signal);
  return readable && !concealed ? usage : null;
}

const usageOf = (row: Record<string, string>): StorageUsage => ({ bytes: wholeNumber(row['Storage Used (Byte)']), files: wholeNumber(row['File Count']) });
