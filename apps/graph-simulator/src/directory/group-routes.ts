import { z } from 'zod';
import { applySelect, checkSelect, entityReply, parseSelect } from '../http/odata.js';
import { GraphFault, type GraphReply, type GraphRequest, type Route } from '../http/route.js';
import { addGroup } from '../world/groups.js';
import type { DirectoryGroup, DirectoryUser } from '../world/tenant.js';
import type { World } from '../world/world.js';
import { countReply, listReply, notFound, refuseExpand, type DirectoryCollection } from './directory-list.js';
import { userDefaults, userKnown, userView } from './user-view.js';

const readGroups = ['Group.Read.All', 'Group.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All', 'GroupMember.Read.All', 'GroupMember.ReadWrite.All'] as const;
const typeName = 'Microsoft.DirectoryServices.Group';

function groupView(group: DirectoryGroup): Record<string, unknown> {
  return {
    id: group.id,
    deletedDateTime: null,
    classification: null,
    createdDateTime: group.createdDateTime,
    description: group.description,
    displayName: group.displayName,
    expirationDateTime: null,
    groupTypes: group.groupTypes,
    isAssignableToRole: null,
    mail: group.mail,
    mailEnabled: group.mailEnabled,
    mailNickname: group.mailNickname,
    membershipRule: null,
    membershipRuleProcessingState: null,
    onPremisesDomainName: null,
    onPremisesLastSyncDateTime: null,
    onPremisesSamAccountName: null,
    onPremisesSecurityIdentifier: null,
    onPremisesSyncEnabled: null,
    preferredDataLocation: null,
    preferredLanguage: null,
    proxyAddresses: group.mail === null ? [] : [`SMTP:${group.mail}`],
    renewedDateTime: group.createdDateTime,
    resourceBehaviorOptions: [],
    resourceProvisioningOptions: group.resourceProvisioningOptions,
    securityEnabled: group.securityEnabled,
    securityIdentifier: null,
    theme: null,
    visibility: group.visibility,
    onPremisesProvisioningErrors: [],
  };
}

function groupOf(req: GraphRequest): DirectoryGroup {
  const id = (req.params['group'] ?? '').toLowerCase();
  const group = req.tenant.groups.find((g) => g.id === id);
  if (group === undefined) throw notFound(req.params['group'] ?? '');
  return group;
}

function memberView(user: DirectoryUser): Record<string, unknown> {
  return { '@odata.type': '#microsoft.graph.user', ...userView(user) };
}

const badRequest = (message: string, details: string | null = null): GraphFault =>
  new GraphFault(400, 'Request_BadRequest', message, details === null ? {} : { details: [{ code: 'ObjectConflict', message, target: details }] });

/** As many owners and members as one request may bind (graph/platform.md). */
const boundMax = 20;
const bound = z.array(z.string()).optional();
const newGroup = z.strictObject({
  displayName: z.string().min(1).max(256), description: z.string().max(1_024).nullish(), mailNickname: z.string().regex(/^[!#$%&'*+./0-9=?A-Z^_`a-z{|}~-]{1,64}$/), mailEnabled: z.boolean(), securityEnabled: z.boolean(),
  groupTypes: z.array(z.literal('Unified')).optional(), visibility: z.enum(['Public', 'Private']).optional(), 'owners@odata.bind': bound, 'members@odata.bind': bound,
});

/** Users behind bound addresses. Throws 400 for somebody the directory does not have. */
function boundUsers(req: GraphRequest, links: readonly string[]): string[] {
  return links.map((link) => {
    const name = /\/(?:users|directoryObjects)(?:\/|\(')([^/')]+)'?\)?$/i.exec(link)?.[1] ?? '';
    const user = req.tenant.findUser(decodeURIComponent(name));
    if (user === undefined) throw badRequest(`Resource '${name}' does not exist or one of its queried reference-property objects are not present.`);
    return user.id;
  });
}

/** Makes a group; a Microsoft 365 group brings a site, which is there by and by (graph/files.md 1.5). */
async function create(world: World, req: GraphRequest): Promise<GraphReply> {
  const read = newGroup.safeParse(await req.json());
  if (!read.success) throw badRequest(`Invalid value specified for property '${read.error.issues[0]?.path.join('/') ?? ''}' of resource 'Group'.`);
  const { data: body } = read;
  const unified = body.groupTypes?.includes('Unified') === true;
  if (body.mailEnabled !== unified) throw badRequest('The service does not currently support writes of mail-enabled groups. Please ensure that the mail-enablement property is unset and the security-enablement property is set.');
  if (!unified && !body.securityEnabled) throw badRequest('A group is mail-enabled, security-enabled, or both.');
  const [owners, members] = [body['owners@odata.bind'] ?? [], body['members@odata.bind'] ?? []];
  if (owners.length + members.length > boundMax) throw badRequest(`No more than ${String(boundMax)} references can be bound in one request.`);
  const taken = req.tenant.groups.some((each) => each.mailNickname.toLowerCase() === body.mailNickname.toLowerCase()) || (unified && req.tenant.files.findByPath(req.tenant.files.hostname, `/sites/${body.mailNickname}`) !== undefined);
  if (unified && taken) throw badRequest('Another object with the same value for property mailNickname already exists.', 'mailNickname');
  const group = addGroup(req.tenant, {
    id: world.ids.guid(), displayName: body.displayName, description: body.description, mailNickname: body.mailNickname, kind: unified ? 'unified' : 'security', visibility: body.visibility ?? 'Public', siteLater: true,
    createdDateTime: `${new Date(world.clock.now()).toISOString().slice(0, 19)}Z`, ownerIds: boundUsers(req, owners), memberIds: boundUsers(req, members),
  });
  return entityReply(req, 'groups', groupView(group), 201);
}

/** Groups with their members and owners: reading them, and making one. */
export function groupRoutes(world: World): Route[] {
  const sample = groupView({ id: '', displayName: '', description: null, mail: null, mailNickname: '', mailEnabled: false, securityEnabled: false, groupTypes: [], visibility: null, resourceProvisioningOptions: [], createdDateTime: '', memberIds: new Set(), ownerIds: new Set() });
  const known = Object.keys(sample);
  const people = (req: GraphRequest, ids: ReadonlySet<string>): DirectoryCollection<DirectoryUser> => ({
    world,
    context: 'directoryObjects',
    typeName: 'Microsoft.DirectoryServices.User',
    items: req.tenant.users.filter((u) => ids.has(u.id)),
    view: memberView,
    known: userKnown,
    defaults: userDefaults,
  });
  return [
    { method: 'GET', path: '/groups', roles: readGroups, service: 'directory', handle: (req) => listReply(req, { world, context: 'groups', typeName, items: req.tenant.groups, view: groupView, known, defaults: null }) },
    { method: 'POST', path: '/groups', roles: ['Group.Create', 'Group.ReadWrite.All', 'Directory.ReadWrite.All'], service: 'directory', write: true, handle: (req) => create(world, req) },
    { method: 'GET', path: '/groups/$count', roles: readGroups, service: 'directory', handle: (req) => countReply(req, { items: req.tenant.groups, view: groupView }) },
    {
      method: 'GET', path: '/groups/{group}', roles: readGroups, service: 'directory',
      handle: (req) => {
        refuseExpand(req);
        const select = parseSelect(req.query);
        checkSelect(select, known, typeName);
        return entityReply(req, 'groups', applySelect(null, groupView(groupOf(req)), select));
      },
    },
    { method: 'GET', path: '/groups/{group}/members', roles: readGroups, service: 'directory', units: 3, handle: (req) => listReply(req, people(req, groupOf(req).memberIds)) },
    { method: 'GET', path: '/groups/{group}/members/$count', roles: readGroups, service: 'directory', handle: (req) => countReply(req, people(req, groupOf(req).memberIds)) },
    { method: 'GET', path: '/groups/{group}/owners', roles: readGroups, service: 'directory', units: 3, handle: (req) => listReply(req, people(req, groupOf(req).ownerIds)) },
    { method: 'GET', path: '/groups/{group}/owners/$count', roles: readGroups, service: 'directory', handle: (req) => countReply(req, people(req, groupOf(req).ownerIds)) },
  ];
}
