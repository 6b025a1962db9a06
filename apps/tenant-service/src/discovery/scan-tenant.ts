/** Looks at everything a tenant has and notes it as the findings of a run. */
import type { GraphPort } from '@migrator/graph-client';
import { inTransaction, type Sql } from '@migrator/service-kit/database';
import type { MicrosoftAccess } from '../microsoft/organisation.js';
import type { ClaimedRun } from './claimed-run.js';
import type { DiscoveryRepository, TenantFacts } from './discovery-repository.js';
import { readMailboxUsage } from './mailbox-usage.js';
import type { PlaceFinding, PlaceRepository } from './place-repository.js';
import { makeReadDrives, type ReadDrives } from './read-drives.js';
import { readSharepointQuota, readSharepointSettings } from './read-quotas.js';
import { readGroups } from './read-groups.js';
import { readSites } from './read-sites.js';
import { readTeams } from './read-teams.js';
import { readUsers } from './read-users.js';
import { SkippedParts } from './skipped-parts.js';
import { readDriveUsage, readSiteUsage } from './storage-usage.js';

export interface ScanDeps {
  sql: Sql;
  discoveries: DiscoveryRepository;
  places: PlaceRepository;
}

/** What the scan saw, beyond the findings. Null: that part was not to be looked at. */
export interface Scan {
  facts: TenantFacts;
  users: number;
  sites: number | null;
  teams: number | null;
  groups: number | null;
  reportReadable: boolean;
}

/** What is listed by itself, and the part of the scan that it is. */
const partOf = { site: 'sites', team: 'teams', group: 'groups' } as const;

/** Throws RunLost, and whatever keeps people from being read; a part that is refused for good is skipped with its reason. */
export const makeScanTenant =
  ({ sql, discoveries, places }: ScanDeps) =>
  async ({ port, tokens }: MicrosoftAccess, run: ClaimedRun, signal: AbortSignal): Promise<Scan> => {
    await inTransaction(sql, (tx) => discoveries.clearFindings(tx, run));
    const skipped = new SkippedParts();
    const { roles } = await tokens.token();

    const usage = await readMailboxUsage(port, signal);
    let users = 0;
    for await (const { people, guests } of readUsers(port, usage, await drivesReader(port, roles, skipped, signal), signal)) {
      await inTransaction(sql, async (tx) => {
        await discoveries.addFindings(tx, run, people);
        await places.addFindings(tx, run, guests);
      });
      users += people.length;
    }

    const store = async (kind: keyof typeof partOf, pages: AsyncIterable<PlaceFinding[]>): Promise<number | null> => {
      let count = 0;
      const whole = await skipped.attempt(partOf[kind], async () => {
        for await (const findings of pages) {
          await inTransaction(sql, (tx) => places.addFindings(tx, run, findings));
          count += findings.length;
        }
        return true;
      });
      if (whole !== null) return count;
      await inTransaction(sql, (tx) => places.dropFindings(tx, run, kind));
      return null;
    };
    const sites = skipped.allowed('sites', roles) ? await store('site', readSites(port, await skipped.attempt('site-sizes', () => readSiteUsage(port, signal)), skipped, signal)) : null;
    const teams = await store('team', readTeams(port, skipped, signal));
    const groups = await store('group', readGroups(port, signal));
    const sharepointQuotaBytes = await skipped.attempt('sharepoint-quota', () => readSharepointQuota(port, signal));
    const settings = await skipped.attempt('sharepoint-settings', () => readSharepointSettings(port, signal));
    return { facts: { sitesRead: sites !== null, sharepointQuotaBytes, onedriveQuotaPerUserBytes: settings?.onedriveQuotaPerUserBytes ?? null, sharingCapability: settings?.sharingCapability ?? null, skipped: skipped.list }, users, sites, teams, groups, reportReadable: usage !== null };
  };

async function drivesReader(port: GraphPort, roles: readonly string[], skipped: SkippedParts, signal: AbortSignal): Promise<ReadDrives> {
  if (!skipped.allowed('drives', roles)) return () => Promise.resolve(new Map());
  const usage = await readDriveUsage(port, signal);
  if (usage === null) skipped.note('unlicensed-drives', 'The usage report of OneDrives may not be read, or conceals names: OneDrives of people without a licence were not looked for.');
  return makeReadDrives(port, usage, skipped, signal);
}
