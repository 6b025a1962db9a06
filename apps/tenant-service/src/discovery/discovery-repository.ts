/** SQL for discovery runs and what they found. */
import type { InternalUser } from '@migrator/contracts/internal';
import type { Id } from '@migrator/contracts/ids';
import type { Queryable, Sql, TransactionSql } from '@migrator/service-kit/database';
import type { Ids } from '@migrator/service-kit/ids';
import { tenantNotFound } from '../tenants/tenant-repository.js';
import { holdRun, type ClaimedRun } from './claimed-run.js';
import type { PlaceRepository } from './place-repository.js';
import type { SkippedPart } from './skipped-parts.js';

export type DiscoveryStatus = 'QUEUED' | 'RUNNING' | 'DONE' | 'ERROR';
export interface Discovery {
  id: Id<'dis'>;
  tenantId: Id<'ten'>;
  status: DiscoveryStatus;
  completedAt: Date | null;
}

/** The public form of the latest run. */
export const toLatestJob = (latest: Discovery | null) => (latest === null ? null : { id: latest.id, status: latest.status, completedAt: latest.completedAt?.toISOString() ?? null });

/** One user as found. */
export interface Finding {
  microsoftId: string;
  upn: string;
  mail: string | null;
  displayName: string;
  kind: 'user' | 'shared' | 'room' | 'equipment';
  hasMailbox: boolean;
  sizeBytes: number | null;
  itemCount: number | null;
  accountEnabled: boolean | null;
  /** Whether a service plan brings a mailbox, respectively OneDrive. */
  mailboxLicensed: boolean | null;
  driveLicensed: boolean | null;
  mailboxQuotaBytes: number | null;
  /** Null: not looked at. */
  drive: InternalUser['drive'];
}

export interface DiscoveredUserRow extends Finding {
  id: Id<'dbu'>;
}

interface UserRow {
  id: Id<'dbu'>;
  microsoft_id: string;
  upn: string;
  mail: string | null;
  display_name: string;
  kind: Finding['kind'];
  has_mailbox: boolean;
  size_bytes: number | null;
  item_count: number | null;
  account_enabled: boolean | null;
  mailbox_licensed: boolean | null;
  drive_licensed: boolean | null;
  mailbox_quota_bytes: number | null;
  drive: Finding['drive'];
}
const toUser = (row: UserRow): DiscoveredUserRow => ({ id: row.id, microsoftId: row.microsoft_id, upn: row.upn, mail: row.mail, displayName: row.display_name, kind: row.kind, hasMailbox: row.has_mailbox, sizeBytes: row.size_bytes, itemCount: row.item_count, accountEnabled: row.account_enabled, mailboxLicensed: row.mailbox_licensed, driveLicensed: row.drive_licensed, mailboxQuotaBytes: row.mailbox_quota_bytes, drive: row.drive });

/** What a scan learnt of the tenant as a whole; null where it could not look. */
export interface TenantFacts {
  /** False: sites were not to be looked at, so their number is unknown and not zero. */
  sitesRead: boolean;
  sharepointQuotaBytes: number | null;
  onedriveQuotaPerUserBytes: number | null;
  sharingCapability: string | null;
  skipped: readonly SkippedPart[];
}

interface DiscoveryRow {
  id: Id<'dis'>;
  tenant_id: Id<'ten'>;
  status: DiscoveryStatus;
  completed_at: Date | null;
}
const toDiscovery = (row: DiscoveryRow): Discovery => ({ id: row.id, tenantId: row.tenant_id, status: row.status, completedAt: row.completed_at });

/**
 * The tenant's row is locked before anything that hangs on it, in every transaction: a foreign key check takes a share of that row,
 * and two transactions that take it in another order wait for each other.
 */
async function lockTenant(tx: TransactionSql, tenantId: string): Promise<{ connected: boolean }> {
  return { connected: (await tx`select 1 from tenants.tenants where id = ${tenantId} and disconnected_at is null for no key update`).length === 1 };
}

/** A run that was begun this often and never ended is given up. */
const attemptsMax = 5;

interface ClaimedRow {
  id: Id<'dis'>;
  tenant_id: Id<'ten'>;
  org_id: Id<'org'>;
  attempts: number;
}
const toClaimed = (row: ClaimedRow): ClaimedRun => ({ id: row.id, tenantId: row.tenant_id, orgId: row.org_id, claim: row.attempts });

export class DiscoveryRepository {
  constructor(private readonly places: PlaceRepository) {}

  /** Queues a run, unless one is queued already: then that one is returned. Throws TENANT_NOT_FOUND for a disconnected tenant. */
  async enqueue(tx: TransactionSql, id: Id<'dis'>, tenantId: string, at: Date): Promise<Discovery> {
    if (!(await lockTenant(tx, tenantId)).connected) throw tenantNotFound();
    const [open] = await tx<DiscoveryRow[]>`select id, tenant_id, status, completed_at from tenants.discoveries where tenant_id = ${tenantId} and status = 'QUEUED'`;
    if (open !== undefined) return toDiscovery(open);
    await tx`insert into tenants.discoveries (id, tenant_id, status, created_at) values (${id}, ${tenantId}, 'QUEUED', ${at})`;
    return { id, tenantId: tenantId as Id<'ten'>, status: 'QUEUED', completedAt: null };
  }

  async latest(sql: Queryable, tenantId: string): Promise<Discovery | null> {
    const [row] = await sql<DiscoveryRow[]>`select id, tenant_id, status, completed_at from tenants.discoveries where tenant_id = ${tenantId} order by created_at desc, id desc limit 1`;
    return row === undefined ? null : toDiscovery(row);
  }

  /** Takes the oldest run that waits, or whose instance died; null when there is none. One run per tenant at a time. */
  async claim(sql: Sql, now: Date, leaseUntil: Date): Promise<ClaimedRun | null> {
    const [row] = await sql<ClaimedRow[]>`
      update tenants.discoveries d set status = 'RUNNING', started_at = coalesce(d.started_at, ${now}), lease_until = ${leaseUntil}, attempts = d.attempts + 1
      from tenants.tenants t
      where t.id = d.tenant_id and d.id = (
        select w.id from tenants.discoveries w
        where (w.status = 'QUEUED' or (w.status = 'RUNNING' and w.lease_until < ${now} and w.attempts < ${attemptsMax}))
          and not exists (select 1 from tenants.discoveries o where o.tenant_id = w.tenant_id and o.id <> w.id and o.status = 'RUNNING' and o.lease_until >= ${now})
        order by w.created_at for update skip locked limit 1)
      returning d.id, d.tenant_id, t.org_id, d.attempts`;
    return row === undefined ? null : toClaimed(row);
  }

  /** Ends the runs whose instances died time and again; their ends are the caller's to announce. */
  async giveUp(tx: TransactionSql, now: Date): Promise<ClaimedRun[]> {
    const rows = await tx<ClaimedRow[]>`
      update tenants.discoveries d set status = 'ERROR', completed_at = ${now}, error = 'given up after several attempts' from tenants.tenants t
      where t.id = d.tenant_id and d.status = 'RUNNING' and d.lease_until < ${now} and d.attempts >= ${attemptsMax} returning d.id, d.tenant_id, t.org_id, d.attempts`;
    for (const { id } of rows) await this.#forgetFindings(tx, id);
    return rows.map(toClaimed);
  }

  /** False when the run is not ours any more. */
  async renew(sql: Sql, run: ClaimedRun, leaseUntil: Date): Promise<boolean> {
    return (await sql`update tenants.discoveries set lease_until = ${leaseUntil} where id = ${run.id} and attempts = ${run.claim} and status = 'RUNNING' returning id`).length === 1;
  }

  /** Gives a run back to be begun anew at once; it does not count as an attempt. */
  async release(sql: Sql, run: ClaimedRun): Promise<void> {
    await sql`update tenants.discoveries set status = 'QUEUED', lease_until = null, attempts = attempts - 1 where id = ${run.id} and attempts = ${run.claim} and status = 'RUNNING'`;
  }

  /** Forgets what an earlier attempt had found. Throws RunLost. */
  async clearFindings(tx: TransactionSql, run: ClaimedRun): Promise<void> {
    await holdRun(tx, run);
    await this.#forgetFindings(tx, run.id);
  }

  async #forgetFindings(tx: TransactionSql, id: string): Promise<void> {
    await tx`delete from tenants.discovery_findings where discovery_id = ${id}`;
    await tx`delete from tenants.discovery_place_findings where discovery_id = ${id}`;
  }

  /** Throws RunLost. A user that comes twice (pages may overlap) counts once. */
  async addFindings(tx: TransactionSql, run: ClaimedRun, findings: readonly Finding[]): Promise<void> {
    if (findings.length === 0) return;
    await holdRun(tx, run);
    const rows = findings.map((each) => ({ discovery_id: run.id, microsoft_id: each.microsoftId, upn: each.upn, mail: each.mail, display_name: each.displayName, kind: each.kind, has_mailbox: each.hasMailbox, size_bytes: each.sizeBytes, item_count: each.itemCount, account_enabled: each.accountEnabled, mailbox_licensed: each.mailboxLicensed, drive_licensed: each.driveLicensed, mailbox_quota_bytes: each.mailboxQuotaBytes, drive: each.drive }));
    await tx`
      insert into tenants.discovery_findings (discovery_id, microsoft_id, upn, mail, display_name, kind, has_mailbox, size_bytes, item_count, account_enabled, mailbox_licensed, drive_licensed, mailbox_quota_bytes, drive)
      select discovery_id, microsoft_id, upn, mail, display_name, kind, has_mailbox, size_bytes, item_count, account_enabled, mailbox_licensed, drive_licensed, mailbox_quota_bytes, drive
      from jsonb_populate_recordset(null::tenants.discovery_findings, ${JSON.stringify(rows)}::jsonb) on conflict do nothing`;
  }

  /** Makes the findings the tenant's snapshot; ids of what was known stay. Throws RunLost. */
  async finish(tx: TransactionSql, run: ClaimedRun, ids: Ids, now: Date, facts: TenantFacts): Promise<void> {
    const { id, tenantId } = run;
    await lockTenant(tx, tenantId);
    await holdRun(tx, run);
    await tx`update tenants.discoveries set status = 'DONE', completed_at = ${now}, error = null, skipped = ${JSON.stringify(facts.skipped)}::jsonb where id = ${id}`;
    await tx`delete from tenants.discovered_users u where u.tenant_id = ${tenantId} and not exists (select 1 from tenants.discovery_findings f where f.discovery_id = ${id} and f.microsoft_id = u.microsoft_id)`;
    const fresh = await tx<{ microsoft_id: string }[]>`select f.microsoft_id from tenants.discovery_findings f where f.discovery_id = ${id} and not exists (select 1 from tenants.discovered_users u where u.tenant_id = ${tenantId} and u.microsoft_id = f.microsoft_id)`;
    await tx`
      insert into tenants.discovered_users (id, tenant_id, microsoft_id, upn, mail, display_name, kind, has_mailbox, size_bytes, item_count, account_enabled, mailbox_licensed, drive_licensed, mailbox_quota_bytes, drive)
      select coalesce(n.id, 'known'), ${tenantId}, f.microsoft_id, f.upn, f.mail, f.display_name, f.kind, f.has_mailbox, f.size_bytes, f.item_count, f.account_enabled, f.mailbox_licensed, f.drive_licensed, f.mailbox_quota_bytes, f.drive
      from tenants.discovery_findings f join unnest(${fresh.map(() => ids.next('dbu'))}::text[], ${fresh.map((row) => row.microsoft_id)}::text[]) as n (id, microsoft_id) on n.microsoft_id = f.microsoft_id
      where f.discovery_id = ${id}`;
    await tx`
      update tenants.discovered_users u set upn = f.upn, mail = f.mail, display_name = f.display_name, kind = f.kind, has_mailbox = f.has_mailbox, size_bytes = f.size_bytes, item_count = f.item_count,
        account_enabled = f.account_enabled, mailbox_licensed = f.mailbox_licensed, drive_licensed = f.drive_licensed, mailbox_quota_bytes = f.mailbox_quota_bytes, drive = f.drive
      from tenants.discovery_findings f where f.discovery_id = ${id} and u.tenant_id = ${tenantId} and u.microsoft_id = f.microsoft_id`;
    await tx`delete from tenants.discovery_findings where discovery_id = ${id}`;
    await this.places.swap(tx, run, ids);
    // An OneDrive's room: what the tenant gives to new ones, else what most of those that exist have.
    await tx`
      update tenants.tenants t set discovered_at = ${now}, mailbox_count = u.mailboxes, site_count = case when ${facts.sitesRead} then p.sites end,
        total_size_bytes = case when num_nulls(u.mailbox_bytes, u.drive_bytes, p.bytes) < 3 then coalesce(u.mailbox_bytes, 0) + coalesce(u.drive_bytes, 0) + coalesce(p.bytes, 0) end,
        sharing_capability = ${facts.sharingCapability}, skipped_parts = ${JSON.stringify(facts.skipped)}::text::jsonb, sharepoint_used_bytes = p.bytes, sharepoint_quota_bytes = ${facts.sharepointQuotaBytes}, onedrive_quota_per_user_bytes = coalesce(${facts.onedriveQuotaPerUserBytes}::int8, u.usual_drive_quota)
      from
        (select count(*) filter (where has_mailbox)::int8 as mailboxes, sum(size_bytes)::int8 as mailbox_bytes, sum((drive ->> 'usedBytes')::int8)::int8 as drive_bytes,
           mode() within group (order by (drive ->> 'quotaBytes')::int8) as usual_drive_quota from tenants.discovered_users where tenant_id = ${tenantId}) u,
        (select count(*)::int8 as sites, sum((detail ->> 'sizeBytes')::int8)::int8 as bytes from tenants.discovered_places where tenant_id = ${tenantId} and kind = 'site') p
      where t.id = ${tenantId}`;
  }

  /** Ends the run as failed and forgets its findings; false when it is not ours any more. */
  async fail(tx: TransactionSql, run: ClaimedRun, error: string, now: Date): Promise<boolean> {
    const ours = (await tx`update tenants.discoveries set status = 'ERROR', completed_at = ${now}, error = ${error} where id = ${run.id} and attempts = ${run.claim} and status = 'RUNNING' returning id`).length === 1;
    if (ours) await this.#forgetFindings(tx, run.id);
    return ours;
  }

  /** Mailbox users of the snapshot after a position, in the order of their ids. */
  async listUsers(sql: Queryable, tenantId: string, afterId: string | null, limit: number, search: string | null, mailboxesOnly: boolean): Promise<DiscoveredUserRow[]> {
    const pattern = search === null ? null : `%${search.replace(/[\\%_]/g, '\\$&')}%`;
    const rows = await sql<UserRow[]>`
      select id, microsoft_id, upn, mail, display_name, kind, has_mailbox, size_bytes, item_count, account_enabled, mailbox_licensed, drive_licensed, mailbox_quota_bytes, drive from tenants.discovered_users
      where tenant_id = ${tenantId} and (${afterId}::text is null or id > ${afterId}) and (not ${mailboxesOnly} or has_mailbox)
        and (${pattern}::text is null or upn ilike ${pattern} or display_name ilike ${pattern})
      order by id limit ${limit}`;
    return rows.map(toUser);
  }
}
