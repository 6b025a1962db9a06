/** Checks on what goes where: sources without a destination, destinations that are shared, missing or without a licence. */
import type { PreflightCheck } from '@migrator/contracts/api/preflight';
import type { WorkloadName } from '@migrator/contracts/api/tenants';
import type { Candidate } from '../matching/candidate.js';
import { workloadWords } from '../matching/candidate.js';
import { sharedDestinations, type Match } from '../matching/match-sources.js';
import { found, passed, type Affected } from './check.js';

const affectedOf = ({ id, name }: Candidate, detail: string): Affected => ({ id, name, detail });

/** In the default scope an unmatched source is skipped; a listed one forbids the job. */
export function checkUnmatched(workload: WorkloadName, matches: readonly Match[], listed: boolean): PreflightCheck {
  const { many, mappings } = workloadWords[workload];
  const title = 'Sources without a destination';
  const without = matches.filter(({ dest, how }) => dest === null && how !== 'excluded');
  if (without.length === 0) return passed('unmatched-sources', title, matches.length === 0 ? `There are no ${many} to migrate.` : `All ${matches.length} ${many} have a destination.`);
  return found(
    'unmatched-sources', listed ? 'fail' : 'warn', title,
    `${without.length} of ${matches.length} ${many} have no destination${listed ? '' : ' and would be skipped'}.`,
    `Create the destinations and discover the tenant again, or map them in ${mappings} or in the mapping’s spreadsheet.`,
    without.map(({ source, lostDest }) => affectedOf(source, lostDest === null ? 'nothing in the destination tenant fits' : `mapped to ${lostDest}, which was not discovered`)),
  );
}

/** Two sources for one destination mix what belongs to two people, unless that is what is wanted. */
export function checkShared(matches: readonly Match[], merge: boolean): PreflightCheck {
  const title = 'Destinations of more than one source';
  const shared = sharedDestinations(matches);
  if (shared.length === 0) return passed('shared-destinations', title, 'Every destination has one source.');
  const affected = shared.map(({ dest, sources }) => affectedOf(dest, `from ${sources.map(({ name }) => name).join(', ')}`));
  return merge
    ? found('shared-destinations', 'warn', title, `${shared.length} destinations receive more than one source, as the job says.`, 'Nothing to do if they are meant to be merged.', affected)
    : found('shared-destinations', 'fail', title, `${shared.length} destinations would receive more than one source.`, 'Map the sources apart, or set merge: true.', affected);
}

/** Destination people must have the service; what discovery could not see is said. */
export function checkLicences(workload: 'EMAIL' | 'ONEDRIVE', matches: readonly Match[]): PreflightCheck {
  const title = workload === 'EMAIL' ? 'Destination mailboxes' : 'Licences for OneDrive at the destination';
  const dests = destinationsOf(matches);
  const bad = dests.flatMap((dest): Affected[] => {
    if (workload === 'EMAIL' && !dest.present) return [affectedOf(dest, dest.licensed === true ? 'has a licence, but Exchange has not made the mailbox yet' : 'has no mailbox and no licence that brings one')];
    return workload === 'ONEDRIVE' && dest.licensed === false ? [affectedOf(dest, 'has no licence that brings OneDrive')] : [];
  });
  if (bad.length > 0) return found('destination-users-licensed', 'fail', title, `${bad.length} of ${dests.length} destinations cannot receive anything.`, 'Assign a licence at the destination, wait until the service is ready, and discover the tenant again.', bad);
  const unknown = dests.filter(({ licensed }) => licensed === null);
  if (workload === 'ONEDRIVE' && unknown.length > 0) return found('destination-users-licensed', 'warn', title, `The licences of ${unknown.length} destinations are not known.`, 'Discover the destination tenant again.', unknown.map((dest) => affectedOf(dest, 'licence not known')));
  return passed('destination-users-licensed', title, `All ${dests.length} destinations can receive.`);
}

/** A OneDrive that was never opened does not exist, and an application cannot make it (graph/files.md 1.1, 1.2). */
export function checkProvisioned(matches: readonly Match[]): PreflightCheck {
  const title = 'OneDrives at the destination';
  const dests = destinationsOf(matches);
  const missing = dests.filter(({ present }) => !present);
  if (missing.length === 0) return passed('drives-provisioned', title, `All ${dests.length} destination OneDrives exist.`);
  return found(
    'drives-provisioned', 'fail', title, `${missing.length} of ${dests.length} destination OneDrives do not exist yet.`,
    'Provision them: a SharePoint administrator runs Request-SPOPersonalSite for these people (200 at a time), or each of them opens OneDrive once. It can take a day. Then discover the tenant again.',
    missing.map((dest) => affectedOf(dest, 'not provisioned')),
  );
}

/** Each destination once. */
export function destinationsOf(matches: readonly Match[]): Candidate[] {
  return [...new Map(matches.flatMap(({ dest }) => (dest === null ? [] : [[dest.id, dest] as const]))).values()];
}
