/** Whether paths get longer on the way: what SharePoint refuses is the path as a whole (graph/files.md 9). */
import type { PreflightCheck } from '@migrator/contracts/api/preflight';
import type { Candidate } from '../matching/candidate.js';
import type { Match } from '../matching/match-sources.js';
import { found, passed } from './check.js';

/** Characters of a decoded path at most, from the site on. */
const pathMax = 400;

/** Where a site or a OneDrive begins, without its host; a OneDrive is called after its owner, each character that is no letter or digit a line. */
function rootOf({ kind, name }: Candidate): string {
  if (kind === 'user') return `/personal/${name.replace(/[^\p{L}\p{N}]/gu, '_')}`;
  try {
    return decodeURIComponent(new URL(name).pathname).replace(/\/$/, '');
  } catch {
    // Not an escape: a percent sign that is meant.
    return new URL(name).pathname.replace(/\/$/, '');
  }
}

/** Names what gets longer, and up to which length paths still fit. Paths themselves are known when the items are listed: a dry run names each that does not fit. */
export function checkPathLengths(matches: readonly Match[]): PreflightCheck {
  const title = 'Lengths of paths';
  const longer = matches.flatMap(({ source, dest }) => {
    const grows = dest === null ? 0 : rootOf(dest).length - rootOf(source).length;
    return grows > 0 ? [{ id: source.id, name: source.name, detail: `paths become ${grows} characters longer: those above ${pathMax - grows} at the source do not fit`, grows }] : [];
  });
  if (longer.length === 0) return passed('path-length', title, 'No path becomes longer.');
  const most = Math.max(...longer.map(({ grows }) => grows));
  return found(
    'path-length', 'warn', title, `Paths in ${longer.length} of ${matches.length} become longer, by up to ${most} characters; SharePoint refuses more than ${pathMax} in all.`,
    'Run a dry run: it names each item whose path does not fit. Shorten their folders at the source.',
    longer.sort((a, b) => b.grows - a.grows).map(({ id, name, detail }) => ({ id, name, detail })),
  );
}
