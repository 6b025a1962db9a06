/** Control operations on drives: what expires, how awkward delta is, what is kept, what is locked, and what their owners do. */
import { z } from 'zod';
import { ControlError, type ControlRoute } from '../control/control-route.js';
import type { SimTenant } from '../world/tenant.js';
import type { World } from '../world/world.js';
import { siteId, type Site } from './file-store.js';
import type { Drive } from './drives/drive.js';
import { nowOf } from './drives/drive-access.js';
import type { Item } from './drives/item.js';
import { driveOf } from './drives/site-drives.js';
import type { FileUploadSessions } from './drives/upload-sessions.js';

const Place = z.strictObject({ tenant: z.string(), site: z.string().optional(), user: z.string().optional() });

function tenantNamed(world: World, name: string): SimTenant {
  const tenant = world.findTenant(name);
  if (tenant === undefined) throw new ControlError(404, `There is no tenant '${name}'.`);
  return tenant;
}

/** Sites that a body names: one by its name or id, a user's OneDrive, or all. */
function sitesNamed(tenant: SimTenant, { site, user }: { site?: string | undefined; user?: string | undefined }): Site[] {
  const owner = user === undefined ? undefined : tenant.findUser(user)?.id;
  if (user !== undefined && owner === undefined) throw new ControlError(404, `There is no user '${user}'.`);
  const found = tenant.files.sites.filter((each) => (site === undefined || each.name === site || siteId(each) === site) && (owner === undefined || each.ownerId === owner));
  if (found.length === 0) throw new ControlError(404, 'There is no such site or OneDrive.');
  return found;
}

function itemNamed(drive: Drive, path: string): Item {
  let at = drive.root;
  for (const name of path.split('/').filter((each) => each !== '')) {
    const next = drive.child(at.key, name);
    if (next === undefined) throw new ControlError(404, `There is no '${path}' in the drive.`);
    at = next;
  }
  return at;
}

export function fileOperations(world: World, uploads: FileUploadSessions): ControlRoute[] {
  const now = (): string => nowOf(world);
  const drivesOf = (body: z.output<typeof Place>): Drive[] => {
    const tenant = tenantNamed(world, body.tenant);
    return sitesNamed(tenant, body).map((site) => driveOf(tenant, site, now));
  };
  return [
    {
      method: 'POST', path: '/files/expire', summary: 'Forget delta tokens (410) of drives, or end all upload sessions (404): { tenant, what: delta|uploadSessions, site?, user? }',
      handle: async (req) => {
        const { what, ...place } = Place.extend({ what: z.enum(['delta', 'uploadSessions']) }).parse(await req.json());
        if (what === 'uploadSessions') return { ended: uploads.expireAll() };
        const drives = drivesOf(place);
        for (const drive of drives) drive.expireDeltaTokens();
        return { drives: drives.length };
      },
    },
    {
      method: 'POST', path: '/files/delta', summary: 'How awkward delta pages of drives are: { tenant, site?, user?, order: asWritten|mixed, emptyPageEvery, repeatEvery } (every nth page is empty, repeats an item; 0: none)',
      handle: async (req) => {
        const { order, emptyPageEvery, repeatEvery, ...place } = Place.extend({ order: z.enum(['asWritten', 'mixed']).optional(), emptyPageEvery: z.int().min(0).optional(), repeatEvery: z.int().min(0).optional() }).parse(await req.json());
        const drives = drivesOf(place);
        for (const { manners } of drives) Object.assign(manners, { order: order ?? manners.order, emptyPageEvery: emptyPageEvery ?? manners.emptyPageEvery, repeatEvery: repeatEvery ?? manners.repeatEvery });
        return { drives: drives.length };
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
      method: 'POST', path: '/files/lock', summary: 'Lock a file as if somebody had it open, or let it go: { tenant, site?, user?, path, locked, reads? } (reads: it cannot be read either)',
      handle: async (req) => {
        const { path, locked, reads = false, ...place } = Place.extend({ path: z.string(), locked: z.boolean(), reads: z.boolean().optional() }).parse(await req.json());
        const [drive] = drivesOf(place);
        if (drive === undefined) throw new ControlError(404, 'There is no such drive.');
        const item = drive.own(itemNamed(drive, path));
        item.lock = locked ? { reads } : null;
        return { lock: item.lock };
      },
    },
  ];
}
