/** Everybody's OneDrive: whether there is one, what it holds and what it may hold. */
import type { GraphPort } from '@migrator/graph-client';
import type { InternalUser } from '@migrator/contracts/internal';
import { askEach } from '../microsoft/ask-each.js';
import { driveAnswer, readQuota } from './drive-quota.js';
import type { SkippedParts } from './skipped-parts.js';
import type { StorageUsage } from './storage-usage.js';

export interface DriveOwner {
  microsoftId: string;
  upn: string;
  driveLicensed: boolean | null;
}

/** Drives by Microsoft's id of their owner; who was not asked, or did not answer, is missing in it. */
export type ReadDrives = (owners: readonly DriveOwner[]) => Promise<ReadonlyMap<string, InternalUser['drive']>>;

/**
 * Each licensed person is asked once, and whoever the report says has an OneDrive without a licence; asking for ever more that do not
 * exist gets an address throttled (graph/files.md 1.1). An application that asks provisions nothing: 404 is the answer, not a failure.
 */
export function makeReadDrives(port: GraphPort, usage: ReadonlyMap<string, StorageUsage> | null, skipped: SkippedParts, signal: AbortSignal): ReadDrives {
  let closed = false;
  return async (owners) => {
    const drives = new Map<string, InternalUser['drive']>();
    const asked = closed ? [] : owners.filter(({ upn, driveLicensed }) => driveLicensed === true || usage?.has(upn.toLowerCase()) === true);
    if (asked.length === 0) return drives;
    const answers = await askEach(port, asked.map(({ microsoftId }) => ({ id: microsoftId, url: `/users/${encodeURIComponent(microsoftId)}/drive?$select=id,quota` })), { kind: 'none' }, signal);
    for (const { microsoftId, upn } of asked) {
      const { status, body } = answers.get(microsoftId) ?? { status: 0, body: null };
      const answer = status === 200 ? driveAnswer.safeParse(body) : null;
      if (answer?.success === true && answer.data.id !== undefined) {
        const { usedBytes, quotaBytes } = readQuota(answer.data.quota);
        const reported = usage?.get(upn.toLowerCase()) ?? null;
        drives.set(microsoftId, { state: 'provisioned', driveId: answer.data.id, usedBytes: usedBytes ?? reported?.bytes ?? null, quotaBytes, fileCount: reported?.files ?? null });
      } else if (status === 404) {
        drives.set(microsoftId, { state: 'missing' });
      } else if (status === 400) {
        closed = true;
        skipped.note('drives', 'Microsoft answered 400: the tenant has no SharePoint licence.');
      } else {
        skipped.note('drives', `Microsoft did not show some OneDrives (${status}): they are locked, or closed to the application.`);
      }
    }
    return drives;
  };
}
