import type { DirectoryUser, SimTenant } from '../world/tenant.js';
import { day, reportLagMs, type UsageReport } from './usage-report.js';

/** What the mailbox usage report says about one mailbox. */
export interface MailboxUsage { itemCount: number; bytes: number; deletedItemCount: number; deletedBytes: number; lastActivityMs: number | null; hasArchive: boolean }

/** Reads a mailbox's usage; null when the user has none. */
export type UsageReader = (tenant: SimTenant, user: DirectoryUser) => MailboxUsage | null;

const gib = 1024 ** 3;

/** `getMailboxUsageDetail`: a row per mailbox. */
export const mailboxReport = (usage: UsageReader): UsageReport => ({
  function: 'getMailboxUsageDetail',
  fileName: 'MailboxUsageDetail.csv',
  columns: [
    'Report Refresh Date', 'User Principal Name', 'Display Name', 'Is Deleted', 'Deleted Date', 'Created Date', 'Last Activity Date', 'Item Count', 'Storage Used (Byte)',
    'Issue Warning Quota (Byte)', 'Prohibit Send Quota (Byte)', 'Prohibit Send/Receive Quota (Byte)', 'Deleted Item Count', 'Deleted Item Size (Byte)', 'Deleted Item Quota (Byte)', 'Has Archive', 'Report Period',
  ],
  rows: (tenant, { nowMs, period, name }) => tenant.users.flatMap((user) => {
    const u = usage(tenant, user);
    if (u === null) return [];
    return [[
      day(nowMs - reportLagMs), name(user.userPrincipalName), name(user.displayName), 'False', '', user.createdDateTime.slice(0, 10),
      u.lastActivityMs === null ? '' : day(u.lastActivityMs), String(u.itemCount), String(u.bytes),
      String(98 * gib), String(99 * gib), String(100 * gib), String(u.deletedItemCount), String(u.deletedBytes), String(30 * gib), u.hasArchive ? 'True' : 'False', period.slice(1),
    ]];
  }),
});
