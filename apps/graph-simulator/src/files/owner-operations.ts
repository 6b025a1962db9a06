/** Control operations on drives: what their owners do, and what befalls them. */
import { z } from 'zod';
import { ControlError, type ControlRoute } from '../control/control-route.js';
import type { SimTenant } from '../world/tenant.js';
import type { World } from '../world/world.js';
import { SeededContent } from './content/file-content.js';
import { mix } from './content/seeded-bytes.js';
import { damageDrive, driveDamageKinds } from './drives/damage-drive.js';
import type { Drive } from './drives/drive.js';
import { nowOf } from './drives/drive-access.js';
import { breakInheritance } from './drives/effective-permissions.js';
import type { Item, Permission } from './drives/item.js';
import { driveChangeKinds, makeDriveChanges, type DriveChangeKind } from './drives/make-drive-changes.js';
import { driveOf } from './drives/site-drives.js';
import { itemNamed, libraryNamed, Place, sitesNamed, tenantNamed } from './named-places.js';

const Step = z.strictObject({
  kind: z.enum(['write', 'folder', 'rename', 'move', 'delete', 'share', 'unshare', 'restrict']),
  path: z.string().min(1),
  to: z.string().optional(),
  bytes: z.int().min(0).max(1024 ** 3).default(1_000),
  /** Of a share: whom, by address or, of a group, by mail nickname; the role; a link; until when. */
  with: z.string().optional(),
  role: z.enum(['read', 'write', 'owner']).default('write'),
  link: z.strictObject({ type: z.enum(['view', 'edit']), scope: z.enum(['anonymous', 'organization', 'users']), password: z.boolean().default(false), preventsDownload: z.boolean().default(false) }).optional(),
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
      const made = link === undefined ? null : { type: link.type, scope: link.scope, token: id, preventsDownload: link.preventsDownload };
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

const count = z.int().min(0).max(10_000);
const PerDrive = z.partialRecord(z.enum(driveChangeKinds), count);

export function ownerOperations(world: World): ControlRoute[] {
  const now = (): string => nowOf(world);
  const drivesOf = (body: z.output<typeof Place>): { tenant: SimTenant; drives: Drive[] } => {
    const tenant = tenantNamed(world, body.tenant);
    return { tenant, drives: sitesNamed(tenant, body).map((site) => driveOf(tenant, libraryNamed(site, body.library), now)) };
  };
  const driveNamed = (body: z.output<typeof Place>): { tenant: SimTenant; drive: Drive } => {
    const { tenant, drives: [drive] } = drivesOf(body);
    if (drive === undefined) throw new ControlError(404, 'There is no such drive.');
    return { tenant, drive };
  };
  return [
    {
      method: 'POST', path: '/files/changes',
      summary: `What owners do: { tenant, user or site, library?, do: [{ kind: "write"|"folder"|"rename"|"move"|"delete"|"share"|"unshare"|"restrict", path, to?, bytes?, with?, role?, link?, until? }] }, paths from the root; or by a seed, in every drive that holds something: { tenant, user?, site?, library?, seed?, perDrive: { ${driveChangeKinds.join(', ')} } }`,
      handle: async (req) => {
        const { do: steps, perDrive, seed, ...place } = Place.extend({ do: z.array(Step).min(1).max(10_000).optional(), perDrive: PerDrive.optional(), seed: z.string().default('changes') }).parse(await req.json());
        if (perDrive === undefined) {
          const { tenant, drive } = driveNamed(place);
          const by = drive.root.createdBy;
          for (const step of steps ?? []) takeStep(tenant, drive, step, by);
          return { steps: steps?.length ?? 0 };
        }
        const counts = Object.fromEntries(driveChangeKinds.map((kind) => [kind, 0])) as Record<DriveChangeKind, number>;
        const drives = drivesOf(place).drives.filter((drive) => drive.childCount(0) > 0);
        for (const drive of drives) for (const [kind, made] of Object.entries(makeDriveChanges(drive, perDrive, seed))) counts[kind as DriveChangeKind] += made;
        return { drives: drives.length, counts };
      },
    },
    {
      method: 'POST', path: '/files/lock', summary: 'Lock a file as if somebody had it open, or let it go: { tenant, site?, user?, library?, path, locked, reads? } (reads: it cannot be read either); without a path everything is let go',
      handle: async (req) => {
        const { path, locked, reads = false, ...place } = Place.extend({ path: z.string().optional(), locked: z.boolean(), reads: z.boolean().optional() }).parse(await req.json());
        if (path === undefined) {
          if (locked) throw new ControlError(400, 'A file is locked by its path.');
          const { drives } = drivesOf(place);
          for (const drive of drives) for (const item of drive.items()) if (item.lock !== null) drive.own(item).lock = null;
          return { drives: drives.length };
        }
        const { drive } = driveNamed(place);
        const item = drive.own(itemNamed(drive, path));
        item.lock = locked ? { reads } : null;
        return { lock: item.lock };
      },
    },
    {
      method: 'POST', path: '/files/damage', summary: `Damage a drive: { tenant, user or site, library?, kind: ${driveDamageKinds.join('|')}, path? }`,
      handle: async (req) => {
        const { kind, path, ...place } = Place.extend({ kind: z.enum(driveDamageKinds), path: z.string().optional() }).parse(await req.json());
        const { drive } = driveNamed(place);
        const damaged = await damageDrive(drive, kind, path === undefined ? null : itemNamed(drive, path));
        if (damaged === null) throw new ControlError(409, `Nothing fits ${kind}.`);
        return { path: damaged };
      },
    },
  ];
}
