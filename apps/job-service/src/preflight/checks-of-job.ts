/** Every check that concerns a job, in the order people read them. Pure. */
import { preflightLevels, type PreflightCheck } from '@migrator/contracts/api/preflight';
import type { WorkloadName } from '@migrator/contracts/api/tenants';
import type { Match } from '../matching/match-sources.js';
import type { TenantPair } from '../matching/tenant-pair.js';
import { checkLicences, checkProvisioned, checkShared, checkUnmatched } from './match-checks.js';
import { checkNames, lastSegment } from './name-check.js';
import { checkPathLengths } from './path-check.js';
import { checkIdentities, checkSharingPolicy } from './sharing-checks.js';
import { checkSiteCreation } from './site-creation-check.js';
import { checkDriveQuota, checkMailboxQuota, checkSharepointQuota, checkSiteSize } from './storage-checks.js';
import { checkDiscovery, checkRoles, checkWhole } from './tenant-checks.js';

export interface JobToCheck {
  workload: WorkloadName;
  scope: Readonly<Record<string, boolean>>;
  pair: TenantPair;
  matches: readonly Match[];
  /** Everybody of the source who can hold a permission; null when the job copies none. */
  identities: readonly Match[] | null;
  /** Whether the sources are listed; then one without a destination forbids the job. */
  listed: boolean;
  merge: boolean;
  now: Date;
}

export function checksOfJob({ workload, scope, pair, matches, identities, listed, merge, now }: JobToCheck): PreflightCheck[] {
  const { source, dest } = pair;
  return [...checkRoles(workload, scope, source, dest), checkDiscovery([source, dest], now), ...whole(), checkUnmatched(workload, matches, listed), checkShared(matches, merge), ...ofWorkload(), ...(identities === null ? [] : [checkIdentities(identities), checkSharingPolicy(source, dest, identities)])];

  function whole(): PreflightCheck[] {
    return workload === 'EMAIL' ? [] : [checkWhole(workload, [source, dest])];
  }

  function ofWorkload(): PreflightCheck[] {
    switch (workload) {
      case 'EMAIL':
        return [checkLicences(workload, matches), checkMailboxQuota(matches)];
      case 'ONEDRIVE':
        return [checkLicences(workload, matches), checkProvisioned(matches), checkDriveQuota(matches, dest), checkPathLengths(matches)];
      case 'SHAREPOINT':
        return [checkSharepointQuota(matches, dest), checkSiteSize(matches), checkNames(matches, (match) => lastSegment(match.source.name)), checkSiteCreation(matches, dest), checkPathLengths(matches)];
      case 'TEAMS':
        return [checkNames(matches, (match) => match.source.name)];
    }
  }
}

/** The worst level of the checks. */
export function worstLevel(checks: readonly PreflightCheck[]): PreflightCheck['level'] {
  return preflightLevels[Math.max(0, ...checks.map(({ level }) => preflightLevels.indexOf(level)))] ?? 'pass';
}
