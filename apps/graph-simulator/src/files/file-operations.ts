/** Control operations on drives: how they compare, what expires, how awkward delta is, what is kept of uploads. */
import { z } from 'zod';
import type { ControlRoute } from '../control/control-route.js';
import type { SimTenant } from '../world/tenant.js';
import type { World } from '../world/world.js';
import { compareDrives } from './compare/compare-drives.js';
import { counterpart, libraryNamed, Place, siteNamed, sitesNamed, tenantNamed } from './named-places.js';
import type { Drive } from './drives/drive.js';
import { nowOf } from './drives/drive-access.js';
import { invitationsSent } from './drives/permission-routes.js';
import { driveOf } from './drives/site-drives.js';
import type { Rows } from './lists/row.js';
import { listsOf } from './lists/site-lists.js';
import type { FileUploadSessions } from './drives/upload-sessions.js';

const Compare = z.strictObject({
  source: z.string(),
  destination: z.string(),
  drives: z.array(z.strictObject({ source: z.string(), dest: z.string(), library: z.string().optional() })).min(1),
  under: z.string().optional(),
  deepBytesMax: z.int().min(0).default(64 * 1024 ** 2),
  versions: z.boolean().default(true),
  versionsMax: z.int().min(1).default(50_000),
  permissions: z.boolean().default(true),
  examplesMax: z.int().min(0).max(1_000).default(20),
});

export function fileOperations(world: World, uploads: FileUploadSessions): ControlRoute[] {
  const now = (): string => nowOf(world);
  const drivesOf = (body: z.output<typeof Place>): Drive[] => {
    const tenant = tenantNamed(world, body.tenant);
    return sitesNamed(tenant, body).map((site) => driveOf(tenant, libraryNamed(site, body.library), now));
  };
  /** The deltas of a place: those of its libraries, which their drives share, and of its lists. */
  const deltasOf = (body: z.output<typeof Place>): Rows['delta'][] => {
    const tenant = tenantNamed(world, body.tenant);
    return sitesNamed(tenant, body).flatMap((site) => listsOf(tenant, site, now).all.map(({ rows }) => rows.delta));
  };
  const end = (tenant: SimTenant, name: string, library: string | undefined): { tenant: SimTenant; drive: Drive } => ({ tenant, drive: driveOf(tenant, libraryNamed(siteNamed(tenant, name.includes('@') ? { user: name } : { site: name }), library), now) });
  return [
    {
      method: 'POST', path: '/files/compare',
      summary: 'Hold drives against each other: { source, destination, drives: [{ source, dest, library? }], under?, deepBytesMax?, versions?, permissions?, examplesMax? }; a drive is a UPN or a site’s name',
      handle: async (req) => {
        const body = Compare.parse(await req.json());
        const [source, destination] = [tenantNamed(world, body.source), tenantNamed(world, body.destination)];
        const results = [];
        for (const pair of body.drives) results.push({ ...pair, ...(await compareDrives(end(source, pair.source, pair.library), end(destination, pair.dest, pair.library), { ...body, principal: counterpart(source, destination) })) });
        return { drives: results, invitationsSent: invitationsSent(source) + invitationsSent(destination) };
      },
    },
    {
      method: 'POST', path: '/files/expire', summary: 'Forget delta tokens (410) of drives and lists, or end all upload sessions (404): { tenant, what: delta|uploadSessions, site?, user? }',
      handle: async (req) => {
        const { what, ...place } = Place.extend({ what: z.enum(['delta', 'uploadSessions']) }).parse(await req.json());
        if (what === 'uploadSessions') return { ended: uploads.expireAll() };
        const deltas = deltasOf(place);
        for (const { log } of deltas) log.expireTokens();
        return { deltas: deltas.length };
      },
    },
    {
      method: 'POST', path: '/files/delta', summary: 'How awkward delta pages of drives and lists are: { tenant, site?, user?, order: asWritten|mixed, emptyPageEvery, repeatEvery, pageItemsMax } (every nth page is empty, repeats an item; 0: none; pages of drives no larger than this, null: as asked for)',
      handle: async (req) => {
        const { order, emptyPageEvery, repeatEvery, pageItemsMax, ...place } = Place.extend({ order: z.enum(['asWritten', 'mixed']).optional(), emptyPageEvery: z.int().min(0).optional(), repeatEvery: z.int().min(0).optional(), pageItemsMax: z.int().min(1).nullable().optional() }).parse(await req.json());
        const deltas = deltasOf(place);
        for (const { manners } of deltas) Object.assign(manners, { order: order ?? manners.order, emptyPageEvery: emptyPageEvery ?? manners.emptyPageEvery, repeatEvery: repeatEvery ?? manners.repeatEvery });
        if (pageItemsMax !== undefined) for (const drive of drivesOf(place)) drive.deltaPageItemsMax = pageItemsMax;
        return { deltas: deltas.length };
      },
    },
    {
      method: 'POST', path: '/files/uploads', summary: 'What is kept of written files: { keepBytesMax } (in full up to this size, size and hashes above)',
      handle: async (req) => {
        uploads.options.keepBytesMax = z.strictObject({ keepBytesMax: z.int().min(0) }).parse(await req.json()).keepBytesMax;
        return { ...uploads.options };
      },
    },
    {
      method: 'POST', path: '/files/parser', summary: 'Whether drives write properties into Office files, PDFs and pages as they arrive: { tenant, site?, user?, on }; libraries do, OneDrives do not',
      handle: async (req) => {
        const { on, ...place } = Place.extend({ on: z.boolean() }).parse(await req.json());
        const drives = drivesOf(place);
        for (const drive of drives) drive.promotes = on;
        return { drives: drives.length };
      },
    },
  ];
}
