/** Sharing of items: reading, invitations, links, changes (graph/files.md 7). Nobody is ever sent a message by the simulator; what would be is counted. */
import { z } from 'zod';
import { applySelect, entityReply, pageReply, parseSelect } from '../../http/odata.js';
import { GraphFault, type GraphReply, type GraphRequest, type Route } from '../../http/route.js';
import type { DirectoryGroup, DirectoryUser, SimTenant } from '../../world/tenant.js';
import type { World } from '../../world/world.js';
import { siteUrl } from '../file-store.js';
import { readDrives } from '../sharepoint-access.js';
import { drivePaths, itemAt, itemPaths, notFoundItem, shownDrive, writeDrives } from './drive-access.js';
import { parseBody } from './drive-input.js';
import type { DownloadLinks } from './download.js';
import { peopleOf } from '../lists/site-people.js';
import { breakInheritance, effectivePermissions } from './effective-permissions.js';
import type { Item, Permission } from './item.js';
import type { Shown } from './item-view.js';

const expiry = z.iso.datetime().optional();
const recipient = z.strictObject({ objectId: z.string().optional(), email: z.string().optional(), alias: z.string().optional() });
const invite = z.strictObject({ recipients: z.array(recipient).min(1), roles: z.array(z.string()).min(1), requireSignIn: z.boolean().optional(), sendInvitation: z.boolean().optional(), message: z.string().max(2_000).optional(), retainInheritedPermissions: z.boolean().optional(), expirationDateTime: expiry });
const createLink = z.strictObject({ type: z.enum(['view', 'edit']), scope: z.enum(['anonymous', 'organization', 'users']).optional(), expirationDateTime: expiry, password: z.string().optional(), recipients: z.array(recipient).optional(), retainInheritedPermissions: z.boolean().optional(), sendNotification: z.boolean().optional() });
const change = z.strictObject({ roles: z.array(z.string()).optional(), expirationDateTime: expiry.nullable() });

/** Messages that sharing would have sent, by tenant; a migration sends none. */
const sent = new WeakMap<SimTenant, number>();
export const invitationsSent = (tenant: SimTenant): number => sent.get(tenant) ?? 0;

function principal(tenant: SimTenant, { objectId, email, alias }: z.output<typeof recipient>): Permission['grantees'][number] | null {
  const name = objectId ?? email ?? alias ?? '';
  const user: DirectoryUser | undefined = tenant.findUser(name);
  if (user !== undefined) return user.accountEnabled ? { kind: 'user', id: user.id } : null;
  const group: DirectoryGroup | undefined = tenant.groups.find((each) => each.id === name.toLowerCase() || (each.mail !== null && each.mail.toLowerCase() === name.toLowerCase()));
  return group === undefined ? null : { kind: 'group', id: group.id };
}

/** Throws GraphFault 403 where the organisation does not let its people share like this. */
function requireSharing(tenant: SimTenant, allowed: boolean): void {
  if (!allowed) throw new GraphFault(403, 'accessDenied', `Your organization's policies do not allow you to share with these users: ${tenant.files.sharingCapability}.`, { innerCode: 'sharingDisabled' });
}
const isGuest = (tenant: SimTenant, { kind, id }: Permission['grantees'][number]): boolean => kind === 'user' && tenant.findUser(id)?.userType === 'Guest';

/** Throws GraphFault 400 for what cannot be granted: `owner` above all. */
function rolesOf(given: readonly string[]): Permission['roles'] {
  return given.map((role) => {
    if (role !== 'read' && role !== 'write') throw new GraphFault(400, 'invalidRequest', `The role '${role}' cannot be granted.`);
    return role;
  });
}

function granteeView(tenant: SimTenant, { kind, id }: Permission['grantees'][number]): Record<string, unknown> {
  if (kind === 'group') {
    const group = tenant.groups.find((each) => each.id === id);
    return { group: { id, displayName: group?.displayName ?? '', ...(group?.mail == null ? {} : { email: group.mail }) } };
  }
  const user = tenant.findUser(id);
  return { user: { id, displayName: user?.displayName ?? '', ...(user?.mail == null ? {} : { email: user.mail }) } };
}

/** `addresses`: those of links are shown to who may make links alone (graph/files.md 7.1). */
export function permissionView({ tenant, library }: Pick<Shown, 'tenant' | 'library'>, permission: Permission, addresses = true): Record<string, unknown> {
  const { link, grantees } = permission;
  const identities = grantees.map((each) => granteeView(tenant, each));
  const base = { id: permission.id, roles: permission.roles, ...(permission.expiresAt === null ? {} : { expirationDateTime: permission.expiresAt }) };
  if (link === null) return { ...base, grantedToV2: identities[0] ?? {} };
  return {
    ...base,
    hasPassword: permission.hasPassword === true,
    ...(addresses ? { shareId: `u!${Buffer.from(link.token).toString('base64url')}` } : {}),
    link: { type: link.type, scope: link.scope, ...(addresses ? { webUrl: `${siteUrl(library.site)}/_layouts/15/guestaccess.aspx?share=${link.token}` } : {}), preventsDownload: link.preventsDownload === true },
    ...(link.scope === 'users' ? { grantedToIdentitiesV2: identities } : {}),
  };
}

export function permissionRoutes(world: World, links: DownloadLinks): Route[] {
  const service = 'files';
  const see = (req: GraphRequest): { shown: Shown; item: Item } => {
    const shown = shownDrive(world, links, req);
    return { shown, item: itemAt(shown.drive, req) };
  };
  const mayMakeLinks = ({ app }: GraphRequest): boolean => writeDrives.some((role) => app.roles.has(role));
  const view = (shown: Shown, list: readonly Permission[], req: GraphRequest): Record<string, unknown>[] => list.map((each) => applySelect(null, permissionView(shown, each, mayMakeLinks(req)), parseSelect(req.query)));
  const newId = ({ drive }: Shown): string => Buffer.from(`grant ${drive.listId} ${String((drive.grants += 1))}`).toString('base64url');

  const list: Route['handle'] = (req) => {
    const { shown, item } = see(req);
    return pageReply(req, { context: 'Collection(permission)', value: view(shown, effectivePermissions(shown.drive, item), req) });
  };

  const inviteAll: Route['handle'] = async (req) => {
    const { shown, item } = see(req);
    const body = parseBody(invite, await req.json());
    const roles = rolesOf(body.roles);
    if (item.lock !== null) throw new GraphFault(423, 'resourceLocked', 'The resource you are attempting to access is locked.');
    const grantees = body.recipients.map((each) => principal(shown.tenant, each)).filter((each) => each !== null);
    if (grantees.length === 0) throw new GraphFault(400, 'noResolvedUsers', 'None of the users could be resolved.');
    requireSharing(shown.tenant, shown.tenant.files.sharingCapability !== 'disabled' || !grantees.some((each) => isGuest(shown.tenant, each)));
    // Whom something is shared with the site knows from then on.
    for (const grantee of grantees) peopleOf(shown.tenant, shown.library.site).ensure(grantee);
    const own = shown.drive.own(item);
    if (body.retainInheritedPermissions === false) breakInheritance(shown.drive, own, false);
    if (body.sendInvitation !== false) sent.set(shown.tenant, invitationsSent(shown.tenant) + grantees.length);
    const granted = grantees.map((grantee) => {
      const there = own.permissions.find((each) => each.link === null && each.grantees[0]?.id === grantee.id);
      if (there !== undefined) {
        there.roles = [...roles];
        there.expiresAt = body.expirationDateTime ?? there.expiresAt;
        return there;
      }
      const made: Permission = { id: newId(shown), roles: [...roles], grantees: [grantee], link: null, expiresAt: body.expirationDateTime ?? null };
      own.permissions.push(made);
      return made;
    });
    shown.drive.noteSharing(own);
    return pageReply(req, { context: 'Collection(permission)', value: view(shown, granted, req) });
  };

  const link: Route['handle'] = async (req) => {
    const { shown, item } = see(req);
    const body = parseBody(createLink, await req.json());
    const scope = body.scope ?? 'anonymous';
    requireSharing(shown.tenant, scope !== 'anonymous' || shown.tenant.files.sharingCapability === 'externalUserAndGuestSharing');
    const grantees = (body.recipients ?? []).map((each) => principal(shown.tenant, each)).filter((each) => each !== null);
    if ((body.recipients ?? []).length > 0 && grantees.length === 0) throw new GraphFault(400, 'noResolvedUsers', 'None of the users could be resolved.');
    for (const grantee of grantees) peopleOf(shown.tenant, shown.library.site).ensure(grantee);
    const own = shown.drive.own(item);
    if (body.retainInheritedPermissions === false) breakInheritance(shown.drive, own, false);
    if (body.sendNotification === true) sent.set(shown.tenant, invitationsSent(shown.tenant) + grantees.length);
    const there = own.permissions.find((each) => each.link?.type === body.type && each.link.preventsDownload !== true && each.link.scope === scope && each.expiresAt === (body.expirationDateTime ?? null));
    if (there !== undefined && scope !== 'users') return entityReply(req, 'permission', permissionView(shown, there));
    const id = newId(shown);
    const made: Permission = { id, roles: [body.type === 'edit' ? 'write' : 'read'], grantees, link: { type: body.type, scope, token: id }, expiresAt: body.expirationDateTime ?? null, hasPassword: body.password !== undefined };
    own.permissions.push(made);
    shown.drive.noteSharing(own);
    return entityReply(req, 'permission', permissionView(shown, made), 201);
  };

  /** One of the item's own grants. Throws 404; 400 for one that it inherits. */
  const ownGrant = (req: GraphRequest): { shown: Shown; item: Item; permission: Permission } => {
    const { shown, item } = see(req);
    const id = req.params['permission'];
    const permission = item.permissions.find((each) => each.id === id);
    if (permission !== undefined) return { shown, item: shown.drive.own(item), permission };
    if (effectivePermissions(shown.drive, item).some((each) => each.id === id)) throw new GraphFault(400, 'invalidRequest', 'An inherited permission cannot be changed here.');
    throw notFoundItem();
  };
  const one: Route['handle'] = (req) => {
    const { shown, item } = see(req);
    const permission = effectivePermissions(shown.drive, item).find((each) => each.id === req.params['permission']);
    if (permission === undefined) throw notFoundItem();
    return entityReply(req, 'permission', permissionView(shown, permission, mayMakeLinks(req)));
  };
  const changeOne: Route['handle'] = async (req): Promise<GraphReply> => {
    const { shown, item, permission } = ownGrant(req);
    const body = parseBody(change, await req.json());
    if (permission.link !== null && (permission.link.scope !== 'anonymous' || body.roles !== undefined)) throw new GraphFault(400, 'invalidRequest', 'Of a link only the expiration of an anonymous one can be changed.');
    if (body.roles !== undefined) permission.roles = rolesOf(body.roles);
    if (body.expirationDateTime !== undefined) permission.expiresAt = body.expirationDateTime;
    shown.drive.noteSharing(item);
    return entityReply(req, 'permission', permissionView(shown, permission));
  };
  const removeOne: Route['handle'] = (req) => {
    const { shown, item, permission } = ownGrant(req);
    item.permissions = item.permissions.filter((each) => each !== permission);
    shown.drive.noteSharing(item);
    return { status: 204 };
  };

  return drivePaths.flatMap((drive) =>
    itemPaths.flatMap((at): Route[] => {
      const path = `${drive}${at}`;
      return [
        { method: 'GET', path: `${path}/permissions`, roles: readDrives, service, units: 5, handle: list },
        { method: 'GET', path: `${path}/permissions/{permission}`, roles: readDrives, service, units: 5, handle: one },
        { method: 'POST', path: `${path}/invite`, roles: writeDrives, service, units: 5, sharing: true, write: true, handle: inviteAll },
        { method: 'POST', path: `${path}/createLink`, roles: writeDrives, service, units: 5, sharing: true, write: true, handle: link },
        { method: 'PATCH', path: `${path}/permissions/{permission}`, roles: writeDrives, service, units: 5, write: true, handle: changeOne },
        { method: 'DELETE', path: `${path}/permissions/{permission}`, roles: writeDrives, service, units: 5, write: true, handle: removeOne },
      ];
    }),
  );
}
