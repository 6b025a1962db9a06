/** SQL of what verify passes find. No rules. */
import type { Difference, VerifiedCounts, WorkPayload } from '@migrator/contracts/events';
import type { TransactionSql } from '@migrator/service-kit/database';
import type { UnitFailureDetail } from '../units/unit.js';

/** A unit that is to be verified waits; one that failed as a whole is not verified, and one without a destination has nothing to verify. */
export async function insertVerifiedUnits(tx: TransactionSql, passId: string, jobId: string): Promise<void> {
  await tx`
    insert into jobs.verified_units (pass_id, unit_id, job_id, state, failure)
    select ${passId}, id, job_id, case status when 'DONE' then 'waiting' when 'SKIPPED' then 'skipped' else 'failed' end, case when status <> 'DONE' then failure end from jobs.units where job_id = ${jobId}`;
}

/** A worker has the unit; what older claims say counts no more. */
export async function beginVerifying(tx: TransactionSql, passId: string, unitId: string, claim: number): Promise<void> {
  await tx`update jobs.verified_units set state = 'verifying', claim = ${claim}, items_read = 0 where pass_id = ${passId} and unit_id = ${unitId}`;
}

/** The unit's claim has ended for good. */
export async function endVerifying(tx: TransactionSql, passId: string, unitId: string, failure: UnitFailureDetail | null): Promise<void> {
  await tx`
    update jobs.verified_units set state = ${failure === null ? 'verified' : 'failed'}, failure = ${failure === null ? null : JSON.stringify(failure)}::text::jsonb
    where pass_id = ${passId} and unit_id = ${unitId}`;
}

/** PostgreSQL cannot store NUL in text. */
const clean = (text: string): string => text.replaceAll('\u0000', '');
const cleanOrNull = (text: string | null): string | null => (text === null ? null : clean(text));

const countNames = { source_items: 'sourceItems', source_bytes: 'sourceBytes', dest_items: 'destItems', dest_bytes: 'destBytes', own_items: 'ownItems', left_out: 'leftOut', matched: 'matched', missing: 'missing', extra: 'extra', differs: 'differs', not_comparable: 'notComparable' } as const satisfies Record<string, keyof VerifiedCounts>;

/** Stores one report of the unit's current claim; others fall away. */
export async function storeVerification(tx: TransactionSql, { passId, unitId, jobId, claim, event }: WorkPayload<'verification'>): Promise<void> {
  const [current] = await tx`select 1 from jobs.verified_units where pass_id = ${passId} and unit_id = ${unitId} and job_id = ${jobId} and claim = ${claim} for no key update`;
  if (current === undefined) return;
  switch (event.kind) {
    case 'progress':
      await tx`update jobs.verified_units set items_read = greatest(items_read, ${event.read}) where pass_id = ${passId} and unit_id = ${unitId}`;
      return;
    case 'begin':
      await tx`delete from jobs.differences where pass_id = ${passId} and unit_id = ${unitId}`;
      await tx`delete from jobs.verified_containers where pass_id = ${passId} and unit_id = ${unitId}`;
      await tx`
        update jobs.verified_units set source_items = 0, source_bytes = 0, dest_items = 0, dest_bytes = 0, own_items = 0, left_out = 0, matched = 0, missing = 0, extra = 0, differs = 0, not_comparable = 0, containers_differ = 0
        where pass_id = ${passId} and unit_id = ${unitId}`;
      return;
    case 'differences':
      await insertDifferences(tx, passId, unitId, event.differences);
      return;
    case 'container':
      await tx`
        insert into jobs.verified_containers (pass_id, unit_id, container_key, path, dest_path, kind, counts)
        values (${passId}, ${unitId}, ${event.key}, ${clean(event.path)}, ${cleanOrNull(event.destPath)}, ${clean(event.containerKind)}, ${JSON.stringify(event.counts)}::text::jsonb)`;
      await tx`
        update jobs.verified_units set ${Object.entries(countNames).map(([column, name], index) => (index === 0 ? tx`${tx(column)} = ${tx(column)} + ${event.counts[name]}` : tx`, ${tx(column)} = ${tx(column)} + ${event.counts[name]}`))}
        where pass_id = ${passId} and unit_id = ${unitId}`;
  }
}

async function insertDifferences(tx: TransactionSql, passId: string, unitId: string, differences: readonly Difference[]): Promise<void> {
  const ofContainers = differences.filter(({ sourceItemId, destItemId }) => sourceItemId === null && destItemId === null).length;
  await tx`
    insert into jobs.differences (pass_id, unit_id, difference_key, code, because, container, kind, fields, source_item_id, dest_item_id, found_in)
    select ${passId}, ${unitId}, d.difference_key, d.code, d.because, d.container, d.kind, array(select jsonb_array_elements_text(d.fields::jsonb)), d.source_item_id, d.dest_item_id, d.found_in from unnest(
      ${differences.map(({ key }) => key)}::text[], ${differences.map(({ code }) => code)}::text[], ${differences.map(({ because }) => because)}::text[], ${differences.map(({ container }) => clean(container))}::text[],
      ${differences.map(({ kind }) => clean(kind))}::text[], ${differences.map(({ fields }) => JSON.stringify(fields))}::text[], ${differences.map(({ sourceItemId }) => cleanOrNull(sourceItemId))}::text[],
      ${differences.map(({ destItemId }) => cleanOrNull(destItemId))}::text[], ${differences.map(({ foundIn }) => cleanOrNull(foundIn))}::text[]
    ) as d (difference_key, code, because, container, kind, fields, source_item_id, dest_item_id, found_in)
    on conflict (pass_id, unit_id, difference_key) do nothing`;
  if (ofContainers > 0) await tx`update jobs.verified_units set containers_differ = containers_differ + ${ofContainers} where pass_id = ${passId} and unit_id = ${unitId}`;
}
