/** Sites that the destination lacks and that a job may make: Graph makes a site with each Microsoft 365 group, and no other. */
import { newSiteId, pathOfNewSite } from '@migrator/contracts/new-site';
import type { AutomaticMatch } from './automatic-match.js';
import type { Candidate } from './candidate.js';
import type { Directory } from './directory.js';
import type { Match } from './match-sources.js';

/** A subsite is named below another site; getAllSites does not say so, the address does. */
export const isSubsite = (url: string): boolean => /^https:\/\/[^/]+\/(sites|teams)\/[^/]+\/[^/]+/i.test(url);

/** Whether the destination of a match is still to be made. */
export const isNewSite = ({ dest }: Match): boolean => dest !== null && pathOfNewSite(dest.microsoftId) !== null;

/** The automatic match; where the destination has no site of that name, and none at that address, one that comes with its group. */
export function orNewSite(dest: Directory): AutomaticMatch {
  const hostname = hostOf(dest.candidates);
  const names = new Set(dest.candidates.map(({ key }) => key));
  return (from) => {
    const found = dest.match(from.key);
    const tail = /^https:\/\/[^/]+\/(?:sites|teams)\/([^/]+)\/?$/i.exec(from.name)?.[1];
    if (found !== null || hostname === null || tail === undefined || from.template !== 'group' || names.has(from.key)) return found;
    const url = `https://${hostname}/sites/${tail}`;
    if (dest.find(url) !== null) return null;
    const microsoftId = newSiteId(hostname, tail);
    return { ...from, id: microsoftId, microsoftId, name: url, aliases: [], sizeBytes: 0, itemCount: 0 };
  };
}

/** Where the destination's sites are; null when none was discovered. */
function hostOf(candidates: readonly Candidate[]): string | null {
  const site = candidates.find(({ kind, name }) => kind === 'site' && URL.canParse(name) && !/-my\.sharepoint\./i.test(name));
  return site === undefined ? null : new URL(site.name).hostname;
}
