/** Checks on room: mailbox and OneDrive quotas, the tenant's SharePoint storage, the size of sites. */
import type { PreflightCheck, PreflightCheckId } from '@migrator/contracts/api/preflight';
import type { InternalTenant } from '@migrator/contracts/internal';
import type { Candidate } from '../matching/candidate.js';
import type { Match } from '../matching/match-sources.js';
import { found, gib, humanBytes, passed, tib, type Affected } from './check.js';

/** Mailboxes of the plans hold 50 GB or 100 GB; without a report the smaller one is assumed (graph/exchange.md). */
const mailboxQuotas = { assumed: 50 * gib, largest: 100 * gib };
/** A site may hold 25 TB; above 1 TB a migration takes days and is better split. */
const siteLimits = { large: tib, most: 25 * tib };
/** Above this share of the room there is a warning. */
const nearlyFull = 0.9;

/** What would go into one destination, whatever the number of its sources. */
interface Load {
  dest: Candidate;
  bytes: number;
}

function loadsOf(matches: readonly Match[]): { loads: Load[]; unknown: number } {
  const loads = new Map<string, Load>();
  let unknown = 0;
  for (const { source, dest } of matches) {
    if (dest === null) continue;
    if (source.sizeBytes === null) unknown += 1;
    const load = loads.get(dest.id);
    if (load === undefined) loads.set(dest.id, { dest, bytes: source.sizeBytes ?? 0 });
    else load.bytes += source.sizeBytes ?? 0;
  }
  return { loads: [...loads.values()], unknown };
}

function compare(id: PreflightCheckId, title: string, remedy: string, matches: readonly Match[], quotaOf: (dest: Candidate) => { bytes: number; assumed: boolean } | null, words: { what: string; most?: number; heldOf?: (dest: Candidate) => number }): PreflightCheck {
  const { loads, unknown } = loadsOf(matches);
  const over: Affected[] = [];
  const near: Affected[] = [];
  let unknownQuota = 0;
  for (const { dest, bytes } of loads) {
    const quota = quotaOf(dest);
    if (quota === null) {
      unknownQuota += 1;
      continue;
    }
    const held = words.heldOf?.(dest) ?? 0;
    const detail = `${humanBytes(bytes)} of ${humanBytes(quota.bytes)}${quota.assumed ? ' (assumed; its quota is not known)' : ''}${held === 0 ? '' : `, ${humanBytes(held)} are used already`}`;
    // What is used may be our own copies of before, so it warns and does not forbid. An assumed quota forbids nothing by itself; only what fits nowhere does.
    const fails = quota.assumed ? bytes > (words.most ?? Number.POSITIVE_INFINITY) : bytes > quota.bytes;
    if (fails) over.push({ id: dest.id, name: dest.name, detail });
    else if (bytes + held > quota.bytes * nearlyFull) near.push({ id: dest.id, name: dest.name, detail });
  }
  const notKnown = unknown + unknownQuota === 0 ? '' : ` Not known: the size of ${unknown} sources, the quota of ${unknownQuota} destinations.`;
  if (over.length > 0) return found(id, 'fail', title, `${over.length} of ${loads.length} ${words.what} cannot hold what comes${near.length > 0 ? `, ${near.length} more would be nearly full` : ''}.${notKnown}`, remedy, [...over, ...near]);
  if (near.length > 0) return found(id, 'warn', title, `${near.length} of ${loads.length} ${words.what} would be filled by more than 90 %.${notKnown}`, remedy, near);
  if (unknownQuota > 0) return found(id, 'warn', title, `The quota of ${unknownQuota} ${words.what} is not known.`, 'Discover the destination tenant again with the permissions for reports and drives.', []);
  return passed(id, title, `There is room in all ${loads.length} ${words.what}.${notKnown}`);
}

/** Mailbox sizes against what the destination mailboxes may hold. */
export const checkMailboxQuota = (matches: readonly Match[]): PreflightCheck =>
  compare('mailbox-quota', 'Mailbox sizes', 'Assign a plan with a larger mailbox (100 GB), enable the archive, or leave old items out by filters.', matches, ({ quotaBytes }) => (quotaBytes === null ? { bytes: mailboxQuotas.assumed, assumed: true } : { bytes: quotaBytes, assumed: false }), { what: 'destination mailboxes', most: mailboxQuotas.largest });

/** OneDrive sizes against the drive's own quota, or the tenant's for each person. */
export const checkDriveQuota = (matches: readonly Match[], { onedriveQuotaPerUserBytes }: InternalTenant): PreflightCheck =>
  compare('onedrive-quota', 'OneDrive sizes', 'Raise the storage limit of these people in the SharePoint admin centre.', matches, ({ quotaBytes }) => {
    const bytes = quotaBytes ?? onedriveQuotaPerUserBytes;
    return bytes === null ? null : { bytes, assumed: false };
  }, { what: 'destination OneDrives', heldOf: ({ sizeBytes }) => sizeBytes ?? 0 });

/** All sites together against what is left of the destination's SharePoint storage. */
export function checkSharepointQuota(matches: readonly Match[], { id, domain, sharepointQuotaBytes, sharepointUsedBytes }: InternalTenant): PreflightCheck {
  const title = 'SharePoint storage of the destination';
  const going = matches.filter(({ dest }) => dest !== null);
  const bytes = going.reduce((sum, { source }) => sum + (source.sizeBytes ?? 0), 0);
  const unknown = going.filter(({ source }) => source.sizeBytes === null).length;
  const notKnown = unknown === 0 ? '' : ` The size of ${unknown} sites is not known.`;
  const remedy = 'Buy storage for the destination, or migrate fewer sites.';
  if (sharepointQuotaBytes === null || sharepointUsedBytes === null)
    return found('sharepoint-quota', 'warn', title, `The storage of ${domain} is not known; the sites need ${humanBytes(bytes)}.${notKnown}`, 'Compare with the SharePoint admin centre of the destination.', [{ id, name: domain, detail: 'storage not known' }]);
  const left = Math.max(0, sharepointQuotaBytes - sharepointUsedBytes);
  const affected = [{ id, name: domain, detail: `${humanBytes(bytes)} needed, ${humanBytes(left)} left of ${humanBytes(sharepointQuotaBytes)}` }];
  if (bytes > left) return found('sharepoint-quota', 'fail', title, `The sites do not fit into what is left.${notKnown}`, remedy, affected);
  if (bytes > left * nearlyFull) return found('sharepoint-quota', 'warn', title, `The sites need more than 90 % of what is left.${notKnown}`, remedy, affected);
  return passed('sharepoint-quota', title, `The sites need ${humanBytes(bytes)} of ${humanBytes(left)}.${notKnown}`);
}

/** Sites that are very large, or larger than any site may be. */
export function checkSiteSize(matches: readonly Match[]): PreflightCheck {
  const title = 'Large sites';
  const large = matches.flatMap(({ source, how }) => (how === 'excluded' || source.sizeBytes === null || source.sizeBytes <= siteLimits.large ? [] : [{ id: source.id, name: source.name, bytes: source.sizeBytes }]));
  if (large.length === 0) return passed('site-size', title, 'No site is larger than 1 TB.');
  const tooLarge = large.some(({ bytes }) => bytes > siteLimits.most);
  return found('site-size', tooLarge ? 'fail' : 'warn', title, tooLarge ? 'A site is larger than a site may be (25 TB).' : `${large.length} sites are larger than 1 TB and take long.`, 'Plan them in a wave of their own with delta passes before the weekend, or split them.', large.map(({ id, name, bytes }) => ({ id, name, detail: humanBytes(bytes) })));
}
