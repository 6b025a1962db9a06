import { applySelect, checkSelect, entityReply, parseSelect } from '../http/odata.js';
import type { GraphRequest, Route } from '../http/route.js';
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

/** Reading groups with their members and owners. */
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
