/** SQL for what discovery found besides people with an account of the tenant: sites, teams, groups, guests. */
import type { IdPrefix } from '@migrator/contracts/ids';
import type { Queryable, TransactionSql } from '@migrator/service-kit/database';
import type { Ids } from '@migrator/service-kit/ids';
import { holdRun, type ClaimedRun } from './claimed-run.js';

export type PlaceKind = 'site' | 'team' | 'group' | 'guest';
const prefixes = { site: 'dbs', team: 'dbt', group: 'dbg', guest: 'dbg' } as const satisfies Record<PlaceKind, IdPrefix>;

/** One of them as found. */
export interface PlaceFinding {
  kind: PlaceKind;
  microsoftId: string;
  name: string;
  /** Of a site: url, sizeBytes, fileCount, template. Of a team: description, mailNickname, memberCount. Of a group: mail, mailNickname. Of a guest: mail. */
  detail: { url?: string; sizeBytes?: number | null; fileCount?: number | null; template?: string | null; description?: string | null; mail?: string | null; mailNickname?: string | null; memberCount?: number | null };
}

/** One of them in the snapshot. */
export interface PlaceRow extends PlaceFinding {
  id: string;
}

export class PlaceRepository {
  /** Throws RunLost. What comes twice (pages may overlap) counts once. */
  async addFindings(tx: TransactionSql, run: ClaimedRun, findings: readonly PlaceFinding[]): Promise<void> {
    if (findings.length === 0) return;
    await holdRun(tx, run);
    const rows = findings.map(({ kind, microsoftId, name, detail }) => ({ discovery_id: run.id, kind, microsoft_id: microsoftId, name, detail }));
    await tx`
      insert into tenants.discovery_place_findings (discovery_id, kind, microsoft_id, name, detail)
      select discovery_id, kind, microsoft_id, name, detail from jsonb_populate_recordset(null::tenants.discovery_place_findings, ${JSON.stringify(rows)}::jsonb) on conflict do nothing`;
  }

  /** Forgets what this run found of one kind: a part that was refused half-way is not half a part. Throws RunLost. */
  async dropFindings(tx: TransactionSql, run: ClaimedRun, kind: PlaceKind): Promise<void> {
    await holdRun(tx, run);
    await tx`delete from tenants.discovery_place_findings where discovery_id = ${run.id} and kind = ${kind}`;
  }

  /** Makes the findings of a run that the caller holds the tenant's snapshot; ids of what was known stay. */
  async swap(tx: TransactionSql, { id, tenantId }: ClaimedRun, ids: Ids): Promise<void> {
    await tx`
      delete from tenants.discovered_places p where p.tenant_id = ${tenantId}
        and not exists (select 1 from tenants.discovery_place_findings f where f.discovery_id = ${id} and f.kind = p.kind and f.microsoft_id = p.microsoft_id)`;
    await tx`
      update tenants.discovered_places p set name = f.name, detail = f.detail
      from tenants.discovery_place_findings f where f.discovery_id = ${id} and p.tenant_id = ${tenantId} and p.kind = f.kind and p.microsoft_id = f.microsoft_id`;
    const fresh = await tx<{ kind: PlaceKind; microsoftId: string }[]>`
      select f.kind, f.microsoft_id as "microsoftId" from tenants.discovery_place_findings f where f.discovery_id = ${id}
        and not exists (select 1 from tenants.discovered_places p where p.tenant_id = ${tenantId} and p.kind = f.kind and p.microsoft_id = f.microsoft_id)
      order by lower(f.name), f.microsoft_id`;
    await tx`
      insert into tenants.discovered_places (id, tenant_id, kind, microsoft_id, name, detail)
      select n.id, ${tenantId}, f.kind, f.microsoft_id, f.name, f.detail
      from unnest(${fresh.map(({ kind }) => ids.next(prefixes[kind]))}::text[], ${fresh.map(({ kind }) => kind)}::text[], ${fresh.map(({ microsoftId }) => microsoftId)}::text[]) as n (id, kind, microsoft_id)
      join tenants.discovery_place_findings f on f.discovery_id = ${id} and f.kind = n.kind and f.microsoft_id = n.microsoft_id`;
    await tx`delete from tenants.discovery_place_findings where discovery_id = ${id}`;
  }

  /** Those of one kind in the snapshot after a position, in the order of their ids. */
  async list(sql: Queryable, tenantId: string, kind: PlaceKind, afterId: string | null, limit: number, search: string | null): Promise<PlaceRow[]> {
    return sql<PlaceRow[]>`
      select id, kind, microsoft_id as "microsoftId", name, detail from tenants.discovered_places
      where tenant_id = ${tenantId} and kind = ${kind} and (${afterId}::text is null or id > ${afterId})
        and (${search}::text is null or strpos(lower(name), lower(${search})) > 0 or strpos(lower(coalesce(detail ->> 'url', '')), lower(${search})) > 0)
      order by id limit ${limit}`;
  }
}
