/**
 * Usage reports: sizes of everything of one kind in one call (https://learn.microsoft.com/graph/api/resources/report). Graph answers with
 * a redirect to a pre-authorised address. Columns are found by name, since older reports lack some; names may be concealed.
 */
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse';
import { GraphRequestError, type GraphPort } from '@migrator/graph-client';

export type ReportName = 'getMailboxUsageDetail' | 'getSharePointSiteUsageDetail' | 'getOneDriveUsageAccountDetail';

/** Gives every row that is not of something deleted to `take`; false when the application may not read reports. */
export async function readUsageReport(port: GraphPort, name: ReportName, take: (row: Record<string, string>) => void, signal: AbortSignal): Promise<boolean> {
  const location = await askForReport(port, name, signal);
  if (location === null) return false;
  const report = await port.preauthorised('GET', location, { budget: { kind: 'none' }, signal });
  await pipeline(report.body, parse({ columns: true, bom: true, skip_empty_lines: true, relax_column_count: true }), async (rows: AsyncIterable<Record<string, string>>) => {
    for await (const row of rows) if (row['Is Deleted']?.toLowerCase() !== 'true') take(row);
  });
  return true;
}

async function askForReport(port: GraphPort, name: ReportName, signal: AbortSignal): Promise<string | null> {
  try {
    const redirect = await port.raw('GET', `/reports/${name}(period='D7')`, { budget: { kind: 'reports', report: name }, signal });
    const location = redirect.headers.get('location');
    await redirect.discard();
    if (location === null) throw new Error('A usage report answers with a redirect');
    return location;
  } catch (error) {
    if (error instanceof GraphRequestError && error.kind === 'forbidden') return null;
    throw error;
  }
}

/** A count or a size of a report; 0 for what is missing or no such number. */
export const wholeNumber = (text: string | undefined): number => {
  const value = Number(text ?? 0);
  return Number.isSafeInteger(value) && value > 0 ? value : 0;
};
