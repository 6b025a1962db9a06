import { createHash } from 'node:crypto';
import type { SimTenant } from '../world/tenant.js';

/** Reports tell how things stood about two days ago (graph/platform.md 5.2). */
export const reportLagMs = 2 * 86_400_000;

/** What a report is made with. */
export interface ReportMoment {
  nowMs: number;
  /** `D7`, `D30`, ... */
  period: string;
  /** A name as this tenant's reports show it: itself, or a hash when the tenant conceals names. */
  name: (text: string) => string;
}

/** One usage report: a table with a row per mailbox, site or drive. */
export interface UsageReport {
  /** `getMailboxUsageDetail`: the function of Graph. */
  function: string;
  fileName: string;
  columns: readonly string[];
  rows: (tenant: SimTenant, moment: ReportMoment) => string[][];
}

/** `2026-03-01`, UTC. */
export const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

const cell = (value: string): string => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

const concealed = (text: string): string => createHash('md5').update(text).digest('hex').toUpperCase();

/** The report as the reports host serves it. */
export function reportCsv(report: UsageReport, tenant: SimTenant, period: string, nowMs: number): string {
  const rows = report.rows(tenant, { nowMs, period, name: (text) => (tenant.concealedNames ? concealed(text) : text) });
  // Real reports begin with a byte order mark; parsers that miss it lose the first column.
  return `\uFEFF${[report.columns, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}
