/** SQL for who the people and groups of a source tenant are at a destination tenant. No rules. */
import type { IdentitiesAnswer, IdentityKind } from '@migrator/contracts/internal';
import type { Queryable, TransactionSql } from '@migrator/service-kit/database';

export interface TenantPairKey {
  orgId: string;
  sourceTenantId: string;
  destTenantId: string;
}

/** How many there are, and how many have no counterpart. */
export interface IdentityCounts {
  total: number;
  unmatched: number;
}

/** One person or group of the source, with every folded name that stands for it alone. */
export interface IdentityRow {
  source: { microsoftId: string; kind: IdentityKind; name: string };
  names: string[];
  dest: { microsoftId: string; kind: IdentityKind; name: string } | null;
  how: 'automatic' | 'corrected' | 'excluded' | 'unmatched';
}

/** The map of a pair as it stands; null when none was made. */
export async function findIdentityMap(sql: Queryable, { orgId, sourceTenantId, destTenantId }: TenantPairKey): Promise<(IdentityCounts & { basis: string }) | null> {
  const [row] = await sql<(IdentityCounts & { basis: string })[]>`select basis, total, unmatched from jobs.identity_maps where org_id = ${orgId} and source_tenant_id = ${sourceTenantId} and dest_tenant_id = ${destTenantId}`;
  return row ?? null;
}

/** Until the transaction ends nobody else replaces the map of this pair. */
export async function lockIdentityMap(tx: TransactionSql, { orgId, sourceTenantId, destTenantId }: TenantPairKey): Promise<void> {
  await tx`select pg_advisory_xact_lock(hashtextextended(${`identities ${orgId} ${sourceTenantId} ${destTenantId}`}, 0))`;
}

/** Replaces the map of a pair that is locked; who reads sees the old one or the new one. */
export async function replaceIdentityMap(tx: TransactionSql, { orgId, sourceTenantId, destTenantId }: TenantPairKey, rows: readonly IdentityRow[], { basis, at, total, unmatched }: IdentityCounts & { basis: string; at: Date }): Promise<void> {
  await tx`delete from jobs.identity_maps where org_id = ${orgId} and source_tenant_id = ${sourceTenantId} and dest_tenant_id = ${destTenantId}`;
  const [map] = await tx<{ id: number }[]>`
    insert into jobs.identity_maps (org_id, source_tenant_id, dest_tenant_id, basis, made_at, total, unmatched)
    values (${orgId}, ${sourceTenantId}, ${destTenantId}, ${basis}, ${at}, ${total}, ${unmatched}) returning id`;
  if (map === undefined) throw new Error('An identity map was not stored.');
  for (let from = 0; from < rows.length; from += 5_000) {
    const chunk = rows.slice(from, from + 5_000);
    await tx`
      insert into jobs.identities (map_id, source_microsoft_id, source_kind, source_name, dest_microsoft_id, dest_kind, dest_name, how)
      select ${map.id}, r.* from unnest(
        ${chunk.map(({ source }) => source.microsoftId)}::text[], ${chunk.map(({ source }) => source.kind)}::text[], ${chunk.map(({ source }) => source.name)}::text[],
        ${chunk.map(({ dest }) => dest?.microsoftId ?? null)}::text[], ${chunk.map(({ dest }) => dest?.kind ?? null)}::text[], ${chunk.map(({ dest }) => dest?.name ?? null)}::text[],
        ${chunk.map(({ how }) => how)}::text[]) as r`;
    const names = chunk.flatMap(({ source, names: all }) => all.map((name) => ({ name, id: source.microsoftId })));
    await tx`
      insert into jobs.identity_names (map_id, name, source_microsoft_id)
      select ${map.id}, n.* from unnest(${names.map(({ name }) => name)}::text[], ${names.map(({ id }) => id)}::text[]) as n`;
  }
}

/** Forgets the maps that a tenant is part of. */
export async function dropIdentityMapsOf(tx: TransactionSql, tenantId: string): Promise<void> {
  await tx`delete from jobs.identity_maps where source_tenant_id = ${tenantId} or dest_tenant_id = ${tenantId}`;
}

/** The map of the pair of a unit's job: null when there is no such unit; its id null when none was made. */
export async function findMapOfUnit(sql: Queryable, unitId: string): Promise<{ mapId: number | null } | null> {
  const [row] = await sql<{ mapId: number | null }[]>`
    select m.id as "mapId" from jobs.units u join jobs.jobs j on j.id = u.job_id
    left join jobs.identity_maps m on m.org_id = j.org_id and m.source_tenant_id = j.source_tenant_id and m.dest_tenant_id = j.dest_tenant_id
    where u.id = ${unitId} and j.deleted_at is null`;
  return row ?? null;
}

/** Those of a map that folded names stand for, by that name. */
export async function listIdentities(sql: Queryable, mapId: number, names: readonly string[]): Promise<Map<string, Omit<IdentitiesAnswer['identities'][number], 'name'>>> {
  const rows = await sql<{ name: string; sourceId: string; sourceKind: IdentityKind; sourceName: string; destId: string | null; destKind: IdentityKind | null; destName: string | null; how: IdentityRow['how'] }[]>`
    select n.name, i.source_microsoft_id as "sourceId", i.source_kind as "sourceKind", i.source_name as "sourceName", i.dest_microsoft_id as "destId", i.dest_kind as "destKind", i.dest_name as "destName", i.how
    from jobs.identity_names n join jobs.identities i on i.map_id = n.map_id and i.source_microsoft_id = n.source_microsoft_id
    where n.map_id = ${mapId} and n.name = any(${[...names]}::text[])`;
  return new Map(
    rows.map(({ name, sourceId, sourceKind, sourceName, destId, destKind, destName, how }) => [
      name,
      { source: { microsoftId: sourceId, kind: sourceKind, name: sourceName }, dest: destId === null || destKind === null || destName === null ? null : { microsoftId: destId, kind: destKind, name: destName }, how },
    ]),
  );
}
