/** Control operations on drives: what expires, how awkward delta is, what is kept, what is locked, and what their owners do. */
import { z } from 'zod';
import { ControlError, type ControlRoute } from '../control/control-route.js';
import type { SimTenant } from '../world/tenant.js';
import type { World } from '../world/world.js';
import { compareDrives } from './compare-drives.js';
import { defaultLibrary, siteId, type Site } from './file-store.js';
import { mix, SeededContent } from './content/file-content.js';
import { type Drive } from './drives/drive.js';
import { breakInheritance } from './drives/effective-permissions.js';
import { nowOf } from './drives/drive-access.js';
import { invitationsSent } from './drives/permission-routes.js';
import type { Item, Permission } from './drives/item.js';
import { driveOf } from './drives/site-drives.js';
import type { Rows } from './lists/row.js';
import { listsOf } from './lists/site-lists.js';
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

const Compare = z.strictObject({
  source: z.string(),
  destination: z.string(),
  drives: z.array(z.strictObject({ source: z.string(), dest: z.string() })).min(1),
  under: z.string().optional(),
  deepBytesMax: z.int().min(0).default(64 * 1024 ** 2),
  versions: z.boolean().default(true),
  versionsMax: z.int().min(1).default(50_000),
  permissions: z.boolean().default(true),
  examplesMax: z.int().min(0).max(1_000).default(20),
});

/** The same name before the @, or the same group name, at the other tenant. */
function counterpart(source: SimTenant, destination: SimTenant): (grantee: Permission['grantees'][number]) => string | null {
  return ({ kind, id }) => {
    if (kind === 'group') {
      const name = source.groups.find((each) => each.id === id)?.mailNickname;
      return destination.groups.find((each) => each.mailNickname === name)?.id ?? null;
    }
    const alias = source.findUser(id)?.userPrincipalName.split('@')[0];
    return destination.users.find((each) => each.userPrincipalName.split('@')[0] === alias)?.id ?? null;
  };
}

const Step = z.strictObject({
  kind: z.enum(['write', 'folder', 'rename', 'move', 'delete', 'share', 'unshare', 'restrict']),
  path: z.string().min(1),
  to: z.string().optional(),
  bytes: z.int().min(0).max(1024 ** 3).default(1_000),
  /** Of a share: whom, by address or, of a group, by mail nickname; the role; a link; until when. */
  with: z.string().optional(),
  role: z.enum(['read', 'write', 'owner']).default('write'),
  link: z.strictObject({ type: z.enum(['view', 'edit']), scope: z.enum(['anonymous', 'organization', 'users']), password: z.boolean().default(false) }).optional(),
  until: z.iso.datetime().optional(),
});

/** Splits a path into the folder it lies in and its last name. */
function placeOf(drive: Drive, path: string): { parent: Item; name: string } {
  const names = path.split('/').filter((each) => each !== '');
  return { parent: itemNamed(drive, names.slice(0, -1).join('/')), name: names.at(-1) ?? '' };
}

/** Whom a share names; a link may name nobody. */
function granteesNamed(tenant: SimTenant, name: string | undefined): Permission['grantees'] {
  if (name === undefined) return [];
  const user = tenant.findUser(name);
  const group = tenant.groups.find((each) => each.mailNickname === name);
  if (user === undefined && group === undefined) throw new ControlError(404, `There is nobody called '${name}'.`);
  return [user === undefined ? { kind: 'group', id: group?.id ?? '' } : { kind: 'user', id: user.id }];
}

function takeStep(tenant: SimTenant, drive: Drive, { kind, path, to, bytes, with: grantee, role, link, until }: z.output<typeof Step>, by: Drive['root']['createdBy']): void {
  switch (kind) {
    case 'write': {
      const { parent, name } = placeOf(drive, path);
      // Different each time it is written.
      drive.addFile(parent, name, new SeededContent(bytes, [mix(bytes, drive.log.position), drive.log.position]), 'replace', by);
      return;
    }
    case 'folder': {
      const { parent, name } = placeOf(drive, path);
      drive.addFolder(parent, name, 'replace', by);
      return;
    }
    case 'rename':
      drive.change(itemNamed(drive, path), { name: to ?? '' }, by);
      return;
    case 'move':
      drive.change(itemNamed(drive, path), { parent: itemNamed(drive, to ?? '') }, by);
      return;
    case 'delete':
      drive.remove(itemNamed(drive, path));
      return;
    case 'share': {
      const item = drive.own(itemNamed(drive, path));
      const id = `share ${String((drive.grants += 1))}`;
      const made = link === undefined ? null : { type: link.type, scope: link.scope, token: id };
      item.permissions.push({ id, roles: [made === null ? role : made.type === 'edit' ? 'write' : 'read'], grantees: granteesNamed(tenant, grantee), link: made, expiresAt: until ?? null, hasPassword: link?.password === true });
      drive.noteSharing(item);
      return;
    }
    case 'unshare': {
      const item = drive.own(itemNamed(drive, path));
      item.permissions = [];
      drive.noteSharing(item);
      return;
    }
    case 'restrict': {
      const item = drive.own(itemNamed(drive, path));
      breakInheritance(drive, item, false);
      drive.noteSharing(item);
    }
  }
}

export function fileOperations(world: World, uploads: FileUploadSessions): ControlRoute[] {
  const now = (): string => nowOf(world);
  const drivesOf = (body: z.output<typeof Place>): Drive[] => {
    const tenant = tenantNamed(world, body.tenant);
    return sitesNamed(tenant, body).map((site) => driveOf(tenant, defaultLibrary(site), now));
  };
  /** The deltas of a place: those of its libraries, which their drives share, and of its lists. */
  const deltasOf = (body: z.output<typeof Place>): Rows['delta'][] => {
    const tenant = tenantNamed(world, body.tenant);
    return sitesNamed(tenant, body).flatMap((site) => listsOf(tenant, site, now).all.map(({ rows }) => rows.delta));
  };
  const end = (tenant: SimTenant, name: string): { tenant: SimTenant; drive: Drive } => {
    const [site] = sitesNamed(tenant, name.includes('@') ? { user: name } : { site: name });
    if (site === undefined) throw new ControlError(404, 'There is no such drive.');
    return { tenant, drive: driveOf(tenant, defaultLibrary(site), now) };
  };
  return [
    {
      method: 'POST', path: '/files/compare',
      summary: 'Hold drives against each other: { source, destination, drives: [{ source, dest }], under?, deepBytesMax?, versions?, permissions?, examplesMax? }; a drive is a UPN or a site’s name',
      handle: async (req) => {
        const body = Compare.parse(await req.json());
        const [source, destination] = [tenantNamed(world, body.source), tenantNamed(world, body.destination)];
        const results = [];
        for (const pair of body.drives) results.push({ ...pair, ...(await compareDrives(end(source, pair.source), end(destination, pair.dest), { ...body, principal: counterpart(source, destination) })) });
        return { drives: results, invitationsSent: invitationsSent(source) + invitationsSent(destination) };
      },
    },
    {
      method: 'POST', path: '/files/changes', summary: 'What an owner does to a drive: { tenant, user or site, do: [{ kind: "write"|"folder"|"rename"|"move"|"delete"|"share"|"unshare"|"restrict", path, to?, bytes?, with?, role?, link?, until? }] }, paths from the root',
      handle: async (req) => {
        const { do: steps, ...place } = Place.extend({ do: z.array(Step).min(1).max(10_000) }).parse(await req.json());
        const tenant = tenantNamed(world, place.tenant);
        const [site] = sitesNamed(tenant, place);
        if (site === undefined) throw new ControlError(404, 'There is no such drive.');
        const drive = driveOf(tenant, defaultLibrary(site), now);
        const by = drive.root.createdBy;
        for (const step of steps) takeStep(tenant, drive, step, by);
        return { steps: steps.length };
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
      method: 'POST', path: '/files/delta', summary: 'How awkward delta pages of drives and lists are: { tenant, site?, user?, order: asWritten|mixed, emptyPageEvery, repeatEvery } (every nth page is empty, repeats an item; 0: none)',
      handle: async (req) => {
        const { order, emptyPageEvery, repeatEvery, ...place } = Place.extend({ order: z.enum(['asWritten', 'mixed']).optional(), emptyPageEvery: z.int().min(0).optional(), repeatEvery: z.int().min(0).optional() }).parse(await req.json());
        const deltas = deltasOf(place);
        for (const { manners } of deltas) Object.assign(manners, { order: order ?? manners.order, emptyPageEvery: emptyPageEvery ?? manners.emptyPageEvery, repeatEvery: repeatEvery ?? manners.repeatEvery });
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
