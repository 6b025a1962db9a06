/**
 * The mailbox usage report: sizes and counts of all mailboxes in one call
 * (https://learn.microsoft.com/graph/api/reportroot-getmailboxusagedetail). Graph answers with a redirect to a pre-authorised address.
 * Columns are found by name, since older reports lack some; names may be concealed.
 */
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse';
import { GraphRequestError, type GraphPort } from '@migrator/graph-client';

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
  const location = await askForReport(port, signal);
  if (location === null) return null;
  const report = await port.preauthorised('GET', location, { budget: { kind: 'none' }, signal });
  const usage = new Map<string, MailboxUsage>();
  let concealed = false;
  await pipeline(report.body, parse({ columns: true, bom: true, skip_empty_lines: true, relax_column_count: true }), async (rows: AsyncIterable<Record<string, string>>) => {
    for await (const row of rows) {
      const upn = row['User Principal Name'];
      if (upn === undefined || upn === '' || row['Is Deleted']?.toLowerCase() === 'true') continue;
      concealed ||= !upn.includes('@');
      usage.set(upn.toLowerCase(), { sizeBytes: wholeNumber(row['Storage Used (Byte)']), itemCount: wholeNumber(row['Item Count']), quotaBytes: wholeNumber(row['Prohibit Send/Receive Quota (Byte)']) || null });
    }
  });
  return concealed ? null : usage;
}

async function askForReport(port: GraphPort, signal: AbortSignal): Promise<string | null> {
  try {
    const redirect = await port.raw('GET', "/reports/getMailboxUsageDetail(period='D7')", { budget: { kind: 'reports', report: 'getMailboxUsageDetail' }, signal });
    const location = redirect.headers.get('location');
    await redirect.discard();
    if (location === null) throw new Error('A usage report answers with a redirect');
    return location;
  } catch (error) {
    if (error instanceof GraphRequestError && error.kind === 'forbidden') return null;
    throw error;
  }
}

const wholeNumber = (text: string | undefined): number => {
  const value = Number(text ?? 0);
  return Number.isSafeInteger(value) && value > 0 ? value : 0;
};
