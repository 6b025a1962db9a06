/** Checks on sharing: who cannot be told at the destination, and what its policy forbids. */
import type { PreflightCheck } from '@migrator/contracts/api/preflight';
import type { InternalTenant } from '@migrator/contracts/internal';
import { unresolved } from '../identities/match-identities.js';
import type { Match } from '../matching/match-sources.js';
import { found, passed } from './check.js';

/** `identities`: everybody of the source who can hold a permission. Whoever has no counterpart gets nothing, and nobody gets it in their place. */
export function checkIdentities(identities: readonly Match[]): PreflightCheck {
  const title = 'People and groups that permissions name';
  const open = unresolved(identities);
  if (open.length === 0) return passed('identities-unresolved', title, `All ${identities.length} people, guests and groups of the source are known at the destination, or left out by the mapping.`);
  return found(
    'identities-unresolved', 'warn', title, `${open.length} of ${identities.length} people, guests and groups of the source have no counterpart at the destination: what is shared with them will be shared with nobody there.`,
    'Create or invite them at the destination and discover it again, or say who they are in the mapping of type IDENTITY; - as destination leaves one out on purpose.',
    open.map(({ source: { id, name, kind }, lostDest }) => ({ id, name, detail: lostDest === null ? `${kind}: nobody fits, or more than one does` : `${kind}: mapped to ${lostDest}, who was not discovered` })),
  );
}

/** With whom the destination lets its people share, against what the source lets them (graph/files.md 1.5). */
export function checkSharingPolicy(source: InternalTenant, dest: InternalTenant, identities: readonly Match[]): PreflightCheck {
  const title = 'Sharing outside the organisation';
  const remedy = 'Allow it in the SharePoint admin centre of the destination for the time of the migration, or accept that such sharing is left out: each item is listed.';
  const guests = identities.filter(({ dest: to }) => to?.kind === 'guest').length;
  switch (dest.sharingCapability) {
    case 'externalUserAndGuestSharing':
      return passed('sharing-policy', title, 'The destination allows guests and links for anybody.');
    case null:
      return found('sharing-policy', 'warn', title, `With whom people of ${dest.domain} may share is not known.`, 'Grant SharePointTenantSettings.Read.All and discover the destination again, or look it up in its SharePoint admin centre.', [{ id: dest.id, name: dest.domain, detail: 'not known' }]);
    case 'disabled':
      return found('sharing-policy', 'warn', title, `${dest.domain} lets nobody share outside: permissions of ${guests} guests and links for anybody are refused.`, remedy, [{ id: dest.id, name: dest.domain, detail: 'sharing outside is off' }]);
    default:
      // What the source forbids as well, nothing there can ask for.
      return source.sharingCapability !== null && source.sharingCapability !== 'externalUserAndGuestSharing'
        ? passed('sharing-policy', title, 'The destination allows guests; neither side allows links for anybody.')
        : found('sharing-policy', 'warn', title, `${dest.domain} allows guests, but no links for anybody.`, remedy, [{ id: dest.id, name: dest.domain, detail: 'links for anybody are refused' }]);
  }
}
