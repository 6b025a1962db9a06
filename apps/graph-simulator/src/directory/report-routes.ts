import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { contextUrl } from '../http/odata.js';
import { GraphFault, type GraphReply, type HostRoute, type Route } from '../http/route.js';
import type { DirectoryUser, SimTenant } from '../world/tenant.js';
import type { World } from '../world/world.js';

/** What the mailbox usage report says about one mailbox. */
export interface MailboxUsage { itemCount: number; bytes: number; deletedItemCount: number; deletedBytes: number; lastActivityMs: number | null; hasArchive: boolean }

/** Reads a mailbox's usage; null when the user has none. */
export type UsageReader = (tenant: SimTenant, user: DirectoryUser) => MailboxUsage | null;

/** Where report links point. */
export const reportsHost = 'reportsncu.office.com';

const linkLifetimeMs = 5 * 60_000;
const lagMs = 2 * 86_400_000;
const gib = 1024 ** 3;

const columns = [
  'Report Refresh Date', 'User Principal Name', 'Display Name', 'Is Deleted', 'Deleted Date', 'Created Date', 'Last Activity Date', 'Item Count', 'Storage Used (Byte)',
  'Issue Warning Quota (Byte)', 'Prohibit Send Quota (Byte)', 'Prohibit Send/Receive Quota (Byte)', 'Deleted Item Count', 'Deleted Item Size (Byte)', 'Deleted Item Quota (Byte)', 'Has Archive', 'Report Period',
];

interface Link { csv: () => string; untilMs: number }

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function cell(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** Names become hashes of the same length when the tenant conceals them. */
function concealed(text: string): string {
  return createHash('md5').update(text).digest('hex').toUpperCase();
}

function usageCsv(tenant: SimTenant, usage: UsageReader, period: string, nowMs: number): string {
  const refreshed = day(nowMs - lagMs);
  const name = (text: string): string => (tenant.concealedNames ? concealed(text) : text);
  const rows = tenant.users.flatMap((user) => {
    const u = usage(tenant, user);
    if (u === null) return [];
    return [[
      refreshed, name(user.userPrincipalName), name(user.displayName), 'False', '', user.createdDateTime.slice(0, 10),
      u.lastActivityMs === null ? '' : day(u.lastActivityMs), String(u.itemCount), String(u.bytes),
      String(98 * gib), String(99 * gib), String(100 * gib), String(u.deletedItemCount), String(u.deletedBytes), String(30 * gib), u.hasArchive ? 'True' : 'False', period.slice(1),
    ]];
  });
  // Real reports begin with a byte order mark; parsers that miss it lose the first column.
  return `\uFEFF${[columns, ...rows].map((r) => r.map(cell).join(',')).join('\r\n')}\r\n`;
}

const ReportSettings = z.object({ displayConcealedNames: z.boolean() });

/** Usage reports: 302 to a link that needs no token and dies after minutes (graph/platform.md 5.2). */
export function reportRoutes(world: World, usage: UsageReader): { routes: Route[]; hostRoutes: HostRoute[] } {
  const links = new Map<string, Link>();
  const settings = (req: Parameters<Route['handle']>[0]): GraphReply =>
    ({ status: 200, json: { '@odata.context': contextUrl(req, 'admin/reportSettings', { entity: true }), id: '', displayConcealedNames: req.tenant.concealedNames } });
  return {
    routes: [
      {
        method: 'GET', path: '/reports/getMailboxUsageDetail(period={period})', roles: ['Reports.Read.All'], service: 'reports',
        handle: (req) => {
          const period = (req.params['period'] ?? '').toUpperCase();
          if (!['D7', 'D30', 'D90', 'D180'].includes(period)) throw new GraphFault(400, 'InvalidArgument', `Invalid period value specified: ${req.params['period'] ?? ''}. Only D7, D30, D90 and D180 are supported.`);
          const now = world.clock.now();
          for (const [token, link] of links) if (link.untilMs <= now) links.delete(token);
          const token = randomBytes(24).toString('base64url');
          const { tenant } = req;
          links.set(token, { csv: () => usageCsv(tenant, usage, period, now), untilMs: now + linkLifetimeMs });
          return { status: 302, headers: { Location: `https://${reportsHost}/data/download/${token}` } };
        },
      },
      { method: 'GET', path: '/admin/reportSettings', roles: ['ReportSettings.Read.All', 'ReportSettings.ReadWrite.All'], service: 'directory', handle: settings },
      {
        method: 'PATCH', path: '/admin/reportSettings', roles: ['ReportSettings.ReadWrite.All'], service: 'directory', write: true,
        handle: async (req) => {
          const parsed = ReportSettings.safeParse(await req.json());
          if (!parsed.success) throw new GraphFault(400, 'BadRequest', 'displayConcealedNames has to be true or false.');
          req.tenant.concealedNames = parsed.data.displayConcealedNames;
          return settings(req);
        },
      },
    ],
    hostRoutes: [
      {
        host: reportsHost, method: 'GET', path: '/data/download/{token}',
        handle: (req) => {
          const link = links.get(req.params['token'] ?? '');
          if (link === undefined || link.untilMs <= world.clock.now()) return { status: 403, text: 'The link has expired.' };
          const csv = link.csv();
          const etag = `"${createHash('sha256').update(csv).digest('base64url').slice(0, 22)}"`;
          if (req.headers['if-none-match'] === etag) return { status: 304, headers: { ETag: etag } };
          return { status: 200, text: csv, contentType: 'application/octet-stream', headers: { ETag: etag, 'Content-Disposition': 'attachment; filename=MailboxUsageDetail.csv' } };
        },
      },
    ],
  };
}
