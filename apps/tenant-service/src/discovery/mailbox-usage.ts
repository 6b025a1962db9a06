/** The mailbox usage report (https://learn.microsoft.com/graph/api/reportroot-getmailboxusagedetail). */
import type { GraphPort } from '@migrator/graph-client';
import { readUsageReport, wholeNumber } from './usage-report.js';

export interface MailboxUsage {
  sizeBytes: number;
  itemCount: number;
  /** What the mailbox may hold before it refuses mail; null when the report does not say. */
  quotaBytes: number | null;
}

/**
 * Usage by lower-case UPN; null when the tenant conceals names in reports (hashes stand for them), or the application may not read
 * reports: then mailboxes have to be measured one by one.
 */
export async function readMailboxUsage(port: GraphPort, signal: AbortSignal): Promise<Map<string, MailboxUsage> | null> {
  const usage = new Map<string, MailboxUsage>();
  let concealed = false;
  const readable = await readUsageReport(port, 'getMailboxUsageDetail', (row) => {
    const upn = row['User Principal Name'];
    if (upn === undefined || upn === '') return;
    concealed ||= !upn.includes('@');
    usage.set(upn.toLowerCase(), { sizeBytes: wholeNumber(row['Storage Used (Byte)']), itemCount: wholeNumber(row['Item Count']), quotaBytes: wholeNumber(row['Prohibit Send/Receive Quota (Byte)']) || null });
  }, signal);
  return readable && !concealed ? usage : null;
}
