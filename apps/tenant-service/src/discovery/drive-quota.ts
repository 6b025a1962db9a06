/** The quota facet of a drive. */
import { z } from 'zod';

/** What of a drive's answer is read. */
export const driveAnswer = z.object({ id: z.string().optional(), quota: z.object({ used: z.number().nullish(), total: z.number().nullish() }).nullish() });

export interface DriveQuota {
  usedBytes: number | null;
  quotaBytes: number | null;
}

/** SharePoint is known to answer with zeros, blanks and negative numbers: that means unknown, never full (graph/files.md 1.1). */
export function readQuota(quota: z.infer<typeof driveAnswer>['quota']): DriveQuota {
  const total = quota?.total ?? 0;
  const used = quota?.used ?? -1;
  if (!Number.isSafeInteger(total) || total <= 0) return { usedBytes: Number.isSafeInteger(used) && used > 0 ? used : null, quotaBytes: null };
  return { usedBytes: Number.isSafeInteger(used) && used >= 0 ? used : null, quotaBytes: total };
}
