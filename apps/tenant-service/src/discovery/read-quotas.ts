/** What a tenant may store, SharePoint all together and OneDrive for each person, and with whom it may share. */
import type { GraphPort } from '@migrator/graph-client';
import { z } from 'zod';

const gib = 1024 ** 3;
const skuAnswer = z.object({
  skuPartNumber: z.string(),
  capabilityStatus: z.string().nullish(),
  prepaidUnits: z.object({ enabled: z.number(), warning: z.number().nullish() }),
  servicePlans: z.array(z.object({ servicePlanName: z.string().nullish() })).nullish(),
});
const skusAnswer = z.object({ value: z.array(skuAnswer) });
const settingsAnswer = z.object({ personalSiteDefaultStorageLimitInMB: z.number().nullish(), sharingCapability: z.string().nullish() });

/**
 * Graph has no call for the pool, so it is counted as the service description does: 1 TB, 10 GB for each licence bought that brings
 * SharePoint (kiosk plans bring none), and what was bought besides by the gigabyte
 * (https://learn.microsoft.com/office365/servicedescriptions/sharepoint-online-service-description/sharepoint-online-limits). Null when no
 * licence brings SharePoint. Contracts of other kinds (education) may hold more.
 */
export async function readSharepointQuota(port: GraphPort, signal: AbortSignal): Promise<number | null> {
  const { value } = skusAnswer.parse(await port.get('/subscribedSkus', { budget: { kind: 'directory' }, query: { $select: 'skuPartNumber,capabilityStatus,prepaidUnits,servicePlans' }, signal }));
  let licences = 0;
  let extraBytes = 0;
  for (const { skuPartNumber, capabilityStatus, prepaidUnits, servicePlans } of value) {
    if (capabilityStatus !== 'Enabled' && capabilityStatus !== 'Warning') continue;
    const units = prepaidUnits.enabled + (prepaidUnits.warning ?? 0);
    if (/^SHAREPOINTSTORAGE/i.test(skuPartNumber)) extraBytes += units * gib;
    else if (servicePlans?.some(({ servicePlanName }) => /^SHAREPOINT(ENTERPRISE|STANDARD)/i.test(servicePlanName ?? '')) === true) licences += units;
  }
  return licences === 0 ? null : 1024 * gib + licences * 10 * gib + extraBytes;
}

export interface SharepointSettings {
  /** What a new OneDrive may hold, bytes; null when the tenant does not say. */
  onedriveQuotaPerUserBytes: number | null;
  sharingCapability: string | null;
}

/** The tenant's switches for SharePoint and OneDrive (https://learn.microsoft.com/graph/api/sharepointsettings-get). */
export async function readSharepointSettings(port: GraphPort, signal: AbortSignal): Promise<SharepointSettings> {
  const { personalSiteDefaultStorageLimitInMB: mb, sharingCapability } = settingsAnswer.parse(await port.get('/admin/sharepoint/settings', { budget: { kind: 'none' }, query: { $select: 'personalSiteDefaultStorageLimitInMB,sharingCapability' }, signal }));
  return { onedriveQuotaPerUserBytes: mb === null || mb === undefined || mb <= 0 ? null : mb * 1024 ** 2, sharingCapability: sharingCapability ?? null };
}
