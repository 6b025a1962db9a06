/** Sites without a destination that no application can make through Graph, each with what makes it (graph/files.md 1.5). */
import type { PreflightCheck } from '@migrator/contracts/api/preflight';
import type { InternalTenant } from '@migrator/contracts/internal';
import { isNewSite, isSubsite } from '../matching/new-site.js';
import type { SiteTemplate } from '../matching/site-template.js';
import type { Match } from '../matching/match-sources.js';
import { found, passed } from './check.js';

/** Null: a Microsoft 365 group made through Graph brings such a site. */
const howToMake: Readonly<Record<SiteTemplate | 'unknown', string | null>> = {
  group: null,
  communication: 'a communication site: make it in the SharePoint admin centre, or with New-SPOSite -Template SITEPAGEPUBLISHING#0',
  team: 'a team site without a group: make it in the SharePoint admin centre, or with New-SPOSite -Template STS#3',
  channel: 'the site of a private or shared channel: Teams makes it with the channel; migrate the team, or make the channel first',
  classic: 'a classic site or a subsite: make a modern site in the SharePoint admin centre for its content',
  own: 'a site of SharePoint’s own, which every tenant has',
  unknown: 'what it was made from is not known (new, or names in reports are concealed): make a site like it in the SharePoint admin centre',
};

const createsGroups = ['Group.Create', 'Group.ReadWrite.All', 'Directory.ReadWrite.All'];

export function checkSiteCreation(matches: readonly Match[], { grantedRoles }: Pick<InternalTenant, 'grantedRoles'>): PreflightCheck {
  const title = 'Sites that Graph cannot create';
  const coming = matches.filter(isNewSite);
  if (coming.length > 0 && !createsGroups.some((role) => grantedRoles.includes(role)))
    return found('sites-not-creatable', 'fail', title, `${coming.length} sites come with groups that the application may not create.`, 'Grant Group.Create in the destination tenant, or make the sites first and discover again.', coming.map(({ source }) => ({ id: source.id, name: source.name, detail: 'comes with its group' })));
  const without = matches.filter(({ dest, how, lostDest }) => dest === null && how !== 'excluded' && lostDest === null);
  const refused = without.flatMap(({ source }) => {
    const how = howToMake[isSubsite(source.name) ? 'classic' : (source.template ?? 'unknown')];
    return how === null ? [] : [{ id: source.id, name: source.name, detail: how }];
  });
  if (refused.length === 0) return passed('sites-not-creatable', title, without.length === 0 ? `Every site has its destination${coming.length === 0 ? '' : `; ${coming.length} are made with their groups`}.` : `The ${without.length} sites without a destination belong to Microsoft 365 groups: set createSites, or create the groups, and their sites come with them.`);
  return found('sites-not-creatable', 'warn', title, `${refused.length} of ${without.length} sites without a destination cannot be created through Microsoft Graph.`, 'Create them as each line says, discover the destination again, and map them by name or in siteMappings.', refused);
}
