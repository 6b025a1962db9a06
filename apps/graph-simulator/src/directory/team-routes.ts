import { stableGuid } from '../world/ids.js';
import type { DirectoryGroup, SimTenant } from '../world/tenant.js';
import { applySelect, checkSelect, entityReply, parseSelect } from '../http/odata.js';
import { GraphFault, type Route } from '../http/route.js';

const readTeams = ['Team.ReadBasic.All', 'TeamSettings.Read.All', 'TeamSettings.ReadWrite.All', 'Group.Read.All', 'Group.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'] as const;

function teamView(tenant: SimTenant, group: DirectoryGroup): Record<string, unknown> {
  const internalId = `19:${stableGuid('team thread', group.id).replaceAll('-', '')}@thread.tacv2`;
  const members = [...group.memberIds].filter((id) => !group.ownerIds.has(id));
  const guests = members.filter((id) => tenant.findUser(id)?.userType === 'Guest').length;
  return {
    id: group.id,
    createdDateTime: group.createdDateTime,
    displayName: group.displayName,
    description: group.description,
    internalId,
    classification: null,
    specialization: 'none',
    visibility: (group.visibility ?? 'Private').toLowerCase(),
    webUrl: `https://teams.microsoft.com/l/team/${encodeURIComponent(internalId)}/conversations?groupId=${group.id}&tenantId=${tenant.id}`,
    isArchived: false,
    isMembershipLimitedToOwners: false,
    tenantId: tenant.id,
    discoverySettings: { showInTeamsSearchAndSuggestions: true },
    memberSettings: { allowCreateUpdateChannels: true, allowCreatePrivateChannels: true, allowDeleteChannels: true, allowAddRemoveApps: true, allowCreateUpdateRemoveTabs: true, allowCreateUpdateRemoveConnectors: true },
    guestSettings: { allowCreateUpdateChannels: false, allowDeleteChannels: false },
    messagingSettings: { allowUserEditMessages: true, allowUserDeleteMessages: true, allowOwnerDeleteMessages: true, allowTeamMentions: true, allowChannelMentions: true },
    funSettings: { allowGiphy: true, giphyContentRating: 'moderate', allowStickersAndMemes: true, allowCustomMemes: true },
    summary: { ownersCount: group.ownerIds.size, membersCount: members.length - guests, guestsCount: guests },
  };
}

/** Reading a team: a Microsoft 365 group with the mark of Teams. Anything else is 404. */
export function teamRoutes(): Route[] {
  return [
    {
      method: 'GET', path: '/teams/{team}', roles: readTeams, service: 'teams',
      handle: (req) => {
        const id = (req.params['team'] ?? '').toLowerCase();
        const group = req.tenant.groups.find((each) => each.id === id && each.resourceProvisioningOptions.includes('Team'));
        if (group === undefined) throw new GraphFault(404, 'NotFound', `No team found with Group Id ${id}`);
        const view = teamView(req.tenant, group);
        const select = parseSelect(req.query);
        checkSelect(select, Object.keys(view), 'microsoft.graph.team');
        return entityReply(req, 'teams', applySelect(null, view, select));
      },
    },
  ];
}
