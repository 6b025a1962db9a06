/** What people are told, recounted from the rows: job from units, units from the ledger's items, listed items from the counters. */
import type { Job } from '@migrator/contracts/api/jobs';
import type { Sql } from 'postgres';

interface UnitRow {
  id: string;
  status: string;
  told: string;
  done: number;
  error: number;
  skipped: number;
  kept: string | null;
  recounted: string | null;
  departed: string;
  departures: string;
  failed_items: number;
  skipped_items: number;
}

/** One sentence for each thing that does not add up. */
export async function checkCounters(sql: Sql, job: Job): Promise<string[]> {
  const found: string[] = [];
  const differ = (what: string, one: unknown, other: unknown): void => {
    if (String(one) !== String(other)) found.push(`${what}: ${String(one)} and ${String(other)}`);
  };
  const [sums] = await sql<{ sums: string }[]>`
    select concat_ws('/', coalesce(sum(total), 0), coalesce(sum(done), 0), coalesce(sum(error + unreached), 0), coalesce(sum(skipped), 0), coalesce(sum(bytes), 0)) as sums from jobs.units where job_id = ${job.id}`;
  differ('the job (total/done/error/skipped/bytes) and its units', [job.totalItems, job.doneItems, job.errorItems, job.skippedItems, job.bytesTransferred].join('/'), sums?.sums);
  if (job.doneItems + job.errorItems + job.skippedItems !== job.totalItems) found.push(`the job has ended and its ${job.doneItems} + ${job.errorItems} + ${job.skippedItems} items are not its total of ${job.totalItems}`);
  for (const { whose, count } of await sql<{ whose: string; count: number }[]>`
    select 'units' as whose, count(*)::int as count from jobs.units where job_id = ${job.id} and status = 'ERROR' and failure->>'code' = 'INTERNAL' and failure->>'side' is null
    union all select 'items', count(*)::int from jobs.items where job_id = ${job.id} and status = 'failed' and code = 'INTERNAL'`) if (count > 0) found.push(`${count} ${whose} failed of the program itself, which a later pass would hide`);
  const units = await sql<UnitRow[]>`
    select u.id, u.status, concat_ws('/', u.done, u.error, u.skipped, u.bytes) as told, u.done, u.error, u.skipped,
      case when w.unit_no is not null then (select concat_ws('/', coalesce(sum(c.done), 0), coalesce(sum(c.error), 0), coalesce(sum(c.skipped), 0), coalesce(sum(c.bytes), 0)) from worker.unit_containers c where c.unit_no = w.unit_no) end as kept,
      (select concat_ws('/', count(*) filter (where r.counted = 1), count(*) filter (where r.counted = 2), count(*) filter (where r.counted = 3), coalesce(sum(r.bytes), 0)) from (
        select l.counted, l.bytes from worker.unit_containers c join worker.ledger l on l.container_no = c.container_no and l.unit_no = w.unit_no where c.unit_no = w.unit_no
        union all
        select r.counted, r.bytes from worker.recounts r where r.unit_no = w.unit_no) r) as recounted,
      concat_ws('/', u.moved, u.deleted, u.removed) as departed,
      (select concat_ws('/', count(*) filter (where d.verdict = 1), count(*) filter (where d.verdict = 2), count(*) filter (where d.copy = 2)) from worker.departures d where d.unit_no = w.unit_no) as departures,
      (select count(*)::int from jobs.items i where i.job_id = u.job_id and i.unit_id = u.id and i.status = 'failed') as failed_items,
      (select count(*)::int from jobs.items i where i.job_id = u.job_id and i.unit_id = u.id and i.status = 'skipped') as skipped_items
    from jobs.units u left join worker.units w on w.unit_id = u.id where u.job_id = ${job.id} order by u.id`;
  for (const unit of units) {
    if (unit.status === 'PENDING' || unit.status === 'RUNNING') found.push(`the job has ended and a unit is ${unit.status}`);
    if (unit.kept === null) continue;
    differ('counters of a unit (done/error/skipped/bytes) as the ledger keeps them and as its rows add up', unit.kept, unit.recounted);
    if (unit.status !== 'DONE') continue;
    differ('counters of a unit (done/error/skipped/bytes) in the API and in the ledger', unit.told, unit.kept);
    differ('items of a unit that left (moved/deleted/removed) in the API and in the rows', unit.departed, unit.departures);
    differ('failed items of a unit, counted and listed', unit.error, unit.failed_items);
    differ('skipped items of a unit, counted and listed', unit.skipped, unit.skipped_items);
  }
  return found;
}

/** What must not be left behind when every job has ended. `settled`: after a pass that nothing disturbed; then only items that are refused for good may stay claimed, as failures. */
export async function checkLeftovers(sql: Sql, settled: boolean): Promise<string[]> {
  const [left] = await sql<{ doubled: number; claimed: number; reports: number; orphans: number }[]>`
    select
      (select count(*)::int from (select 1 from worker.ledger l join worker.containers c on c.container_no = l.container_no join worker.mappings m on m.mapping_no = c.mapping_no
        where l.dest_id is not null group by m.destination_no, l.dest_id having count(*) > 1) d) as doubled,
      (select count(*)::int from worker.ledger where state = 1 and counted <> 2) as claimed,
      (select count(*)::int from worker.item_reports) as reports,
      (select count(*)::int from worker.ledger where state = 2 and (dest_id is null or dest_id = '')) as orphans`;
  const found: string[] = [];
  if (left === undefined) return ['the ledger could not be read'];
  if (left.doubled > 0) found.push(`${left.doubled} copies are named by two rows of the ledger`);
  if (left.orphans > 0) found.push(`${left.orphans} rows of the ledger are done and name no copy`);
  if (settled && left.claimed > 0) found.push(`${left.claimed} rows of the ledger are still in doubt`);
  if (settled && left.reports > 0) found.push(`${left.reports} reports of items were never published`);
  return found;
}
