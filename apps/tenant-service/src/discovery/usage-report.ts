/**
 * The mailbox usage report: sizes and counts of all mailboxes in one call. Graph answers with a redirect to a pre-authorised address
 * (reports: getMailboxUsageDetail). Columns are found by name, since older reports lack some; names may be concealed.
 */
import { parse } from 'csv-parse';
import type { GraphPort } from '@migrator/graph-client';

export interface MailboxUsage {
  sizeBytes: number;
  itemCount: number;
}

/** Usage by lower-case UPN; null when the tenant conceals names in reports, or may not be asked. */
export async function readMailboxUsage(port: GraphPort, signal: AbortSignal): Promise<Map<string, MailboxUsage> | null> {
  const settings = await port.get<{ displayConcealedNames?: boolean }>('/admin/reportSettings', { budget: { kind: 'reports', report: 'reportSettings' }, signal });
  if (settings.displayConcealedNames === true) return null;
  const budget = { kind: 'reports', report: 'getMailboxUsageDetail' } as const;
  const redirect = await port.raw('GET', "/reports/getMailboxUsageDetail(period='D7')", { budget, signal });
  const location = redirect.headers.get('location');
  await redirect.discard();
  if (location === null) throw new Error('A usage report answers with a redirect');
  const report = await port.preauthorised('GET', location, { budget: { kind: 'none' }, signal });
  const usage = new Map<string, MailboxUsage>();
  const rows = parse({ columns: true, bom: true, skip_empty_lines: true, relax_column_count: true });
  const reading = (async () => {
    for await (const row of rows as AsyncIterable<Record<string, string>>) {
      const upn = row['User Principal Name'];
      if (upn === undefined || row['Is Deleted'] === 'True') continue;
      usage.set(upn.toLowerCase(), { sizeBytes: Number(row['Storage Used (Byte)'] ?? 0), itemCount: Number(row['Item Count'] ?? 0) });
    }
  })();
  try {
    for await (const piece of report.body) if (!rows.write(piece)) await new Promise((resolve) => rows.once('drain', resolve));
  } finally {
    rows.end();
  }
  await reading;
  return usage;
}
