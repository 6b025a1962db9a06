/** Stores what workers say of links that they made anew: sealed as it comes. */
import type { TransactionSql } from '@migrator/service-kit/database';
import type { ReportedItem } from '../projector/store-reports.js';

export async function storeLinks(tx: TransactionSql, items: readonly ReportedItem[]): Promise<void> {
  const said = items.filter(({ sealedLinks }) => sealedLinks !== undefined);
  if (said.length === 0) return;
  await tx`
    with said as (
      select s.job_id, s.unit_id, s.item_key, s.claim, decode(s.sealed, 'base64') as sealed, s.at::timestamptz as at from unnest(
        ${said.map(({ jobId }) => jobId)}::text[], ${said.map(({ unitId }) => unitId)}::text[], ${said.map(({ itemKey }) => itemKey)}::text[], ${said.map(({ claim }) => claim)}::int[],
        ${said.map(({ sealedLinks }) => sealedLinks ?? null)}::text[], ${said.map(({ at }) => at)}::text[]
      ) as s (job_id, unit_id, item_key, claim, sealed, at) join jobs.units u on u.id = s.unit_id and u.job_id = s.job_id
    ), gone as (
      delete from jobs.links l using said s where s.sealed is null and l.job_id = s.job_id and l.unit_id = s.unit_id and l.item_key = s.item_key and l.claim <= s.claim
    )
    insert into jobs.links (job_id, unit_id, item_key, claim, sealed, at) select job_id, unit_id, item_key, claim, sealed, at from said where sealed is not null
    on conflict (job_id, unit_id, item_key) do update set claim = excluded.claim, sealed = excluded.sealed, at = excluded.at where jobs.links.claim <= excluded.claim`;
}
