/**
 * The usage reports of SharePoint and OneDrive (https://learn.microsoft.com/graph/api/reportroot-getsharepointsiteusagedetail and
 * reportroot-getonedriveusageaccountdetail). They are about two days old: what is newer is not in them.
 */
import type { GraphPort } from '@migrator/graph-client';
import { readUsageReport, wholeNumber } from './usage-report.js';

/** What tells a site that the report knows from one that it does not. */
export interface SiteUsage {
  /** Bytes by the site collection's GUID, or by its address without a slash at the end; both lower case. */
  bytes: ReadonlyMap<string, number>;
}

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const emptyGuid = '00000000-0000-0000-0000-000000000000';

/** Null when the application may not read reports. A tenant that conceals names gives hashes, which match no site. */
export async function readSiteUsage(port: GraphPort, signal: AbortSignal): Promise<SiteUsage | null> {
  const bytes = new Map<string, number>();
  const readable = await readUsageReport(port, 'getSharePointSiteUsageDetail', (row) => {
    const used = wholeNumber(row['Storage Used (Byte)']);
    const id = row['Site Id']?.toLowerCase() ?? '';
    if (guid.test(id) && id !== emptyGuid) bytes.set(id, used);
    const url = row['Site URL']?.toLowerCase() ?? '';
    if (url.startsWith('https://')) bytes.set(url.replace(/\/+$/, ''), used);
  }, signal);
  return readable ? { bytes } : null;
}

/** Bytes used by lower-case UPN of the owner; null when names are concealed, or the application may not read reports. */
export async function readDriveUsage(port: GraphPort, signal: AbortSignal): Promise<Map<string, number> | null> {
  const usage = new Map<string, number>();
  let concealed = false;
  const readable = await readUsageReport(port, 'getOneDriveUsageAccountDetail', (row) => {
    const upn = row['Owner Principal Name'];
    if (upn === undefined || upn === '') return;
    concealed ||= !upn.includes('@');
    usage.set(upn.toLowerCase(), wholeNumber(row['Storage Used (Byte)']));
  }, signal);
  return readable && !concealed ? usage : null;
}
