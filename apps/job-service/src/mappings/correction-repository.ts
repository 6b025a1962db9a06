/** SQL for what people corrected in the automatic match. */
import type { MappingSubject } from '@migrator/contracts/api/mappings';
import type { Queryable, TransactionSql } from '@migrator/service-kit/database';
import type { Corrections } from '../matching/match-sources.js';

export interface CorrectionKey {
  orgId: string;
  sourceTenantId: string;
  destTenantId: string;
  workload: MappingSubject;
}

export async function readCorrections(sql: Queryable, { orgId, sourceTenantId, destTenantId, workload }: CorrectionKey): Promise<Corrections> {
  const rows = await sql<{ source: string; dest: string | null }[]>`
    select source, dest from jobs.mapping_corrections
    where org_id = ${orgId} and source_tenant_id = ${sourceTenantId} and dest_tenant_id = ${destTenantId} and type = ${workload}`;
  return new Map(rows.map(({ source, dest }) => [source, dest]));
}

/** Replaces all corrections of the pair and workload. Uploads of one pair follow each other. */
export async function replaceCorrections(tx: TransactionSql, { orgId, sourceTenantId, destTenantId, workload }: CorrectionKey, corrections: Corrections, by: { actor: string; at: Date }): Promise<void> {
  await tx`select pg_advisory_xact_lock(hashtextextended(${`mapping ${orgId} ${sourceTenantId} ${destTenantId} ${workload}`}, 0))`;
  await tx`delete from jobs.mapping_corrections where org_id = ${orgId} and source_tenant_id = ${sourceTenantId} and dest_tenant_id = ${destTenantId} and type = ${workload}`;
  const rows = [...corrections];
  for (let from = 0; from < rows.length; from += 5_000) {
    const chunk = rows.slice(from, from + 5_000);
    await tx`
      insert into jobs.mapping_corrections (org_id, source_tenant_id, dest_tenant_id, type, source, dest, corrected_by, corrected_at)
      select ${orgId}, ${sourceTenantId}, ${destTenantId}, ${workload}, source, dest, ${by.actor}, ${by.at}
      from unnest(${chunk.map(([source]) => source)}::text[], ${chunk.map(([, dest]) => dest)}::text[]) as c (source, dest)`;
  }
}
