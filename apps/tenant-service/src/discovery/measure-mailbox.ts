/**
 * The size of one mailbox by its mail folders, for tenants whose usage report cannot be read. Calendars, contacts and tasks are not among
 * mail folders, so it is a little less than the report would say.
 */
import { GraphRequestError, type GraphPort } from '@migrator/graph-client';
import type { MailboxUsage } from './mailbox-usage.js';

interface MeasuredFolder {
  id: string;
  childFolderCount?: number;
  totalItemCount?: number;
  singleValueExtendedProperties?: { value?: string }[];
}

// PidTagMessageSizeExtended. `sizeInBytes` is not among the documented properties of a mail folder in v1.0.
const query = { $top: '100', includeHiddenFolders: 'true', $select: 'id,childFolderCount,totalItemCount', $expand: "singleValueExtendedProperties($filter=id eq 'Long 0x0E08')" };

/** Null when the mailbox is not there (yet), or the application may not read it. */
export async function measureMailbox(port: GraphPort, userId: string, signal: AbortSignal): Promise<MailboxUsage | null> {
  const root = `/users/${encodeURIComponent(userId)}/mailFolders`;
  const usage: MailboxUsage = { sizeBytes: 0, itemCount: 0, quotaBytes: null };
  const open = [root];
  try {
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      for await (const page of port.pages<MeasuredFolder>(path, { budget: { kind: 'outlook', mailbox: userId }, query, signal })) {
        for (const folder of page.value) {
          usage.itemCount += folder.totalItemCount ?? 0;
          usage.sizeBytes += Number(folder.singleValueExtendedProperties?.[0]?.value ?? 0);
          if ((folder.childFolderCount ?? 0) > 0) open.push(`${root}/${encodeURIComponent(folder.id)}/childFolders`);
        }
      }
    }
    return usage;
  } catch (error) {
    if (error instanceof GraphRequestError && (error.kind === 'forbidden' || error.kind === 'not_found')) return null;
    throw error;
  }
}
