import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { contextUrl } from '../http/odata.js';
import { GraphFault, type GraphReply, type HostRoute, type Route } from '../http/route.js';
import type { World } from '../world/world.js';
import { reportCsv, type UsageReport } from './usage-report.js';

/** Where report links point. */
export const reportsHost = 'reportsncu.office.com';

const linkLifetimeMs = 5 * 60_000;

interface Link { report: UsageReport; csv: () => string; untilMs: number }

const ReportSettings = z.object({ displayConcealedNames: z.boolean() });

/** Usage reports: 302 to a link that needs no token and dies after minutes (graph/platform.md 5.2). */
export function reportRoutes(world: World, reports: readonly UsageReport[]): { routes: Route[]; hostRoutes: HostRoute[] } {
  const links = new Map<string, Link>();
  const settings = (req: Parameters<Route['handle']>[0]): GraphReply =>
    ({ status: 200, json: { '@odata.context': contextUrl(req, 'admin/reportSettings', { entity: true }), id: '', displayConcealedNames: req.tenant.concealedNames } });
  return {
    routes: [
      ...reports.map((report): Route => ({
        method: 'GET', path: `/reports/${report.function}(period={period})`, roles: ['Reports.Read.All'], service: 'reports',
        handle: (req) => {
          const period = (req.params['period'] ?? '').toUpperCase();
          if (!['D7', 'D30', 'D90', 'D180'].includes(period)) throw new GraphFault(400, 'InvalidArgument', `Invalid period value specified: ${req.params['period'] ?? ''}. Only D7, D30, D90 and D180 are supported.`);
          const now = world.clock.now();
          for (const [token, link] of links) if (link.untilMs <= now) links.delete(token);
          const token = randomBytes(24).toString('base64url');
          const { tenant } = req;
          links.set(token, { report, csv: () => reportCsv(report, tenant, period, now), untilMs: now + linkLifetimeMs });
          return { status: 302, headers: { Location: `https://${reportsHost}/data/download/${token}` } };
        },
      })),
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
          return { status: 200, text: csv, contentType: 'application/octet-stream', headers: { ETag: etag, 'Content-Disposition': `attachment; filename=${link.report.fileName}` } };
        },
      },
    ],
  };
}
