/** Names of sites and teams that the destination refuses (graph/files.md 9, graph/teams.md). Names of files are checked when they are read. */
import type { PreflightCheck } from '@migrator/contracts/api/preflight';
import type { Match } from '../matching/match-sources.js';
import { found, passed } from './check.js';

const reserved = /^(con|prn|aux|nul|com\d|lpt\d|\.lock|desktop\.ini)(\..*)?$/i;
/** Longest display name of a team or group. */
const nameMax = 256;

/** Why SharePoint refuses a name as part of a URL or folder; null when it does not. */
export function refusal(name: string): string | null {
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(name)) return 'has control characters';
  if (/["*:<>?/\\|]/.test(name)) return 'has one of " * : < > ? / \\ |';
  if (name !== name.trim() || name.endsWith('.')) return 'begins or ends with a space, or ends with a dot';
  if (name.startsWith('~$')) return 'begins with ~$';
  if (/_vti_/i.test(name)) return 'has _vti_ in it';
  if (reserved.test(name)) return 'is a reserved name';
  if (name.length > nameMax) return `is longer than ${nameMax} characters`;
  return null;
}

/** `nameOf` is the part of a source that becomes a name at the destination. */
export function checkNames(matches: readonly Match[], nameOf: (match: Match) => string): PreflightCheck {
  const title = 'Names that the destination refuses';
  const refused = matches.flatMap((match) => {
    const why = match.how === 'excluded' ? null : refusal(nameOf(match));
    return why === null ? [] : [{ id: match.source.id, name: match.source.name, detail: `the name ${why}` }];
  });
  if (refused.length === 0) return passed('refused-names', title, 'All names can be used at the destination.');
  return found('refused-names', 'fail', title, `${refused.length} names cannot be used at the destination.`, 'Rename them at the source, or map them to destinations that exist.', refused);
}

/** The last part of a site's URL, as people read it. */
export function lastSegment(url: string): string {
  const segment = /\/([^/]+)\/?$/.exec(url)?.[1] ?? '';
  try {
    return decodeURIComponent(segment);
  } catch {
    // Not an escape: a percent sign that is meant.
    return segment;
  }
}
